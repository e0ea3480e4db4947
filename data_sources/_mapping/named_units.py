"""The unit that the name of a value says: of its field ("level_cm"), or of its item ("Mực nước (cm)")."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Place, position_of
from data_sources._mapping.unit_options import UnitOptions
from ioc.domain.base.name_units import ending_unit, text_in_brackets
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import placeholders
from ioc.domain.ingest.reading import UnreadUnit, ValueName

_ITEM = Place(frozenset({()}))
_STEPS = 2  # from the end of a path: "level_cm.value"


@lru_cache(1024)
def names_of_value(path: str) -> tuple[str, ...]:
    """The names of the field at a JMESPath and of the one around it, the nearest first; of each that it may take."""
    paths = sorted(ExpressionReads().place(path, _ITEM).all_paths())
    steps = ([step for step in one if step not in (ENTRIES, VALUES) and position_of(step) is None] for one in paths)
    return tuple(dict.fromkeys(name for one in steps for name in reversed(one[-_STEPS:])))


def names_of_reading(template: str, path: str, lookup: Callable[[str], Any]) -> Iterator[ValueName]:
    """What may name the unit of the value at `path`: its field, then the texts that fill the template, the last first.

    `lookup`: of a placeholder.
    """
    yield from (ValueName(name, template, path) for name in names_of_value(path))
    for field in reversed(placeholders(template)):
        if isinstance(text := lookup(field), str):
            yield ValueName(text, template, path, field)


def unit_of_names(names: Iterable[ValueName], options: UnitOptions) -> UnreadUnit | None:
    """The unit that the first of `names` which has one says; None for none. `units` of the row says what it means.

    One in brackets is sure, but for a single letter; any other counts only where it measures what the value does.
    """
    for name in names:
        in_brackets = text_in_brackets(name.text)
        for text in filter(None, (in_brackets, ending_unit(name.text))):
            unit = options.unit_of(text)
            if unit and is_known_unit(unit):
                is_sure = text == in_brackets and len(text) > 1
                return UnreadUnit(name.text, unit, may_be_other=not is_sure, name=name)
    return None
