"""The rows of an office's own sheet of tasks: cells by field, documents with their rows, what is wrong with cells."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import Agencies, AgencyNames, folded_name
from ioc.domain.directives.document_checks import is_degree, is_secret
from ioc.domain.directives.document_form import unknown_agencies
from ioc.domain.directives.sheet_cells import day_failure, is_group_mark, is_signature, is_total, read_day
from ioc.domain.directives.sheet_errors import SheetCode
from ioc.domain.directives.sheet_fields import DOCUMENT_FIELDS, SheetField
from ioc.domain.directives.task_sheet import (
    MAX_ID,
    MAX_LABEL,
    MAX_TEXT,
    CellFault,
    SheetDefaults,
    SheetGroup,
    TaskTable,
    document_key,
    is_same_number,
    split_number,
)
from ioc.domain.events.personal_ids import is_personal_id
from ioc.domain.geo.unit_names import UnitNames

_TASK_FIELDS = (
    SheetField.LEAD, SheetField.COORDINATING, SheetField.DUE, SheetField.PRODUCT, SheetField.EXTERNAL_ID,
)  # fmt: skip
_LIMITS = {
    SheetField.NUMBER: MAX_LABEL, SheetField.ABSTRACT: MAX_TEXT, SheetField.TITLE: MAX_TEXT,
    SheetField.PRODUCT: MAX_TEXT, SheetField.NOTE: MAX_TEXT, SheetField.EXTERNAL_ID: MAX_ID,
}  # fmt: skip
_MAX_QUOTED = 80  # characters of a cell that a fault quotes


class UnknownName(NamedTuple):
    """A name in columns of agencies that is not known by itself. `n`: how many cells have it.

    `is_chosen`: somebody has said what it stands for.
    """

    text: str
    n: int
    is_chosen: bool = False


class WidenedName(NamedTuple):
    """A name in columns of agencies that stands for `size` of them. `n`: how many cells have it."""

    text: str
    size: int
    n: int


class SerialDay(NamedTuple):
    """A day that a cell holds as a number. `row`, `column`: in the sheet, from 0."""

    row: int
    column: int
    text: str
    day: date


class SheetRows:
    """The cells of a table by field, and the rows by document; `faults` grows as they are read.

    `chosen`: what somebody chose for unknown names of agencies, see AgencyNames.
    """

    def __init__(
        self, table: TaskTable, fields: Mapping[int, SheetField], agencies: Agencies, places: UnitNames,
        chosen: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._table, self._agencies, self._chosen, self.places = table, agencies, chosen, places
        self._merged = {(row, column): first for first, last, column in table.merged for row in range(first, last + 1)}
        self._anchors = {place: first for place, first in self._merged.items() if place[0] > first}
        self.columns = {each: column for column, each in fields.items()}
        self.faults, self._fault_count = list[CellFault](), 0  # counted once in each row of a merged cell
        self.skipped = list[int]()  # rows that are no tasks: titles of groups, signatures
        self.continued = list[int]()  # rows without a document of their own, which are of that of the row above
        self._filled = dict[int, int]()  # by such a row, the one whose cells say the document
        self.serials = dict[tuple[int, int], SerialDay]()
        self._unknown, self._known_faults = dict[str, UnknownName](), set[tuple[object, ...]]()
        self._widened = dict[tuple[str, int], WidenedName]()
        self._names = dict[date, AgencyNames]()
        self._last = dict[tuple[str, str], date]()

    def names(self, day: date) -> AgencyNames:
        """The names of the agencies that existed on `day`."""
        if day not in self._names:
            self._names[day] = AgencyNames(self._agencies, day, self._chosen)
        return self._names[day]

    def text(self, row: int, name: SheetField) -> str:
        """The text of a cell, "" for a field without a column."""
        column, cells = self.columns.get(name, -1), self._table.rows[self._source(row, name)]
        return cells[column].strip() if 0 <= column < len(cells) else ""

    def leads(self, row: int, day: date) -> tuple[str, ...]:
        """Keys of the lead agencies of a row; none for too long a list, which is a fault of its cell."""
        with suppress(ActError):
            return self.names(day).match(self.text(row, SheetField.LEAD)).keys
        return ()

    def _source(self, row: int, name: SheetField) -> int:
        """The row whose cell holds the field of `row`."""
        return self._filled.get(row, row) if name in DOCUMENT_FIELDS else row

    @property
    def unknown(self) -> tuple[UnknownName, ...]:
        """The names that are not known by themselves, also those that somebody chose for, the most frequent first."""
        return tuple(sorted(self._unknown.values(), key=lambda name: -name.n))

    @property
    def widened(self) -> tuple[WidenedName, ...]:
        """The names that stand for several agencies, in the order of the sheet."""
        return tuple(self._widened.values())

    def due(self, row: int) -> str:
        """The text of the due date; a number of a day as that day."""
        read = self._day(row, SheetField.DUE)
        return f"{read:%d/%m/%Y}" if read else self.text(row, SheetField.DUE)

    def due_failure(self, row: int) -> Failure | None:
        """Why the due date may be a day although it is not understood, None without a reason of its own."""
        failure = day_failure(self.text(row, SheetField.DUE))
        return failure if failure.code == SheetCode.DAY_NUMBER else None

    def _day(self, row: int, name: SheetField) -> date | None:
        read = read_day(text := self.text(row, name))
        if read is not None and read.is_serial:
            place = (self._anchors.get((row, self.columns[name]), row), self.columns[name])
            self.serials[place] = SerialDay(self._table.first_row + place[0], place[1], text, read.day)
        return read.day if read else None

    def _note_names(self, row: int, day: date) -> None:
        """Notes the names of a row that are not known or stand for several agencies, those of a merged cell once."""
        for name in (SheetField.LEAD, SheetField.COORDINATING, SheetField.ISSUER):
            if (row, self.columns.get(name, -1)) in self._anchors:
                continue
            with suppress(ActError):  # too long a list, which is a fault of its cell
                names = self.names(day)
                for word, size in names.widened(self.text(row, name)):
                    wide = self._widened.get(key := (folded_name(word), size), WidenedName(word, size, 0))
                    self._widened[key] = wide._replace(n=wide.n + 1)
                for word in names.not_known(self.text(row, name)):
                    known = self._unknown.get(folded := folded_name(word), UnknownName(word, 0, is_chosen=True))
                    self._unknown[folded] = UnknownName(
                        known.text, known.n + 1, known.is_chosen and names.is_chosen(word)
                    )

    def fault(self, row: int, name: SheetField, failure: Failure) -> None:
        """Notes what is wrong, of a merged cell once; of a field without a column at the task itself."""
        self._fault_count += 1
        column = self.columns.get(name, self.columns[SheetField.TITLE])
        row = self._anchors.get((row, column), row)
        if (key := (row, column, failure.code, repr(failure.params))) in self._known_faults:
            return
        self._known_faults.add(key)
        cells = self._table.rows[row]
        text = cells[column][:_MAX_QUOTED] if column < len(cells) else ""
        self.faults.append(CellFault(self._table.first_row + row, column, text, failure))

    def groups(self, defaults: SheetDefaults) -> list[SheetGroup]:
        """The documents with their rows, in the order of the sheet; a row with a fault is in none."""
        groups = dict[str, SheetGroup]()
        goes_on = SheetField.NUMBER in self.columns and not defaults.number
        for row in self._task_rows(goes_on=goes_on):
            group = None if self._has_cell_fault(row) else self._header(row, defaults)
            self._note_names(row, group.issued if group else date.max)
            if group is None:
                continue
            known = groups.setdefault(group.key, group)
            if self._agrees(row, known, group):
                known.abstract = known.abstract or group.abstract
                known.cell = known.cell or group.cell
                known.rows.append(row)
        for group in groups.values():
            group.abstract = group.abstract or defaults.abstract
            if not group.abstract and group.rows:
                missing = Failure(ActCode.FIELD_MISSING, {"field": SheetField.ABSTRACT.value})
                self.fault(group.rows[0], SheetField.ABSTRACT, missing)
        return [group for group in groups.values() if group.rows]

    def _task_rows(self, *, goes_on: bool) -> Iterator[int]:
        """The rows that are tasks. `goes_on`: one that says nothing of its document is of that of the task above it.

        Offices that do not merge the cells of a document fill in its first row alone. What stands between two tasks,
        also an empty row, ends a document; merged cells that are empty are those of another one.
        """
        above = None
        for row, cells in enumerate(self._table.rows):
            is_empty = not any(cells) and not self._is_unreadable(row)
            is_task = not is_empty and self._is_task(row, cells)
            if is_task:
                if goes_on and above is not None and self._has_no_document(row):
                    self._continue(row, above)
                yield row
            elif not is_empty:
                self.skipped.append(self._table.first_row + row)
            above = row if is_task else None

    def _is_unreadable(self, row: int) -> bool:
        return any((row, column) in self._table.unreadable for column in self.columns.values())

    def _has_no_document(self, row: int) -> bool:
        places = ((row, self.columns[name]) for name in DOCUMENT_FIELDS if name in self.columns)
        is_empty = not any(self.text(row, name) for name in DOCUMENT_FIELDS)
        return is_empty and not any(place in self._merged or place in self._table.unreadable for place in places)

    def _continue(self, row: int, above: int) -> None:
        """Lets a row have the document of the row above, as if their cells were merged."""
        self._filled[row] = first = self._filled.get(above, above)
        self.continued.append(self._table.first_row + row)
        for column in (self.columns[name] for name in DOCUMENT_FIELDS if name in self.columns):
            self._anchors[row, column] = self._anchors.get((first, column), first)

    def _is_task(self, row: int, cells: Sequence[str]) -> bool:
        if self._is_unreadable(row):
            return True
        if is_signature(cells) or (is_total(cells) and not self.text(row, SheetField.LEAD)):
            return False
        if any(self.text(row, name) for name in _TASK_FIELDS):
            return True
        mapped = set(self.columns.values())
        first = next((cell for column, cell in enumerate(cells) if cell and column not in mapped), "")
        return bool(self.text(row, SheetField.TITLE)) and not is_group_mark(first)

    def _has_cell_fault(self, row: int) -> bool:
        before = self._fault_count
        for name, column in self.columns.items():
            if (failure := self._table.unreadable.get((self._source(row, name), column))) is not None:
                self.fault(row, name, failure)
            if (limit := _LIMITS.get(name)) and len(self.text(row, name)) > limit:
                self.fault(row, name, Failure(SheetCode.TEXT_TOO_LONG, {"limit": limit}))
        if is_personal_id(self.text(row, SheetField.EXTERNAL_ID)):
            self.fault(row, SheetField.EXTERNAL_ID, Failure(ActCode.PERSONAL_ID, {"field": "external_id"}))
        if is_secret(secrecy := self.text(row, SheetField.SECRECY)):
            code = ActCode.SECRET_DOCUMENT if is_degree(secrecy) else SheetCode.NO_DEGREE
            self.fault(row, SheetField.SECRECY, Failure(code))
        return self._fault_count > before

    def _header(self, row: int, defaults: SheetDefaults) -> SheetGroup | None:
        """The document of a row, None where the row does not say which."""
        before = self._fault_count
        cell = " ".join(self.text(row, SheetField.NUMBER).split())
        number, written = split_number(cell)
        number = number or defaults.number
        issuer_text = self.text(row, SheetField.ISSUER)
        issued_text = self.text(row, SheetField.ISSUED)
        otherwise = written or self._last.get((number, issuer_text)) or defaults.issued
        day = self._day(row, SheetField.ISSUED) if issued_text else otherwise
        if not number:
            self.fault(row, SheetField.NUMBER, Failure(ActCode.FIELD_MISSING, {"field": "number"}))
        if day is None:
            missing = Failure(ActCode.FIELD_MISSING, {"field": "issued"})
            self.fault(row, SheetField.ISSUED, day_failure(issued_text) if issued_text else missing)
        elif written and written != day:
            self.fault(row, SheetField.ISSUED, Failure(SheetCode.CELL_DIFFERS, {"expected": f"{written:%d/%m/%Y}"}))
        issuer = self._issuer(row, issuer_text, defaults, day)
        if day is None or self._fault_count > before:
            return None
        self._last[number, issuer_text] = day
        key = document_key(issuer, number, day)
        return SheetGroup(key, number, day, issuer, self.text(row, SheetField.ABSTRACT), cell if cell != number else "")

    def _issuer(self, row: int, text: str, defaults: SheetDefaults, day: date | None) -> str:
        if not text:
            if not defaults.issuer:
                self.fault(row, SheetField.ISSUER, Failure(ActCode.FIELD_MISSING, {"field": "issuer"}))
            return defaults.issuer
        try:
            match = self.names(day or date.max).match(text)
        except ActError as error:  # too long a list
            self.fault(row, SheetField.ISSUER, error.failure)
            return ""
        if match.unknown:
            self.fault(row, SheetField.ISSUER, unknown_agencies(match.unknown))
        elif len(match.keys) != 1:
            self.fault(row, SheetField.ISSUER, Failure(SheetCode.NOT_ONE_AGENCY))
        return match.keys[0] if match.keys else ""

    def _agrees(self, row: int, known: SheetGroup, group: SheetGroup) -> bool:
        """Whether a row says the same of its document as those before it."""
        before = self._fault_count
        if not is_same_number(group.number, known.number):
            self.fault(row, SheetField.NUMBER, Failure(SheetCode.CELL_DIFFERS, {"expected": known.number}))
        if group.issued != known.issued:
            expected = f"{known.issued:%d/%m/%Y}"
            self.fault(row, SheetField.ISSUED, Failure(SheetCode.CELL_DIFFERS, {"expected": expected}))
        if known.abstract and group.abstract and group.abstract != known.abstract:
            expected = known.abstract[:_MAX_QUOTED]
            self.fault(row, SheetField.ABSTRACT, Failure(SheetCode.CELL_DIFFERS, {"expected": expected}))
        return self._fault_count == before
