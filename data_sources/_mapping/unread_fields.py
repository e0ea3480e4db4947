"""Fields of an answer that name the unit or the time of a value, where the row reads none: in the item or around it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError

from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.options import UnreadTime
from data_sources._mapping.selected_objects import selected_objects
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.time_texts import may_be_unix_time
from data_sources._mapping.unit_fields import comparable_name, name_words, unit_fields
from data_sources._mapping.unit_options import UnitOptions, known_unit
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import UnreadUnit

# Names of fields, of letters and digits only.
_TIME_NAMES = frozenset(
    {
        "time", "timestamp", "datetime", "date", "dateobserved", "observedat", "measuredat", "recordedat", "sampledat",
        "resulttime", "phenomenontime", "observationtime", "measurementtime", "updatedat", "lastupdate", "lastupdated",
        "thoigian", "thoidiem", "ngaygio", "ngaydo", "giodo", "thoigiando", "ngay",
    }
)  # fmt: skip
# When a state was recorded: of an event these come before other times, which may be those of what happens.
_CHANGE_NAMES = frozenset(
    {
        "updated", "updatedat", "updatetime", "lastupdate", "lastupdated", "updateddatetime", "modified", "modifiedat",
        "lastmodified", "datemodified", "changedat", "statuschangedat", "thoigiancapnhat", "ngaycapnhat", "capnhat",
        "capnhatluc", "lastchange", "lastchanged",
    }
)  # fmt: skip
_MAX_DEPTH = 4  # objects inside each other in which a time is looked for
_MAX_QUOTED = 40  # characters of a time
_MAX_BESIDE = 50  # fields of an item that are looked through
# Objects beside a value that say what it is a value of.
_DESCRIPTIONS = frozenset(
    {
        "parameter", "variable", "property", "observedproperty", "quantity", "metric", "indicator", "sensor",
        "properties", "attributes", "metadata", "meta", "tags", "labels", "chitieu", "thongso",
    }
)  # fmt: skip
_VALUE_NAMES = ("value", "val", "v", "values", "reading", "result", "current", "latest", "giatri")
# "data[-1].v", "data[?id=='H'] | [0].v", "data[?id=='H'].v | [0]"
_LAST_NAME = re.compile(
    r"(?P<outer>[^|]+(?:\|\s*\[-?\d+\])?)\.(?P<name>[A-Za-z_]\w*|\"[^\"\\\\]+\")(?P<position>\s*\|\s*\[-?\d+\])?",
    re.ASCII,
)
_BEGINNING = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?![\w(])", re.ASCII)  # "hourly.level" of "hourly.level[-1]"


class Holder(NamedTuple):
    """An object around a value: its path in the item or the answer, and the name of its field that holds the value."""

    prefix: str
    fields: dict[str, Any]
    inner: str = ""


class FoundUnit(NamedTuple):
    """A unit that the row does not read. `is_of_value`: the name of its field has that of the value ("h_unit").

    `may_be_body`: the text of its field may be that of an agency.
    """

    unread: UnreadUnit
    is_of_value: bool
    may_be_body: bool = False


def find_unread_unit(item: Any, path: str, options: UnitOptions, around: Sequence[Holder]) -> FoundUnit | None:
    """The nearest field with the unit of the value at `path` of `item`; None for none. `around`: `holders_of_items`.

    Of fields beside each other a known unit comes first. A field that may be something else comes last of all.
    """
    written = _value_name(path)
    name, words = comparable_name(written), name_words(written)
    doubtful = None
    for holder, is_in_item in holders_of_value(item, path, around):
        unknown = None
        for field in unit_fields(holder.fields, holder.inner, name, words):
            place = holder.prefix + field.path
            unit = options.unit_in(field.text, place)
            if unit and is_known_unit(unit):
                found = FoundUnit(UnreadUnit(place, unit, is_in_item, field.may_be_other), field.is_of_value)
                if not field.may_be_other:
                    return found
                doubtful = doubtful or found
            elif unit and field.may_be_unknown_unit:
                unread = UnreadUnit(place, unit, is_in_item, is_unknown=True)
                unknown = unknown or FoundUnit(unread, field.is_of_value, field.may_be_body)
        if unknown:
            return unknown
    return (
        doubtful
        or next(_units_by_name(item, path, name, options), None)
        or next(_units_of_other_objects(item, path, name, options), None)
    )


def _units_by_name(item: Any, path: str, name: str, options: UnitOptions) -> Iterator[FoundUnit]:
    """Known units of what another object of the item says of a name on the way to the value.

    So does CoverageJSON: `parameters.T.unit` beside `ranges.T.values`.
    """
    steps = [step for step in _steps(path)[:-1] if isinstance(step, str)]
    if not steps or not isinstance(item, dict) or len(item) > _MAX_BESIDE:
        return
    for field, inner in item.items():
        for step in steps[1:] if isinstance(inner, dict) and field != steps[0] else ():
            described = inner.get(step)
            for each in unit_fields(described, "", name) if isinstance(described, dict) else ():
                place = f"{quoted(field)}.{quoted(step)}.{each.path}"
                unit = options.unit_in(each.text, place)
                if unit and is_known_unit(unit):
                    yield FoundUnit(UnreadUnit(place, unit, True, True), each.is_of_value)


def _units_of_other_objects(item: Any, path: str, name: str, options: UnitOptions) -> Iterator[FoundUnit]:
    """Known units in objects right beside the value that do not say that they describe it: "device", "channel", "tram".

    Not of objects with a value of their own.
    """
    for holder, _ in islice(holders_of_value(item, path, ()), 1):
        for field, inner in holder.fields.items():
            if not isinstance(inner, dict) or {name, *_VALUE_NAMES} & set(map(comparable_name, inner)):
                continue
            for each in unit_fields(inner, "", name):
                place = f"{holder.prefix}{quoted(field)}.{each.path}"
                unit = options.unit_in(each.text, place)
                if unit and is_known_unit(unit) and not each.may_be_other:
                    yield FoundUnit(UnreadUnit(place, unit, True, True), each.is_of_value)


def holders_of_value(item: Any, path: str, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """The objects that may describe the value at `path`, the nearest first, and whether each is in the item."""
    steps, name = _steps(path), comparable_name(_value_name(path))
    yield from ((holder, True) for holder in _described(_agreed(_selected(item, path), name), name))
    yield from ((holder, True) for holder in _holders(item, steps[:-1], name))
    yield from ((holder, False) for holder in _described(reversed(around), name))


def _agreed(holders: Sequence[Holder], name: str) -> Sequence[Holder]:
    """The first of objects that says a unit where all that do say the same, [] where they differ."""
    said = {
        tuple(field for one in _described([holder], name) for field in unit_fields(one.fields, one.inner, name)): holder
        for holder in reversed(holders)
    }
    spoken = [holder for fields, holder in said.items() if fields]
    return (spoken or holders[:1]) if len(spoken) < 2 else []


def check_units(item: Any, path: str, options: UnitOptions) -> None:
    """Raises ParseError where objects from which the value at `path` comes say different known units."""
    name, units = comparable_name(_value_name(path)), list[str]()
    for holder in _selected(item, path):
        fields = (one for each in _described([holder], name) for one in unit_fields(each.fields, each.inner, name))
        units += [options.unit_in(one.text, holder.prefix + one.path) for one in fields if not one.may_be_other][:1]
    known_unit(units)


def _selected(item: Any, path: str) -> list[Holder]:
    """The objects from which the value at `path` comes; [] for a path of names and positions."""
    found = [*filter(None, [_computed_holder(item, path)])]
    is_certain = found and "{" not in path  # no object that the expression makes
    return found if is_certain else [Holder(*one) for one in selected_objects(item, path)] or found


def _computed_holder(item: Any, path: str) -> Holder | None:
    """The object from which a value comes that a filter or a position from the end finds; None for other paths."""
    match = None if plain_steps(path) is not None else _LAST_NAME.fullmatch(path)
    if match is None:
        return None
    outer, name = match["outer"] + (match["position"] or ""), match["name"].strip('"')
    with suppress(ParseError, JMESPathError):
        fields = find(item, outer)
        if isinstance(fields, dict) and name in fields and fields[name] is find(item, path):
            return Holder(f"{outer}.", fields)
    return None


def _value_name(path: str) -> str:
    """The name of the value at `path`: "h" of "h[1]" and of "data[-1].h" too."""
    match = None if plain_steps(path) is not None else _LAST_NAME.fullmatch(path)
    if match:
        return match["name"].strip('"')
    return next((step for step in reversed(_steps(path)) if isinstance(step, str)), "")


def holders_of_items(document: Any, path: str) -> list[Holder]:
    """The objects of a document around its items at `path`, the outermost first."""
    holders: list[Holder] = []
    prefix, here = "", document
    for step in () if path == "@" else _steps(path):
        if not isinstance(here, dict):
            break
        holders.append(Holder(prefix, here, str(step)))
        prefix, here = f"{prefix}{quoted(str(step))}.", here.get(str(step))
    return holders


def _steps(path: str) -> tuple[str | int, ...]:
    """The names and positions of a path; of another expression those with which it begins."""
    if (steps := plain_steps(path)) is not None:
        return steps
    beginning = _BEGINNING.match(path)
    return plain_steps(beginning[0]) or () if beginning else (path.rpartition(".")[2],)


def _holders(item: Any, steps: tuple[str | int, ...], name: str) -> Iterator[Holder]:
    """The objects that may say what a value called `name` in the object at `steps` is, the nearest first."""
    inside, prefix, here = list[Holder](), "", item
    for step in (*steps, name):
        if isinstance(here, dict):
            inside.append(Holder(prefix, here, str(step) if len(inside) < len(steps) else ""))
        is_there = step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        if not is_there:
            break
        prefix = f"{prefix[:-1]}[{step}]." if isinstance(step, int) else f"{prefix}{quoted(step)}."
        here = here[step]
    yield from _described(reversed(inside), name)
    outer, prefix = item, ""
    while isinstance(outer, dict) and isinstance(outer := outer.get("parent"), dict):
        prefix += "parent."
        yield from _described([Holder(prefix, outer)], name)


def is_description(key: str) -> bool:
    """Whether an object of the comparable name `key` says what a value beside it is a value of."""
    return key in _DESCRIPTIONS or key.endswith("metadata")


def _described(holders: Iterator[Holder] | Sequence[Holder], name: str) -> Iterator[Holder]:
    """Each of `holders`, then the objects in it that describe the value; one with another value `name` does not."""
    for holder in holders:
        yield holder
        for field, inner in holder.fields.items():
            is_one = isinstance(inner, dict) and is_description(comparable_name(field))
            if is_one and name not in map(comparable_name, inner):
                yield Holder(f"{holder.prefix}{quoted(field)}.", inner)


def find_unread_time(item: Any, path: str, around: Sequence[Holder]) -> UnreadTime | None:
    """The nearest field that looks like the time of the value at `path`, in `item` or around it; None for none.

    Objects that do not hold the value come last, the outermost first.
    """
    near = list(holders_of_value(item, path, around))
    return _first_time(near, _TIME_NAMES | _CHANGE_NAMES) or _first_time(
        _inner_holders(item, around), _TIME_NAMES | _CHANGE_NAMES
    )


def find_unread_event_time(item: Any, around: Sequence[Holder]) -> UnreadTime | None:
    """A field that looks like the time of an event, in `item` or around it; None for none."""
    holders = [*holders_of_value(item, "", around), *_inner_holders(item, around)]
    own = [holder for holder in holders if holder[1]]
    return _first_time(own, _CHANGE_NAMES) or _first_time(holders, _TIME_NAMES | _CHANGE_NAMES)


def _first_time(holders: Iterable[tuple[Holder, bool]], names: Collection[str]) -> UnreadTime | None:
    for holder, is_in_item in holders:
        for field, value in holder.fields.items():
            if comparable_name(field) in names and _may_be_time(value):
                return UnreadTime(holder.prefix + quoted(field), shorten(str(value), _MAX_QUOTED), is_in_item)
    return None


def _inner_holders(item: Any, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """All objects in `item`, then those around it beside it, and whether each is in the item; the outermost first."""
    if isinstance(item, dict):
        yield from ((holder, True) for holder in _objects_in(Holder("", item)))
    for outer in reversed(around):
        fields = {name: value for name, value in outer.fields.items() if name != outer.inner}
        yield from ((holder, False) for holder in _objects_in(Holder(outer.prefix, fields)))


def _objects_in(outer: Holder) -> Iterator[Holder]:
    level = [outer]
    for _ in range(_MAX_DEPTH):
        level = [
            Holder(f"{holder.prefix}{quoted(name)}.", inner)
            for holder in level
            for name, inner in holder.fields.items()
            if isinstance(inner, dict)
        ]
        yield from level


def _may_be_time(value: Any) -> bool:
    if isinstance(value, str):
        return any(map(str.isdecimal, value))
    return type(value) in (int, float) and may_be_unix_time(value)
