"""Failed logins in a row, by account, place and address: stored, so that all workers and restarts know them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, or_, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access.schema import login_attempt
from ioc.storage.db.dialect import insert_statement


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """Failures in a row. `locked_until`: no attempt is checked before."""

    failures: int
    last_at: datetime
    locked_until: datetime


def get(conn: Connection, kind: str, key: str) -> LoginFailures | None:
    """The failures of a key; None for none. `kind`: see ioc.auth.lockout; `key`: a digest or an address."""
    row = conn.execute(
        select(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key)
    ).first()
    return None if row is None else LoginFailures(row.failures, from_ms(row.last_ms), from_ms(row.locked_until_ms))


def list_locked(conn: Connection, kinds: Collection[str], now: datetime) -> list[tuple[str, LoginFailures]]:
    """The keys of these kinds that are locked now."""
    rows = conn.execute(
        select(login_attempt).where(login_attempt.c.key_kind.in_(kinds), login_attempt.c.locked_until_ms > to_ms(now))
    )
    return [
        (row.key_digest, LoginFailures(row.failures, from_ms(row.last_ms), from_ms(row.locked_until_ms)))
        for row in rows
    ]


def record_failure(conn: Connection, kind: str, key: str, now: datetime, forget_before: datetime) -> int:
    """Counts a failure; returns how many in a row. One whose last failure lies before `forget_before` starts at 1."""
    is_forgotten = login_attempt.c.last_ms < to_ms(forget_before)
    row = {"key_kind": kind, "key_digest": key, "failures": 1, "last_ms": to_ms(now), "locked_until_ms": to_ms(now)}
    counted = {"failures": case((is_forgotten, 1), else_=login_attempt.c.failures + 1), "last_ms": to_ms(now)}
    upserted = (
        insert_statement(conn, login_attempt)
        .values(row)
        .on_conflict_do_update(index_elements=["key_kind", "key_digest"], set_=counted)
    )
    return int(conn.execute(upserted.returning(login_attempt.c.failures)).scalar_one())


def lock(conn: Connection, kind: str, key: str, last: datetime, until: datetime) -> None:
    """Locks the key: no attempt is checked before `until`."""
    mine = update(login_attempt).where(login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key)
    conn.execute(mine.values(last_ms=to_ms(last), locked_until_ms=to_ms(until)))


def undo_failure(conn: Connection, kind: str, key: str, now: datetime) -> None:
    """Takes back the newest failure."""
    mine = update(login_attempt).where(
        login_attempt.c.key_kind == kind, login_attempt.c.key_digest == key, login_attempt.c.failures > 0
    )
    conn.execute(mine.values(failures=login_attempt.c.failures - 1, locked_until_ms=to_ms(now)))


def clear(conn: Connection, kinds: Collection[str], beginning: str) -> None:
    """Deletes the failures of the keys of these kinds that begin so. `beginning`: hexadecimal."""
    mine = login_attempt.c.key_digest.between(beginning, beginning + "g")  # unlike LIKE by the index
    conn.execute(delete(login_attempt).where(login_attempt.c.key_kind.in_(kinds), mine))


def sweep(conn: Connection, before: datetime) -> None:
    """Deletes keys whose last failure lies before that moment, and those without failures."""
    conn.execute(
        delete(login_attempt).where(or_(login_attempt.c.last_ms < to_ms(before), login_attempt.c.failures < 1))
    )
