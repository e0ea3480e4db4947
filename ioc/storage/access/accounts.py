"""Accounts of people, and their recovery codes. What one may do alone, one of two at once does: others get False."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.access.schema import account, recovery_code
from ioc.storage.db.dialect import insert_statement

_TIME_COLUMNS = {
    "one_time_until": "one_time_until_ms", "last_used": "last_used_ms", "disabled_at": "disabled_ms",
    "last_login": "last_login_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """`once`: until when its password is good, if that is a one-time one. `factor`, `factor_next`: enciphered.

    `signed`, `signed_address`: of the last sign-in; `missed`: tries since then that came to nothing, one that runs too.
    """

    id: int
    name: str
    display_name: str
    roles: frozenset[str]
    agency: str
    password_hash: str
    one_time_until: datetime | None
    is_one_time_used: bool
    totp_secret: str
    pending_totp_secret: str
    last_totp_step: int
    is_mfa_required: bool
    oidc_subject: str
    created_at: datetime
    last_used: datetime
    disabled_at: datetime | None
    disabled_reason: str
    last_login: datetime | None
    last_login_address: str
    failed_logins: int


def add(conn: Connection, name: str, now: datetime, **fields: Any) -> Account | None:
    """A new account; None when the name, or the provider's subject, has one."""
    row = {
        "name": name, "display_name": "", "roles": "", "agency": "", "password_hash": "", "is_one_time_used": False,
        "totp_secret": "", "pending_totp_secret": "", "last_totp_step": 0, "is_mfa_required": False, "oidc_subject": "",
        "created_ms": to_ms(now), "last_used_ms": to_ms(now), "disabled_reason": "", "last_login_address": "",
        "failed_logins": 0, **_columns(fields),
    }  # fmt: skip
    asked = insert_statement(conn, account).values(row).on_conflict_do_nothing().returning(account)
    made = conn.execute(asked).first()
    return None if made is None else account_from_row(made)


def change(conn: Connection, account_id: int, **fields: Any) -> None:
    """Sets fields of an account, by the names that `Account` has."""
    conn.execute(update(account).where(account.c.id == account_id).values(_columns(fields)))


def get_by_name(conn: Connection, name: str, *, lock: bool = False) -> Account | None:
    """The account of that name; `lock`: nobody else changes it before this transaction ends."""
    return _get_where(conn, account.c.name == name, lock)


def get(conn: Connection, account_id: int, *, lock: bool = False) -> Account | None:
    """The account of that number."""
    return _get_where(conn, account.c.id == account_id, lock)


def get_by_subject(conn: Connection, subject: str) -> Account | None:
    """The account of whom a provider calls so."""
    return _get_where(conn, account.c.oidc_subject == subject, False) if subject else None


def _get_where(conn: Connection, condition: Any, lock: bool) -> Account | None:
    asked = select(account).where(condition)
    found = conn.execute(asked.with_for_update() if lock else asked).first()
    return None if found is None else account_from_row(found)


def list_all(conn: Connection) -> list[Account]:
    """All accounts by name."""
    return [account_from_row(row) for row in conn.execute(select(account).order_by(account.c.name))]


def count(conn: Connection) -> int:
    """How many accounts there are."""
    return conn.execute(select(func.count()).select_from(account)).scalar_one()


def use_totp_step(conn: Connection, account_id: int, step: int) -> bool:
    """Whether that step of the second factor was not used yet; now it is."""
    fresh = update(account).where(account.c.id == account_id, account.c.last_totp_step < step)
    return conn.execute(fresh.values(last_totp_step=step)).rowcount == 1


def use_one_time_password(conn: Connection, account_id: int) -> bool:
    """Whether the one-time password was not used yet; now it is."""
    fresh = update(account).where(account.c.id == account_id, account.c.is_one_time_used.is_(False))
    return conn.execute(fresh.values(is_one_time_used=True)).rowcount == 1


def count_failed_login(conn: Connection, name: str) -> None:
    """One more try that may come to nothing, at an account that may not be there: as much work in either case."""
    conn.execute(update(account).where(account.c.name == name).values(failed_logins=account.c.failed_logins + 1))


def set_recovery_codes(conn: Connection, account_id: int, digests: Iterable[str]) -> None:
    """These recovery codes, and no others."""
    conn.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    if rows := [{"account_id": account_id, "digest": one} for one in digests]:
        conn.execute(recovery_code.insert(), rows)


def use_recovery_code(conn: Connection, account_id: int, digest: str, now: datetime) -> bool:
    """Whether it was one of the account's that was not used yet; now it is."""
    mine = update(recovery_code).where(recovery_code.c.account_id == account_id, recovery_code.c.digest == digest)
    return conn.execute(mine.where(recovery_code.c.used_ms.is_(None)).values(used_ms=to_ms(now))).rowcount == 1


def void_recovery_codes(conn: Connection, account_id: int, digests: Iterable[str], now: datetime) -> None:
    """These recovery codes of the account are good no more."""
    mine = update(recovery_code).where(
        recovery_code.c.account_id == account_id, recovery_code.c.digest.in_(list(digests))
    )
    conn.execute(mine.where(recovery_code.c.used_ms.is_(None)).values(used_ms=to_ms(now)))


def count_recovery_codes(conn: Connection, account_id: int) -> int:
    """How many recovery codes are still good."""
    mine = select(func.count()).where(recovery_code.c.account_id == account_id, recovery_code.c.used_ms.is_(None))
    return conn.execute(mine).scalar_one()


def list_unused(conn: Connection, since: datetime) -> list[Account]:
    """Enabled accounts that nobody signed in to since then."""
    idle = select(account).where(account.c.disabled_ms.is_(None), account.c.last_used_ms < to_ms(since))
    return [account_from_row(row) for row in conn.execute(idle.order_by(account.c.id))]


def count_others_with_role(conn: Connection, role: str, account_id: int) -> int:
    """How many other enabled accounts that somebody can sign in to have the role."""
    theirs = or_(account.c.password_hash != "", account.c.oidc_subject != "")
    rows = conn.execute(
        select(account.c.roles).where(account.c.disabled_ms.is_(None), account.c.id != account_id, theirs)
    )
    return sum(role in row.roles.split() for row in rows)


def account_from_row(row: Row[Any]) -> Account:
    """An account from its columns, wherever they were selected."""
    return Account(
        row.id,
        row.name,
        row.display_name,
        frozenset(row.roles.split()),
        row.agency,
        row.password_hash,
        from_optional_ms(row.one_time_until_ms),
        row.is_one_time_used,
        row.totp_secret,
        row.pending_totp_secret,
        row.last_totp_step,
        row.is_mfa_required,
        row.oidc_subject,
        from_ms(row.created_ms),
        from_ms(row.last_used_ms),
        from_optional_ms(row.disabled_ms),
        row.disabled_reason,
        from_optional_ms(row.last_login_ms),
        row.last_login_address,
        row.failed_logins,
    )


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    made = dict(fields)
    if "roles" in made:
        made["roles"] = " ".join(sorted(made["roles"]))
    for name, column in _TIME_COLUMNS.items():
        if name in made:
            moment = made.pop(name)
            made[column] = None if moment is None else to_ms(moment)
    return made
