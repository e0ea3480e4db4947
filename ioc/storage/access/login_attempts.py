"""Failures in a row, by account and by address: kept in the store, so that workers and restarts know them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, or_, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access.schema import login_attempt
from ioc.storage.db.dialect import insert_statement


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """`until`: nothing is looked at before."""

    failures: int
    last_at: datetime
    locked_until: datetime


def get(conn: Connection, kind: str, key: str) -> LoginFailures | None:
    """What is known of it."""
    row = conn.execute(
        select(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key)
    ).first()
    return None if row is None else LoginFailures(row.failures, from_ms(row.last_ms), from_ms(row.locked_until_ms))


def list_locked(conn: Connection, kind: str, now: datetime) -> dict[str, LoginFailures]:
    """Those of which nothing is looked at now, by key."""
    rows = conn.execute(
        select(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.locked_until_ms > to_ms(now))
    )
    return {
        row.key_digest: LoginFailures(row.failures, from_ms(row.last_ms), from_ms(row.locked_until_ms)) for row in rows
    }


def record_failure(conn: Connection, kind: str, key: str, now: datetime, forget_before: datetime) -> int:
    """One more failure; how many in a row now. What failed before `forgotten` counts no more."""
    begun_anew = login_attempt.c.last_ms < to_ms(forget_before)
    row = {"key_kind": kind, "key_digest": key, "failures": 1, "last_ms": to_ms(now), "locked_until_ms": to_ms(now)}
    counted = {"failures": case((begun_anew, 1), else_=login_attempt.c.failures + 1), "last_ms": to_ms(now)}
    asked = (
        insert_statement(conn, login_attempt)
        .values(row)
        .on_conflict_do_update(index_elements=["key_kind", "key_digest"], set_=counted)
    )
    return int(conn.execute(asked.returning(login_attempt.c.failures)).scalar_one())


def lock(conn: Connection, kind: str, key: str, last: datetime, until: datetime) -> None:
    """Nothing is looked at before `until`."""
    mine = update(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key)
    conn.execute(mine.values(last_ms=to_ms(last), locked_until_ms=to_ms(until)))


def undo_failure(conn: Connection, kind: str, key: str, now: datetime) -> None:
    """The newest failure was none."""
    mine = update(login_attempt).where(
        login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key, login_attempt.c.failures > 0
    )
    conn.execute(mine.values(failures=login_attempt.c.failures - 1, locked_until_ms=to_ms(now)))


def clear(conn: Connection, kind: str, key: str) -> None:
    """Forgets all failures."""
    conn.execute(delete(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key))


def sweep(conn: Connection, before: datetime) -> None:
    """Forgets what failed before that moment, and what has no failures."""
    conn.execute(
        delete(login_attempt).where(or_(login_attempt.c.last_ms < to_ms(before), login_attempt.c.failures < 1))
    )
