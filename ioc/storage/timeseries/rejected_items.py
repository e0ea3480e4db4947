"""What was kept aside: the newest items of each source, with their reasons."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import RejectedItem, StoredRejection
from ioc.storage.db.schema import rejected_item

MAX_STORED = 200
MAX_SHOWN = 50  # of each source, on a screen


def add(conn: Connection, source: str, items: Iterable[RejectedItem], received: datetime) -> None:
    """Keeps items aside; of each source the newest 200 stay."""
    at = to_ms(received)
    rows = [_row(source, at, item) for item in list(items)[-MAX_STORED:]]
    if not rows:
        return
    conn.execute(rejected_item.insert(), rows)
    oldest = (
        select(rejected_item.c.id)
        .where(rejected_item.c.source == source)
        .order_by(rejected_item.c.id.desc())
        .offset(MAX_STORED)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(rejected_item).where(rejected_item.c.source == source, rejected_item.c.id <= oldest))


def newest(conn: Connection, source: str, limit: int) -> list[StoredRejection]:
    """The newest items of a source, newest first."""
    found = conn.execute(
        select(rejected_item).where(rejected_item.c.source == source).order_by(rejected_item.c.id.desc()).limit(limit)
    )
    return [_stored_rejection(row) for row in found]


def recent(conn: Connection, after: int = 0, at: datetime | None = None) -> tuple[StoredRejection, ...]:
    """Of each source the newest `SHOWN` that have an id above `after` and came by `at`, the newest first."""
    rank = func.row_number().over(partition_by=rejected_item.c.source, order_by=rejected_item.c.id.desc())
    found = select(rejected_item, rank.label("rank")).where(rejected_item.c.id > after)
    if at is not None:
        found = found.where(rejected_item.c.received_ms <= to_ms(at))
    ranked = found.subquery()
    shown = select(*[ranked.c[one.name] for one in rejected_item.c]).where(ranked.c.rank <= MAX_SHOWN)
    return tuple(_stored_rejection(row) for row in conn.execute(shown.order_by(ranked.c.id.desc())))


def with_new_items(conn: Connection, items: Sequence[StoredRejection]) -> Sequence[StoredRejection]:
    """`held` and what came since, as `recent` tells it; the same object when there is nothing new."""
    fresh = recent(conn, items[0].id if items else 0)
    if not fresh:
        return items
    counts, kept = Counter[str](), []
    for one in (*fresh, *items):
        counts[one.source] += 1
        if counts[one.source] <= MAX_SHOWN:
            kept.append(one)
    return tuple(kept)


def _row(source: str, received_ms: int, item: RejectedItem) -> dict[str, object]:
    failure = item.failure.map_text(_sanitize)
    return {
        "source": source,
        "received_ms": received_ms,
        "location": _sanitize(item.location),
        "code": failure.code,
        "params": json.dumps(failure.to_json().get("params", {}), ensure_ascii=False, sort_keys=True),
        "external": failure.external,
        "sample": _sanitize(item.sample),
    }


def _stored_rejection(row: Row[Any]) -> StoredRejection:
    failure = Failure.from_json({"code": row.code, "params": json.loads(row.params), "external": row.external})
    return StoredRejection(
        row.id, row.source, from_ms(row.received_ms), RejectedItem(row.location, failure, row.sample)
    )


def _sanitize(text: str) -> str:
    """Samples come from strangers: PostgreSQL takes neither NUL nor half a surrogate pair."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()
