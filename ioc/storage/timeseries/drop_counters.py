"""How much was given up of each source: counted for good, in the transaction that tells why."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import drop_counter


def add(conn: Connection, reason: DropReason, drops: Iterable[DropCounter]) -> None:
    """Counts `some`, by time, on top of what stands."""
    fresh = list(drops)
    if not fresh:
        return
    held, moved = current(conn, reason), dict[str, DropCounter]()
    for one in fresh:
        before = moved.get(one.source) or held.get(one.source)
        moved[one.source] = before.merge(one) if before else one
    upsert(conn, drop_counter, [_row(reason, one) for one in moved.values()])


def current(conn: Connection, reason: DropReason) -> dict[str, DropCounter]:
    """By source; those of which nothing was given up are absent."""
    found = conn.execute(select(drop_counter).where(drop_counter.c.reason == reason.value))
    return {
        row.source: DropCounter(row.source, row.total, row.recent, from_ms(row.recent_since_ms), from_ms(row.last_ms))
        for row in found
    }


def _row(reason: DropReason, drop: DropCounter) -> dict[str, object]:
    return {
        "reason": reason.value, "source": drop.source, "total": drop.total, "recent": drop.recent,
        "recent_since_ms": to_ms(drop.began_at), "last_ms": to_ms(drop.last_at),
    }  # fmt: skip
