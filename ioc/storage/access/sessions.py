"""Sessions of people, and sign-ins that wait for a second factor; of each secret only its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.access.accounts import Account, account_from_row
from ioc.storage.access.schema import account, pending_login, session


@dataclass(frozen=True, slots=True)
class LoginHistory:
    """What was known of an account when a session began: the sign-in before (None: there was none) and from where.

    `missed`: tries in between that came to nothing. `strange`: which of "address", "browser" it had never come from.
    """

    previous_login: datetime | None = None
    previous_address: str = ""
    failed_logins: int = 0
    unfamiliar: frozenset[str] = frozenset()


NO_LOGIN_HISTORY = LoginHistory()


@dataclass(frozen=True, slots=True)
class Session:
    """`active`: of the newest act of the person that was written down. `factor`: a second factor was shown."""

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
    """A sign-in whose password was right."""

    account_id: int
    address: str
    user_agent: str
    created_at: datetime


def create(
    conn: Connection, account_id: int, digest: str, address: str, user_agent: str, has_second_factor: bool,
    now: datetime, created_at: datetime | None = None, login_history: LoginHistory = NO_LOGIN_HISTORY,
) -> Session:  # fmt: skip
    """A new session of the account `number`; `since`: when the one began that it follows."""
    created, address, user_agent = created_at or now, address[:60], user_agent.replace("\x00", "")[:200]
    row = {
        "account_id": account_id,
        "digest": digest,
        "created_ms": to_ms(created),
        "last_active_ms": to_ms(now),
        "address": address,
        "user_agent": user_agent,
        "has_second_factor": has_second_factor,
        "previous_login_ms": None if login_history.previous_login is None else to_ms(login_history.previous_login),
        "previous_address": login_history.previous_address,
        "failed_logins": login_history.failed_logins,
        "unfamiliar": " ".join(sorted(login_history.unfamiliar)),
    }
    made = conn.execute(session.insert().values(row).returning(session.c.id)).scalar_one()
    return Session(made, account_id, created, now, address, user_agent, has_second_factor, login_history)


def get_by_digest(conn: Connection, digest: str) -> tuple[Session, Account] | None:
    """The session whose secret has that hash, and whose it is."""
    mine = conn.execute(select(session).where(session.c.digest == digest)).first()
    if mine is None:
        return None
    owner = conn.execute(select(account).where(account.c.id == mine.account_id)).first()
    return None if owner is None else (_session(mine), account_from_row(owner))


def list_all(conn: Connection, account_id: int = 0) -> list[Session]:
    """The sessions of the account `number`, 0 for all, the newest first."""
    asked = select(session).order_by(session.c.id.desc())
    return [
        _session(row) for row in conn.execute(asked.where(session.c.account_id == account_id) if account_id else asked)
    ]


def get(conn: Connection, session_id: int) -> Session | None:
    """The session of that number."""
    row = conn.execute(select(session).where(session.c.id == session_id)).first()
    return None if row is None else _session(row)


def touch(conn: Connection, session_id: int, now: datetime) -> None:
    """The person has done something."""
    conn.execute(update(session).where(session.c.id == session_id).values(last_active_ms=to_ms(now)))


def end(conn: Connection, session_ids: Sequence[int]) -> int:
    """How many of them there were."""
    return conn.execute(delete(session).where(session.c.id.in_(list(session_ids)))).rowcount if session_ids else 0


def end_all(conn: Connection, account_id: int) -> int:
    """Ends all sessions of the account `number`, and its sign-ins that wait; how many sessions."""
    conn.execute(delete(pending_login).where(pending_login.c.account_id == account_id))
    return conn.execute(delete(session).where(session.c.account_id == account_id)).rowcount


def add_pending_login(
    conn: Connection, account_id: int, digest: str, address: str, user_agent: str, now: datetime
) -> None:
    """The password was right."""
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
    """The sign-in that waits under that hash."""
    row = conn.execute(select(pending_login).where(pending_login.c.digest == digest)).first()
    return None if row is None else PendingLogin(row.account_id, row.address, row.user_agent, from_ms(row.created_ms))


def take_pending_login(conn: Connection, digest: str) -> bool:
    """Whether it still waited; now it does no more."""
    return conn.execute(delete(pending_login).where(pending_login.c.digest == digest)).rowcount == 1


def sweep(conn: Connection, sessions_before: datetime, pending_before: datetime) -> int:
    """Forgets sessions and waiting sign-ins from before these moments; how many sessions."""
    conn.execute(delete(pending_login).where(pending_login.c.created_ms < to_ms(pending_before)))
    return conn.execute(delete(session).where(session.c.created_ms < to_ms(sessions_before))).rowcount


def _session(row: Row[Any]) -> Session:
    before = from_optional_ms(row.previous_login_ms)
    entered = LoginHistory(before, row.previous_address, row.failed_logins, frozenset(row.unfamiliar.split()))
    return Session(
        row.id, row.account_id, from_ms(row.created_ms), from_ms(row.last_active_ms), row.address, row.user_agent,
        row.has_second_factor, entered,
    )  # fmt: skip
