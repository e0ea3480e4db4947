"""Revisions: what was stored before a correction, for views of a past moment, and readings that were withdrawn."""

from collections.abc import Iterable

from sqlalchemy import Connection

from ioc.storage.db.schema import revision
from ioc.storage.timeseries.rollup_math import ReadingRow

Revision = tuple[ReadingRow, int]  # reading as it was stored, when it was replaced


def add(conn: Connection, series_id: int, replaced: Iterable[Revision]) -> None:
    """Stores what was replaced of a series."""
    rows = [
        {
            "series_id": series_id, "observed_ms": at, "value": value, "quality": quality, "received_ms": received,
            "replaced_ms": replaced_ms,
        }
        for (at, value, quality, received), replaced_ms in replaced
    ]  # fmt: skip
    if rows:
        conn.execute(revision.insert(), rows)
