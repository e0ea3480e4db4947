"""Fields of an answer that name the unit of a value, where the row reads none: in the item or around it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_fields import comparable_name, name_words, unit_fields
from data_sources._mapping.unit_options import UnitOptions
from data_sources._mapping.unread_fields import (
    Holder,
    described,
    holders_around,
    path_steps,
    selected_holders,
    value_name,
)
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import UnreadUnit

_MAX_BESIDE = 50  # fields of an item that are looked through
_VALUE_NAMES = ("value", "val", "v", "values", "reading", "result", "current", "latest", "giatri")


class FoundUnit(NamedTuple):
    """A unit that the row does not read. `is_of_value`: the name of its field has that of the value ("h_unit").

    `may_be_body`: the text of its field may be that of an agency.
    """

    unread: UnreadUnit
    is_of_value: bool
    may_be_body: bool = False


def find_unread_unit(item: Any, path: str, options: UnitOptions, around: Sequence[Holder]) -> FoundUnit | None:
    """The nearest field with the unit of the value at `path` of `item`; None for none. `around`: `holders_of_items`.

    Of a value that comes from several objects, or from one of them, each has its own. Raises ParseError where these
    differ.
    """
    name = value_name(path)
    selected = selected_holders(item, path)
    of_each = [_nearest_unit(((one, True) for one in _described(each, name)), name, options) for each in selected]
    if not (of_each and all(map(_is_sure, of_each))):
        outer = _nearest_unit(holders_around(item, path, around), name, options)
        of_each = [one if _is_sure(one) or not _is_sure(outer) else outer for one in of_each or [outer]]
        of_each = of_each if any(of_each) else [outer]
    beside = [each[0] for each in selected] or [holder for holder, _ in islice(holders_around(item, path, ()), 1)]
    return (
        _agreed(of_each)
        or next(_units_by_name(item, path, options), None)
        or _agreed([next(_units_of_other_objects(holder, name, options), None) for holder in beside])
    )


def _described(holders: Sequence[Holder], name: str) -> Iterator[Holder]:
    return described(holders, comparable_name(name))


def _is_sure(found: FoundUnit | None) -> bool:
    return found is not None and not found.unread.may_be_other


def _agreed(found: Sequence[FoundUnit | None]) -> FoundUnit | None:
    """The unit of the objects from which a value comes, the surest. Raises ParseError where they differ."""
    said = dict[tuple[bool, bool, str], FoundUnit]()
    for one in filter(None, found):
        said.setdefault((one.unread.may_be_other, one.unread.is_unknown, one.unread.unit), one)
    if not said:
        return None
    first, *others = sorted(said.values(), key=lambda one: (one.unread.may_be_other, one.unread.is_unknown))
    unread, is_of_some = first.unread, None in found
    for other in (one.unread for one in others if one.unread.unit != unread.unit):
        if not unread.is_unknown and other.contradicts(unread.unit):
            raise ParseError(MappingCode.UNITS_DIFFER, first=unread.unit, second=other.unit)
        is_of_some |= unread.is_unknown or other.is_unknown or not other.is_unit_beside(unread.unit)
    return first._replace(unread=unread._replace(is_of_some=is_of_some))


def _nearest_unit(holders: Iterable[tuple[Holder, bool]], written: str, options: UnitOptions) -> FoundUnit | None:
    """The unit of the value called `written` in the nearest of `holders`, each with whether it is in the item.

    Of fields beside each other a known unit comes first. A field that may be something else comes last of all.
    """
    name, words = comparable_name(written), name_words(written)
    doubtful = None
    for holder, is_in_item in holders:
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
    return doubtful


def _units_by_name(item: Any, path: str, options: UnitOptions) -> Iterator[FoundUnit]:
    """Known units of what another object of the item says of a name on the way to the value.

    So does CoverageJSON: `parameters.T.unit` beside `ranges.T.values`.
    """
    name = comparable_name(value_name(path))
    steps = [step for step in path_steps(path)[:-1] if isinstance(step, str)]
    if not steps or not isinstance(item, dict) or len(item) > _MAX_BESIDE:
        return
    for field, inner in item.items():
        for step in steps[1:] if isinstance(inner, dict) and field != steps[0] else ():
            of_step = inner.get(step)
            for each in unit_fields(of_step, "", name) if isinstance(of_step, dict) else ():
                place = f"{quoted(field)}.{quoted(step)}.{each.path}"
                unit = options.unit_in(each.text, place)
                if unit and is_known_unit(unit):
                    yield FoundUnit(UnreadUnit(place, unit, True, True), each.is_of_value)


def _units_of_other_objects(holder: Holder, written: str, options: UnitOptions) -> Iterator[FoundUnit]:
    """Known units in objects right beside the value that do not say that they describe it: "device", "channel", "tram".

    Not of objects with a value of their own.
    """
    name = comparable_name(written)
    for field, inner in holder.fields.items():
        if not isinstance(inner, dict) or {name, *_VALUE_NAMES} & set(map(comparable_name, inner)):
            continue
        for each in unit_fields(inner, "", name):
            place = f"{holder.prefix}{quoted(field)}.{each.path}"
            unit = options.unit_in(each.text, place)
            if unit and is_known_unit(unit) and not each.may_be_other:
                yield FoundUnit(UnreadUnit(place, unit, True, True), each.is_of_value)
