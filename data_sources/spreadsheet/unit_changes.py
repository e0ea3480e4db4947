"""Units that are stated between the rows of a table, or below them: "Đơn vị tính: kg" after rows in tonnes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.column_units import ColumnUnits, are_different, are_quantities
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.rows_below_headings import units_in_row
from data_sources.spreadsheet.stated_unit import unit_of_comment, unit_statements, units_in_sentences
from data_sources.spreadsheet.table_header import TableHeader
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import text_readings
from ioc.domain.ingest.reading import UnreadUnit

_MAX_QUOTED = 80  # characters of units that a failure quotes


class _Statement(NamedTuple):
    """The unit of each column, by its template, that a row states. `is_general`: one for all; `is_said`: in words.

    `is_sentence`: in a sentence, which may be about other values.
    """

    units: Mapping[str, str]
    is_general: bool = False
    is_said: bool = False
    is_sentence: bool = False


class UnitChanges:
    """`lines`: the rows that state units. `failures`: by row, and by template why its value may have another unit.

    `below`: the last line, when it states another unit and has no data below it: it may be that of all rows.
    `in_comments`: by row and template, the unit in the comment of a cell whose column has none.
    """

    def __init__(
        self, sheet: Sheet, table: TableHeader, rows: Iterable[int], units: ColumnUnits, options: Options
    ) -> None:
        self._options, self._units = options, units
        self._values = {name: table.columns[heading_levels(one)] for name, one in options.columns.items()}
        self._labels = [table.columns[heading] for heading in options.label_headings]
        self.lines: set[int] = set()
        self.failures: dict[int, Mapping[str, Failure]] = {}
        self.below: int | None = None
        self.in_comments: dict[tuple[int, str], UnreadUnit] = {}
        current: dict[str, Failure] = {}
        for row in rows if not options.unit_column else ():
            cells = sheet.rows[row]
            has_data = any(_is_number(cells, column) for column in self._values.values())
            statement = _Statement({}) if has_data else self._statement(cells)
            if statement.units:
                self.lines.add(row)
                kept = {name: failure for name, failure in current.items() if name not in statement.units}
                current = kept | self._failures(row, statement)
                self.below = row if current and statement.is_said else None
            elif current:
                self.failures[row] = current
                self.below = None if has_data else self.below
        if current and self.below is not None:
            self.failures[self.below] = current
        if not options.unit_column:
            self._read_comments(sheet, table.first_row)

    def _read_comments(self, sheet: Sheet, first_row: int) -> None:
        """Note the cells whose comment has a unit: another than that of the column, or of one that has none."""
        for (row, column), comment in sheet.comments.items():
            text = unit_of_comment(comment, self._options) if row >= first_row else ""
            if len(comment.strip(" ()[]")) < 2:
                continue  # a single letter may be of a name
            for name in [name for name, own in self._values.items() if own == column] if text else ():
                params: dict[str, Parameter] = {"unit": shorten(text, _MAX_QUOTED), "row": row + 1}
                failure = Failure(SpreadsheetCode.UNIT_CHANGED, params)
                unit, named = self._options.unit_of(text), self._units.named_unit(name)
                has_none = not self._units.unit(name) and is_known_unit(unit)
                if has_none and not (named and named.beside(unit).contradicts(unit)):
                    self.in_comments[row, name] = UnreadUnit(
                        comment, unit, may_be_other=True, other=named, reason=failure
                    )
                elif self._is_other(name, text) and not self._is_about_others(name, text):
                    self.failures[row] = {**self.failures.get(row, {}), name: failure}

    @property
    def unread(self) -> Mapping[str, Failure]:
        """By template, the columns of which no row can be read, as the line below the rows may mean them."""
        return {} if self.below is None else self.failures[self.below]

    def _statement(self, cells: Sequence[Cell]) -> _Statement:
        """The units that a row without data states."""
        found = list(unit_statements(cells, self._options))
        is_said = any(is_said for *_, is_said in found)
        texts = {} if is_said else units_in_row(cells, self._labels, self._values.values(), self._options)
        sentences = [] if texts or found else units_in_sentences(cells, self._options)
        if texts or not (found or sentences):
            return _Statement({name: texts[column] for name, column in self._values.items() if column in texts})
        text = ", ".join(dict.fromkeys(sentences or [unit for unit, *_ in found]))
        units, is_sentence = dict.fromkeys(self._values, text), bool(sentences)
        return _Statement(units, is_general=True, is_said=is_said or is_sentence, is_sentence=is_sentence)

    def _failures(self, row: int, statement: _Statement) -> dict[str, Failure]:
        """By template, the failure of the columns whose units are others than a row states for them."""
        units = statement.units
        # One unit for all means the columns that name none themselves; it cannot mean one of another quantity.
        spares_others = statement.is_general and any(not self._units.own_unit(name) for name in units)
        if statement.is_sentence:
            units = {name: text for name, text in units.items() if not self._is_about_others(name, text)}
        return {
            name: Failure(SpreadsheetCode.UNIT_CHANGED, {"unit": shorten(text, _MAX_QUOTED), "row": row + 1})
            for name, text in units.items()
            if self._is_other(name, text) and not (spares_others and self._is_of_other_quantity(name, text))
        }

    def _is_other(self, name: str, text: str) -> bool:
        unit, known = self._options.unit_of(text), self._units.unit(name)
        return unit != known and not (is_known_unit(unit) and is_known_unit(known) and not are_different(unit, known))

    def _is_about_others(self, name: str, text: str) -> bool:
        """Whether a sentence or a comment is of another quantity, or about other values: the options state the unit."""
        unit, known = self._options.unit_of(text), self._units.unit(name)
        is_other_quantity = bool(known) and is_known_unit(unit) and is_known_unit(known) and are_quantities(unit, known)
        return is_other_quantity or bool(self._options.units.get(name) or self._options.unit)

    def _is_of_other_quantity(self, name: str, text: str) -> bool:
        unit, own = self._options.unit_of(text), self._units.own_unit(name)
        return bool(own) and is_known_unit(unit) and is_known_unit(own) and are_quantities(unit, own)


def _is_number(cells: Sequence[Cell], column: int) -> bool:
    cell = cells[column] if column < len(cells) else None
    return isinstance(cell, float | int) or (isinstance(cell, str) and bool(text_readings(cell.rstrip(" %"))))
