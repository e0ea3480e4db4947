"""What identifies a row of a table: its name, its time and its unit."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from data_sources._mapping import first_zone, zone_candidates, zone_failure, zone_of_name
from data_sources.spreadsheet.cell_time import DateOrder, at_clock, date_order, has_zone, read_time, to_utc
from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.legacy_fonts import UndecidedText
from data_sources.spreadsheet.merged_cells import MergedCells
from data_sources.spreadsheet.options import Heading, Options, heading_levels
from data_sources.spreadsheet.stated_month import StatedMonth
from data_sources.spreadsheet.stated_unit import unit_in_name
from data_sources.spreadsheet.table_header import TableHeader
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure, FailureError, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseCode, ParseError, is_missing_text

_MAX_QUOTED = 80  # characters of a heading or a text that a failure quotes


class RowError(FailureError):
    """The name, the time or the unit of a row cannot be read from the `cell` below `heading`."""

    def __init__(self, heading: Heading, failure: Failure, cell: Cell) -> None:
        super().__init__(failure)
        self.heading, self.cell = heading, cell


class RowName(NamedTuple):
    """What stands for {name} in a series key, and in its name; `unit`: the one that the name states, "" for none."""

    key: str
    spelling: str
    label: str
    unit: str


class RowLabels:
    """The labels of the `rows` of a table. `file_time`: that of the whole file, None where the rows have times."""

    def __init__(
        self, sheet: Sheet, table: TableHeader, merged: MergedCells, rows: Sequence[int], options: Options,
        file_time: datetime | None,
    ) -> None:  # fmt: skip
        self._sheet, self._table, self._merged, self._options = sheet, table, merged, options
        self._rows = rows
        self._zone = options.zone_info
        self._file_time = file_time.astimezone(self._zone) if file_time else None
        self._date_order = DateOrder()
        self._names: dict[str, RowName] = {}  # by label
        self._times: dict[int, datetime | RowError] = {}  # by row

    def find_date_order(self, stated: StatedMonth | None) -> None:
        """Find the order of day and month in the column of times: as the row says, else as the cells prove."""
        if not self._options.time:
            return
        column = self._column_of(self._options.time)
        cells = dict.fromkeys(self._merged.cell(row, column) for row in self._rows)
        is_zone_stated = "zone" in self._options.model_fields_set
        self._date_order = date_order(cells, self._options.day_first, stated, is_zone_stated=is_zone_stated)
        self._options.note_assumed_date(self._date_order.assumed)

    def name(self, row: int) -> RowName:
        """The name of a row. Raises RowError."""
        cell = self._cell(row, self._options.row_name)
        label = displayed_text(cell)
        name = self._names.get(label)
        if name is None:
            name = self._names[label] = self._name_of(label)
        if self._options.row_name and (not name.key or self._options.is_unclear(label)):
            raise RowError(self._options.row_name, self._no_name(row, label), cell)
        return name

    def _no_name(self, row: int, label: str) -> Failure:
        """Why no id can be made of the label of a row."""
        params: dict[str, Parameter] = {"name": shorten(label, _MAX_QUOTED)}
        if self._options.is_unclear(label):
            return Failure(ParseCode.NAME_DAMAGED, params)
        if any(map(str.isalpha, label)):
            return Failure(ParseCode.NAME_WITHOUT_LETTERS, params)  # of another script
        if not is_missing_text(label):
            return Failure(SpreadsheetCode.ROW_NAME_WITHOUT_LETTERS, params)
        is_inside = row < self._last_named
        return Failure(SpreadsheetCode.ROW_NAME_MISSING_INSIDE if is_inside else SpreadsheetCode.ROW_NAME_MISSING)

    @cached_property
    def _last_named(self) -> int:
        """The last row of the table that has a name."""
        column = self._column_of(self._options.row_name)
        rows = (row for row in reversed(self._rows) if displayed_text(self._merged.label(row, column)))
        return next(rows, -1)

    def _name_of(self, label: str) -> RowName:
        options = self._options
        written = unit_in_name(label, options)
        unit = options.unit_of(written) if written else ""
        return RowName(options.key_of(label), options.spelling_of(label), label, unit)

    def unit(self, row: int, name: RowName) -> str:
        """The unit in the unit column of a row, "" where only its name has one. Raises RowError."""
        options = self._options
        cell = self._cell(row, options.unit_column)
        if cell is None and name.unit:
            return ""
        if cell is None and not options.unit and "" not in options.units:
            heading = shorten(" / ".join(heading_levels(options.unit_column)), _MAX_QUOTED)
            raise RowError(options.unit_column, Failure(SpreadsheetCode.UNIT_MISSING, {"heading": heading}), cell)
        return options.unit_of(displayed_text(cell))

    def names_unit(self, row: int, name: RowName) -> bool:
        """Whether a row names its unit: in its unit column or in its name. Raises RowError."""
        column = self._options.unit_column
        return bool(name.unit or (column and displayed_text(self._cell(row, column))))

    def time(self, row: int) -> datetime:
        """The time of a row, in UTC. Raises RowError."""
        time = self._times.get(row)
        if time is None:
            try:
                time = self._find_time(row)
            except RowError as error:
                time = error
            self._times[row] = time
        if isinstance(time, RowError):
            raise time
        return time

    def _find_time(self, row: int) -> datetime:
        options = self._options
        moment = self._file_time
        if moment is None:
            cell = self._cell(row, options.time)
            if cell is None:
                raise self._heading_error(options.time, SpreadsheetCode.TIME_MISSING)
            try:
                moment = read_time(cell, self._zone, self._date_order, self._sheet.epoch)
            except ParseError as error:
                raise RowError(options.time, error.failure, cell) from None
            if not has_zone(cell):
                self._check_zone(row, cell, moment)
                options.note_local_time(str(cell))
        clock = self._cell(row, options.clock)
        if clock is not None:
            moment = self._at_clock(moment.astimezone(self._zone), clock)
        elif options.clock and not options.clock_optional:
            raise self._heading_error(options.clock, SpreadsheetCode.CLOCK_MISSING)
        try:
            return to_utc(moment)
        except ParseError as error:
            raise RowError(options.time or options.clock, error.failure, clock) from None

    def _check_zone(self, row: int, cell: Cell, moment: datetime) -> None:
        """Raises RowError where another column, or the heading of the time, names another zone than the default one."""
        options = self._options
        local = moment.astimezone(self._zone)
        zone = next(filter(None, (zone_of_name(one, one, local) for one in self._time_headings)), None)
        if zone is None and self._zone_headings:
            cells = {
                text: displayed_text(self._merged.label(row, self._columns[text])) for _, text in self._zone_headings
            }
            zone = first_zone(self._zone_headings, cells, local)
        if failure := zone_failure(shorten(str(cell), _MAX_QUOTED), zone, options):
            raise RowError(options.time, failure, cell)

    @cached_property
    def _time_headings(self) -> Sequence[str]:
        return [" / ".join(heading_levels(one)) for one in (self._options.time, self._options.clock) if one]

    @cached_property
    def _zone_headings(self) -> Sequence[tuple[int, str]]:
        """The unread headings whose columns may name the zone of the time, each with its rank."""
        return zone_candidates(tuple(self._columns), tuple(self._time_headings))

    @cached_property
    def _columns(self) -> dict[str, int]:
        """The columns of the unread headings."""
        return {text: column for column, text in self._table.others.items()}

    def _at_clock(self, day: datetime, clock: Cell) -> datetime:
        try:
            return at_clock(day, clock)
        except (ValueError, OverflowError):
            raise self._heading_error(self._options.clock, SpreadsheetCode.NOT_A_CLOCK, clock) from None

    def _cell(self, row: int, heading: Heading) -> Cell:
        """A cell with the name, time or unit of the row; it may be merged over several rows. Raises RowError."""
        if not heading:
            return None
        cell = self._merged.label(row, self._column_of(heading))
        fault = cell_fault(cell)
        if fault is None and isinstance(cell, UndecidedText):
            fault = Failure(SpreadsheetCode.TEXT_UNDECIDED)
        if fault and not (isinstance(cell, str) and cell.strip() in (*self._options.names, *self._options.units)):
            raise RowError(heading, fault, cell)
        return cell

    def _column_of(self, heading: Heading) -> int:
        return self._table.columns[heading_levels(heading)]

    def _heading_error(self, heading: Heading, code: SpreadsheetCode, cell: Cell = None) -> RowError:
        params = {"heading": shorten(" / ".join(heading_levels(heading)), _MAX_QUOTED)}
        text = {} if cell is None else {"text": shorten(str(cell), _MAX_QUOTED)}
        return RowError(heading, Failure(code, params | text), cell)
