"""Webhook messages, in the order of their arrival, until the poll of their source that took them is committed."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, text, union_all

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, MAX_FALL, fell_back, following
from ioc.domain.base.times import RESOLUTION, Clock, from_ms, from_optional_ms, to_ms
from ioc.domain.ingest.protocol import ResponsePage, WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.storage.db.dialect import KEYS_PER_QUERY, insert_statement, is_postgres
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.schema import webhook_message, webhook_receipt
from ioc.storage.db.store import Store

# Messages of one source, and their bytes; beyond, the sender is asked to come later. A message has 1 MiB at most, so
# that the bytes are counted only where they may be too many.
MAX_PENDING, MAX_PENDING_BYTES = 20_000, 512 * 1_048_576
_ALWAYS_FIT = MAX_PENDING_BYTES // 1_048_576
_DAY_MS = 24 * 3600 * 1000
_MAX_LEAD_MS = _DAY_MS  # of a message that a later one dates
_MAX_AGE_MS = 30 * _DAY_MS  # of that later one: older times are those of a machine that starts without a clock
_ENDLESS_MS = 2**62
_LOCK_CLASS = 0x10C_0E  # of the advisory locks under which messages of a source are queued on PostgreSQL
_NEWEST = 100  # messages among which the newest is found: the last ones may be those of a clock that was ahead
_READ_SHARE = 0.8  # of the deadline of a source, within which our own store must have answered


@dataclass(frozen=True, slots=True)
class IncomingWebhook:
    """A message to be queued for `source`."""

    source: str
    page: ResponsePage
    received: datetime


def enqueue(conn: Connection, messages: Sequence[IncomingWebhook]) -> list[bool]:
    """Queues messages; for each whether it was accepted: False where too many of its source wait already.

    Acknowledge a message to its sender only once the transaction is committed.
    """
    sources = {message.source for message in messages}
    _take_turn(conn, sources)
    pending_counts = Counter({source: _count(conn, source) for source in sources})
    accepted: list[bool] = []
    for message in messages:
        pending_counts[message.source] += 1
        accepted.append(pending_counts[message.source] <= MAX_PENDING)
    kept = [message for message, is_accepted in zip(messages, accepted, strict=True) if is_accepted]
    if kept:
        conn.execute(webhook_message.insert(), _rows(conn, kept))
    return accepted


def _take_turn(conn: Connection, sources: Iterable[str]) -> None:
    """Until the end of this write no other queues messages of `sources`: it would not see when these were received.

    SQLite has one writer anyway.
    """
    if is_postgres(conn):
        lock = text("SELECT pg_advisory_xact_lock(:class, :key)")
        # In the order of the locks, not of the names: two of one number would let two writers wait for each other.
        for key in sorted({zlib.crc32(source.encode()) & 0x7FFF_FFFF for source in sources}):
            conn.execute(lock, {"class": _LOCK_CLASS, "key": key})


def _count(conn: Connection, source: str) -> int:
    """The number of waiting messages; MAX_PENDING when they have too many bytes."""
    of_source = webhook_message.c.source == source
    count = conn.execute(select(func.count()).where(of_source)).scalar_one()
    if count < _ALWAYS_FIT:
        return count
    size = conn.execute(select(func.sum(func.length(webhook_message.c.body))).where(of_source)).scalar_one()
    return MAX_PENDING if size >= MAX_PENDING_BYTES else count


def _rows(conn: Connection, messages: Sequence[IncomingWebhook]) -> list[dict[str, object]]:
    """Each received after those of its source before it, by a millisecond at least: of one moment a later value would
    replace an earlier one. So too where the clock fell back or is another machine's.
    """
    rows, last = [], dict[str, datetime | None]()
    for message in messages:
        source, received = message.source, message.received
        if source not in last:
            last[source] = _last_received(conn, source, to_ms(received + MAX_FALL))
        received, before = following(received, last[source]), last[source]
        if before is not None and to_ms(received) == to_ms(before):
            received = before + RESOLUTION
        last[source] = received
        rows.append(_row(message, received))
    return rows


def _last_received(conn: Connection, source: str, latest: int) -> datetime | None:
    """When the newest message was received, waiting or taken, of those up to `latest`; None for none."""
    waiting = select(webhook_message.c.received_ms).where(webhook_message.c.source == source)
    newest = waiting.order_by(webhook_message.c.id.desc()).limit(_NEWEST)
    taken = select(webhook_receipt.c.received_ms).where(webhook_receipt.c.source == source)
    received = union_all(select(newest.subquery()), taken).subquery()
    query = select(func.max(received.c.received_ms)).where(received.c.received_ms <= latest)
    return from_optional_ms(conn.execute(query).scalar_one())


def _row(message: IncomingWebhook, received: datetime) -> dict[str, object]:
    page = message.page
    return {
        "source": message.source, "received_ms": to_ms(received), "content_type": page.media_type[:120],
        "charset": page.charset[:40], "body": page.body,
    }  # fmt: skip


async def read_pending(store: Store, clock: Clock, source: Source) -> list[WebhookMessage]:
    """The messages of `source` as `pending` gives them by `clock`, read on a thread.

    StoreError, also when the store takes so long that the deadline of the source would pass: that is no fault of the
    source. The thread may go on for a while.
    """
    try:
        async with asyncio.timeout(source.deadline.total_seconds() * _READ_SHARE):
            return await asyncio.to_thread(_read_pending, store, source.key, clock())
    except TimeoutError:
        raise StoreError(StoreCode.NOT_ANSWERING) from None


def _read_pending(store: Store, source: str, now: datetime) -> list[WebhookMessage]:
    with store.read(quick=True) as conn:
        return pending(conn, source, now)


def pending(
    conn: Connection, source: str, now: datetime | None = None, *, limit: int = 1_000, max_bytes: int = 16 * 1_048_576
) -> list[WebhookMessage]:
    """The oldest messages of a source, together at most `max_bytes`, but always the first one.

    Without those received more than CLOCK_TOLERANCE after `now`: the clock was set back, and right values would be
    rejected by it. None: all. But where a later message was received by the clock as it is, they came before that one;
    not those that are ahead by more than a day: then it is rather the clock of now that is wrong.
    """
    columns, of_source, latest = webhook_message.c, webhook_message.c.source == source, _ENDLESS_MS
    if now is not None:
        latest = to_ms(now + CLOCK_TOLERANCE)
        of_source &= columns.received_ms <= latest + _MAX_LEAD_MS
    # Their sizes first: PostgreSQL's driver takes a whole result into memory.
    sizes = select(columns.id, func.length(columns.body), columns.received_ms)
    rows = conn.execute(sizes.where(of_source).order_by(columns.id).limit(limit)).all()
    following = _following_time(conn, of_source & (columns.id > rows[-1].id), latest) if len(rows) == limit else None
    received = _times_of_receipt([(row.id, row.received_ms) for row in rows], following, latest)
    last, total = 0, 0
    for number, size, at in rows:
        total += size
        # Those that were ahead alone: times in a message are judged by the clock of its receipt.
        is_other = (at > latest) != (rows[0].received_ms > latest)
        if number not in received or (last and (total > max_bytes or is_other)):
            break
        last = number
    query = select(webhook_message).where(of_source, columns.id <= last).order_by(columns.id)
    return [WebhookMessage(row.id, _page(row, received[row.id])) for row in conn.execute(query)]


def _page(row: Row[Any], received_ms: int) -> ResponsePage:
    at, clock = from_ms(received_ms), from_ms(row.received_ms)
    return ResponsePage(row.body, row.content_type, row.charset, received_at=at, clock=clock)


def _following_time(conn: Connection, behind: ColumnElement[bool], latest: int) -> int | None:
    """The time of receipt of the first of the messages `behind` that was received by the clock as it is; None: none."""
    columns = webhook_message.c
    by_clock = columns.received_ms.between(latest - _MAX_AGE_MS, latest)
    query = select(columns.id, columns.received_ms).where(behind, by_clock)
    first = conn.execute(query.order_by(columns.id).limit(1)).first()
    if first is None:
        return None
    between = select(func.count()).where(behind, columns.id < first.id)
    return int(first.received_ms) - conn.execute(between).scalar_one()  # each of them has a millisecond


def _times_of_receipt(received: Sequence[tuple[int, int]], following: int | None, latest: int) -> dict[int, int]:
    """Id -> time of receipt in ms, of messages in their order: where it lies after `latest`, or not before that of the
    next one and less than a day after it, just before that.

    Without those that none follows which was received by the clock as it is. `following`: of the one behind them.
    """
    times = dict[int, int]()
    for number, at in reversed(received):
        if at <= latest and (following is None or not 0 <= at - following < _DAY_MS):
            times[number] = at
            following = at if at >= latest - _MAX_AGE_MS else following
        elif following is not None:
            times[number] = following = following - 1
    return times


def acknowledge(conn: Connection, source: str, message_ids: Sequence[int]) -> None:
    """Deletes messages that the poll of this transaction has taken; when the newest was received is kept."""
    times = dict[int, int]()
    for start in range(0, len(message_ids), KEYS_PER_QUERY):
        part = message_ids[start : start + KEYS_PER_QUERY]
        taken = delete(webhook_message).where(webhook_message.c.source == source, webhook_message.c.id.in_(part))
        deleted = conn.execute(taken.returning(webhook_message.c.id, webhook_message.c.received_ms))
        times |= {row.id: row.received_ms for row in deleted}
    last: datetime | None = None
    for at in (from_ms(times[number]) for number in sorted(times)):
        last = at if last is None or not fell_back(last, at) else last
    if last is not None:
        _keep_receipt(conn, source, to_ms(last))


def _keep_receipt(conn: Connection, source: str, at: int) -> None:
    """Unless the receipt that is kept is newer; a clock that was far ahead tells nothing."""
    statement = insert_statement(conn, webhook_receipt).values(source=source, received_ms=at)
    newer = webhook_receipt.c.received_ms.between(at, at + MAX_FALL // timedelta(milliseconds=1))
    replaced = {"received_ms": statement.excluded.received_ms}
    conn.execute(statement.on_conflict_do_update(index_elements=["source"], set_=replaced, where=~newer))


def forget_receipts(conn: Connection) -> None:
    """The clock was set back by far: what is received now does not follow what was received before."""
    conn.execute(delete(webhook_receipt))
