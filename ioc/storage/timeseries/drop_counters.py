"""How much was given up of each source: counted for good, in the transaction that tells why."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.dropped import GivenUp, Way
from ioc.storage.db.dialect import put
from ioc.storage.db.schema import given_up


def add(conn: Connection, way: Way, some: Iterable[GivenUp]) -> None:
    """Counts `some`, by time, on top of what stands."""
    fresh = list(some)
    if not fresh:
        return
    held, moved = current(conn, way), dict[str, GivenUp]()
    for one in fresh:
        before = moved.get(one.source) or held.get(one.source)
        moved[one.source] = before.then(one) if before else one
    put(conn, given_up, [_row(way, one) for one in moved.values()])


def current(conn: Connection, way: Way) -> dict[str, GivenUp]:
    """By source; those of which nothing was given up are absent."""
    found = conn.execute(select(given_up).where(given_up.c.way == way.value))
    return {
        row.source: GivenUp(row.source, row.total, row.recent, from_ms(row.began_ms), from_ms(row.last_ms))
        for row in found
    }


def _row(way: Way, one: GivenUp) -> dict[str, object]:
    return {
        "way": way.value, "source": one.source, "total": one.total, "recent": one.recent,
        "began_ms": to_ms(one.began), "last_ms": to_ms(one.last),
    }  # fmt: skip
