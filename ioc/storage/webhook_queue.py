"""Mail: what was pushed to us, in the order in which it came, until its source's poll has been committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.protocol import Letter, Page
from ioc.storage.db.schema import mail
from ioc.storage.timeseries.writer_cache import CHUNK

MOST = 20_000  # of one source; beyond, the sender is told to come later


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter on its way in."""

    source: str
    page: Page
    received: datetime


def post(conn: Connection, letters: Sequence[Posted]) -> list[bool]:
    """Keeps letters; of each whether it was kept: False where too many wait already. Committed means acknowledged."""
    room = {source: MOST - _count(conn, source) for source in {one.source for one in letters}}
    kept: list[bool] = []
    for one in letters:
        room[one.source] -= 1
        kept.append(room[one.source] >= 0)
    rows = [_row(one) for one, fits in zip(letters, kept, strict=True) if fits]
    if rows:
        conn.execute(mail.insert(), rows)
    return kept


def _count(conn: Connection, source: str) -> int:
    return conn.execute(select(func.count()).where(mail.c.source == source)).scalar_one()


def _row(one: Posted) -> dict[str, object]:
    page = one.page
    return {
        "source": one.source, "received_ms": to_ms(one.received), "kind": page.kind[:120],
        "charset": page.charset[:40], "body": page.body,
    }  # fmt: skip


def waiting(conn: Connection, source: str, limit: int = 1_000, longest: int = 16 * 1_048_576) -> list[Letter]:
    """The oldest letters, together no longer than `longest` bytes unless there is but one."""
    query = select(mail).where(mail.c.source == source).order_by(mail.c.id).limit(limit)
    found: list[Letter] = []
    size = 0
    for row in conn.execute(query):
        size += len(row.body)
        if found and size > longest:
            break
        page = Page(row.body, row.kind, row.charset, received=from_ms(row.received_ms))
        found.append(Letter(row.id, page))
    return found


def read(conn: Connection, source: str, ids: Sequence[int]) -> None:
    """Forgets letters that a committed poll has taken."""
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        conn.execute(delete(mail).where(mail.c.source == source, mail.c.id.in_(some)))
