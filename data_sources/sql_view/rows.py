"""The rows of a query as JSON: the page that `parse` reads, limited in rows and bytes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

import orjson

from data_sources._mapping import MAX_ITEMS
from data_sources.sql_view.errors import SqlViewCode
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import ResponsePage, SourceError

MAX_ROWS = MAX_ITEMS + 1  # one more than is read, so that the reader reports that it left some out
FETCH_SIZE = 200
_MAX_COLUMNS = 2_000  # PostgreSQL and SQLite have fewer
SIZE_LIMIT = 16 * 1_048_576  # bytes of JSON
_UNREAD = "\v(unread)"  # the entry of a row with the reasons for its unread values; no column has this name
_MAX_EXACT = 2**53  # larger integers are none of binary numbers
_MAX_QUOTED = 80  # characters of a message of the encoder, of the name of a column
_MAX_TEXT = 40  # characters of a value that a failure quotes


@dataclass(frozen=True, slots=True)
class UnreadValue:
    """A value that JSON or the program cannot hold: why, and the value as text where the failure quotes it."""

    code: SqlViewCode
    text: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time, in microseconds."""

    microseconds: int


def column_names(description: Iterable[Sequence[Any]]) -> list[str]:
    """The names of the columns of a cursor. Raises SourceError when two are equal, for one would hide the other, and
    for too many.
    """
    names = [str(column[0]) for column in description]
    if len(names) > _MAX_COLUMNS:
        raise SourceError(SqlViewCode.TOO_MANY_COLUMNS, limit=_MAX_COLUMNS)
    if twice := next((name for name, count in Counter(names).items() if count > 1), ""):
        raise SourceError(SqlViewCode.COLUMN_TWICE, column=shorten(twice, _MAX_QUOTED))
    return names


class RowBuffer:
    """Rows as JSON, added in pieces. `decimal`: the sign with which the row of the source has its numbers read."""

    def __init__(self, decimal: str | None = None) -> None:
        self._parts: list[bytes] = []
        self._row_count = self._size = 0
        self._decimal = decimal or "."

    def add(self, rows: list[dict[str, Any]]) -> bool:
        """Append `rows`; True when more may come. Raises SourceError for too many bytes or an unsupported value."""
        if not rows:
            return False
        try:
            part = orjson.dumps([self._json_row(row) for row in rows[: MAX_ROWS - self._row_count]])
        except orjson.JSONEncodeError as error:
            raise SourceError(SqlViewCode.UNSUPPORTED_VALUE, external=shorten(str(error), _MAX_QUOTED)) from None
        self._parts.append(part[1:-1])
        self._row_count, self._size = self._row_count + len(rows), self._size + len(part)
        if self._size > SIZE_LIMIT:
            raise SourceError(SqlViewCode.ROWS_TOO_LARGE, mebibytes=SIZE_LIMIT // 1_048_576)
        return self._row_count < MAX_ROWS

    def page(self, address: str) -> ResponsePage:
        """All rows as one JSON list."""
        return ResponsePage(b"[" + b",".join(self._parts) + b"]", "application/json", "utf-8", address)

    def _json_row(self, row: dict[str, Any]) -> dict[str, Any]:
        cells = {name: self._json_value(value) for name, value in row.items()}
        unread = {name: [cell.code, cell.text] for name, cell in cells.items() if isinstance(cell, UnreadValue)}
        return {**cells, **dict.fromkeys(unread), _UNREAD: unread} if unread else cells

    def _json_value(self, value: Any) -> Any:
        if isinstance(value, float | Decimal):
            return _json_number(value)
        if isinstance(value, bytes):
            return UnreadValue(SqlViewCode.BINARY_VALUE)
        if isinstance(value, Interval):
            return self._interval_text(value)
        if isinstance(value, list):
            entries = [self._json_value(entry) for entry in value]
            return next((entry for entry in entries if isinstance(entry, UnreadValue)), entries)
        return value

    def _interval_text(self, interval: Interval) -> str:
        """In seconds with their unit: a bare number would take that of its series. Six decimals group no thousands."""
        seconds, rest = divmod(abs(interval.microseconds), 1_000_000)
        decimals = f"{self._decimal}{rest:06d}" if rest else ""
        return f"{'-' if interval.microseconds < 0 else ''}{seconds}{decimals} s"


def _json_number(value: float | Decimal) -> float | str | UnreadValue | None:
    """A number, None for "not a number"; of an integer that no binary number has exactly, its digits."""
    number = float(value)
    if isnan(number):
        return None
    if not isfinite(number):
        return UnreadValue(SqlViewCode.NUMBER_INFINITE)
    is_inexact = isinstance(value, Decimal) and abs(value) > _MAX_EXACT and value == value.to_integral_value()
    return f"{value:f}".partition(".")[0] if is_inexact else number


def with_failures(document: Any) -> Any:
    """The rows of a `page`, with a Failure in the place of each value that could not be read."""
    for row in document if isinstance(document, list) else ():
        if isinstance(row, dict) and _UNREAD in row:
            for column, (code, text) in row.pop(_UNREAD).items():
                params: dict[str, Parameter] = {"column": shorten(column, _MAX_QUOTED)}
                row[column] = Failure(SqlViewCode(code), params | ({"text": shorten(text, _MAX_TEXT)} if text else {}))
    return document
