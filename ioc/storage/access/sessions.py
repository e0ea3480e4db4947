"""Sessions of people, and sign-ins that wait for a second factor; of each secret only its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.storage.access.accounts import Account, read
from ioc.storage.access.schema import account, session, waiting


@dataclass(frozen=True, slots=True)
class Entered:
    """What was known of an account when a session began: the sign-in before (None: there was none) and from where.

    `missed`: tries in between that came to nothing. `strange`: which of "address", "browser" it had never come from.
    """

    before: datetime | None = None
    address: str = ""
    missed: int = 0
    strange: frozenset[str] = frozenset()


UNTOLD = Entered()


@dataclass(frozen=True, slots=True)
class Session:
    """`active`: of the newest act of the person that was written down. `factor`: a second factor was shown."""

    id: int
    account_id: int
    created: datetime
    active: datetime
    address: str
    agent: str
    factor: bool
    entered: Entered = UNTOLD


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in whose password was right."""

    account_id: int
    address: str
    agent: str
    made: datetime


def open_(
    conn: Connection, number: int, digest: str, address: str, agent: str, factor: bool, now: datetime,
    since: datetime | None = None, entered: Entered = UNTOLD,
) -> Session:  # fmt: skip
    """A new session of the account `number`; `since`: when the one began that it follows."""
    created, address, agent = since or now, address[:60], agent.replace("\x00", "")[:200]
    row = {
        "account_id": number, "digest": digest, "created_ms": to_ms(created), "active_ms": to_ms(now),
        "address": address, "agent": agent, "factor": factor,
        "before_ms": None if entered.before is None else to_ms(entered.before), "before_address": entered.address,
        "missed": entered.missed, "strange": " ".join(sorted(entered.strange)),
    }  # fmt: skip
    made = conn.execute(session.insert().values(row).returning(session.c.id)).scalar_one()
    return Session(made, number, created, now, address, agent, factor, entered)


def found(conn: Connection, digest: str) -> tuple[Session, Account] | None:
    """The session whose secret has that hash, and whose it is."""
    mine = conn.execute(select(session).where(session.c.digest == digest)).first()
    if mine is None:
        return None
    owner = conn.execute(select(account).where(account.c.id == mine.account_id)).first()
    return None if owner is None else (_session(mine), read(owner))


def listed(conn: Connection, number: int = 0) -> list[Session]:
    """The sessions of the account `number`, 0 for all, the newest first."""
    asked = select(session).order_by(session.c.id.desc())
    return [_session(row) for row in conn.execute(asked.where(session.c.account_id == number) if number else asked)]


def get(conn: Connection, number: int) -> Session | None:
    """The session of that number."""
    row = conn.execute(select(session).where(session.c.id == number)).first()
    return None if row is None else _session(row)


def touch(conn: Connection, number: int, now: datetime) -> None:
    """The person has done something."""
    conn.execute(update(session).where(session.c.id == number).values(active_ms=to_ms(now)))


def end(conn: Connection, numbers: Sequence[int]) -> int:
    """How many of them there were."""
    return conn.execute(delete(session).where(session.c.id.in_(list(numbers)))).rowcount if numbers else 0


def end_of(conn: Connection, number: int) -> int:
    """Ends all sessions of the account `number`, and its sign-ins that wait; how many sessions."""
    conn.execute(delete(waiting).where(waiting.c.account_id == number))
    return conn.execute(delete(session).where(session.c.account_id == number)).rowcount


def wait(conn: Connection, number: int, digest: str, address: str, agent: str, now: datetime) -> None:
    """The password was right."""
    conn.execute(
        waiting.insert().values(
            account_id=number,
            digest=digest,
            address=address[:60],
            agent=agent.replace("\x00", "")[:200],
            made_ms=to_ms(now),
        )
    )


def waited(conn: Connection, digest: str) -> Waiting | None:
    """The sign-in that waits under that hash."""
    row = conn.execute(select(waiting).where(waiting.c.digest == digest)).first()
    return None if row is None else Waiting(row.account_id, row.address, row.agent, from_ms(row.made_ms))


def take_waited(conn: Connection, digest: str) -> bool:
    """Whether it still waited; now it does no more."""
    return conn.execute(delete(waiting).where(waiting.c.digest == digest)).rowcount == 1


def sweep(conn: Connection, created: datetime, waits: datetime) -> int:
    """Forgets sessions and waiting sign-ins from before these moments; how many sessions."""
    conn.execute(delete(waiting).where(waiting.c.made_ms < to_ms(waits)))
    return conn.execute(delete(session).where(session.c.created_ms < to_ms(created))).rowcount


def _session(row: Row[Any]) -> Session:
    before = when(row.before_ms)
    entered = Entered(before, row.before_address, row.missed, frozenset(row.strange.split()))
    return Session(
        row.id, row.account_id, from_ms(row.created_ms), from_ms(row.active_ms), row.address, row.agent, row.factor,
        entered,
    )  # fmt: skip
