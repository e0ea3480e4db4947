"""What was kept aside: the newest items of each source, with their reasons."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import Aside, Refused
from ioc.storage.db.schema import refused_item

KEEP = 200
SHOWN = 50  # of each source, on a screen


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
    return [_aside(*row) for row in found]


def recent(conn: Connection, after: int = 0, at: datetime | None = None) -> tuple[Aside, ...]:
    """Of each source the newest `SHOWN` that have an id above `after` and came by `at`, the newest first."""
    rank = func.row_number().over(partition_by=refused_item.c.source, order_by=refused_item.c.id.desc())
    found = select(refused_item, rank.label("rank")).where(refused_item.c.id > after)
    if at is not None:
        found = found.where(refused_item.c.received_ms <= to_ms(at))
    ranked = found.subquery()
    shown = select(*[ranked.c[one.name] for one in refused_item.c]).where(ranked.c.rank <= SHOWN)
    return tuple(_aside(*row) for row in conn.execute(shown.order_by(ranked.c.id.desc())))


def with_news(conn: Connection, held: Sequence[Aside]) -> Sequence[Aside]:
    """`held` and what came since, as `recent` tells it; the same object when there is nothing new."""
    fresh = recent(conn, held[0].id if held else 0)
    if not fresh:
        return held
    counts, kept = Counter[str](), []
    for one in (*fresh, *held):
        counts[one.source] += 1
        if counts[one.source] <= SHOWN:
            kept.append(one)
    return tuple(kept)


def _aside(key: int, source: str, received_ms: int, place: str, reason: str, sample: str) -> Aside:
    return Aside(key, source, from_ms(received_ms), Refused(place, reason, sample))


def _clean(given: str) -> str:
    """Samples come from strangers: PostgreSQL takes neither NUL nor half a surrogate pair."""
    return given.replace("\0", "�").encode("utf-8", "replace").decode()
