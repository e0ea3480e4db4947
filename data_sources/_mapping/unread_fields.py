"""The objects of an answer that may describe a value: in the item or around it. Fields that name its time."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError

from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.options import UnreadTime
from data_sources._mapping.selected_objects import selected_objects
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.time_texts import may_be_unix_time
from data_sources._mapping.unit_fields import comparable_name
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError

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
# Objects beside a value that say what it is a value of.
_DESCRIPTIONS = frozenset(
    {
        "parameter", "variable", "property", "observedproperty", "quantity", "metric", "indicator", "sensor",
        "properties", "attributes", "metadata", "meta", "tags", "labels", "chitieu", "thongso",
    }
)  # fmt: skip
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


def holders_of_value(item: Any, path: str, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """The objects that may describe the value at `path`, the nearest first, and whether each is in the item.

    Of several from which the value comes only the first one.
    """
    first = next(iter(selected_holders(item, path)), [])
    selected = described(first, comparable_name(value_name(path)))
    yield from ((holder, True) for holder in selected)
    yield from holders_around(item, path, around)


def holders_around(item: Any, path: str, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """As `holders_of_value`, without those from which an expression takes the value or computes it."""
    name = comparable_name(value_name(path))
    yield from ((holder, True) for holder in _holders(item, path_steps(path)[:-1], name))
    yield from ((holder, False) for holder in described(reversed(around), name))


def selected_holders(item: Any, path: str) -> list[list[Holder]]:
    """The objects from which the value at `path` comes, each followed by those that it is in, the nearest first.

    [] for a path of names and positions.
    """
    found = [*filter(None, [_computed_holders(item, path)])]
    is_certain = found and "{" not in path  # no object that the expression makes
    return found if is_certain else [[Holder(*one) for one in each] for each in selected_objects(item, path)] or found


def _computed_holders(item: Any, path: str, inner: str = "") -> list[Holder]:
    """The object from which a value comes that a filter or a position from the end finds, and those that it is in.

    [] for other paths.
    """
    match = None if plain_steps(path) is not None else _LAST_NAME.fullmatch(path)
    if match is None:
        return []
    outer, name = match["outer"] + (match["position"] or ""), match["name"].strip('"')
    with suppress(ParseError, JMESPathError):
        fields = find(item, outer)
        if isinstance(fields, dict) and name in fields and fields[name] is find(item, path):
            return [Holder(f"{outer}.", fields, inner), *_computed_holders(item, outer, name)]
    return []


def value_name(path: str) -> str:
    """The name of the value at `path`: "h" of "h[1]" and of "data[-1].h" too."""
    match = None if plain_steps(path) is not None else _LAST_NAME.fullmatch(path)
    if match:
        return match["name"].strip('"')
    return next((step for step in reversed(path_steps(path)) if isinstance(step, str)), "")


def holders_of_items(document: Any, path: str) -> list[Holder]:
    """The objects of a document around its items at `path`, the outermost first."""
    holders: list[Holder] = []
    prefix, here = "", document
    for step in () if path == "@" else path_steps(path):
        if not isinstance(here, dict):
            break
        holders.append(Holder(prefix, here, str(step)))
        prefix, here = f"{prefix}{quoted(str(step))}.", here.get(str(step))
    return holders


def path_steps(path: str) -> tuple[str | int, ...]:
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
    yield from described(reversed(inside), name)
    outer, prefix = item, ""
    while isinstance(outer, dict) and isinstance(outer := outer.get("parent"), dict):
        prefix += "parent."
        yield from described([Holder(prefix, outer)], name)


def is_description(key: str) -> bool:
    """Whether an object of the comparable name `key` says what a value beside it is a value of."""
    return key in _DESCRIPTIONS or key.endswith("metadata")


def described(holders: Iterator[Holder] | Sequence[Holder], name: str) -> Iterator[Holder]:
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
