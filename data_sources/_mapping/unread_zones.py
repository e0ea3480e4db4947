"""What an answer says of the zone of a time that names none: in a field of its item or around it, or in its name."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_fields import comparable_name, only_entry
from data_sources._mapping.unread_fields import Holder, holders_of_value
from data_sources._mapping.zone_texts import is_number_text, is_surely_zone, zone_in_name, zone_offsets
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import is_missing_text

# Names of fields, of letters and digits only; also behind other words ("Activity_StartTimeZone", "obs_tz").
_NAME = re.compile(
    r"(?P<before>.*?)(?:(?:iana)?timezone(?:name|id|code|cd|abbr|abbreviation|offset|str)?(?:seconds|minutes|hours)?"
    r"|(?:utc|gmt|tz)offset(?:seconds|minutes|hours|sec|min|str)?|muigio)(?:(?:utc|gmt)[0-9]*)?",
    re.ASCII,
)
_TZ_END = re.compile(r"[_\-. ]tz$|[a-z]T[zZ]$")  # "obs_tz", "obsTz", not "quartz"
_SHORT_NAMES = frozenset({"tz", "tzname", "tzid", "tzcode", "tzcd", "tzabbr", "zoneid", "zoneoffset"})
# Which may hold anything: they count where their text can be nothing but a zone.
_DOUBTFUL_NAMES = frozenset({
    "zone", "zonename", "zoneabbr", "offset", "timeoffset", "offsetfromutc", "offsetfromgmt", "gmt", "utc", "isutc",
    "isgmt", "inutc", "timeisutc", "timestandard", "timereference", "timesystem", "timebase", "iana", "ianazone",
    "ianaid", "olson", "olsonid",
})  # fmt: skip
_UTC_FLAGS = ("utc", "isutc", "inutc", "timeisutc", "gmt", "isgmt")  # true: the time is in UTC
_TIME_WORDS = ("date", "time", "datetime", "timestamp", "at", "on", "ngay", "gio")
# Fields of an object that describes a zone, the surest first.
_PARTS = ("offset", "utcoffset", "utcoffsetseconds", "gmtoffset", "name", "id", "abbreviation", "code", "value")
# Objects around a time that say where it was.
_PLACES = frozenset(
    {"location", "station", "site", "place", "city", "point", "device", "header", "head", "info", "context", "request"}
)
_WORDS_OF_ZONES = (
    "zone",
    "tz",
    "offset",
    "gmt",
    "utc",
    "muigio",
    "timestandard",
    "timereference",
    "timesystem",
    "timebase",
    "iana",
    "olson",
)  # one of them is in each of the names above
_PATH_NAME = re.compile(r'"(?:[^"\\]|\\.)*"?|[A-Za-z_]\w*')  # the second quote may be missing
_MAX_QUOTED = 40  # characters of a zone
_MAX_CACHED_FIELDS, _MAX_CACHED_TEXT = 200, 8000  # of an object whose ranks are kept; characters of their names


class NamedZone(NamedTuple):
    """A zone that an answer names: the path of its field, its text, and whether it is that of the time as it was read.

    `offsets`: those from UTC that it may mean at that time. `is_in_item`: not around the items. `is_in_name`: the name
    of the time has it, at `path`.
    """

    path: str
    text: str
    is_same: bool
    offsets: frozenset[timedelta]
    is_in_item: bool = True
    is_in_name: bool = False

    @property
    def is_known(self) -> bool:
        """Whether its offset is known."""
        return bool(self.offsets)


def named_zone(
    item: Any, path: str, around: Sequence[Holder], moment: datetime, ignored: Collection[str] = ()
) -> NamedZone | None:
    """The zone that the name of the time at `path` has, else the nearest field; None for none.

    `moment`: the time, in the zone in which it was read. `around`: `holders_of_items`. `ignored`: names of fields that
    are no zone, nor is what is in them.
    """
    path = _path_read(item, path)
    steps = plain_steps(path) or (path.rpartition(".")[2].strip('"'),)
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    is_ignored = bool(ignored) and not _names_in(path).isdisjoint(ignored)
    if not is_ignored and (found := zone_of_name(name, path, moment)):
        return found
    for holder, is_in_item in _holders(item, path, around):
        if ignored and not _names_in(holder.prefix).isdisjoint(ignored):
            continue
        if found := _zone_beside(holder.fields, name, moment, ignored):
            return found._replace(path=holder.prefix + found.path, is_in_item=is_in_item)
    return None


def _path_read(item: Any, path: str) -> str:
    """`path`, or the one of "a || b" that was read, where each is plain."""
    paths = [one.strip() for one in path.split("||")] if plain_steps(path) is None else []
    if not paths or any(plain_steps(one) is None for one in paths):
        return path
    return next((one for one in paths if find(item, one) not in (None, "", [], {}, False)), path)


def zone_of_name(name: str, path: str, moment: datetime) -> NamedZone | None:
    """The zone that the `name` of a time at `path` has; None for none."""
    text = zone_in_name(name)
    return _named(path, text, text, moment)._replace(is_in_name=True) if text else None


def _names_in(path: str) -> set[str]:
    """The names of fields in an expression."""
    found = set[str]()
    for step in _PATH_NAME.findall(path):
        with suppress(ValueError):  # a quote of a literal, not of a name
            found.add(json.loads(step) if step.startswith('"') else step)
    return found


def _zone_beside(fields: Mapping[str, Any], name: str, moment: datetime, ignored: Collection[str]) -> NamedZone | None:
    """The field of an object that names the zone of its time, which is called `name`; None for none."""
    candidates = zone_candidates(tuple(fields), (name,))
    return first_zone([one for one in candidates if one[1] not in ignored], fields, moment, ignored)


def first_zone(
    candidates: Sequence[tuple[int, str]], fields: Mapping[str, Any], moment: datetime, ignored: Collection[str] = ()
) -> NamedZone | None:
    """The first zone that one of `candidates` names in `fields`, which has at least these; None for none."""
    found: dict[int, NamedZone] = {}
    for rank, name in candidates:
        key = comparable_name(name)
        field, value = _zone_value(name, fields[name], ignored)
        is_id = (type(value) is int or is_number_text(value)) and key.endswith(("id", "code", "cd"))
        if rank in found or value is None or is_id or (rank == len(_RANKS) and not is_surely_zone(value)):
            continue
        found[rank] = _named(field, key, value, moment)
    return found[min(found)] if found else None


def may_name_zone(key: str) -> bool:
    """Whether a field of the comparable name `key` may name the zone of any time, holds one, or tells whose it is."""
    return key in _PLACES or key.endswith(_TIME_WORDS) or any(word in key for word in _WORDS_OF_ZONES)


def zone_candidates(fields: tuple[str, ...], names: tuple[str, ...]) -> Sequence[tuple[int, str]]:
    """The fields that may name the zone of a time called one of `names`, each with its rank."""
    is_short = len(fields) <= _MAX_CACHED_FIELDS and sum(map(len, fields)) <= _MAX_CACHED_TEXT
    return (_ranked if is_short else _ranked.__wrapped__)(fields, names)


@lru_cache(512)  # the items of an answer have the same fields
def _ranked(fields: tuple[str, ...], names: tuple[str, ...]) -> Sequence[tuple[int, str]]:
    times = tuple(comparable_name(name) for name in names)
    keys = {name: comparable_name(name) for name in fields}
    ranks = ((_rank(name, key, times, keys.values()), name) for name, key in keys.items())
    return [(rank, name) for rank, name in ranks if rank is not None]


_RANKS = ("of the time itself", "of no other", "of another word")


def _rank(name: str, key: str, times: Sequence[str], keys: Collection[str]) -> int | None:
    """How sure a field names the zone of the time: 0 as its name has that of the time; None where it does not."""
    if key in _DOUBTFUL_NAMES:
        return len(_RANKS)
    if key in _SHORT_NAMES:
        return 1
    if any(time and key in (time + "zone", time + "tz") for time in times):
        return 0
    match = _NAME.fullmatch(key)
    before = match["before"] if match else key.removesuffix("tz") if _TZ_END.search(name) else None
    if before is None:
        return None
    if not before or any(time.startswith(before) for time in times):
        return 0 if before else 1
    is_of_other = any(other.startswith(before) and other.removeprefix(before) in _TIME_WORDS for other in keys)
    return None if is_of_other else 2


def _zone_value(name: str, value: Any, ignored: Collection[str]) -> tuple[str, Any]:
    """The path and the text or number of a zone, also in an object that describes it or a list of one; or None."""
    value = only_entry(value)
    if isinstance(value, dict):
        parts = {comparable_name(part): part for part in value if part not in ignored}
        for part in _PARTS:
            if part in parts and _is_filled(value[parts[part]]):
                return f"{quoted(name)}.{quoted(parts[part])}", value[parts[part]]
    if value is True and comparable_name(name) in _UTC_FLAGS:
        return quoted(name), "UTC"
    return quoted(name), value if _is_filled(value) else None


def _is_filled(value: Any) -> bool:
    return type(value) in (int, float) or (isinstance(value, str) and not is_missing_text(value))


def _named(path: str, key: str, value: Any, moment: datetime) -> NamedZone:
    offsets = zone_offsets(key, value, moment)
    text = shorten(str(value).strip(), _MAX_QUOTED)
    return NamedZone(path, text, moment.utcoffset() in offsets, offsets)


def _holders(item: Any, path: str, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """The objects that may name the zone of the time at `path`, the nearest first, and whether each is in the item."""
    for holder, is_in_item in holders_of_value(item, path, around):
        yield holder, is_in_item
        for name, inner in holder.fields.items():
            if isinstance(inner, dict) and comparable_name(name) in _PLACES:
                yield Holder(f"{holder.prefix}{quoted(name)}.", inner), is_in_item
