"""The unit of each column of a table: by the row, below or in its heading, above the table; and where they disagree."""

from collections.abc import Mapping
from typing import NamedTuple

from data_sources._mapping.named_units import unit_of_names
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Heading, Options, heading_levels
from data_sources.spreadsheet.rows_below_headings import is_unit
from data_sources.spreadsheet.table_header import TableHeader
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.units import (
    UnitCode,
    UnknownUnitError,
    convert,
    is_ditto_mark,
    is_known_unit,
    is_same_unit,
    is_share,
    written_unit,
)
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import UnreadUnit, ValueName

_MAX_QUOTED = 80  # characters of units that a failure quotes


class UnitFault(NamedTuple):
    """Why the unit of a column is not known; `row`, `column` and `text` of the cell that says so."""

    failure: Failure
    row: int
    column: int
    text: str


class ColumnUnits:
    """`faults`: by series template, the columns whose unit cannot be told."""

    def __init__(self, table: TableHeader, options: Options) -> None:
        self._options, self._table, self._below, self._stated = options, table, table.below, table.stated
        self._columns = {name: table.columns[heading_levels(heading)] for name, heading in options.columns.items()}
        self._own_units = {name: self._find_own_unit(name) for name in self._columns}
        self._named = {name: self._find_named(name, heading) for name, heading in options.columns.items()}
        self._units = {name: own or options.unit or self._stated_unit() for name, own in self._own_units.items()}
        faults = {
            name: self._fault_below(name, column) or self._fault_heading(name, column) or self._fault_above(name)
            for name, column in self._columns.items()
        }
        self.faults: Mapping[str, UnitFault] = {name: fault for name, fault in faults.items() if fault}

    def unit(self, template: str) -> str:
        """The unit of a column: by `units`, below its heading or in it, by `unit`, else above the table."""
        return self._units[template]

    def is_of_source(self, template: str, unit: str) -> bool:
        """Whether `unit`, of a cell of a column, is what the row of the source says of the column or of the table."""
        of_column = self._options.units.get(template) or (not self.own_unit(template) and self._options.unit)
        return bool(of_column) and unit == self.unit(template)

    def unit_of_label(self, template: str, unit: str) -> str:
        """The unit of a cell whose row names `unit` in its label, "" for none. Raises ParseError.

        It comes before the unit of the whole table, and may not be another one than that of the column, which may be a
        share of it.
        """
        own = self.own_unit(template)
        if unit and own and is_share(own):
            return own
        if unit and own and are_different(unit, own):
            raise ParseError(
                SpreadsheetCode.UNIT_IN_LABEL,
                unit=shorten(written_unit(unit), _MAX_QUOTED),
                other=shorten(own, _MAX_QUOTED),
            )
        self._check_named(template, unit)
        return unit or self.unit(template)

    def unit_of_row(self, template: str, unit: str, of_label: str) -> str:
        """The unit of a cell whose row names `unit` in its unit column, "" for none. Raises ParseError.

        Only without one that `of_label` counts, the unit in its label: it may be a size, "Ống D200 (mm)" in m.
        A column that names another one itself may be a comparison of what the rows measure: "So sánh (%)".
        """
        if not unit and of_label:
            return self.unit_of_label(template, of_label)
        own = self.own_unit(template)
        if own and not is_known_unit(own):
            raise ParseError(UnitCode.UNKNOWN, unit=shorten(own, _MAX_QUOTED))
        if unit and own and are_different(unit, own):
            raise ParseError(
                SpreadsheetCode.UNIT_COLUMN_OTHER,
                unit=shorten(written_unit(unit), _MAX_QUOTED),
                other=shorten(own, _MAX_QUOTED),
                column=template,
            )
        self._check_named(template, unit)
        return unit or self.unit(template)

    def own_unit(self, template: str) -> str:
        """The unit of a column alone, "" for none."""
        return self._own_units[template]

    def named_unit(self, template: str) -> UnreadUnit | None:
        """The unit that the heading of a column ends in ("level_cm"), where neither the file nor the row says one."""
        return None if self.unit(template) else self._named[template]

    def _check_named(self, template: str, unit: str) -> None:
        """Raises ParseError where a heading ends in another unit than `unit`, but for one whose unit the row states."""
        named = None if self._options.units.get(template) else self._named[template]
        if named and is_known_unit(unit) and (named := named.beside(unit)).contradicts(unit):
            raise ParseError(named.failure(unit))

    def _find_named(self, template: str, heading: Heading) -> UnreadUnit | None:
        if self._table.units.get(self._columns[template]):
            return None
        names = (ValueName(text, template) for text in reversed(heading_levels(heading)))
        return unit_of_names(names, self._options)

    def _find_own_unit(self, template: str) -> str:
        column, options = self._columns[template], self._options
        text = self._below.units.get(column, "") or self._table.units.get(column, "")
        return options.units.get(template, "") or options.unit_of(text)

    def _stated_unit(self) -> str:
        return self._options.unit_of(self._stated.units[0]) if self._stated.is_certain else ""

    def _fault_below(self, template: str, column: int) -> UnitFault | None:
        """The fault of the unit below the heading: it is none, or another than the row says."""
        text = self._below.units.get(column, "")
        declared = self._options.units.get(template, "")
        unit = self._options.unit_of(text)
        if text and not declared and is_ditto_mark(unit):
            return UnitFault(
                Failure(UnitCode.DITTO_MARK, {"unit": shorten(text, _MAX_QUOTED)}), self._below.unit_row, column, text
            )
        if text and not declared and not is_unit(text, self._options):
            params: dict[str, Parameter] = {"unit": shorten(text, _MAX_QUOTED), "row": self._below.unit_row + 1}
            return UnitFault(Failure(SpreadsheetCode.UNIT_ROW, params), self._below.unit_row, column, text)
        if unit and declared and are_different(unit, declared):
            params = {"unit": shorten(written_unit(unit), _MAX_QUOTED), "declared": declared}
            return UnitFault(Failure(SpreadsheetCode.UNIT_OTHER, params), self._below.unit_row, column, text)
        return None

    def _fault_heading(self, template: str, column: int) -> UnitFault | None:
        """The fault of a unit in the heading: the row, or the unit below the heading, says another."""
        text = self._table.units.get(column, "")
        unit, own = self._options.unit_of(text), self.own_unit(template)
        try:
            self._check_named(template, self._options.units.get("", "") or self.unit(template))
        except ParseError as error:
            return UnitFault(error.failure, self._table.end - 1, column, str(error.failure.params["unit"]))
        if not unit or not own or is_share(own) or not are_different(unit, own):
            return None  # a share is one of what the heading names
        params: dict[str, Parameter] = {
            "unit": shorten(written_unit(unit), _MAX_QUOTED),
            "other": shorten(own, _MAX_QUOTED),
        }
        return UnitFault(Failure(SpreadsheetCode.UNIT_IN_HEADING, params), self._table.end - 1, column, text)

    def _fault_above(self, template: str) -> UnitFault | None:
        """The fault of the unit above the table, for a column that has no other in the file."""
        options, stated = self._options, self._stated
        column = self._columns[template]
        if not stated.units or options.unit_column or column in {**self._below.units, **self._table.units}:
            return None
        of_column = options.units.get(template, "")
        declared, unit, text = (
            of_column or options.unit,
            self._stated_unit(),
            shorten(", ".join(stated.units), _MAX_QUOTED),
        )
        is_known = stated.is_certain and (stated.units[0] in options.units or is_known_unit(unit))
        if not declared and not is_known:
            failure = Failure(SpreadsheetCode.UNIT_STATED, {"unit": text})
        elif (
            declared
            and is_known
            and unit
            and are_different(unit, declared)
            and not (of_column and are_quantities(unit, declared))
        ):
            failure = Failure(SpreadsheetCode.UNIT_ABOVE_OTHER, {"unit": text, "declared": declared})
        else:
            return None
        return UnitFault(failure, stated.row, stated.column, text)


def are_different(unit: str, other: str) -> bool:
    """Whether two units are known, and not one in two spellings."""
    return is_known_unit(unit) and is_known_unit(other) and not is_same_unit(unit, other)


def are_quantities(unit: str, other: str) -> bool:
    """Whether two units measure different quantities."""
    try:
        convert(0, unit, other)
    except UnknownUnitError:
        return True
    return False
