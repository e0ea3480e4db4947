"""Configurations: every body that was ever in force, and since when."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import insert_statement
from ioc.storage.db.schema import config_body, config_log

_NEWEST_FIRST = (config_log.c.known_ms.desc(), config_log.c.id.desc())


def record(conn: Connection, body: str, known_at: datetime) -> bool:
    """Logs `body` as in force since `known_at`; False when it is in force already."""
    digest = sha256(body.encode()).hexdigest()
    if current_hash(conn) == digest == current_hash(conn, known_at):
        return False
    conn.execute(insert_statement(conn, config_body).on_conflict_do_nothing(), {"config_hash": digest, "body": body})
    conn.execute(config_log.insert(), {"config_hash": digest, "known_ms": to_ms(known_at)})
    return True


def record_again(conn: Connection, now: datetime) -> None:
    """Logs the body in force once more where a past moment of `now` would show another one: the clock was set."""
    digest = current_hash(conn)
    if digest is not None and current_hash(conn, now) != digest:
        conn.execute(config_log.insert(), {"config_hash": digest, "known_ms": to_ms(now)})


def current_hash(conn: Connection, at: datetime | None = None) -> str | None:
    """The hash of the body in force now, or of the one known at `at`; None before the first."""
    query = select(config_log.c.config_hash)
    if at is None:
        query = query.order_by(config_log.c.id.desc())
    else:
        query = query.where(config_log.c.known_ms <= to_ms(at)).order_by(*_NEWEST_FIRST)
    digest: str | None = conn.execute(query.limit(1)).scalar()
    return digest


def hashes_since(conn: Connection, moment: datetime) -> set[str]:
    """The hashes of the body in force at `moment` and of all that came into force later."""
    query = select(config_log.c.config_hash).where(config_log.c.known_ms > to_ms(moment))
    first = current_hash(conn, moment)
    return {*conn.execute(query).scalars(), *([first] if first else ())}


def body(conn: Connection, digest: str) -> str:
    """The body with this hash, which stands in the log."""
    text: str = conn.execute(select(config_body.c.body).where(config_body.c.config_hash == digest)).scalar_one()
    return text
