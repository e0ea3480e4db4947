"""An office's own sheet of tasks: its table as texts, and its rows by the documents that they belong to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple, Self

from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import slugify
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import Agencies, AgencyNames
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.document_checks import is_degree, is_secret
from ioc.domain.directives.external_id import is_personal_id
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import DOCUMENT_FIELDS, SheetField
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.geo.unit_names import UnitNames

MAX_CHARACTERS = 8_000_000  # of all tables of a file, as `row_size` counts them
MAX_JSON_BYTES = 4 * MAX_CHARACTERS + 2**20  # of these tables as JSON; what is larger is not read
MAX_LABEL, MAX_TEXT, MAX_ID = 120, 4_000, 200  # characters
_TASK_FIELDS = (
    SheetField.LEAD, SheetField.COORDINATING, SheetField.DUE, SheetField.PRODUCT, SheetField.EXTERNAL_ID,
)  # fmt: skip
_GROUP_MARK = re.compile(r"(?:[IVXLC]+|[A-ZĐ])[.)]?")  # numbers the groups of tasks: I, II, A
_LIMITS = {
    SheetField.NUMBER: MAX_LABEL, SheetField.ABSTRACT: MAX_TEXT, SheetField.TITLE: MAX_TEXT,
    SheetField.PRODUCT: MAX_TEXT, SheetField.NOTE: MAX_TEXT, SheetField.EXTERNAL_ID: MAX_ID,
}  # fmt: skip
# A number with its day of issue in one cell: "62/KH-UBND ngày 20/11/2026", "62/KH-UBND (ngày 20-11-2026)".
_NUMBER_AND_DAY = re.compile(r"(.*[^\s,;(])[\s,;(]+ngày ([\d./-]+)\)?[.,;]?", re.IGNORECASE)
_MAX_QUOTED = 80  # characters of a cell that a fault quotes
_MAX_KEY, _DIGEST = 110, 6  # characters of the key of a document
_SEPARATORS, _FAULT_SIZE = 3, 200  # characters around a cell as JSON; of a fault


@dataclass(frozen=True, slots=True)
class TaskTable:
    """The table of a sheet as texts, merged cells repeated. `first_row`: of the rows in the sheet, from 0.

    `unreadable`: why a cell has no content, by row and column, counted from 0 in `rows`.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int
    unreadable: Mapping[tuple[int, int], Failure] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object from which `from_json` makes the same table."""
        unreadable = [[*place, failure.to_json()] for place, failure in self.unreadable.items()]
        return {
            "name": self.name, "headings": self.headings, "rows": self.rows, "first_row": self.first_row,
            "unreadable": unreadable,
        }  # fmt: skip

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The table that `to_json` wrote."""
        unreadable = {(row, column): Failure.from_json(failure) for row, column, failure in body["unreadable"]}
        rows = tuple(map(tuple, body["rows"]))
        return cls(body["name"], tuple(body["headings"]), rows, body["first_row"], unreadable)


@dataclass(frozen=True, slots=True)
class SheetDefaults:
    """What documents have where the sheet does not say it."""

    number: str = ""
    issued: date | None = None
    abstract: str = ""
    issuer: str = ""
    kind: str = "công văn"
    source: str = ""
    sphere: str = ""
    visibility: str = Visibility.INTERNAL


class CellFault(NamedTuple):
    """What is wrong with a cell. `row`, `column`: in the sheet, from 0. `text`: the beginning of what it holds."""

    row: int
    column: int
    text: str
    failure: Failure


@dataclass(slots=True)
class SheetGroup:
    """A document and the rows of its tasks. `abstract`: as the first row that has one states it.

    `cell`: the text of the number's cell where the day of issue stands beside it, else "": once it was the number.
    """

    key: str
    number: str
    issued: date
    issuer: str
    abstract: str
    cell: str = ""
    rows: list[int] = field(default_factory=list)


def row_size(cells: Sequence[str], faults: int = 0) -> int:
    """How many characters a row of a table counts, with what separates its cells and says which are unreadable."""
    return sum(map(len, cells)) + _SEPARATORS * (len(cells) + 1) + _FAULT_SIZE * faults


def document_key(issuer: str, number: str, issued: date) -> str:
    """The key of a document: nobody enters one of the same issuer, number and year again.

    It stands in addresses and in the audit log, so it is made of the number as it is stored, without personal data.
    What is masked or cut has a digest, so that two numbers stay two: too short a one to tell a personal number.
    """
    masked = mask_start(number, MAX_LABEL)
    key = slugify(f"{issuer} {masked} {issued.year}")
    if masked == number and len(key) <= _MAX_KEY:
        return key
    digest = sha256(slugify(number).encode()).hexdigest()[:_DIGEST]
    return f"{slugify(f'{issuer} {masked}', _MAX_KEY - 20)}-{issued.year}--{digest}"


def is_same_number(number: str, other: str) -> bool:
    """Whether they differ in capital letters and spaces alone; "1/2-KH" and "1-2/KH", which have one key, are two."""
    return "".join(number.casefold().split()) == "".join(other.casefold().split())


def split_number(text: str) -> tuple[str, date | None]:
    """The number of a document, and the day of issue that stands beside it in the cell, None where none does."""
    number = " ".join(text.split())
    match = _NUMBER_AND_DAY.fullmatch(number) if len(number) <= MAX_LABEL else None
    day = parse_day(match[2]) if match else None
    return (match[1], day) if match and day else (number, None)


def missing_fields(fields: Mapping[int, SheetField], defaults: SheetDefaults, table: TaskTable) -> list[SheetField]:
    """The fields that are needed and have no column and no default. The day of issue may stand beside the number."""
    given = {*fields.values(), *(each for each in DOCUMENT_FIELDS if getattr(defaults, each.value))}
    numbers = [column for column, each in fields.items() if each is SheetField.NUMBER]
    if any(split_number(row[column])[1] for row in table.rows for column in numbers if column < len(row)):
        given.add(SheetField.ISSUED)
    return [each for each in (SheetField.TITLE, SheetField.LEAD, *DOCUMENT_FIELDS) if each not in given]


def check_fields(fields: Mapping[int, SheetField], defaults: SheetDefaults, table: TaskTable) -> None:
    """SheetError where a field has two columns, or one that is needed has no column and no default."""
    chosen = list(fields.values())
    for each in chosen:
        if chosen.count(each) > 1:
            raise SheetError(SheetCode.FIELD_REPEATED, field=each.value)
    for each in missing_fields(fields, defaults, table):
        raise SheetError(SheetCode.FIELD_WITHOUT_COLUMN, field=each.value)


class SheetRows:
    """The cells of a table by field, and the rows by document; `faults` grows as they are read."""

    def __init__(
        self, table: TaskTable, fields: Mapping[int, SheetField], agencies: Agencies, places: UnitNames
    ) -> None:
        self._table, self._agencies, self.places = table, agencies, places
        self.columns = {each: column for column, each in fields.items()}
        self.faults = list[CellFault]()
        self.skipped = list[int]()  # rows that are no tasks: titles of groups, signatures
        self._names = dict[date, AgencyNames]()
        self._last = dict[tuple[str, str], date]()

    def names(self, day: date) -> AgencyNames:
        """The names of the agencies that existed on `day`."""
        if day not in self._names:
            self._names[day] = AgencyNames(self._agencies, day)
        return self._names[day]

    def text(self, row: int, name: SheetField) -> str:
        """The text of a cell, "" for a field without a column."""
        column, cells = self.columns.get(name, -1), self._table.rows[row]
        return cells[column].strip() if 0 <= column < len(cells) else ""

    def fault(self, row: int, name: SheetField, failure: Failure) -> None:
        """Notes what is wrong; of a field without a column at the task itself."""
        column = self.columns.get(name, self.columns[SheetField.TITLE])
        cells = self._table.rows[row]
        text = cells[column][:_MAX_QUOTED] if column < len(cells) else ""
        self.faults.append(CellFault(self._table.first_row + row, column, text, failure))

    def groups(self, defaults: SheetDefaults) -> list[SheetGroup]:
        """The documents with their rows, in the order of the sheet; a row with a fault is in none."""
        groups = dict[str, SheetGroup]()
        for row in self._task_rows():
            if self._has_cell_fault(row):
                continue
            group = self._header(row, defaults)
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

    def _task_rows(self) -> Iterator[int]:
        for row, cells in enumerate(self._table.rows):
            if not any(cells) and not any((row, column) in self._table.unreadable for column in self.columns.values()):
                continue
            if self._is_task(row, cells):
                yield row
            else:
                self.skipped.append(self._table.first_row + row)

    def _is_task(self, row: int, cells: Sequence[str]) -> bool:
        if any((row, column) in self._table.unreadable for column in self.columns.values()):
            return True
        if any(self.text(row, name) for name in _TASK_FIELDS):
            return True
        mapped = set(self.columns.values())
        first = next((cell for column, cell in enumerate(cells) if cell and column not in mapped), "")
        return bool(self.text(row, SheetField.TITLE)) and not _GROUP_MARK.fullmatch(first.strip())

    def _has_cell_fault(self, row: int) -> bool:
        before = len(self.faults)
        for name, column in self.columns.items():
            if (failure := self._table.unreadable.get((row, column))) is not None:
                self.fault(row, name, failure)
            if (limit := _LIMITS.get(name)) and len(self.text(row, name)) > limit:
                self.fault(row, name, Failure(SheetCode.TEXT_TOO_LONG, {"limit": limit}))
        if is_personal_id(self.text(row, SheetField.EXTERNAL_ID)):
            self.fault(row, SheetField.EXTERNAL_ID, Failure(ActCode.PERSONAL_ID, {"field": "external_id"}))
        if is_secret(secrecy := self.text(row, SheetField.SECRECY)):
            code = ActCode.SECRET_DOCUMENT if is_degree(secrecy) else SheetCode.NO_DEGREE
            self.fault(row, SheetField.SECRECY, Failure(code))
        return len(self.faults) > before

    def _header(self, row: int, defaults: SheetDefaults) -> SheetGroup | None:
        """The document of a row, None where the row does not say which."""
        before = len(self.faults)
        cell = " ".join(self.text(row, SheetField.NUMBER).split())
        number, written = split_number(cell)
        number = number or defaults.number
        issuer_text = self.text(row, SheetField.ISSUER)
        issued_text = self.text(row, SheetField.ISSUED)
        otherwise = written or self._last.get((number, issuer_text)) or defaults.issued
        day = parse_day(issued_text) if issued_text else otherwise
        if not number:
            self.fault(row, SheetField.NUMBER, Failure(ActCode.FIELD_MISSING, {"field": "number"}))
        if day is None:
            missing = Failure(ActCode.FIELD_MISSING, {"field": "issued"})
            wrong = Failure(SheetCode.NOT_A_DAY, {"text": issued_text[:_MAX_QUOTED]})
            self.fault(row, SheetField.ISSUED, wrong if issued_text else missing)
        elif written and written != day:
            self.fault(row, SheetField.ISSUED, Failure(SheetCode.CELL_DIFFERS, {"expected": f"{written:%d/%m/%Y}"}))
        issuer = self._issuer(row, issuer_text, defaults, day)
        if day is None or len(self.faults) > before:
            return None
        self._last[number, issuer_text] = day
        key = document_key(issuer, number, day)
        return SheetGroup(key, number, day, issuer, self.text(row, SheetField.ABSTRACT), cell if written else "")

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
            self.fault(
                row, SheetField.ISSUER, Failure(ActCode.AGENCY_UNKNOWN, {"agency": match.unknown[0][:MAX_LABEL]})
            )
        elif len(match.keys) != 1:
            self.fault(row, SheetField.ISSUER, Failure(SheetCode.NOT_ONE_AGENCY))
        return match.keys[0] if match.keys else ""

    def _agrees(self, row: int, known: SheetGroup, group: SheetGroup) -> bool:
        """Whether a row says the same of its document as those before it."""
        before = len(self.faults)
        if not is_same_number(group.number, known.number):
            self.fault(row, SheetField.NUMBER, Failure(SheetCode.CELL_DIFFERS, {"expected": known.number}))
        if group.issued != known.issued:
            expected = f"{known.issued:%d/%m/%Y}"
            self.fault(row, SheetField.ISSUED, Failure(SheetCode.CELL_DIFFERS, {"expected": expected}))
        if known.abstract and group.abstract and group.abstract != known.abstract:
            expected = known.abstract[:_MAX_QUOTED]
            self.fault(row, SheetField.ABSTRACT, Failure(SheetCode.CELL_DIFFERS, {"expected": expected}))
        return len(self.faults) == before
