"""Configurations: every body that was ever in force, and since when."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import insert_statement
from ioc.storage.db.schema import config_body, config_log

_NEWEST_FIRST = (config_log.c.known_ms.desc(), config_log.c.id.desc())


def record(conn: Connection, body: str, known_at: datetime) -> bool:
    """Logs `body` as in force since `known_at`; False when it is in force already."""
    digest = sha256(body.encode()).hexdigest()
    newest = conn.execute(
        select(config_log.c.config_hash, config_log.c.known_ms).order_by(*_NEWEST_FIRST).limit(1)
    ).first()
    if newest is not None and newest.config_hash == digest:
        return False
    conn.execute(insert_statement(conn, config_body).on_conflict_do_nothing(), {"config_hash": digest, "body": body})
    known = monotonic_ms(known_at, newest.known_ms if newest else None)
    conn.execute(config_log.insert(), {"config_hash": digest, "known_ms": known})
    return True


def current_hash(conn: Connection, at: datetime | None = None) -> str | None:
    """The hash of the body in force now, or of the one known at `at`; None before the first."""
    query = select(config_log.c.config_hash)
    if at is not None:
        query = query.where(config_log.c.known_ms <= to_ms(at))
    digest: str | None = conn.execute(query.order_by(*_NEWEST_FIRST).limit(1)).scalar()
    return digest


def body(conn: Connection, digest: str) -> str:
    """The body with this hash, which stands in the log."""
    text: str = conn.execute(select(config_body.c.body).where(config_body.c.config_hash == digest)).scalar_one()
    return text
