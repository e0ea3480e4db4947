"""Mail: what was pushed to us, in the order in which it came, until its source's poll has been committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.protocol import ResponsePage, WebhookMessage
from ioc.storage.db.schema import webhook_message
from ioc.storage.timeseries.writer_cache import CHUNK

MAX_PENDING = 20_000  # of one source; beyond, the sender is told to come later


@dataclass(frozen=True, slots=True)
class IncomingWebhook:
    """A letter on its way in."""

    source: str
    page: ResponsePage
    received: datetime


def enqueue(conn: Connection, messages: Sequence[IncomingWebhook]) -> list[bool]:
    """Keeps letters; of each whether it was kept: False where too many wait already. Committed means acknowledged."""
    room = {source: MAX_PENDING - _count(conn, source) for source in {one.source for one in messages}}
    kept: list[bool] = []
    for one in messages:
        room[one.source] -= 1
        kept.append(room[one.source] >= 0)
    rows = [_row(one) for one, fits in zip(messages, kept, strict=True) if fits]
    if rows:
        conn.execute(webhook_message.insert(), rows)
    return kept


def _count(conn: Connection, source: str) -> int:
    return conn.execute(select(func.count()).where(webhook_message.c.source == source)).scalar_one()


def _row(message: IncomingWebhook) -> dict[str, object]:
    page = message.page
    return {
        "source": message.source, "received_ms": to_ms(message.received), "content_type": page.media_type[:120],
        "charset": page.charset[:40], "body": page.body,
    }  # fmt: skip


def pending(conn: Connection, source: str, limit: int = 1_000, max_bytes: int = 16 * 1_048_576) -> list[WebhookMessage]:
    """The oldest letters, together no longer than `longest` bytes unless there is but one."""
    query = (
        select(webhook_message).where(webhook_message.c.source == source).order_by(webhook_message.c.id).limit(limit)
    )
    found: list[WebhookMessage] = []
    size = 0
    for row in conn.execute(query):
        size += len(row.body)
        if found and size > max_bytes:
            break
        page = ResponsePage(row.body, row.content_type, row.charset, received_at=from_ms(row.received_ms))
        found.append(WebhookMessage(row.id, page))
    return found


def acknowledge(conn: Connection, source: str, message_ids: Sequence[int]) -> None:
    """Forgets letters that a committed poll has taken."""
    for start in range(0, len(message_ids), CHUNK):
        some = message_ids[start : start + CHUNK]
        conn.execute(delete(webhook_message).where(webhook_message.c.source == source, webhook_message.c.id.in_(some)))
