"""Addresses and browsers from which an account has logged in before."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from ioc.domain.base.times import to_ms
from ioc.storage.access.schema import known_login
from ioc.storage.db.dialect import greater_of, insert_statement


def known_values(conn: Connection, account_id: int, kind: str) -> set[str]:
    """The known values of an account. `kind`: "address" or "browser"."""
    mine = select(known_login.c.value).where(known_login.c.account_id == account_id, known_login.c.kind == kind)
    return set(conn.execute(mine).scalars())


def is_known_to_any(conn: Connection, kind: str, value: str) -> bool:
    """Whether any account has logged in from there."""
    query = select(known_login.c.account_id).where(known_login.c.value == value, known_login.c.kind == kind)
    return conn.execute(query.limit(1)).first() is not None


def record(conn: Connection, account_id: int, kind: str, value: str, now: datetime) -> None:
    """Notes that the account has logged in from there; a clock that was set back makes no login an earlier one."""
    row = {"account_id": account_id, "kind": kind, "value": value, "last_seen_ms": to_ms(now)}
    renewed = {"last_seen_ms": greater_of(known_login.c.last_seen_ms, to_ms(now))}
    keys = ["account_id", "kind", "value"]
    conn.execute(
        insert_statement(conn, known_login).values(row).on_conflict_do_update(index_elements=keys, set_=renewed)
    )


def sweep(conn: Connection, before: datetime) -> None:
    """Deletes values not seen since that moment."""
    conn.execute(delete(known_login).where(known_login.c.last_seen_ms < to_ms(before)))
