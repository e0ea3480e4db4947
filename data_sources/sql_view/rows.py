"""The rows of a query as JSON: the page that `parse` reads, limited in rows and bytes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from data_sources._mapping import MAX_ITEMS
from data_sources.sql_view.errors import SqlViewCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import ResponsePage, SourceError

MAX_ROWS = MAX_ITEMS + 1  # one more than is read, so that the reader reports that it left some out
FETCH_SIZE = 200
SIZE_LIMIT = 16 * 1_048_576  # bytes of JSON
_JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME  # orjson writes 10 ms of a time of day as .10000
_MAX_QUOTED = 80  # characters of a message of the encoder


def column_names(description: Iterable[Sequence[Any]]) -> list[str]:
    """The names of the columns of a cursor. Raises SourceError when two are equal: one would hide the other."""
    names = [str(column[0]) for column in description]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise SourceError(SqlViewCode.COLUMN_TWICE, column=shorten(twice, _MAX_QUOTED))
    return names


class RowBuffer:
    """Rows as JSON, added in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._row_count = self._size = 0

    def add(self, rows: list[dict[str, Any]]) -> bool:
        """Append `rows`; True when more may come. Raises SourceError for too many bytes or an unsupported value."""
        if not rows:
            return False
        try:
            part = orjson.dumps(rows[: MAX_ROWS - self._row_count], default=_to_json_value, option=_JSON_OPTIONS)
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


def _to_json_value(value: object) -> object:
    if isinstance(value, date | time):  # a datetime is a date too; without a zone where it has none
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray | memoryview):
        return None
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
