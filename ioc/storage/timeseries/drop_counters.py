"""How much of each source was dropped, by reason. Counters only grow."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import drop_counter


def add(conn: Connection, reason: DropReason, drops: Iterable[DropCounter]) -> None:
    """Adds `drops`, ordered by time, to the stored counters of their sources."""
    added = list(drops)
    if not added:
        return
    stored, changed = current(conn, reason), dict[str, DropCounter]()
    for drop in added:
        previous = changed.get(drop.source) or stored.get(drop.source)
        changed[drop.source] = previous.merge(drop) if previous else drop
    upsert(conn, drop_counter, [_row(reason, counter) for counter in changed.values()])


def current(conn: Connection, reason: DropReason) -> dict[str, DropCounter]:
    """The counters by source, without sources of which nothing was dropped."""
    rows = conn.execute(select(drop_counter).where(drop_counter.c.reason == reason.value))
    return {
        row.source: DropCounter(row.source, row.total, row.recent, from_ms(row.recent_since_ms), from_ms(row.last_ms))
        for row in rows
    }


def _row(reason: DropReason, counter: DropCounter) -> dict[str, object]:
    return {
        "reason": reason.value, "source": counter.source, "total": counter.total, "recent": counter.recent,
        "recent_since_ms": to_ms(counter.began_at), "last_ms": to_ms(counter.last_at),
    }  # fmt: skip
