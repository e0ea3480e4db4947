"""Accounts of users and their recovery codes. What may be used once is used by one of two concurrent callers only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.storage.access.schema import account, recovery_code
from ioc.storage.db.dialect import greater_of, insert_statement

_TIME_COLUMNS = {
    "one_time_until": "one_time_until_ms", "disabled_at": "disabled_ms", "last_login": "last_login_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a user.

    `one_time_until`: until when the password is valid, if it is a one-time password. `totp_secret`,
    `pending_totp_secret`: enciphered, "" for none; pending until its owner confirms it. `last_totp_step`: the last one
    used. `oidc_subject`: "issuer|subject", "" for none. `failed_logins`: since the last login, a running one included.
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
    """Creates an account; `fields` as in `Account`. None when the name or the OIDC subject is taken."""
    row = {
        "name": name, "display_name": "", "roles": "", "agency": "", "password_hash": "", "is_one_time_used": False,
        "totp_secret": "", "pending_totp_secret": "", "last_totp_step": 0, "is_mfa_required": False, "oidc_subject": "",
        "created_ms": to_ms(now), "last_used_ms": to_ms(now), "disabled_reason": "", "last_login_address": "",
        "failed_logins": 0, **_columns(fields),
    }  # fmt: skip
    inserted = insert_statement(conn, account).values(row).on_conflict_do_nothing().returning(account)
    created = conn.execute(inserted).first()
    return None if created is None else account_from_row(created)


def change(conn: Connection, account_id: int, **fields: Any) -> None:
    """Sets `fields`, named as those of `Account`."""
    conn.execute(update(account).where(account.c.id == account_id).values(_columns(fields)))


def record_use(conn: Connection, account_id: int, now: datetime) -> None:
    """Notes when the account was used; a clock that was set back makes no use an earlier one."""
    last_used = greater_of(account.c.last_used_ms, to_ms(now))
    conn.execute(update(account).where(account.c.id == account_id).values(last_used_ms=last_used))


def get_by_name(conn: Connection, name: str, *, lock: bool = False) -> Account | None:
    """The account of that name. `lock`: no other transaction changes it before this one ends."""
    return _get_where(conn, account.c.name == name, lock)


def get(conn: Connection, account_id: int, *, lock: bool = False) -> Account | None:
    """The account of that id. `lock`: as in `get_by_name`."""
    return _get_where(conn, account.c.id == account_id, lock)


def get_by_subject(conn: Connection, subject: str, *, lock: bool = False) -> Account | None:
    """The account of that OIDC subject; None for "". `lock`: as in `get_by_name`."""
    return _get_where(conn, account.c.oidc_subject == subject, lock) if subject else None


def _get_where(conn: Connection, condition: Any, lock: bool) -> Account | None:
    query = select(account).where(condition)
    row = conn.execute(query.with_for_update() if lock else query).first()
    return None if row is None else account_from_row(row)


def list_all(conn: Connection) -> list[Account]:
    """All accounts, ordered by name."""
    return [account_from_row(row) for row in conn.execute(select(account).order_by(account.c.name))]


def display_names(conn: Connection, names: Collection[str]) -> dict[str, str]:
    """The display names of the accounts among `names`, by name."""
    query = select(account.c.name, account.c.display_name).where(account.c.name.in_(names))
    return {row.name: row.display_name for row in conn.execute(query)}


def count(conn: Connection) -> int:
    """The number of accounts."""
    return conn.execute(select(func.count()).select_from(account)).scalar_one()


def use_totp_step(conn: Connection, account_id: int, step: int) -> bool:
    """Marks a TOTP step as used; False when it, or a later one, was used before, also after the clock was set back."""
    unused = update(account).where(account.c.id == account_id, account.c.last_totp_step < step)
    return conn.execute(unused.values(last_totp_step=step)).rowcount == 1


def use_one_time_password(conn: Connection, account_id: int) -> bool:
    """Marks the one-time password as used; False when it was used before."""
    unused = update(account).where(account.c.id == account_id, account.c.is_one_time_used.is_(False))
    return conn.execute(unused.values(is_one_time_used=True)).rowcount == 1


def count_failed_login(conn: Connection, name: str) -> None:
    """Counts a login attempt as failed until it succeeds. The same work whether the account exists or not."""
    conn.execute(update(account).where(account.c.name == name).values(failed_logins=account.c.failed_logins + 1))


def set_recovery_codes(conn: Connection, account_id: int, digests: Iterable[str]) -> None:
    """Replaces the recovery codes of the account."""
    conn.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    if rows := [{"account_id": account_id, "digest": digest} for digest in digests]:
        conn.execute(recovery_code.insert(), rows)


def use_recovery_code(conn: Connection, account_id: int, digest: str, now: datetime) -> bool:
    """Marks a recovery code as used; False when the account has no such unused code."""
    codes = update(recovery_code).where(recovery_code.c.account_id == account_id, recovery_code.c.digest == digest)
    return conn.execute(codes.where(recovery_code.c.used_ms.is_(None)).values(used_ms=to_ms(now))).rowcount == 1


def void_recovery_codes(conn: Connection, account_id: int, digests: Iterable[str], now: datetime) -> None:
    """Marks these recovery codes of the account as used."""
    codes = update(recovery_code).where(
        recovery_code.c.account_id == account_id, recovery_code.c.digest.in_(list(digests))
    )
    conn.execute(codes.where(recovery_code.c.used_ms.is_(None)).values(used_ms=to_ms(now)))


def count_recovery_codes(conn: Connection, account_id: int) -> int:
    """The number of unused recovery codes."""
    codes = select(func.count()).where(recovery_code.c.account_id == account_id, recovery_code.c.used_ms.is_(None))
    return conn.execute(codes).scalar_one()


def list_unused(conn: Connection, since: datetime) -> list[Account]:
    """Enabled accounts not used since that moment, ordered by id."""
    idle = select(account).where(account.c.disabled_ms.is_(None), account.c.last_used_ms < to_ms(since))
    return [account_from_row(row) for row in conn.execute(idle.order_by(account.c.id))]


def count_others_with_role(conn: Connection, role: str, account_id: int) -> int:
    """The number of other enabled accounts with the role that have a password or an OIDC subject."""
    can_login = or_(account.c.password_hash != "", account.c.oidc_subject != "")
    rows = conn.execute(
        select(account.c.roles).where(account.c.disabled_ms.is_(None), account.c.id != account_id, can_login)
    )
    return sum(role in row.roles.split() for row in rows)


def account_from_row(row: Row[Any]) -> Account:
    """The account of a row with all of its columns."""
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
    columns = dict(fields)
    if "roles" in columns:
        columns["roles"] = " ".join(sorted(columns["roles"]))
    for name, column in _TIME_COLUMNS.items():
        if name in columns:
            moment = columns.pop(name)
            columns[column] = to_optional_ms(moment)
    return columns
