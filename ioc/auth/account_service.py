"""What all that is done about people shares: the store, the clock, the rules, the secret, and a place to hash at."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from ioc.auth import audit_log
from ioc.auth.mfa import Cipher
from ioc.auth.passwords import Hasher, Places
from ioc.auth.principal import Duty, Kind, Role, Visitor
from ioc.auth.secret_key import Secret
from ioc.domain.base.access_policy import Access
from ioc.domain.base.times import Clock
from ioc.storage.access import known_logins, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import Session
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store

Monotonic = Callable[[], float]


class House:
    """The ground of `People`. `monotonic` only paces how often the store is looked at."""

    def __init__(
        self, store: Store, clock: Clock, rules: Access, secret: Secret, *,
        hasher: Hasher | None = None, monotonic: Monotonic = time.monotonic,
    ) -> None:  # fmt: skip
        self.store, self.clock, self.rules = store, clock, rules
        self.hasher, self.places, self.monotonic = hasher or Hasher(), Places(self._is_known), monotonic
        self._secret = secret

    def _is_known(self, whose: str) -> bool:
        """Whether anybody has signed in from that address, or network, before."""
        with self.store.read() as conn:
            return known_logins.anybodys(conn, "address", whose)

    @cached_property
    def cipher(self) -> Cipher:
        """What second factors are kept with."""
        return Cipher(self._secret.key("totp"))

    @contextmanager
    def changing(self) -> Iterator[tuple[Conn, datetime]]:
        """A transaction that changes what somebody may do: every process looks again at who is who."""
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            yield conn, now

    def end_sessions(self, conn: Conn, account: Account, by: Visitor, why: str, now: datetime) -> None:
        """Ends all sessions of an account, each told."""
        if count := sessions.end_of(conn, account.id):
            audit_log.write(conn, audit_log.by(by, "sessions-ended", account.name, after=str(count), why=why), now)


def visitor_of(session: Session, account: Account) -> Visitor:
    """Who a session stands for."""
    return Visitor(
        Kind.PERSON, account.name, account.shown or account.name, roles_of(account), account.agency, session.id,
        session.address, duty_of(session, account),
    )  # fmt: skip


def roles_of(account: Account) -> frozenset[Role]:
    """The roles that this program knows."""
    return frozenset(one for one in Role if one in account.roles)


def duty_of(session: Session, account: Account) -> Duty:
    """An administrator has a second factor, here or at the provider."""
    if account.once is not None:
        return Duty.PASSWORD
    asked = Role.ADMINISTRATOR in account.roles or account.asks_factor
    return Duty.FACTOR if asked and not (account.factor or session.factor) else Duty.NONE
