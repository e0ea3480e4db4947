"""An office's own sheet of tasks: its table as texts, and the numbers of the documents that its tasks belong to."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import slugify
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.due_words import parse_written_day
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import DOCUMENT_FIELDS, SheetField
from ioc.domain.events.pii_masking import mask_start

MAX_CHARACTERS = 8_000_000  # of all tables of a file, as `row_size` counts them
MAX_JSON_BYTES = 4 * MAX_CHARACTERS + 2**20  # of these tables as JSON; what is larger is not read
MAX_LABEL, MAX_TEXT, MAX_ID = 120, 4_000, 200  # characters
# A number with its day of issue in one cell: "62/KH-UBND ngày 20/11/2026", "62/KH-UBND (ngày 20-11-2026)".
_NUMBER_AND_DAY = re.compile(r"(.*[^\s,;(])[\s,;(]+(ngày [^()]+?)\)?[.,;]?", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"^số(?:,? ?(?:ký )?hiệu)? ?[:.]? ?(?=[0-9])", re.IGNORECASE)  # "Số: 62/KH-UBND"
_MAX_KEY, _DIGEST = 110, 6  # characters of the key of a document
_SEPARATORS, _FAULT_SIZE = 3, 200  # characters around a cell as JSON; of a fault


@dataclass(frozen=True, slots=True)
class TaskTable:
    """The table of a sheet as texts, merged cells repeated. `first_row`: of the rows in the sheet, from 0.

    `unreadable`: why a cell has no content, by row and column, counted from 0 in `rows`. `merged`: first row, last row
    and column of the cells that stand in several rows. `title`: above the headings, "" where none speaks of tasks.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int
    unreadable: Mapping[tuple[int, int], Failure] = field(default_factory=dict)
    merged: tuple[tuple[int, int, int], ...] = ()
    title: str = ""

    def to_parts(self) -> Iterator[Mapping[str, Any]]:
        """JSON objects from which `tables_of_parts` makes the same table.

        Each is small: to decode one large JSON text keeps all other threads of a process waiting.
        """
        yield {"name": self.name, "headings": self.headings, "first_row": self.first_row, "title": self.title}
        yield from ({"row": row} for row in self.rows)
        yield from ({"unreadable": [*place, failure.to_json()]} for place, failure in self.unreadable.items())
        yield from ({"merged": place} for place in self.merged)


def tables_of_parts(parts: Iterable[Mapping[str, Any]]) -> tuple[TaskTable, ...]:
    """The tables whose parts `to_parts` made, one after the other."""
    heads, rows = list[Mapping[str, Any]](), list[list[tuple[str, ...]]]()
    unreadable, merged = list[dict[tuple[int, int], Failure]](), list[list[tuple[int, int, int]]]()
    for part in parts:
        match part:
            case {"row": row}:
                rows[-1].append(tuple(row))
            case {"unreadable": [at_row, column, failure]}:
                unreadable[-1][at_row, column] = Failure.from_json(failure)
            case {"merged": [first, last, column]}:
                merged[-1].append((first, last, column))
            case _:
                heads.append(part)
                rows.append([])
                unreadable.append({})
                merged.append([])
    return tuple(
        TaskTable(
            head["name"], tuple(head["headings"]), tuple(of_rows), head["first_row"], faults, tuple(places),
            head["title"],
        )
        for head, of_rows, faults, places in zip(heads, rows, unreadable, merged, strict=True)
    )  # fmt: skip


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

    `cell`: the text of the number's cell where it says more than the number, else "": once it was the number.
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
    """The number of a document, and the day of issue that stands beside it in the cell, None where none does.

    The word "Số" or "Số hiệu" before it is no part of it.
    """
    number = _WORD_BEFORE.sub("", " ".join(text.split()))
    match = _NUMBER_AND_DAY.fullmatch(number) if len(number) <= MAX_LABEL else None
    day = parse_written_day(match[2]) if match else None
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
