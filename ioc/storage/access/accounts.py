"""Accounts of people, and their recovery codes. What one may do alone, one of two at once does: others get False."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.storage.access.schema import account, recovery
from ioc.storage.db.dialect import inserting


@dataclass(frozen=True, slots=True)
class Account:
    """`once`: until when its password is good, if that is a one-time one. `factor`, `factor_next`: enciphered.

    `signed`, `signed_address`: of the last sign-in; `missed`: tries since then that came to nothing, one that runs too.
    """

    id: int
    name: str
    shown: str
    roles: frozenset[str]
    agency: str
    password: str
    once: datetime | None
    once_used: bool
    factor: str
    factor_next: str
    factor_step: int
    asks_factor: bool
    subject: str
    created: datetime
    used: datetime
    disabled: datetime | None
    disabled_why: str
    signed: datetime | None
    signed_address: str
    missed: int


def add(conn: Connection, name: str, now: datetime, **fields: Any) -> Account | None:
    """A new account; None when the name, or the provider's subject, has one."""
    row = {
        "name": name, "shown": "", "roles": "", "agency": "", "password": "", "once_used": False, "factor": "",
        "factor_next": "", "factor_step": 0, "asks_factor": False, "subject": "", "created_ms": to_ms(now),
        "used_ms": to_ms(now), "disabled_why": "", **_columns(fields),
    }  # fmt: skip
    asked = inserting(conn, account).values(row).on_conflict_do_nothing().returning(account)
    made = conn.execute(asked).first()
    return None if made is None else read(made)


def change(conn: Connection, number: int, **fields: Any) -> None:
    """Sets fields of an account, by the names that `Account` has."""
    conn.execute(update(account).where(account.c.id == number).values(_columns(fields)))


def named(conn: Connection, name: str, *, lock: bool = False) -> Account | None:
    """The account of that name; `lock`: nobody else changes it before this transaction ends."""
    return _one(conn, account.c.name == name, lock)


def numbered(conn: Connection, number: int, *, lock: bool = False) -> Account | None:
    """The account of that number."""
    return _one(conn, account.c.id == number, lock)


def of_subject(conn: Connection, subject: str) -> Account | None:
    """The account of whom a provider calls so."""
    return _one(conn, account.c.subject == subject, False) if subject else None


def _one(conn: Connection, condition: Any, lock: bool) -> Account | None:
    asked = select(account).where(condition)
    found = conn.execute(asked.with_for_update() if lock else asked).first()
    return None if found is None else read(found)


def listed(conn: Connection) -> list[Account]:
    """All accounts by name."""
    return [read(row) for row in conn.execute(select(account).order_by(account.c.name))]


def count(conn: Connection) -> int:
    """How many accounts there are."""
    return conn.execute(select(func.count()).select_from(account)).scalar_one()


def use_step(conn: Connection, number: int, step: int) -> bool:
    """Whether that step of the second factor was not used yet; now it is."""
    fresh = update(account).where(account.c.id == number, account.c.factor_step < step)
    return conn.execute(fresh.values(factor_step=step)).rowcount == 1


def use_once(conn: Connection, number: int) -> bool:
    """Whether the one-time password was not used yet; now it is."""
    fresh = update(account).where(account.c.id == number, account.c.once_used.is_(False))
    return conn.execute(fresh.values(once_used=True)).rowcount == 1


def miss(conn: Connection, name: str) -> None:
    """One more try that may come to nothing, at an account that may not be there: as much work in either case."""
    conn.execute(update(account).where(account.c.name == name).values(missed=account.c.missed + 1))


def set_recovery(conn: Connection, number: int, digests: Iterable[str]) -> None:
    """These recovery codes, and no others."""
    conn.execute(delete(recovery).where(recovery.c.account_id == number))
    if rows := [{"account_id": number, "digest": one} for one in digests]:
        conn.execute(recovery.insert(), rows)


def use_recovery(conn: Connection, number: int, digest: str, now: datetime) -> bool:
    """Whether it was one of the account's that was not used yet; now it is."""
    mine = update(recovery).where(recovery.c.account_id == number, recovery.c.digest == digest)
    return conn.execute(mine.where(recovery.c.used_ms.is_(None)).values(used_ms=to_ms(now))).rowcount == 1


def void_recovery(conn: Connection, number: int, digests: Iterable[str], now: datetime) -> None:
    """These recovery codes of the account are good no more."""
    mine = update(recovery).where(recovery.c.account_id == number, recovery.c.digest.in_(list(digests)))
    conn.execute(mine.where(recovery.c.used_ms.is_(None)).values(used_ms=to_ms(now)))


def recovery_left(conn: Connection, number: int) -> int:
    """How many recovery codes are still good."""
    mine = select(func.count()).where(recovery.c.account_id == number, recovery.c.used_ms.is_(None))
    return conn.execute(mine).scalar_one()


def unused(conn: Connection, since: datetime) -> list[Account]:
    """Enabled accounts that nobody signed in to since then."""
    idle = select(account).where(account.c.disabled_ms.is_(None), account.c.used_ms < to_ms(since))
    return [read(row) for row in conn.execute(idle.order_by(account.c.id))]


def others_with(conn: Connection, role: str, number: int) -> int:
    """How many other enabled accounts that somebody can sign in to have the role."""
    theirs = or_(account.c.password != "", account.c.subject != "")
    rows = conn.execute(select(account.c.roles).where(account.c.disabled_ms.is_(None), account.c.id != number, theirs))
    return sum(role in row.roles.split() for row in rows)


def read(row: Row[Any]) -> Account:
    """An account from its columns, wherever they were selected."""
    return Account(
        row.id, row.name, row.shown, frozenset(row.roles.split()), row.agency, row.password, when(row.once_ms),
        row.once_used, row.factor, row.factor_next, row.factor_step, row.asks_factor, row.subject,
        from_ms(row.created_ms), from_ms(row.used_ms), when(row.disabled_ms), row.disabled_why,
        when(row.signed_ms), row.signed_address, row.missed,
    )  # fmt: skip


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    made = dict(fields)
    if "roles" in made:
        made["roles"] = " ".join(sorted(made["roles"]))
    for name in ("once", "used", "disabled", "signed"):
        if name in made:
            moment = made.pop(name)
            made[f"{name}_ms"] = None if moment is None else to_ms(moment)
    return made
