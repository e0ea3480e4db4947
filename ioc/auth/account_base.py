"""What every part of the account service shares: store, clock, policy, secret key and password hashing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from ioc.auth import audit_log
from ioc.auth.mfa import SecretBox
from ioc.auth.passwords import Hasher, HashingSlots
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.auth.secret_key import SecretKey
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage.access import known_logins, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import Session
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store

MonotonicClock = Callable[[], float]


class AccountServiceBase:
    """Base of AccountService. `monotonic` only paces how often the store is read for changes."""

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, secret: SecretKey, *,
        hasher: Hasher | None = None, monotonic: MonotonicClock = time.monotonic,
    ) -> None:  # fmt: skip
        self.store, self.clock, self.policy, self.monotonic = store, clock, policy, monotonic
        self.hasher = hasher or Hasher()
        self.hashing_slots = HashingSlots(self._is_known_network)
        self._secret = secret

    def _is_known_network(self, network: str) -> bool:
        """Whether any user has signed in from this address or network before."""
        with self.store.read() as conn:
            return known_logins.is_known_to_any(conn, "address", network)

    @cached_property
    def cipher(self) -> SecretBox:
        """Encrypts the stored TOTP secrets."""
        return SecretBox(self._secret.derive("totp"))

    @contextmanager
    def access_transaction(self) -> Iterator[tuple[Conn, datetime]]:
        """A transaction that changes anybody's rights: every process drops its cached credentials. Yields the time."""
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            yield conn, now

    def end_sessions(self, conn: Conn, account: Account, by: Principal, reason: str, now: datetime) -> None:
        """Ends all sessions of an account, and audits how many."""
        if count := sessions.end_all(conn, account.id):
            audit_log.write(
                conn, audit_log.entry_by(by, "sessions-revoked", account.name, after=str(count), reason=reason), now
            )


def principal_of(session: Session, account: Account) -> Principal:
    """The principal of a session."""
    return Principal(
        PrincipalKind.USER,
        account.name,
        account.display_name or account.name,
        roles_of(account),
        account.agency,
        session.id,
        session.address,
        required_action_of(session, account),
    )


def roles_of(account: Account) -> frozenset[Role]:
    """The roles of an account that this version knows."""
    return frozenset(role for role in Role if role in account.roles)


def required_action_of(session: Session, account: Account) -> RequiredAction:
    """What the user must do first. An administrator needs a second factor, ours or the identity provider's."""
    if account.one_time_until is not None:
        return RequiredAction.CHANGE_PASSWORD
    needs_mfa = Role.ADMINISTRATOR in account.roles or account.is_mfa_required
    has_mfa = bool(account.totp_secret) or session.has_second_factor
    return RequiredAction.ENROL_MFA if needs_mfa and not has_mfa else RequiredAction.NONE
