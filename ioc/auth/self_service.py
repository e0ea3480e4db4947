"""Self-service: the own account. Each change of it ends all sessions and starts a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from ioc.auth import audit_log, lockout
from ioc.auth.credential_cache import access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.lockout import LockoutKeys
from ioc.auth.passwords import Hasher, HashingSlots, require_strong
from ioc.auth.sessions import NewSession, start_session
from ioc.domain.access.permissions import AccessTarget, Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.failure import Failure, check_all
from ioc.domain.base.times import Clock
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store

_REAUTHENTICATION_WINDOW = timedelta(minutes=5)  # after a login through the identity provider


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The current password and the new one, as typed. `current` is empty after a one-time password.

    `repeated`: the new one again, None where nobody typed it again.
    """

    current: str = field(repr=False)
    new: str = field(repr=False)
    repeated: str | None = field(default=None, repr=False)


def own_account(store: Store, principal: Principal) -> Account:
    """The account of a signed-in user. Raises PermissionDeniedError; AuthError: ACCOUNT_NOT_FOUND."""
    require(principal, Action.MANAGE_OWN_ACCOUNT, AccessTarget(account=principal.name))
    with store.read() as conn:
        account = accounts.get_by_name(conn, principal.name)
    if account is None or account.disabled_at:
        raise AuthError(AuthCode.ACCOUNT_NOT_FOUND, name=principal.name)
    return account


@contextmanager
def own_account_transaction(
    store: Store, clock: Clock, principal: Principal, expected: Account
) -> Iterator[tuple[Conn, Account, datetime]]:
    """Locks the account's row. Raises AuthError: ACCOUNT_CHANGED when password or session changed meanwhile."""
    with access_transaction(store, clock) as (conn, now):
        locked = accounts.get(conn, expected.id, lock=True)
        has_session = sessions.get(conn, principal.session_id) is not None
        if locked is None or locked.password_hash != expected.password_hash or not has_session:
            raise AuthError(AuthCode.ACCOUNT_CHANGED)
        yield conn, locked, now


def restart_session(
    conn: Conn, principal: Principal, action: str, now: datetime, *, has_mfa: bool | None = None
) -> NewSession:
    """Audits `action`, ends all sessions of the account and starts a new one."""
    old, account = sessions.get(conn, principal.session_id), accounts.get_by_name(conn, principal.name)
    assert old is not None and account is not None
    audit_log.write(conn, audit_log.entry_by(principal, action, account.name), now)
    sessions.end_all(conn, account.id)
    return start_session(
        conn, account, principal.address, old.user_agent, now,
        has_mfa=old.has_second_factor if has_mfa is None else has_mfa,
        since=old.created_at, login_history=old.login_history,
    )  # fmt: skip


class Reauthentication:
    """Checks a signed-in user again: who found a screen unlocked must not take over the account."""

    def __init__(self, store: Store, clock: Clock, policy: AccessPolicy, hasher: Hasher, slots: HashingSlots) -> None:
        self._store, self._clock, self._policy, self._hasher, self._slots = store, clock, policy, hasher, slots

    def require(self, account: Account, principal: Principal, password: str) -> None:
        """Checks the password; an account of the identity provider has none: its login must be minutes ago instead.

        Raises AuthError: PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY.
        """
        if account.password_hash:
            with self._slots.acquire(principal.address):
                return self.require_password(account, principal, password)
        with self._store.read() as conn:
            session = sessions.get(conn, principal.session_id)
        if session is None or not is_within(
            _REAUTHENTICATION_WINDOW, session.created_at, self._clock(), CLOCK_TOLERANCE
        ):
            raise AuthError(AuthCode.REAUTHENTICATION_REQUIRED)

    def require_password(self, account: Account, principal: Principal, password: str) -> None:
        """Checks the password, within a hashing slot; failures lead to a lockout of this check, as at the login.

        Raises AuthError: PASSWORD_WRONG.
        """
        keys, now = LockoutKeys.for_signed_in(account.name), self._clock()
        with self._store.write() as conn:
            decision = lockout.reserve_attempt(conn, keys, self._policy.lock_after, now)
        if not self._hasher.verify(account.password_hash if decision.is_allowed else "", password):
            cause = Failure(AuthCode.PASSWORD_WRONG if decision.is_allowed else AuthCode.ACCOUNT_LOCKED)
            raise AuthError(
                AuthCode.PASSWORD_WRONG, cause=cause, action="password", target=account.name,
                retry_after_seconds=decision.retry_after_seconds,
            )  # fmt: skip
        with self._store.write() as conn:
            lockout.record_success(conn, keys, now, is_complete=True)


class SelfService:
    """The own password, for a signed-in user (`own_account`). The second factor: mfa.py."""

    def __init__(
        self, store: Store, clock: Clock, hasher: Hasher, slots: HashingSlots, reauthentication: Reauthentication
    ) -> None:
        self._store, self._clock, self._hasher, self._slots = store, clock, hasher, slots
        self._reauthentication = reauthentication

    def change_password(self, principal: Principal, change: PasswordChange) -> NewSession:
        """Changes the password. The current one is not checked where a one-time password was used to sign in.

        Raises AuthError: PASSWORD_WRONG, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON, PASSWORD_MISMATCH, all
        that is wrong with the input at once; PASSWORD_UNCHANGED, BUSY, ACCOUNT_CHANGED.
        """
        account = own_account(self._store, principal)
        with self._slots.acquire(principal.address):
            names = (account.name, account.display_name, account.agency)
            check_all(
                partial(self._require_current, account, principal, change.current),
                partial(require_strong, change.new, names, has_mfa=bool(account.totp_secret)),
                partial(_require_repeated, change),
            )
            if self._hasher.verify(account.password_hash, change.new):  # not before: it would tell the current one
                raise AuthError(AuthCode.PASSWORD_UNCHANGED)
            new_hash = self._hasher.hash(change.new)
        with own_account_transaction(self._store, self._clock, principal, account) as (conn, locked, now):
            accounts.change(conn, locked.id, password_hash=new_hash, one_time_until=None, is_one_time_used=False)
            return restart_session(conn, principal, "password-changed", now)

    def _require_current(self, account: Account, principal: Principal, password: str) -> None:
        if account.one_time_until is None:
            self._reauthentication.require_password(account, principal, password)

    def has_password(self, principal: Principal) -> bool:
        """Whether the account has a password of ours: one of the identity provider has none."""
        return bool(own_account(self._store, principal).password_hash)


def _require_repeated(change: PasswordChange) -> None:
    if change.repeated is not None and change.repeated != change.new:
        raise AuthError(AuthCode.PASSWORD_MISMATCH)
