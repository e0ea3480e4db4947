"""What a query brought as JSON: the page that `parse` reads, bounded in rows and bytes."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from data_sources._mapping import MAX_ITEMS
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import ResponsePage, SourceError

MAX_ROWS = MAX_ITEMS + 1  # one more than is read, so that the reader says that it left some out
FETCH_SIZE = 200
_JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME  # orjson writes 10 ms of a time of day as .10000
SIZE_LIMIT = 16 * 1_048_576


class RowBuffer:
    """Rows as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._rows = self._size = 0

    def add(self, rows: list[dict[str, Any]]) -> bool:
        """Keep `rows`; whether more are wanted. SourceError when they are too large or hold what cannot be read."""
        if not rows:
            return False
        try:
            part = orjson.dumps(rows[: MAX_ROWS - self._rows], default=_to_json_value, option=_JSON_OPTIONS)
        except orjson.JSONEncodeError as error:
            raise SourceError(untyped(f"a row holds what cannot be read: {str(error)[:80]}")) from None
        self._parts.append(part[1:-1])
        self._rows, self._size = self._rows + len(rows), self._size + len(part)
        if self._size > SIZE_LIMIT:
            raise SourceError(untyped(f"the rows are larger than {SIZE_LIMIT // 1_048_576} MiB: narrow the query"))
        return self._rows < MAX_ROWS

    def page(self, address: str) -> ResponsePage:
        """All of them."""
        return ResponsePage(b"[" + b",".join(self._parts) + b"]", "application/json", "utf-8", address)


def _to_json_value(value: object) -> object:
    """What JSON has no word for."""
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
