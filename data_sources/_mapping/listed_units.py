"""The unit of a value in a row of a table: by the list of its columns, of their units or of their names.

Such a list stands beside the rows, or in an object there, and has as many entries as a row; a table may also begin with
rows of texts.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from data_sources._mapping.expression_reads import ENTRIES, ExpressionReads, Path, Place, item_place, position_of
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_fields import (
    UnitField,
    comparable_name,
    has_unit_word,
    name_words,
    text_in_brackets,
    unit_fields,
)
from data_sources._mapping.unit_options import UnitOptions
from data_sources._mapping.unread_fields import FoundUnit, Holder
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.reading import UnreadUnit

_MAX_TITLE_ROWS = 3
_MAX_FIELDS = 200  # of an object that are looked at
_ITEM, _ROOT = Place(no_lists=frozenset({()})), Place(frozenset({()}))
# Beginnings of the words of names of lists of columns.
_COLUMN_WORDS = (
    "col",
    "field",
    "head",
    "schema",
    "variable",
    "param",
    "name",
    "label",
    "unit",
    "cot",
    "truong",
    "tieu",
)
_NAMES = ("name", "label", "title", "column", "header", "heading", "field", "ten", "description")


class ListedUnits:
    """Finds the unit that a list of columns of `document` names for the values of a mapping."""

    def __init__(self, mapping: MappingOptions, document: Any) -> None:
        self._mapping, self._document = mapping, document
        paths = {value.path: _positions(mapping.items, mapping.each, value.path) for _, value in mapping.value_mappings}
        self._paths = {value: found for value, found in paths.items() if found}
        self._of_document: dict[str, FoundUnit | None] = {}

    def find(self, item: Any, value: str) -> FoundUnit | None:
        """The unit of the value at the path `value` of `item`; None for none. The nearest list counts."""
        paths = self._paths.get(value)
        if paths is None:
            return None
        if isinstance(item, dict):
            found = self._first(item, paths.in_item, None)
            found = found or self._first(item.get("parent"), paths.in_parent, "parent.")
            if found or item is self._document:
                return found
        if value not in self._of_document:
            self._of_document[value] = self._first(self._document, paths.in_document, "")
        return self._of_document[value]

    def _first(self, root: Any, paths: Sequence[Path], prefix: str | None) -> FoundUnit | None:
        return next(filter(None, (_unit(root, path, self._mapping, prefix) for path in paths)), None)


class _Positions(NamedTuple):
    """Paths of what a value reads that end in a position of a list, from the answer, the item and its parent."""

    in_document: Sequence[Path]
    in_item: Sequence[Path]
    in_parent: Sequence[Path]


@lru_cache(1024)
def _positions(items: str, each: str, value: str) -> _Positions | None:
    """Those of a value; None where it reads none, as nearly all do."""
    if "[" not in value + items + each:
        return None
    inner = item_place(ExpressionReads(), "", each, _ITEM) if each else Place()
    found = _Positions(
        _ending_in_position(value, item_place(ExpressionReads(), items, each, _ROOT)),
        _ending_in_position(value, _ITEM),
        _ending_in_position(value, inner),
    )
    return found if any(found) else None


def _ending_in_position(value: str, item: Place) -> Sequence[Path]:
    reads = ExpressionReads()
    reads.read(value, item)
    return sorted(path for path in reads.paths if path and position_of(path[-1]) is not None)


def _unit(root: Any, path: Path, options: UnitOptions, prefix: str | None) -> FoundUnit | None:
    """The unit of the column at `path`. `prefix`: of `root` in the item; None: it is the item, "" the whole answer."""
    holders, table, row, table_path = _around(root, path)
    position = position_of(path[-1]) or 0
    position += len(row) if position < 0 else 0
    if position not in range(len(row)):
        return None
    is_in_item = prefix != ""
    for holder in holders:
        lists = [
            (field, entries)
            for field, entries in islice(holder.fields.items(), _MAX_FIELDS)
            if isinstance(entries, list) and len(entries) == len(row) and field != holder.inner
        ]
        for field, entries in sorted(lists, key=lambda one: not has_unit_word(one[0])):
            place = f"{prefix or ''}{holder.prefix}{quoted(field)}[{position}]"
            if found := _unit_of_entry(field, entries[position], place, options, is_in_item):
                return found
    for n, titles in enumerate(table[:_MAX_TITLE_ROWS]):
        if not (isinstance(titles, list) and len(titles) == len(row) and all(isinstance(one, str) for one in titles)):
            break
        place = f"{prefix or ''}{table_path}[{n}][{position}]"
        if found := _unit_of_title(titles[position], place, options, is_in_item, may_be_sign=n > 0):
            return found
    return None


def _around(root: Any, path: Path) -> tuple[list[Holder], list[Any], list[Any], str]:
    """The objects around the row at `path` without its last name, the nearest first; its table, the row, its path.

    Of a list of rows the first one stands for all; objects inside a list of others are left out.
    """
    holders, here, table, prefix, table_path = list[Holder](), root, list[Any](), "", ""
    is_single = True
    for step in path[:-1]:
        position = position_of(step)
        if isinstance(here, dict):
            if is_single:
                holders += [Holder(f"{prefix}." if prefix else "", here, step)]
            prefix += f".{quoted(step)}" if prefix else quoted(step)
            table, here = [], here.get(step)
        elif isinstance(here, list):
            is_single &= step != ENTRIES
            table, table_path = here, prefix
            index = 0 if position is None else position
            here = here[index] if -len(here) <= index < len(here) else None
            prefix += f"[{index}]"
        else:
            return [], [], [], ""
    with_inner = [one for holder in reversed(holders) for one in (holder, *_objects_beside(holder))]
    return with_inner, table, here if isinstance(here, list) else [], table_path


def _objects_beside(holder: Holder) -> Iterator[Holder]:
    for field, inner in islice(holder.fields.items(), _MAX_FIELDS):
        if isinstance(inner, dict) and field != holder.inner:
            yield Holder(f"{holder.prefix}{quoted(field)}.", inner)


def _unit_of_entry(field: str, entry: Any, place: str, options: UnitOptions, is_in_item: bool) -> FoundUnit | None:
    """The unit that an entry of the list `field` names: a unit, a title with one, or an object that has either."""
    is_list_of_columns = any(word.startswith(_COLUMN_WORDS) for word in name_words(field))
    if isinstance(entry, str):
        if has_unit_word(field):
            return _of_field(UnitField("", entry), place, options, is_in_item)
        return _unit_of_title(entry, place, options, is_in_item, is_of_column=is_list_of_columns)
    if not isinstance(entry, dict):
        return None
    found = (
        _of_field(one._replace(may_be_other=one.may_be_other or not is_list_of_columns), f"{place}.{one.path}", options,
                  is_in_item)
        for one in unit_fields(entry, "", "")
    )  # fmt: skip
    titles = (
        _unit_of_title(entry[name], f"{place}.{quoted(name)}", options, is_in_item, is_of_column=is_list_of_columns)
        for name in entry
        if comparable_name(name) in _NAMES and isinstance(entry[name], str)
    )
    return next(filter(None, (*found, *titles)), None)


def _of_field(field: UnitField, place: str, options: UnitOptions, is_in_item: bool) -> FoundUnit | None:
    unit = options.unit_in(field.text, place)
    if unit and is_known_unit(unit):
        return FoundUnit(UnreadUnit(place, unit, is_in_item, field.may_be_other), not field.may_be_other)
    if unit and field.may_be_unknown_unit:
        return FoundUnit(UnreadUnit(place, unit, is_in_item, is_unknown=True), True, field.may_be_body)
    return None


def _unit_of_title(
    title: str, place: str, options: UnitOptions, is_in_item: bool, *, is_of_column: bool = True,
    may_be_sign: bool = False,
) -> FoundUnit | None:  # fmt: skip
    """The known unit in brackets with which a title ends ("Level (cm)"); `may_be_sign`: or that it is as a whole."""
    in_brackets = text_in_brackets(title)
    text = in_brackets or (title.strip() if may_be_sign else "")
    unit = options.unit_in(text, place) if text else ""
    if not (unit and is_known_unit(unit)):
        return None
    is_sure = bool(in_brackets) and is_of_column and len(text) > 1
    return FoundUnit(UnreadUnit(place, unit, is_in_item, not is_sure), is_sure)
