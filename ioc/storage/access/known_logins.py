"""Addresses and browsers that somebody has signed in from before."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from ioc.domain.base.times import to_ms
from ioc.storage.access.schema import familiar
from ioc.storage.db.dialect import inserting


def known(conn: Connection, number: int, kind: str) -> set[str]:
    """Those of the account `number`."""
    mine = select(familiar.c.value).where(familiar.c.account_id == number, familiar.c.kind == kind)
    return set(conn.execute(mine).scalars())


def anybodys(conn: Connection, kind: str, value: str) -> bool:
    """Whether any account has come from there."""
    asked = select(familiar.c.account_id).where(familiar.c.value == value, familiar.c.kind == kind)
    return conn.execute(asked.limit(1)).first() is not None


def note(conn: Connection, number: int, kind: str, value: str, now: datetime) -> None:
    """The account `number` has come from there."""
    row = {"account_id": number, "kind": kind, "value": value, "seen_ms": to_ms(now)}
    again = {"seen_ms": to_ms(now)}
    keys = ["account_id", "kind", "value"]
    conn.execute(inserting(conn, familiar).values(row).on_conflict_do_update(index_elements=keys, set_=again))


def sweep(conn: Connection, before: datetime) -> None:
    """Forgets where nobody has come from since then."""
    conn.execute(delete(familiar).where(familiar.c.seen_ms < to_ms(before)))
