"""Sessions of users, and logins that wait for a second factor. Only digests of secrets are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.storage.access.accounts import Account, account_from_row
from ioc.storage.access.schema import account, pending_login, session


@dataclass(frozen=True, slots=True)
class LoginHistory:
    """What was known of an account when a session began. `previous_login`: None when there was none.

    `failed_logins`: since that login. `unfamiliar`: which of "address", "browser" were new to the account.
    """

    previous_login: datetime | None = None
    previous_address: str = ""
    failed_logins: int = 0
    unfamiliar: frozenset[str] = frozenset()


NO_LOGIN_HISTORY = LoginHistory()


@dataclass(frozen=True, slots=True)
class Session:
    """A session. `last_active`: of the newest recorded act. `has_second_factor`: given here or to the OIDC provider."""

    id: int
    account_id: int
    created_at: datetime
    last_active: datetime
    address: str
    user_agent: str
    has_second_factor: bool
    login_history: LoginHistory = NO_LOGIN_HISTORY


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A login whose password was right and whose second factor is outstanding."""

    account_id: int
    address: str
    user_agent: str
    created_at: datetime


def create(
    conn: Connection, account_id: int, digest: str, address: str, user_agent: str, has_second_factor: bool,
    now: datetime, created_at: datetime | None = None, login_history: LoginHistory = NO_LOGIN_HISTORY,
) -> Session:  # fmt: skip
    """Creates a session. `created_at`: of the session that this one continues, None for a new one."""
    created, address, user_agent = created_at or now, address[:60], user_agent.replace("\x00", "")[:200]
    row = {
        "account_id": account_id,
        "digest": digest,
        "created_ms": to_ms(created),
        "last_active_ms": to_ms(now),
        "address": address,
        "user_agent": user_agent,
        "has_second_factor": has_second_factor,
        "previous_login_ms": to_optional_ms(login_history.previous_login),
        "previous_address": login_history.previous_address,
        "failed_logins": login_history.failed_logins,
        "unfamiliar": " ".join(sorted(login_history.unfamiliar)),
    }
    session_id = conn.execute(session.insert().values(row).returning(session.c.id)).scalar_one()
    return Session(session_id, account_id, created, now, address, user_agent, has_second_factor, login_history)


def get_by_digest(conn: Connection, digest: str) -> tuple[Session, Account] | None:
    """The session with that digest and its account."""
    mine = conn.execute(select(session).where(session.c.digest == digest)).first()
    if mine is None:
        return None
    owner = conn.execute(select(account).where(account.c.id == mine.account_id)).first()
    return None if owner is None else (_session(mine), account_from_row(owner))


def list_all(conn: Connection, account_id: int = 0) -> list[Session]:
    """The sessions of an account, of all accounts for 0; the newest first."""
    query = select(session).order_by(session.c.id.desc())
    rows = conn.execute(query.where(session.c.account_id == account_id) if account_id else query)
    return [_session(row) for row in rows]


def get(conn: Connection, session_id: int) -> Session | None:
    """The session of that id."""
    row = conn.execute(select(session).where(session.c.id == session_id)).first()
    return None if row is None else _session(row)


def is_running(conn: Connection, session_id: int) -> bool:
    """Whether the session has not ended and its account is not disabled."""
    mine = select(session.c.id).join(account, account.c.id == session.c.account_id)
    return conn.execute(mine.where(session.c.id == session_id, account.c.disabled_ms.is_(None))).first() is not None


def touch(conn: Connection, session_id: int, now: datetime) -> None:
    """Records an act of the user."""
    conn.execute(update(session).where(session.c.id == session_id).values(last_active_ms=to_ms(now)))


def end(conn: Connection, session_ids: Sequence[int]) -> int:
    """Deletes sessions; returns how many there were."""
    return conn.execute(delete(session).where(session.c.id.in_(list(session_ids)))).rowcount if session_ids else 0


def end_all(conn: Connection, account_id: int) -> int:
    """Deletes all sessions and pending logins of an account; returns how many sessions there were."""
    conn.execute(delete(pending_login).where(pending_login.c.account_id == account_id))
    return conn.execute(delete(session).where(session.c.account_id == account_id)).rowcount


def clear(conn: Connection) -> None:
    """Deletes all sessions and pending logins."""
    conn.execute(delete(pending_login))
    conn.execute(delete(session))


def add_pending_login(
    conn: Connection, account_id: int, digest: str, address: str, user_agent: str, now: datetime
) -> None:
    """Stores a login whose second factor is outstanding."""
    conn.execute(
        pending_login.insert().values(
            account_id=account_id,
            digest=digest,
            address=address[:60],
            user_agent=user_agent.replace("\x00", "")[:200],
            created_ms=to_ms(now),
        )
    )


def get_pending_login(conn: Connection, digest: str) -> PendingLogin | None:
    """The pending login with that digest."""
    row = conn.execute(select(pending_login).where(pending_login.c.digest == digest)).first()
    return None if row is None else PendingLogin(row.account_id, row.address, row.user_agent, from_ms(row.created_ms))


def take_pending_login(conn: Connection, digest: str) -> bool:
    """Deletes a pending login; False when there is none."""
    return conn.execute(delete(pending_login).where(pending_login.c.digest == digest)).rowcount == 1


def sweep(conn: Connection, sessions_before: datetime, pending_before: datetime) -> int:
    """Deletes sessions and pending logins created before these moments; returns how many sessions."""
    conn.execute(delete(pending_login).where(pending_login.c.created_ms < to_ms(pending_before)))
    return conn.execute(delete(session).where(session.c.created_ms < to_ms(sessions_before))).rowcount


def _session(row: Row[Any]) -> Session:
    login_history = LoginHistory(
        from_optional_ms(row.previous_login_ms),
        row.previous_address,
        row.failed_logins,
        frozenset(row.unfamiliar.split()),
    )
    return Session(
        row.id, row.account_id, from_ms(row.created_ms), from_ms(row.last_active_ms), row.address, row.user_agent,
        row.has_second_factor, login_history,
    )  # fmt: skip
