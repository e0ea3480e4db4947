"""Rejected items: the newest of each source, with the failure that rejected them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import RejectedItem, StoredRejection
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.schema import rejected_item

MAX_STORED = 200  # of each source
MAX_SHOWN = 50  # of each source, on a screen


def add(conn: Connection, source: str, items: Iterable[RejectedItem], received: datetime) -> None:
    """Stores items of a source; older ones beyond MAX_STORED are deleted."""
    at = to_ms(received)
    rows = [_row(source, at, item) for item in list(items)[-MAX_STORED:]]
    if not rows:
        return
    conn.execute(rejected_item.insert(), rows)
    newest_surplus = (
        select(rejected_item.c.id)
        .where(rejected_item.c.source == source)
        .order_by(rejected_item.c.id.desc())
        .offset(MAX_STORED)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(rejected_item).where(rejected_item.c.source == source, rejected_item.c.id <= newest_surplus))


def newest(conn: Connection, source: str, limit: int) -> list[StoredRejection]:
    """The newest items of a source, newest first."""
    rows = conn.execute(
        select(rejected_item).where(rejected_item.c.source == source).order_by(rejected_item.c.id.desc()).limit(limit)
    )
    return list(readable("rejected_item", _stored_rejection, rows))


def recent(conn: Connection, after: int = 0, at: datetime | None = None) -> tuple[StoredRejection, ...]:
    """Of each source the newest MAX_SHOWN items with an id above `after`, received by `at`; newest first."""
    rank = func.row_number().over(partition_by=rejected_item.c.source, order_by=rejected_item.c.id.desc())
    query = select(rejected_item, rank.label("rank")).where(rejected_item.c.id > after)
    if at is not None:
        query = query.where(rejected_item.c.received_ms <= to_ms(at))
    ranked = query.subquery()
    columns = [ranked.c[column.name] for column in rejected_item.c]
    rows = conn.execute(select(*columns).where(ranked.c.rank <= MAX_SHOWN).order_by(ranked.c.id.desc()))
    return tuple(readable("rejected_item", _stored_rejection, rows))


def with_new_items(conn: Connection, items: Sequence[StoredRejection]) -> Sequence[StoredRejection]:
    """`items`, a result of `recent`, brought up to date; the same object when there is nothing new."""
    added = recent(conn, items[0].id if items else 0)
    if not added:
        return items
    counts, kept = Counter[str](), []
    for item in (*added, *items):
        counts[item.source] += 1
        if counts[item.source] <= MAX_SHOWN:
            kept.append(item)
    return tuple(kept)


def _row(source: str, received_ms: int, item: RejectedItem) -> dict[str, object]:
    failure = item.failure
    return {
        "source": source,
        "received_ms": received_ms,
        "location": item.location,
        "code": failure.code,
        "params": json.dumps(failure.to_json().get("params", {}), ensure_ascii=False, sort_keys=True),
        "external": failure.external,
        "sample": item.sample,
    }


def _stored_rejection(row: Row[Any]) -> StoredRejection:
    failure = Failure.from_json({"code": row.code, "params": json.loads(row.params), "external": row.external})
    item = RejectedItem(row.location, failure, row.sample)
    return StoredRejection(row.id, row.source, from_ms(row.received_ms), item)
