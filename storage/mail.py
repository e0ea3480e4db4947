"""Mail: what was pushed to us, in the order in which it came, until its source's poll has been committed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from domain.feed import Letter, Page
from domain.times import to_ms
from storage.memory import CHUNK
from storage.tables import mail

MOST = 20_000  # of one source; beyond, the sender is told to come later


def post(conn: Connection, source: str, page: Page, received: datetime) -> bool:
    """Keeps one letter; False when too many wait already. Committed means acknowledged."""
    waiting = conn.execute(select(func.count()).where(mail.c.source == source)).scalar_one()
    if waiting >= MOST:
        return False
    row = {
        "source": source, "received_ms": to_ms(received), "kind": page.kind[:120], "charset": page.charset[:40],
        "body": page.body,
    }  # fmt: skip
    conn.execute(mail.insert(), [row])
    return True


def waiting(conn: Connection, source: str, limit: int = 1_000, longest: int = 16 * 1_048_576) -> list[Letter]:
    """The oldest letters, together no longer than `longest` bytes unless there is but one."""
    query = select(mail).where(mail.c.source == source).order_by(mail.c.id).limit(limit)
    found: list[Letter] = []
    size = 0
    for row in conn.execute(query):
        size += len(row.body)
        if found and size > longest:
            break
        found.append(Letter(row.id, Page(row.body, row.kind, row.charset)))
    return found


def read(conn: Connection, source: str, ids: Sequence[int]) -> None:
    """Forgets letters that a committed poll has taken."""
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        conn.execute(delete(mail).where(mail.c.source == source, mail.c.id.in_(some)))
