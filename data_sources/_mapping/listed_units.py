"""The unit of a value in a row of a table: by the list of its columns, of their units or of their names.

Such a list stands beside the rows, or in an object there, and has as many entries as a row; a table may also begin with
rows of texts.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from jmespath.parser import ParsedResult

from data_sources._mapping.expression_reads import (
    ENTRIES,
    ExpressionReads,
    Path,
    Place,
    alternatives,
    item_place,
    position_of,
)
from data_sources._mapping.expressions import SEARCH_ERRORS
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_fields import (
    UnitField,
    comparable_name,
    has_unit_word,
    name_words,
    unit_fields,
    words_beside_unit,
)
from data_sources._mapping.unit_options import UnitOptions
from data_sources._mapping.unread_fields import Holder
from data_sources._mapping.unread_units import FoundUnit
from ioc.domain.base.name_units import text_in_brackets
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
# Other words of such names, which do not say of which columns the list is.
_FILLERS = frozenset(
    {
        "list", "info", "meta", "metadata", "def", "defs", "definition", "definitions", "type", "types", "row", "rows",
        "table", "data", "value", "values", "series", "symbol", "symbols", "text", "texts", "of", "the", "measure",
        "measurement", "engineering", "eng", "short", "long", "ten", "de", "do", "tinh", "danh", "sach",
    }
)  # fmt: skip
_NAMES = ("name", "label", "title", "column", "header", "heading", "field", "ten", "description")


class ListedUnits:
    """Finds the unit that a list of columns of `document` names for the values of a mapping."""

    def __init__(self, mapping: MappingOptions, document: Any) -> None:
        self._mapping, self._document = mapping, document
        paths = {value.path: _positions(mapping.items, mapping.each, value.path) for _, value in mapping.value_mappings}
        self._paths = {value: found for value, found in paths.items() if found}
        self._of_document: dict[tuple[str, int], FoundUnit | None] = {}

    def find(self, item: Any, value: str) -> FoundUnit | None:
        """The unit of the value at the path `value` of `item`; None for none. The nearest sure list counts."""
        found = self._paths.get(value, ())
        chosen = _chosen(item, value) if len(found) > 1 else 0
        return _surest(self._around(item, value, chosen)) if found and chosen is not None else None

    def _around(self, item: Any, value: str, chosen: int) -> Iterator[FoundUnit | None]:
        paths = self._paths[value][chosen]
        if isinstance(item, dict):
            yield _unit(item, paths.in_item, self._mapping, None)
            yield _unit(item.get("parent"), paths.in_parent, self._mapping, "parent.")
            if item is self._document:
                return
        if (value, chosen) not in self._of_document:
            self._of_document[value, chosen] = _unit(self._document, paths.in_document, self._mapping, "")
        yield self._of_document[value, chosen]


def _surest(units: Iterable[FoundUnit | None]) -> FoundUnit | None:
    """The first one of a list that is surely one of columns, else the first one."""
    doubtful = None
    for unit in units:
        if unit and not unit.unread.may_be_other:
            return unit
        doubtful = doubtful or unit
    return doubtful


class _Positions(NamedTuple):
    """Paths at which a value may stand that end in a position of a list, from the answer, the item and its parent."""

    in_document: Sequence[Path]
    in_item: Sequence[Path]
    in_parent: Sequence[Path]


@lru_cache(1024)
def _positions(items: str, each: str, value: str) -> Sequence[_Positions]:
    """Those of each of the alternatives of a value; empty where none stands in a list, as nearly all do."""
    if "[" not in value + items + each:
        return ()
    inner = item_place(ExpressionReads(), "", each, _ITEM) if each else Place()
    found = [
        _Positions(
            _ending_in_position(one, item_place(ExpressionReads(), items, each, _ROOT)),
            _ending_in_position(one, _ITEM),
            _ending_in_position(one, inner),
        )
        for one in alternatives(value)
    ]
    return found if any(map(any, found)) else ()


def _ending_in_position(value: ParsedResult, item: Place) -> Sequence[Path]:
    paths = ExpressionReads().place_of_parsed(value, item).paths
    return sorted(path for path in paths if path and position_of(path[-1]) is not None)


def _chosen(item: Any, value: str) -> int | None:
    """Which of its alternatives `value` takes of `item`; None for none."""
    for n, one in enumerate(alternatives(value)):
        with suppress(*SEARCH_ERRORS):
            if one.search(item) not in (None, False, "", [], {}):
                return n
    return None


def _unit(root: Any, paths: Sequence[Path], options: UnitOptions, prefix: str | None) -> FoundUnit | None:
    """The unit of the column at the one of `paths` that `root` has; None where it has several of them.

    `prefix`: of `root` in the item; None: it is the item, "" the whole answer.
    """
    around = [(path, _around(root, path)) for path in paths]
    there = [(path, one) for path, one in around if (position_of(path[-1]) or 0) in range(-len(one.row), len(one.row))]
    return _surest(_units(*there[0], options, prefix)) if len(there) == 1 else None


def _units(path: Path, around: "_Around", options: UnitOptions, prefix: str | None) -> Iterator[FoundUnit | None]:
    (holders, table, row, table_path), is_in_item = around, prefix != ""
    position = (position_of(path[-1]) or 0) % len(row)
    names = {_singular(word) for step in path for word in name_words(step)}
    for holder in holders:
        lists = [
            (field, entries)
            for field, entries in islice(holder.fields.items(), _MAX_FIELDS)
            if isinstance(entries, list) and len(entries) == len(row) and field != holder.inner
        ]
        for field, entries in sorted(lists, key=lambda one: not has_unit_word(one[0])):
            place = f"{prefix or ''}{holder.prefix}{quoted(field)}[{position}]"
            yield _unit_of_entry(field, entries[position], place, options, is_in_item, _is_of_columns(field, names))
    for n, titles in enumerate(table[:_MAX_TITLE_ROWS]):
        if not (isinstance(titles, list) and len(titles) == len(row) and all(isinstance(one, str) for one in titles)):
            break
        place = f"{prefix or ''}{table_path}[{n}][{position}]"
        yield _unit_of_title(titles[position], place, options, is_in_item, may_be_sign=n > 0)


def _is_of_columns(field: str, names: Set[str]) -> bool:
    """Whether a list called `field` is surely one of the columns: no word says another thing than them or `names`."""
    words = [word for word in words_beside_unit(field) if word not in _FILLERS and not word.startswith(_COLUMN_WORDS)]
    is_named_so = has_unit_word(field) or any(word.startswith(_COLUMN_WORDS) for word in name_words(field))
    return is_named_so and all(_singular(word) in names for word in words)


def _singular(word: str) -> str:
    return word.removesuffix("s")


class _Around(NamedTuple):
    """What is around a value in a list: the objects, the nearest first; its table, the row, the path of the table."""

    holders: Sequence[Holder] = ()
    table: Sequence[Any] = ()
    row: Sequence[Any] = ()
    table_path: str = ""


def _around(root: Any, path: Path) -> _Around:
    """What is around the value at `path`.

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
        elif isinstance(here, list) and (step == ENTRIES or position is not None):
            is_single &= step != ENTRIES
            table, table_path = here, prefix
            index = 0 if position is None else position
            here = here[index] if -len(here) <= index < len(here) else None
            prefix += f"[{index}]"
        else:
            return _Around()
    with_inner = [one for holder in reversed(holders) for one in (holder, *_objects_beside(holder))]
    return _Around(with_inner, table, here if isinstance(here, list) else [], table_path)


def _objects_beside(holder: Holder) -> Iterator[Holder]:
    for field, inner in islice(holder.fields.items(), _MAX_FIELDS):
        if isinstance(inner, dict) and field != holder.inner:
            yield Holder(f"{holder.prefix}{quoted(field)}.", inner)


def _unit_of_entry(
    field: str, entry: Any, place: str, options: UnitOptions, is_in_item: bool, is_of_columns: bool
) -> FoundUnit | None:
    """The unit that an entry of the list `field` names: a unit, a title with one, or an object that has either."""
    if isinstance(entry, str):
        if has_unit_word(field):
            return _of_field(UnitField("", entry, may_be_other=not is_of_columns), place, options, is_in_item)
        return _unit_of_title(entry, place, options, is_in_item, is_of_column=is_of_columns)
    if not isinstance(entry, dict):
        return None
    found = (
        _of_field(one._replace(may_be_other=one.may_be_other or not is_of_columns), f"{place}.{one.path}", options,
                  is_in_item)
        for one in unit_fields(entry, "", "")
    )  # fmt: skip
    titles = (
        _unit_of_title(entry[name], f"{place}.{quoted(name)}", options, is_in_item, is_of_column=is_of_columns)
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
