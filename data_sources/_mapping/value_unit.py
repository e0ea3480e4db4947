"""The unit of a value of an item: by the row, or in a field that the row reads, or does not read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_options import UnitOptions
from ioc.domain.base.slug import without_accents
from ioc.domain.base.text import shorten
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.units import is_known_unit, is_same_unit
from ioc.domain.ingest.numbers import Amount
from ioc.domain.ingest.parsing import ParseError

_MAX_QUOTED = 40  # characters of a text that a failure quotes
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


class ValueUnit(NamedTuple):
    """The unit of a value, "" for that of its series; the others as in Reading."""

    unit: str
    names_unit: bool | None
    lacks_unit: bool = False
    unread_unit: tuple[str, str] | None = None


def value_unit(item: Any, path: str, unit: str, unit_path: str, options: UnitOptions, amount: Amount) -> ValueUnit:
    """The unit of `amount` at `path`. `unit`, `unit_path`: of the row, "" for none. Raises ParseError."""
    if unit_path:
        found = find(item, unit_path)
        needs_unit = amount.number is not None and not amount.unit
        named = options.unit_at(found, unit_path, unit) if needs_unit else options.unit_of(found)
        is_named = options.names_unit(found) or (None if unit else options.names_unit(found))
        return ValueUnit(*amount.unit_beside(named, is_named, options.units))
    own = ValueUnit(*amount.unit_beside(unit, None, options.units))
    if amount.number is None or (own.unit and (unit or not amount.unit)):
        return own
    unread = _unread_unit(item, path, options)
    if own.unit:
        if unread and not is_same_unit(own.unit, unread[1]):
            quoted = shorten(amount.text, _MAX_QUOTED)
            where, other = unread
            raise ParseError(MappingCode.NUMBER_UNIT_UNREAD, text=quoted, unit=amount.unit, path=where, other=other)
        return own
    return own._replace(lacks_unit=not unread and "" not in options.units, unread_unit=unread)


def _unread_unit(item: Any, path: str, options: UnitOptions) -> tuple[str, str] | None:
    """The nearest field of `item` with the unit of the value at `path`, as JMESPath, and that unit; None for none.

    Only a known unit counts: a field of this name may hold anything. Its name may have that of the value ("h_unit").
    """
    steps = plain_steps(path) or (path.rpartition(".")[2],)
    name = _comparable_name(str(steps[-1]))
    for prefix, fields in _objects_around(item, steps[:-1], name):
        for names in ({name + word for word in _WORDS} | {word + name for word in _WORDS}, _NAMES):
            for field, text in fields.items():
                if isinstance(text, str) and text.strip() and _comparable_name(field) in names:
                    unit = options.unit_of(text)
                    if unit and is_known_unit(unit):
                        return prefix + quoted(field), unit
    return None


def _objects_around(item: Any, steps: tuple[str | int, ...], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that may say what a value called `name` in the object at `steps` is, the nearest first; their paths.

    An object of another value of this name says nothing of this one.
    """
    inside = [("", item)]
    for step in steps:
        prefix, holder = inside[-1]
        is_there = (
            step in holder if isinstance(holder, dict) else isinstance(holder, list) and step in range(len(holder))
        )
        if not is_there:
            break
        path = f"{prefix[:-1]}[{step}]." if isinstance(step, int) else f"{prefix}{quoted(step)}."
        inside.append((path, holder[step]))
    for prefix, fields in reversed(inside):
        if isinstance(fields, dict):
            yield prefix, fields
            yield from _descriptions(prefix, fields, name)
    outer, prefix = item, ""
    while isinstance(outer, dict) and isinstance(outer := outer.get("parent"), dict):
        prefix += "parent."
        yield prefix, outer
        yield from _descriptions(prefix, outer, name)


def _descriptions(prefix: str, fields: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for field, inner in fields.items():
        if (
            isinstance(inner, dict)
            and _comparable_name(field) in _DESCRIPTIONS
            and name not in map(_comparable_name, inner)
        ):
            yield f"{prefix}{quoted(field)}.", inner


@cache_short_texts(4096)
def _comparable_name(name: str) -> str:
    return "".join(filter(str.isalnum, without_accents(name).lower()))
