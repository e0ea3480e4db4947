"""Login with password and second factor. A refusal says the same, after the same work, whatever its cause was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from ioc.auth import audit_log, lockout, mfa, tokens
from ioc.auth.access_sweep import disable_unused
from ioc.auth.account_rules import NAME_PATTERN, is_last_administrator
from ioc.auth.credential_cache import access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.lockout import LockoutKeys
from ioc.auth.login_history import is_familiar_network, record_login
from ioc.auth.mfa import MFA_TIMEOUT, MfaChallenge
from ioc.auth.passwords import Hasher, HashingSlots
from ioc.auth.sessions import NewSession, start_session
from ioc.auth.totp import SecretBox
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.failure import Failure
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.times import Clock
from ioc.storage import clock_evidence
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password, as typed."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A login that is being checked. `code`: what a refusal says; `retry_after_seconds`: to wait after that."""

    lockout_keys: LockoutKeys
    address: str
    user_agent: str
    code: AuthCode
    retry_after_seconds: int


class LoginService:
    """Signs users in. `box`: decrypts the secrets of their authenticators."""

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, hasher: Hasher, slots: HashingSlots, box: SecretBox
    ) -> None:
        self._store, self._clock, self._policy = store, clock, policy
        self._hasher, self._slots, self._box = hasher, slots, box

    def sign_in(
        self, credentials: Credentials, address: str, *, user_agent: str = ""
    ) -> NewSession | MfaChallenge:  # fmt: skip
        """Checks name and password.

        Raises AuthError: LOGIN_FAILED for an unknown, locked or disabled account or a wrong password; BUSY when too
        many log in at once, which counts as no failure.
        """
        password = credentials.password
        username = normal_form("NFKC", credentials.name[:200]).strip().casefold()
        with self._slots.acquire(address):
            keys, decision, account = self._reserve_attempt(username, address)
            attempt = LoginAttempt(keys, address, user_agent, AuthCode.LOGIN_FAILED, decision.retry_after_seconds)
            stored_hash = account.password_hash if account and decision.is_allowed else ""
            is_right = self._hasher.verify(stored_hash, password)
            cause = None if decision.is_allowed else AuthCode.ACCOUNT_LOCKED
            cause = cause or self._denial_cause(account, is_right, self._clock()) or self._disable_if_unused(account)
            if account is None or cause:
                self._deny(account, attempt, cause or AuthCode.ACCOUNT_UNKNOWN)
            return self._complete_password_step(account, password, attempt)

    def verify_mfa(self, challenge_token: str, code: str, address: str) -> NewSession:
        """The second step, with a code of the authenticator or a recovery code.

        Raises AuthError: MFA_FAILED for a wrong or used code, or during a lockout; LOGIN_STEP_EXPIRED when the first
        step is too long ago or was made at another address.
        """
        digest, now = tokens.digest(challenge_token) or "", self._clock()
        with self._store.write() as conn:
            pending = sessions.get_pending_login(conn, digest)
            account = accounts.get(conn, pending.account_id) if pending else None
            if pending is None or account is None:
                raise AuthError(AuthCode.LOGIN_STEP_EXPIRED)
            keys = _lockout_keys(conn, account, account.name, address)
            is_valid = pending.address == address and _is_fresh(pending.created_at, now)
            if is_valid:
                accounts.count_failed_login(conn, account.name)  # before the lockout rows, in the order of all writers
                decision = lockout.reserve_attempt(conn, keys, self._policy.lock_after, now)
        if not is_valid:
            attempt = LoginAttempt(keys, address, pending.user_agent, AuthCode.LOGIN_STEP_EXPIRED, 0)
            self._deny(account, attempt, AuthCode.LOGIN_STEP_EXPIRED)
        attempt = LoginAttempt(keys, address, pending.user_agent, AuthCode.MFA_FAILED, decision.retry_after_seconds)
        if not decision.is_allowed:
            self._deny(account, attempt, AuthCode.ACCOUNT_LOCKED)
        with self._login_transaction(account, attempt) as (conn, now, locked):
            if not mfa.use_code(conn, self._box, locked, code, now):
                raise _LoginDeniedError(AuthCode.MFA_FAILED)
            if not sessions.take_pending_login(conn, digest):
                raise _LoginDeniedError(AuthCode.LOGIN_STEP_EXPIRED)
            return self._open_session(conn, locked, attempt, now, has_mfa=True)

    def _reserve_attempt(
        self, username: str, address: str
    ) -> tuple[LockoutKeys, lockout.AttemptDecision, Account | None]:
        now = self._clock()
        name = username if NAME_PATTERN.fullmatch(username) else ""
        with self._store.write() as conn:
            accounts.count_failed_login(conn, name)
            account = accounts.get_by_name(conn, name)
            keys = _lockout_keys(conn, account, username, address)
            return keys, lockout.reserve_attempt(conn, keys, self._policy.lock_after, now), account

    def _denial_cause(self, account: Account | None, is_password_right: bool, now: datetime) -> AuthCode | None:
        if account is None:
            return AuthCode.ACCOUNT_UNKNOWN
        if account.disabled_at:
            return AuthCode.ACCOUNT_DISABLED
        if account.one_time_until and (account.is_one_time_used or not self._is_in_time(account.one_time_until, now)):
            return AuthCode.ONE_TIME_PASSWORD_SPENT
        return None if is_password_right else AuthCode.PASSWORD_WRONG

    def _is_in_time(self, until: datetime, now: datetime) -> bool:
        """Whether a one-time password is valid at `now`; a clock that was set back does not prolong it."""
        lifetime = self._policy.one_time_password_lifetime
        return is_within(lifetime, until - lifetime, now, CLOCK_TOLERANCE)

    def _disable_if_unused(self, account: Account | None) -> AuthCode | None:
        """Disables an account that was not used for too long, and says so.

        By a clock that may have been set ahead it is refused only: it can be used again once the clock is right.
        """
        if account is None or self._clock() - account.last_used <= timedelta(days=self._policy.unused_days):
            return None
        with access_transaction(self._store, self._clock) as (conn, now):
            if not clock_evidence.has_run_by(conn, now):
                return None if is_last_administrator(conn, account) else AuthCode.ACCOUNT_UNUSED
            return AuthCode.ACCOUNT_UNUSED if disable_unused(conn, account, now) else None

    def _complete_password_step(
        self, account: Account, password: str, attempt: LoginAttempt
    ) -> NewSession | MfaChallenge:
        new_hash = self._hasher.hash(password) if self._hasher.needs_rehash(account.password_hash) else ""
        with self._login_transaction(account, attempt) as (conn, now, locked):
            if new_hash:
                accounts.change(conn, locked.id, password_hash=new_hash)
            if not locked.totp_secret:
                return self._open_session(conn, locked, attempt, now, has_mfa=False)
            challenge = mfa.begin_challenge(conn, locked, attempt.address, attempt.user_agent, now)
            lockout.record_success(conn, attempt.lockout_keys, now, is_complete=False)
            return challenge

    @contextmanager
    def _login_transaction(self, account: Account, attempt: LoginAttempt) -> Iterator[tuple[Conn, datetime, Account]]:
        """The last check, with the account's row locked: it must still be as it was when the password was checked."""
        now = self._clock()
        try:
            with self._store.write() as conn:
                locked = accounts.get(conn, account.id, lock=True)
                if (
                    locked is None
                    or locked.password_hash != account.password_hash
                    or self._denial_cause(locked, True, now)
                ):
                    raise _LoginDeniedError(AuthCode.ACCOUNT_CHANGED)
                yield conn, now, locked
        except _LoginDeniedError as denied:
            self._deny(account, attempt, denied.cause)

    def _open_session(
        self, conn: Conn, account: Account, attempt: LoginAttempt, now: datetime, *, has_mfa: bool
    ) -> NewSession:
        if account.one_time_until and not accounts.use_one_time_password(conn, account.id):
            raise _LoginDeniedError(AuthCode.ONE_TIME_PASSWORD_SPENT)
        lockout.record_success(conn, attempt.lockout_keys, now, is_complete=True)
        accounts.record_use(conn, account.id, now)
        own_attempts = 1 + has_mfa  # each step was counted before it was checked
        history = record_login(conn, account, attempt.address, attempt.user_agent, now, own_attempts=own_attempts)
        session = start_session(
            conn, account, attempt.address, attempt.user_agent, now, has_mfa=has_mfa, login_history=history
        )
        unfamiliar = " ".join(f"new-{kind}" for kind in sorted(history.unfamiliar))
        entry = audit_log.entry_by(session.principal, "login", str(session.principal.session_id), after=unfamiliar)
        audit_log.write(conn, entry, now)
        return session

    def _deny(self, account: Account | None, attempt: LoginAttempt, cause: AuthCode) -> NoReturn:
        """Raises AuthError. An unknown name is not audited as typed: it may be a password."""
        name, wait = account.name if account else "", attempt.retry_after_seconds
        raise AuthError(attempt.code, cause=Failure(cause), action="login", target=name, retry_after_seconds=wait)


def _lockout_keys(conn: Conn, account: Account | None, name: str, address: str) -> LockoutKeys:
    """The same query for every name, whether there is such an account or not."""
    is_familiar = is_familiar_network(conn, account.id if account else 0, address)
    return LockoutKeys.for_attempt(name, address, is_familiar=is_familiar)


class _LoginDeniedError(Exception):
    """Denied at the last check. `cause`: for the audit log."""

    def __init__(self, cause: AuthCode) -> None:
        super().__init__(cause)
        self.cause = cause


def _is_fresh(created_at: datetime, now: datetime) -> bool:
    return is_within(MFA_TIMEOUT, created_at, now, CLOCK_TOLERANCE)
