"""What was kept aside: the newest items of each source, with their reasons."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from domain.reading import Refused
from domain.times import from_ms, to_ms
from storage.tables import refused_item

KEEP = 200


class Aside(NamedTuple):
    """A refused item and when it came."""

    received: datetime
    item: Refused


def keep(conn: Connection, source: str, items: Iterable[Refused], received: datetime) -> None:
    """Keeps items aside; of each source the newest 200 stay."""
    at = to_ms(received)
    rows = [
        {"source": source, "received_ms": at, "place": _clean(one.where), "reason": _clean(one.reason),
         "sample": _clean(one.sample)}
        for one in list(items)[-KEEP:]
    ]  # fmt: skip
    if not rows:
        return
    conn.execute(refused_item.insert(), rows)
    oldest = (
        select(refused_item.c.id)
        .where(refused_item.c.source == source)
        .order_by(refused_item.c.id.desc())
        .offset(KEEP)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(refused_item).where(refused_item.c.source == source, refused_item.c.id <= oldest))


def newest(conn: Connection, source: str, limit: int) -> list[Aside]:
    """The newest items of a source, newest first."""
    found = conn.execute(
        select(refused_item).where(refused_item.c.source == source).order_by(refused_item.c.id.desc()).limit(limit)
    )
    return [Aside(from_ms(row.received_ms), Refused(row.place, row.reason, row.sample)) for row in found]


def _clean(given: str) -> str:
    """Samples come from strangers: PostgreSQL takes neither NUL nor half a surrogate pair."""
    return given.replace("\0", "�").encode("utf-8", "replace").decode()
