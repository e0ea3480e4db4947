"""Times without a zone: which of them the rest of the answer makes uncertain."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.options import ItemOptions, LocalTimeOptions
from data_sources._mapping.unread_fields import Holder
from data_sources._mapping.unread_zones import NamedZone, named_zone
from data_sources._mapping.zone_texts import is_summer_time, zones_to_write
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_interval
from ioc.domain.ingest.reading import RejectedItem, check_time

_MAX_QUOTED = 40  # characters of a time that a failure quotes
_ANY_YEAR = 2026


def with_certain_zones(
    items: Sequence[tuple[str, Any]], paths: Sequence[str], options: ItemOptions, rejected: list[RejectedItem],
    sample: Callable[[Any], str], around: Sequence[Holder] = (),
) -> Sequence[tuple[str, Any]]:  # fmt: skip
    """`items` without those whose time at one of `paths` names no zone, but may be in another one than that of the row.

    So it is beside times there that name one, or where the answer names another one for it. Where the row sets `zone`,
    all stay, unless the items name several. `sample`: of an item. `around`: `holders_of_items`.
    """
    if options.time_format.startswith("unix"):
        return items
    uncertain: dict[int, Failure] = {}  # by position
    for path in filter(None, paths):
        local = {n: _local_time(item, path, options) for n, (_, item) in enumerate(items)}
        times = {n: moment for n, moment in local.items() if isinstance(moment, datetime)}
        zones = {
            n: named_zone(items[n][1], path, around, moment, options.ignored_fields) for n, moment in times.items()
        }
        is_row_wrong = _is_in_several(zones, times, items, path, options.ignored_fields)
        has_zones = True in local.values() and "zone" not in options.model_fields_set
        for n, zone in zones.items():
            text = shorten(str(find(items[n][1], path)), _MAX_QUOTED)
            if failure := zone_failure(text, zone, options, is_row_wrong=is_row_wrong):
                uncertain[n] = failure
            elif has_zones:
                uncertain[n] = Failure(ParseCode.ZONE_MISSING, {"text": text})
    for n, failure in uncertain.items():
        where, item = items[n]
        rejected.append(RejectedItem(where, failure, sample(item)))
    return [item for n, item in enumerate(items) if n not in uncertain]


def _is_in_several(
    zones: Mapping[int, NamedZone | None], times: Mapping[int, datetime], items: Sequence[tuple[str, Any]], path: str,
    ignored: Collection[str],
) -> bool:  # fmt: skip
    """Whether items name zones of different offsets, at the first or the last of the `times`: "ICT", "+07:00" do not.

    At one time for all, as the offset of a zone changes with its summer.
    """
    named = {zone.text: n for n, zone in zones.items() if zone and zone.is_in_item and zone.is_known}
    if len(named) < 2:
        return False
    for moment in (min(times.values()), max(times.values())):
        at_once = [named_zone(items[n][1], path, (), moment, ignored) for n in named.values()]
        if len({zone.offsets for zone in at_once if zone}) > 1:
            return True
    return False


def check_page_zone(document: Any, path: str, options: ItemOptions) -> None:
    """Raises ParseError where an answer names another zone than the default one for its time without a zone."""
    moment = _local_time(document, path, options)
    if isinstance(moment, datetime):
        zone = named_zone(document, path, (), moment, options.ignored_fields)
        if failure := zone_failure(shorten(str(find(document, path)), _MAX_QUOTED), zone, options):
            raise ParseError(failure)


def zone_failure(
    text: str, zone: NamedZone | None, options: LocalTimeOptions, *, is_row_wrong: bool = False
) -> Failure | None:
    """Why the time `text`, for which the answer names `zone`, is uncertain in that of the row; None where it is not.

    `is_row_wrong`: several zones are named, so that one that the row sets cannot be right for all.
    """
    if zone is None or zone.is_same:
        return None
    is_set = "zone" in options.model_fields_set
    params: dict[str, Parameter] = {"text": text, "path": zone.path, "named": zone.text, "assumed": options.zone}
    if is_set and isinstance(options, ItemOptions) and is_summer_time(zone.text) and _is_fixed(options.zone_info):
        return Failure(MappingCode.ZONE_WITHOUT_SUMMER, params)
    if is_set and not (is_row_wrong and zone.is_known and zone.is_in_item):
        return None
    if is_set:
        return Failure(MappingCode.ZONES_OF_ITEMS, params)
    if not (write := zones_to_write(zone.text, zone.offsets)):
        return Failure(MappingCode.ZONE_NOT_KNOWN, params)
    params["write"] = write
    if not zone.is_in_name:
        return Failure(MappingCode.ZONE_UNREAD, params)
    if _may_append_zone(options) and zone.offsets == {timedelta(0)}:
        write = in_yaml(f"join('', [{zone.path}, 'Z'])")
        return Failure(MappingCode.UTC_IN_NAME, params | {"write": write})
    return Failure(MappingCode.ZONE_IN_NAME, params)


def _is_fixed(zone: ZoneInfo) -> bool:
    """Whether a zone has no summer time; not that of the city, with which a row says that its times are local ones."""
    offsets = {datetime(_ANY_YEAR, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}
    return zone != CITY_ZONE and len(offsets) == 1


def _may_append_zone(options: LocalTimeOptions) -> bool:
    """Whether the row may write a zone behind a time: not where `time_format` has no place for one."""
    return isinstance(options, ItemOptions) and options.has_time_format and options.time_format == "iso"


def _local_time(item: Any, path: str, options: ItemOptions) -> datetime | bool | None:
    """The time of an item at `path` that names no zone, in that of the row; True of one with a zone, None for none.

    0001-01-01T00:00:00Z is how programs write none.
    """
    with suppress(ParseError):
        text = find(item, path)
        if not isinstance(text, str | int | float):
            return None
        is_zoned = names_zone(str(text), options.time_format)
        start, end = parse_interval(text, options.time_format, options.zone_info)
        moment = end or start
        if is_zoned:
            return True if moment and check_time(moment) is None else None
        return moment.astimezone(options.zone_info) if moment else None
    return None
