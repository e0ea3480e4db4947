"""The unit that the name of a value says: of its field ("level_cm"), or of its item ("Mực nước (cm)")."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Path, Place, position_of
from data_sources._mapping.expressions import find
from data_sources._mapping.unit_options import UnitOptions
from ioc.domain.base.name_units import ending_unit, text_in_brackets
from ioc.domain.base.units import convert, is_known_unit, is_same_quantity
from ioc.domain.ingest.parsing import ParseError, placeholders
from ioc.domain.ingest.reading import UnreadUnit, ValueName

_ITEM = Place(frozenset({()}))
_STEPS = 2  # from the end of a path: "level_cm.value"
_MAX_VALUES = 20  # of a list that are compared with a value
_ZERO = re.compile(r"\s*[+-]?0+(?:[.,]0+)?\s*", re.ASCII)
_MAY_BE_WORDS = ("in", "min", "TB")  # inside, minimum, trung bình


def named_unit(item: Any, template: str, path: str, options: UnitOptions) -> UnreadUnit | None:
    """What the names of a value of an item say, its field first, then the texts that fill the template; None: nothing.

    Raises ParseError where the value may stand in fields of different units.
    """
    return either(_unit_of_field(item, template, path, options), _unit_of_item(item, template, path, options))


def _unit_of_field(item: Any, template: str, path: str, options: UnitOptions) -> UnreadUnit | None:
    """The unit that the name of the field at `path` says, or of the one around it; None for none.

    Of a path with alternatives only the fields count at which the value stands.
    """
    fields = [
        unit_of_names((ValueName(name, template, path) for name in _names(one)), options)
        for one in _paths_of_value(item, path)
    ]
    units = [unit for unit in fields if unit]
    for unit in units[1:]:
        if (first := units[0].beside(unit.unit)).contradicts(unit.unit):
            if _is_zero_of_both(find(item, path), first.unit, unit.unit):
                return None
            raise ParseError(first.failure(unit.unit))
    return units[0]._replace(is_read=units[0].is_read and len(units) == len(fields)) if units else None


def _is_zero_of_both(value: Any, unit: str, other: str) -> bool:
    """Whether a value is 0, which is the same in both units: 0 cm is 0 m, but 0 °C is not 0 K."""
    is_zero = not isinstance(value, bool) and _ZERO.fullmatch(str(value)) is not None
    return is_zero and is_same_quantity(unit, other) and convert(0, unit, other) == 0


def _unit_of_item(item: Any, template: str, path: str, options: UnitOptions) -> UnreadUnit | None:
    """The unit that the texts say which fill the template, but for a place, the last first; None for none."""
    texts = ((field, find(item, field)) for field in reversed(placeholders(template)) if field != "place")
    names = (ValueName(text, template, path, field) for field, text in texts if isinstance(text, str))
    return unit_of_names(names, options)


def unit_of_names(names: Iterable[ValueName], options: UnitOptions) -> UnreadUnit | None:
    """The unit that the first of `names` says which has one; None for none. `units` of the row says what it means.

    It counts only where it measures what the value does. The value is in one in brackets, but for a single letter or
    what may be a word; with any other ending it is only compared.
    """
    found = None
    for name in reversed([*names]):
        in_brackets = text_in_brackets(name.text)
        for text in filter(None, (ending_unit(name.text), in_brackets)):
            unit = options.unit_of(text)
            if unit and is_known_unit(unit):
                is_read = text == in_brackets and len(text) > 1 and text not in _MAY_BE_WORDS
                found = UnreadUnit(name.text, unit, True, True, name=name, is_read=is_read, other=found)
    return found


def either(first: UnreadUnit | None, second: UnreadUnit | None) -> UnreadUnit | None:
    """Both, of which the second counts where none of the first measures what the value does."""
    if first is None or second is None:
        return first or second
    return first._replace(other=either(first.other, second))


@lru_cache(1024)
def _paths(path: str) -> Sequence[Path]:
    return sorted(ExpressionReads().place(path, _ITEM).all_paths())


def _names(path: Path) -> Iterator[str]:
    """The names of a field and of the one around it, the nearest first."""
    names = [step for step in path if step not in (ENTRIES, VALUES) and position_of(step) is None]
    return reversed(names[-_STEPS:])


def _paths_of_value(item: Any, path: str) -> Sequence[Path]:
    """The paths at which the value of an expression stands; where that cannot be told, those at which one stands."""
    paths = _paths(path)
    if len(paths) < 2:
        return paths
    result = find(item, path)
    values = {one: [*islice(_values(item, one), _MAX_VALUES)] for one in paths}
    there = [one for one in paths if any(value == result or str(value) == str(result) for value in values[one])]
    return there or [one for one in paths if any(value is not None for value in values[one])] or paths


def _values(item: Any, path: Path) -> Iterator[Any]:
    """What stands at a path of names and positions, of each entry of its lists."""
    if not path:
        yield item
        return
    step, rest = path[0], path[1:]
    inner: Iterable[Any] = ()
    if isinstance(item, dict):
        inner = item.values() if step == VALUES else [item[step]] if step in item else ()
    elif isinstance(item, list):
        position = position_of(step)
        inner = item if step == ENTRIES else item[position:][:1] if position is not None else ()
    for one in inner:
        yield from _values(one, rest)
