"""The unit of a value of an item: by the row, or in a field that the row reads, or does not read."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.listed_units import ListedUnits
from data_sources._mapping.named_units import either, named_unit
from data_sources._mapping.selected_objects import is_count
from data_sources._mapping.unit_options import UnitOptions
from data_sources._mapping.unread_fields import Holder
from data_sources._mapping.unread_units import FoundUnit, find_unread_unit
from data_sources._mapping.value_mapping import ValueMapping
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit, is_same_unit
from ioc.domain.ingest.numbers import Amount
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import UnreadUnit

_MAX_QUOTED = 40  # characters of a text that a failure quotes


class ValueUnit(NamedTuple):
    """The unit of a value, "" for that of its series; the others as in Reading."""

    unit: str
    names_unit: bool | None
    unread_unit: UnreadUnit | None = None


def value_unit(
    item: Any, template: str, value: ValueMapping, values: Iterable[ValueMapping], options: UnitOptions,
    amount: Amount, around: Sequence[Holder], columns: ListedUnits,
) -> ValueUnit:  # fmt: skip
    """The unit of `amount` at `value`, of the series `template`. Raises ParseError.

    `values`: all of the item; `around`: `holders_of_items`.
    A unit that the answer names in a field which the row does not read, or in the name of the value, is never
    replaced by one of the row.
    """
    found = find(item, value.unit_path) if value.unit_path else None
    named, is_named = value.unit or options.units.get("", ""), None
    if value.unit_path:
        path, needs_unit = value.unit_path, amount.number is not None and not amount.unit
        named = options.unit_at(found, path, value.unit) if needs_unit else options.unit_in(found, path)
        is_named = options.names_unit(found) or (None if value.unit else options.names_unit(found))
    own = ValueUnit(*amount.unit_beside(named, is_named, options.units))
    if amount.number is None or options.names_unit(found) or (amount.unit and value.unit):
        return own
    if is_count(value.path):  # no unit beside what it counts is its own
        other = of_name = None
    else:
        of_name = None if amount.unit else named_unit(item, template, value.path, options)
        other = _nearest(_unread(item, value.path, options, around, own.unit), columns.find(item, value.path))
    contradicted = own.unit or _surely(other)
    if of_name and is_known_unit(contradicted) and (says := of_name.beside(contradicted)).contradicts(contradicted):
        raise ParseError(says.failure(contradicted))
    if not own.unit:
        return own._replace(unread_unit=_of_answer(other.unread if other else None, of_name))
    if other and other.unread.is_unknown:
        if not (amount.unit or other.may_be_body) and other.unread.contradicts(own.unit):
            raise ParseError(other.unread.failure(own.unit))
    elif other and other.unread.contradicts(own.unit) and not _is_of_other(other, value, values):
        params = {"unit": own.unit, "path": other.unread.path, "other": other.unread.unit}
        if amount.unit:
            raise ParseError(MappingCode.NUMBER_UNIT_UNREAD, text=shorten(amount.text, _MAX_QUOTED), **params)
        raise ParseError(MappingCode.UNIT_OF_ROW_CONTRADICTED, **params)
    return own


def _unread(
    item: Any, path: str, options: UnitOptions, around: Sequence[Holder], stated: str
) -> FoundUnit | None:  # fmt: skip
    """As `find_unread_unit`; None where the units differ and the row, or the number itself, has `stated` one."""
    try:
        return find_unread_unit(item, path, options, around)
    except ParseError:
        if not stated:
            raise
        return None


def _surely(found: FoundUnit | None) -> str:
    """The known unit of a field that is surely one, "" for none."""
    is_sure = found is not None and not (found.unread.may_be_other or found.unread.is_unknown)
    return found.unread.unit if found and is_sure else ""


def _of_answer(field: UnreadUnit | None, of_name: UnreadUnit | None) -> UnreadUnit | None:
    """The unit of a value for which the row says none: that of a field beside it, or of its name."""
    return either(of_name, field) if field is None or field.may_be_other or field.is_of_some else field


def _nearest(field: FoundUnit | None, column: FoundUnit | None) -> FoundUnit | None:
    """The unit of the column, unless a field is surely one and in the item, or the column is not surely one."""
    if field is None or column is None:
        return field or column
    is_nearer = field.unread.is_in_item or column.unread.may_be_other
    return field if is_nearer and not field.unread.may_be_other else column


def _is_of_other(found: FoundUnit, value: ValueMapping, values: Iterable[ValueMapping]) -> bool:
    """Whether a unit is that of another one of `values`: one that has it by the row, or for which the row says none."""
    return (
        bool(value.unit)
        and not found.is_of_value
        and any(one is not value and (not one.unit or is_same_unit(one.unit, found.unread.unit)) for one in values)
    )
