"""Mapping of documents of plain data to readings and events."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_sources._mapping.certain_zones import check_page_zone, with_certain_zones
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.events import read_events
from data_sources._mapping.expressions import find, is_null, sample
from data_sources._mapping.failed_answers import check_not_failed
from data_sources._mapping.ignored_fields import without_ignored
from data_sources._mapping.items import in_time_format, items_of, parent_label, place_of, time_of
from data_sources._mapping.list_marks import cut_computations, notices_of_items, reads_empty_list
from data_sources._mapping.listed_units import ListedUnits
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.named_items import items_by_name
from data_sources._mapping.naming_fields import naming_holders
from data_sources._mapping.object_members import MemberNames
from data_sources._mapping.options import ItemOptions
from data_sources._mapping.path_use import has_field, listed_fields
from data_sources._mapping.sensor_fields import sensor_fields
from data_sources._mapping.unread_fields import Holder, holders_of_items
from data_sources._mapping.unset_items import items_not_set
from data_sources._mapping.value_unit import value_unit
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.events.event import Event
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, check_time

_MAX_SAMPLE = 120  # characters
_COMPUTED = re.compile(r"[(\[]")  # in a path of the time of a list: it is that of an item, such as the newest one
_EXTREME = re.compile(r"(?P<of>max|min)\((?P<list>[^()]+)\)")


def read_documents(
    mapping: MappingOptions, documents: Iterable[Any], now: datetime, context: Mapping[str, Any] | None = None,
    partial: bool = False, page_times: Sequence[datetime | None] | None = None, pages: Sequence[ResponsePage] = (),
) -> Batch:  # fmt: skip
    """The values and events of each item. An item that cannot be read is rejected; the others are read.

    The documents are one answer: the numbers at one path are a column. `context`: entries that expressions find in
    every item besides its own; an item that is no object is then their `value`. `partial`: items hold only what
    changed; a value that is not in an item is left as it was, instead of becoming a reading without a value.
    `page_times`: the time of each document, where `page_time` cannot find it. `pages`: of answers over HTTP, whose
    lists may go on. Raises SourceError when a document has no items, or none of the fields that the mapping names.
    """
    documents = list(documents)
    readers: list[ItemOptions] = [mapping] if mapping.value_mappings else []
    readers += [mapping.event_options] if mapping.event_options else []
    judged, judged_pages = without_ignored(documents, pages, readers)
    for document in judged if pages else ():
        check_not_failed(document, readers)
    batch = mapping.read_numbers(
        lambda numbers: _read_documents(mapping, documents, now, context, partial, page_times, bool(pages), numbers)
    )
    notices = notices_of_items(readers, judged, judged_pages) if pages else []
    if not notices:
        return batch
    return replace(batch, rejected_items=(*notices, *batch.rejected_items), complete_kinds=frozenset())


def _read_documents(
    mapping: MappingOptions, documents: Iterable[Any], now: datetime, context: Mapping[str, Any] | None, partial: bool,
    page_times: Sequence[datetime | None] | None, may_go_on: bool, numbers: NumberReader,
) -> Batch:  # fmt: skip
    readings: list[Reading] = []
    origins: list[Any] = []  # the item of each reading
    rejected: list[RejectedItem] = []
    events: list[Event] = []
    complete_kinds: frozenset[str] | None = None
    times: list[datetime] = []
    members = MemberNames(mapping)

    def sampled(item: Any) -> str:
        return _sample(item, mapping)

    for n, document in enumerate(documents):
        time = page_time(document, mapping.page_time, mapping.page_options) if page_times is None else page_times[n]
        times += [time] if time else []
        if mapping.value_mappings:
            read_before, rejected_before = len(readings), len(rejected)
            fallback = time or (None if mapping.time else now)  # None: an item must have a time of its own
            found = [*items_of(document, mapping, rejected, context)]
            around, columns = naming_holders(document, mapping.items), ListedUnits(mapping, document)
            items = with_certain_zones(found, [mapping.time], mapping, rejected, sampled, around)
            mapping.path_use.note([item for _, item in found], document=document)
            values = [value.path for _, value in mapping.value_mappings]
            mapping.path_use.by_name = items_by_name([item for _, item in found], mapping, values)
            if len(items) < len(found):
                _note_signs(found, mapping, numbers)
            (judged,), _ = without_ignored([document], (), [mapping])
            cut = cut_computations(judged, mapping, values if may_go_on else [])
            for where, item in items:
                _read_item(item, where, mapping, fallback, partial, cut, around, columns, numbers, readings, rejected)
                origins += [item] * (len(readings) - len(origins))
            read = zip(readings[read_before:], origins[read_before:], strict=True)
            members.note(document, read, rejected[rejected_before:])
            if fallback is now:
                mapping.note_unread_time(items[:1], holders_of_items(document, mapping.items))
            if items and all(reading.value is None for reading in readings[read_before:]):
                _check_is_mapped([item for _, item in items], mapping, partial)
        if mapping.event_options:
            batch = read_events(mapping.event_options, document, now, context, time)
            events += batch.events
            rejected += batch.rejected_items
            kinds = batch.complete_kinds
            complete_kinds = kinds if complete_kinds is None else complete_kinds & kinds
    _reject_mixed_members(members.mixed(), mapping, readings, origins, rejected)
    readings = _with_sensors(readings, origins, mapping, rejected)
    made = max(times, default=None)
    return Batch(
        tuple(readings), tuple(rejected), tuple(events), complete_kinds or frozenset(), source_time=made,
        list_time=None if _COMPUTED.search(mapping.page_time) else made,
    )  # fmt: skip


def _reject_mixed_members(
    mixed: Mapping[str, Failure], mapping: MappingOptions, readings: list[Reading], origins: list[Any],
    rejected: list[RejectedItem],
) -> None:  # fmt: skip
    """Reject the readings of the series that several members of an object became."""
    pairs = [*zip(readings, origins, strict=True)] if mixed else []
    for reading, item in pairs:
        if reading.series in mixed:
            rejected.append(RejectedItem(reading.place, mixed[reading.series], _sample(item, mapping), (reading,)))
    if mixed:
        kept = [(reading, item) for reading, item in pairs if reading.series not in mixed]
        readings[:], origins[:] = [reading for reading, _ in kept], [item for _, item in kept]


def _with_sensors(
    readings: list[Reading], origins: list[Any], mapping: MappingOptions, rejected: Iterable[RejectedItem]
) -> list[Reading]:
    """`readings` with their sensors, where items beside each other, also `rejected` ones, became one series."""
    counts = Counter(reading.series for reading in readings)
    counts.update(reading.series for item in rejected for reading in item.readings)
    if all(count == 1 for count in counts.values()):
        return readings
    return [
        replace(reading, sensor=mapping.sensor(sensor_fields(item))) if counts[reading.series] > 1 else reading
        for reading, item in zip(readings, origins, strict=True)
    ]


def page_time(document: Any, path: str, options: ItemOptions) -> datetime | None:
    """The time of a whole answer at `path`, None without a path or of an empty list. Raises SourceError for none."""
    if not path:
        return None
    try:
        found = find(document, path)
        if found in (None, "") and reads_empty_list(document, path):
            return None  # an empty list has no newest entry
        if found in (None, ""):
            raise SourceError(MappingCode.PAGE_TIME_MISSING, path=path, fields=listed_fields([document], path))
        check_page_zone(document, path, options)
        time: datetime = in_time_format(parse_timestamp, found, options, "page_time")
        return time if check_time(time) is None else _extreme_time(document, path, options) or time
    except ParseError as error:
        if time_of_others := _extreme_time(document, path, options):
            return time_of_others
        raise SourceError(MappingCode.PAGE_TIME, path=path, cause=error.failure) from None


def _extreme_time(document: Any, path: str, options: ItemOptions) -> datetime | None:
    """The time at `max(…)` or `min(…)` without those that cannot be read or are none; None of another path."""
    match, times, found = _EXTREME.fullmatch(path), list[datetime](), None
    with suppress(ParseError):
        found = find(document, match["list"]) if match else None
    for value in found if isinstance(found, list) else ():
        with suppress(ParseError):
            times.append(in_time_format(parse_timestamp, value, options, "page_time"))
    valid = [time for time in times if check_time(time) is None]
    extreme = max if match and match["of"] == "max" else min
    return extreme(valid) if valid else None


def _check_is_mapped(items: Sequence[Any], mapping: MappingOptions, partial: bool) -> None:
    """Raises SourceError when no item has a field that the mapping names: it is an answer of another kind.

    `partial` items have their own reasons, unless the row misses the list that they are in.
    """
    fields = list(dict.fromkeys(path for _, path in mapping.mapped_paths() if path))
    if not any(has_field(item, field) for item in items for field in fields):
        if unset := mapping.path_use.by_name or items_not_set(items[0], mapping, fields, "items"):
            raise SourceError(unset)
        if partial:
            return
        raise SourceError(
            MappingCode.NOTHING_MAPPED, fields=shorten(", ".join(fields), 120), found=listed_fields(items, fields[0])
        )


def _read_item(
    item: Any, where: str, mapping: MappingOptions, fallback: datetime | None, partial: bool,
    cut: Mapping[str, Failure], around: Sequence[Holder], columns: ListedUnits, numbers: NumberReader,
    readings: list[Reading], rejected: list[RejectedItem],
) -> None:  # fmt: skip
    try:
        observed = _observed_time(item, mapping, fallback)
    except ParseError as error:
        has_values = not partial or any(has_field(item, value.path) for _, value in mapping.value_mappings)
        reason = _reason(error.failure, mapping) if has_values else _no_values(item, mapping)
        rejected.append(RejectedItem(where, reason, _sample(item, mapping)))
        _note_signs([(where, item)], mapping, numbers)
        return
    count = len(readings) + len(rejected)
    values = [value for _, value in mapping.value_mappings]
    for template, value in mapping.value_mappings:
        unread: tuple[Reading, ...] = ()
        try:
            if partial and find(item, value.path) is None and not is_null(item, value.path):
                continue
            # The name first: it is known from this answer, too, where its value cannot be read.
            series = mapping.series_name(template, lambda name: _placeholder_value(item, mapping, name))
            place = f"{where}.{value.path}"
            reading = Reading(series.key, observed, None, name=series.name, name_unit=series.unit, place=place)
            unread = (reading,)
            found = cut.get(value.path) or find(item, value.path)
            if isinstance(found, Failure):  # a format could not decode it, or its list is cut
                raise ParseError(found)
            amount = numbers.amount(found, mapping.column(item, value.path))
            unit = value_unit(item, template, value, values, mapping, amount, around, columns)
            readings.append(reading.with_value(amount.number, *unit, text=amount.text))
        except ParseError as error:
            unread = tuple(replace(one, sensor=mapping.sensor(sensor_fields(item))) for one in unread)
            reason = _empty_name(error.failure, item, mapping) or _reason(error.failure, mapping)
            rejected.append(RejectedItem(f"{where}.{value.path}", reason, _sample(item, mapping), unread))
    if count == len(readings) + len(rejected):
        reason = _no_values(item, mapping)
        unmatched = [mapping.path_use.by_name] if partial else mapping.path_use.failures
        reason = next(filter(None, unmatched), reason)
        rejected.append(RejectedItem(where, reason, _sample(item, mapping)))


def _no_values(item: Any, mapping: MappingOptions) -> Failure:
    """That an item has none of the values of the row, with the fields that it has."""
    return Failure(MappingCode.NO_VALUES, {"fields": listed_fields([item], mapping.value_mappings[0][1].path)})


def _reason(failure: Failure, mapping: MappingOptions) -> Failure:
    """`failure`, or that no item has the path of which it misses the value; of a template where the row has it."""
    path: object = mapping.time if failure.code == ParseCode.TIME_MISSING else ""
    if failure.code in (ParseCode.SERIES_NAME_MISSING, MappingCode.UNIT_MISSING):
        path = failure.params.get("field") or failure.params.get("path")
    if failure.code == ParseCode.SERIES_NAME_MISSING and mapping.values:
        failure = Failure(MappingCode.SERIES_NAME_MISSING, failure.params)
    return mapping.path_use.failure(str(path)) or failure


def _empty_name(failure: Failure, item: Any, mapping: MappingOptions) -> Failure | None:
    """That the part of the name of a series which `failure` misses is there, but empty; None where it is not."""
    if failure.code != ParseCode.SERIES_NAME_MISSING:
        return None
    field = str(failure.params["field"])
    if _placeholder_value(item, mapping, field) != "":
        return None
    path = field.removeprefix("parent.")
    is_inner = bool(mapping.each) and path == field
    option, items = ("each", mapping.each) if is_inner else ("items", mapping.items)
    filtered = in_yaml(f"{items} | [@][] | [?{path}!='']")  # also of an item that stands in no list
    params = {"field": field, "option": "values" if mapping.values else "series", "filter": f"{option}: {filtered}"}
    return Failure(MappingCode.SERIES_NAME_EMPTY, params)


def _note_signs(items: Iterable[tuple[str, Any]], mapping: MappingOptions, numbers: NumberReader) -> None:
    """Let the numbers of items that are rejected show the decimal signs of their columns too."""
    for _, item in items:
        for _, value in mapping.value_mappings:
            with suppress(ParseError):
                numbers.amount(find(item, value.path), mapping.column(item, value.path))


def _sample(item: Any, mapping: MappingOptions) -> str:
    """The beginning of an item; of one in a list inside another, after what names that one."""
    if not isinstance(item, dict) or "parent" not in item:
        return sample(item)
    label = parent_label(item["parent"], mapping) or next((str(text) for _, text in sensor_fields(item["parent"])), "")
    return shorten(": ".join(filter(None, (label, sample(item)))), _MAX_SAMPLE)


def _placeholder_value(item: Any, mapping: MappingOptions, placeholder: str) -> Any:
    is_place = placeholder == "place" and mapping.place
    return place_of(item, mapping) if is_place else find(item, placeholder)


def _observed_time(item: Any, mapping: MappingOptions, fallback: datetime | None) -> datetime:
    observed = time_of(item, mapping.time, mapping) or fallback
    if observed is None:
        raise ParseError(ParseCode.TIME_MISSING)
    return observed
