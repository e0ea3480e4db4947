"""Failures in a row, by account and by address: kept in the store, so that workers and restarts know them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, or_, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access.schema import attempt
from ioc.storage.db.dialect import inserting


@dataclass(frozen=True, slots=True)
class Attempt:
    """`until`: nothing is looked at before."""

    failures: int
    last: datetime
    until: datetime


def get(conn: Connection, kind: str, key: str) -> Attempt | None:
    """What is known of it."""
    row = conn.execute(select(attempt).where(attempt.c.kind == kind, attempt.c.key == key)).first()
    return None if row is None else Attempt(row.failures, from_ms(row.last_ms), from_ms(row.until_ms))


def held(conn: Connection, kind: str, now: datetime) -> dict[str, Attempt]:
    """Those of which nothing is looked at now, by key."""
    rows = conn.execute(select(attempt).where(attempt.c.kind == kind, attempt.c.until_ms > to_ms(now)))
    return {row.key: Attempt(row.failures, from_ms(row.last_ms), from_ms(row.until_ms)) for row in rows}


def failed(conn: Connection, kind: str, key: str, now: datetime, forgotten: datetime) -> int:
    """One more failure; how many in a row now. What failed before `forgotten` counts no more."""
    begun_anew = attempt.c.last_ms < to_ms(forgotten)
    row = {"kind": kind, "key": key, "failures": 1, "last_ms": to_ms(now), "until_ms": to_ms(now)}
    counted = {"failures": case((begun_anew, 1), else_=attempt.c.failures + 1), "last_ms": to_ms(now)}
    asked = inserting(conn, attempt).values(row).on_conflict_do_update(index_elements=["kind", "key"], set_=counted)
    return int(conn.execute(asked.returning(attempt.c.failures)).scalar_one())


def hold(conn: Connection, kind: str, key: str, last: datetime, until: datetime) -> None:
    """Nothing is looked at before `until`."""
    mine = update(attempt).where(attempt.c.kind == kind, attempt.c.key == key)
    conn.execute(mine.values(last_ms=to_ms(last), until_ms=to_ms(until)))


def give_back(conn: Connection, kind: str, key: str, now: datetime) -> None:
    """The newest failure was none."""
    mine = update(attempt).where(attempt.c.kind == kind, attempt.c.key == key, attempt.c.failures > 0)
    conn.execute(mine.values(failures=attempt.c.failures - 1, until_ms=to_ms(now)))


def clear(conn: Connection, kind: str, key: str) -> None:
    """Forgets all failures."""
    conn.execute(delete(attempt).where(attempt.c.kind == kind, attempt.c.key == key))


def sweep(conn: Connection, before: datetime) -> None:
    """Forgets what failed before that moment, and what has no failures."""
    conn.execute(delete(attempt).where(or_(attempt.c.last_ms < to_ms(before), attempt.c.failures < 1)))
