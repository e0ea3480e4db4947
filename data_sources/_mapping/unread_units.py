"""The field of an answer that names the unit of a value, where the row reads none: in the item or around the items."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from data_sources._mapping.expressions import plain_steps
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_options import UnitOptions
from ioc.domain.base.slug import without_accents
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.reading import UnreadUnit

# Names of fields, of letters and digits only: "unitOfMeasure", "unit_of_measure", "Đơn vị đo".
_WORDS = ("unit", "units", "uom", "donvi", "dvt")
_NAMES = frozenset(
    {
        *_WORDS, "unitofmeasure", "unitofmeasurement", "unitsofmeasure", "unitsofmeasurement", "measureunit",
        "measurementunit", "engunit", "engunits", "engineeringunit", "engineeringunits", "unitname", "unitsymbol",
        "unittext", "donvido", "donvitinh",
    }
)  # fmt: skip
# Objects beside a value that say what it is a value of.
_DESCRIPTIONS = frozenset(
    {
        "parameter", "variable", "property", "observedproperty", "quantity", "metric", "indicator", "sensor",
        "properties", "attributes", "metadata", "meta", "tags", "labels", "chitieu", "thongso",
    }
)  # fmt: skip
_BEGINNING = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?![\w(])", re.ASCII)  # "hourly.level" of "hourly.level[-1]"


class Holder(NamedTuple):
    """An object around a value: its path in the item or the answer, and the name of its field that holds the value."""

    prefix: str
    fields: dict[str, Any]
    inner: str = ""


class FoundUnit(NamedTuple):
    """A unit that the row does not read. `is_of_value`: the name of its field has that of the value ("h_unit")."""

    unread: UnreadUnit
    is_of_value: bool


def find_unread_unit(item: Any, path: str, options: UnitOptions, around: Sequence[Holder]) -> FoundUnit | None:
    """The nearest field with the unit of the value at `path` of `item`; None for none. `around`: `holders_of_items`.

    Only a known unit counts: a field of this name may hold anything.
    """
    name = _name(_steps(path))
    for holder, is_in_item in holders_of_value(item, path, around):
        for field, text, is_of_value in _named_units(holder, name):
            unit = options.unit_of(text)
            if unit and is_known_unit(unit):
                return FoundUnit(UnreadUnit(holder.prefix + field, unit, is_in_item), is_of_value)
    return None


def holders_of_value(item: Any, path: str, around: Sequence[Holder]) -> Iterator[tuple[Holder, bool]]:
    """The objects that may describe the value at `path`, the nearest first, and whether each is in the item."""
    steps = _steps(path)
    name = _name(steps)
    yield from ((holder, True) for holder in _holders(item, steps[:-1], name))
    yield from ((holder, False) for holder in _described(reversed(around), name))


def _name(steps: tuple[str | int, ...]) -> str:
    """The comparable name of the value at `steps`: "h" of "h[1]" too."""
    return comparable_name(next((step for step in reversed(steps) if isinstance(step, str)), ""))


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


def _named_units(holder: Holder, name: str) -> Iterator[tuple[str, str, bool]]:
    """The fields of an object that may name the unit of the value `name`, the surest first: path, text, `is_of_value`.

    "h_unit" beside "h"; "h" of an object "units", or "current_units" beside "current"; "unit".
    """
    own = {name + word for word in _WORDS} | {word + name for word in _WORDS}
    inner = comparable_name(holder.inner)
    general = _NAMES | {inner + word for word in _WORDS}
    fields = [(field, value, comparable_name(field)) for field, value in holder.fields.items()]
    yield from ((quoted(field), text, True) for field, text, key in fields if key in own and _is_text(text))
    for field, units, key in fields:
        if isinstance(units, dict) and key in general:
            for entry, text in units.items():
                if comparable_name(entry) == name and _is_text(text):
                    yield f"{quoted(field)}.{quoted(entry)}", text, True
    yield from ((quoted(field), text, False) for field, text, key in fields if key in general and _is_text(text))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


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


def _described(holders: Iterator[Holder] | Sequence[Holder], name: str) -> Iterator[Holder]:
    """Each of `holders`, then the objects in it that describe the value; one with another value `name` does not."""
    for holder in holders:
        yield holder
        for field, inner in holder.fields.items():
            if (
                isinstance(inner, dict)
                and comparable_name(field) in _DESCRIPTIONS
                and name not in map(comparable_name, inner)
            ):
                yield Holder(f"{holder.prefix}{quoted(field)}.", inner)


@cache_short_texts(4096)
def comparable_name(name: str) -> str:
    """`name` without what differs between spellings: case, accents, signs and spaces."""
    return "".join(filter(str.isalnum, without_accents(name).lower()))
