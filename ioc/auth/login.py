"""Signing in. Whoever is refused hears the same sentence, after the same work, whatever the cause was."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from unicodedata import normalize

from ioc.auth import audit_log, lockout, mfa, tokens
from ioc.auth.account_base import principal_of
from ioc.auth.errors import AuthError
from ioc.auth.lockout import LockoutKeys
from ioc.auth.login_history import record_login
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.auth.sessions import SessionService
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import NO_LOGIN_HISTORY, LoginHistory
from ioc.storage.db.store import Conn

NAME_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
MFA_TIMEOUT = timedelta(minutes=5)
_CLOCK_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session. `cookie`: its secret, which nobody else ever sees."""

    cookie: str
    principal: Principal


@dataclass(frozen=True, slots=True)
class MfaChallenge:
    """The password was right; `token` is good for five minutes, at the same address, with a second factor."""

    token: str


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """Somebody at the door. `key`: what is said when they are refused; `seconds`: to wait after that."""

    lockout_keys: LockoutKeys
    address: str
    user_agent: str
    message_key: str
    retry_after_seconds: int


class LoginService(SessionService):
    """The part of `People` that lets somebody in."""

    def sign_in(self, name: str, password: str, address: str, *, user_agent: str = "") -> NewSession | MfaChallenge:
        """Refused("sign_in", seconds) for unknown, wrong, locked, disabled; `seconds`: to wait, whoever it is.

        Refused("busy", seconds) when too many try at once: that counts as no failure.
        """
        typed = normalize("NFKC", name[:200]).strip().casefold()
        doors = LockoutKeys.for_attempt(typed, address)
        with self.hashing_slots.acquire(address):
            tried, account = self._reserve_attempt(doors, typed)
            knock = LoginAttempt(doors, address, user_agent, "sign_in", tried.retry_after_seconds)
            right = self.hasher.verify(account.password_hash if account and tried.is_allowed else "", password)
            why = "" if tried.is_allowed else "locked"
            why = why or _denial_reason(account, right, self.clock()) or self._disable_if_unused(account)
            if account is None or why:
                self._deny(account, knock, why)
            return self._complete_password_step(account, password, knock)

    def verify_mfa(self, challenge_token: str, code: str, address: str) -> NewSession:
        """The second step, with a code of the authenticator or a recovery code.

        Refused("second", seconds) for a wrong or used one, or a locked door; ("waited") when the first step is too long
        ago or was made elsewhere.
        """
        digest, now = tokens.digest(challenge_token) or "", self.clock()
        with self.store.write() as conn:
            waited = sessions.get_pending_login(conn, digest)
            account = accounts.get(conn, waited.account_id) if waited else None
            if waited is None or account is None:
                raise AuthError("waited")
            doors = LockoutKeys.for_attempt(account.name, address)
            good = waited.address == address and _is_fresh(waited.created_at, now)
            if good:
                accounts.count_failed_login(conn, account.name)  # before the locks, as whoever is let in takes them
                tried = lockout.reserve_attempt(conn, doors, self.rules.lock_after, now)
        if not good:  # somebody has the half of it that was made elsewhere, or too long ago
            self._deny(account, LoginAttempt(doors, address, waited.user_agent, "waited", 0), "waited")
        knock = LoginAttempt(doors, address, waited.user_agent, "second", tried.retry_after_seconds)
        if not tried.is_allowed:
            self._deny(account, knock, "locked")
        with self._login_transaction(account, knock) as (conn, now, whole):
            if not self._is_mfa_code_valid(conn, whole, code, now):
                raise _LoginDeniedError("factor")
            if not sessions.take_pending_login(conn, digest):
                raise _LoginDeniedError("waited")
            return self._open_session(conn, whole, knock, now, has_mfa=True)

    def _reserve_attempt(self, lockout_keys: LockoutKeys, typed: str) -> tuple[lockout.AttemptDecision, Account | None]:
        now = self.clock()
        name = typed if NAME_PATTERN.fullmatch(typed) else ""
        with self.store.write() as conn:
            accounts.count_failed_login(conn, name)
            tried = lockout.reserve_attempt(conn, lockout_keys, self.rules.lock_after, now)
            return tried, accounts.get_by_name(conn, name)

    def _disable_if_unused(self, account: Account | None) -> str:
        """Why it cannot be used after so long, "" if it can: then it is disabled now."""
        if account is None or self.clock() - account.last_used <= timedelta(days=self.rules.unused_days):
            return ""
        with self.access_transaction() as (conn, now):
            return "inactive" if self.disable_unused(conn, account, now) else ""

    def disable_unused(self, conn: Conn, account: Account, now: datetime) -> bool:
        """Whether it could be: the last administrator stays, for a clock that was wrong would shut everybody out."""
        if Role.ADMINISTRATOR in account.roles and not accounts.count_others_with_role(
            conn, Role.ADMINISTRATOR, account.id
        ):
            return False
        accounts.change(conn, account.id, disabled_at=now, disabled_reason="inactive")
        by = Principal(PrincipalKind.LOCAL)
        audit_log.write(conn, audit_log.entry_by(by, "account-disabled", account.name, reason="inactive"), now)
        self.end_sessions(conn, account, by, "inactive", now)
        return True

    def _complete_password_step(
        self, account: Account, password: str, attempt: LoginAttempt
    ) -> NewSession | MfaChallenge:
        fresh = self.hasher.hash(password) if self.hasher.needs_rehash(account.password_hash) else ""
        with self._login_transaction(account, attempt) as (conn, now, whole):
            if fresh:
                accounts.change(conn, whole.id, password_hash=fresh)
            if not whole.totp_secret:
                return self._open_session(conn, whole, attempt, now, has_mfa=False)
            token = tokens.generate()
            sessions.add_pending_login(
                conn, whole.id, tokens.digest(token) or "", attempt.address, attempt.user_agent, now
            )
            lockout.record_success(conn, attempt.lockout_keys, now, is_complete=False)
            return MfaChallenge(token)

    @contextmanager
    def _login_transaction(self, account: Account, attempt: LoginAttempt) -> Iterator[tuple[Conn, datetime, Account]]:
        """The last look: the account as it is now, which nobody changes meanwhile."""
        now = self.clock()
        try:
            with self.store.write() as conn:
                whole = accounts.get(conn, account.id, lock=True)
                if whole is None or whole.password_hash != account.password_hash or _denial_reason(whole, True, now):
                    raise _LoginDeniedError("changed")
                yield conn, now, whole
        except _LoginDeniedError as no:
            self._deny(account, attempt, str(no))

    def _is_mfa_code_valid(self, conn: Conn, account: Account, code: str, now: datetime) -> bool:
        secret = self.cipher.decrypt(account.totp_secret) if account.totp_secret else None
        step = mfa.matching_step(secret, code, now) if secret else None
        if step is not None:
            return accounts.use_totp_step(conn, account.id, step)
        return accounts.use_recovery_code(conn, account.id, mfa.recovery_digest(account.id, code), now)

    def _open_session(
        self, conn: Conn, account: Account, attempt: LoginAttempt, now: datetime, *, has_mfa: bool
    ) -> NewSession:
        if account.one_time_until and not accounts.use_one_time_password(conn, account.id):
            raise _LoginDeniedError("once")
        lockout.record_success(conn, attempt.lockout_keys, now, is_complete=True)
        accounts.change(conn, account.id, last_used=now)
        told = record_login(
            conn, account, attempt.address, attempt.user_agent, now, own_attempts=1 + has_mfa
        )  # the password before it too
        made = self.new_session(
            conn, account, attempt.address, attempt.user_agent, now, has_mfa=has_mfa, login_history=told
        )
        new = " ".join(f"new-{one}" for one in sorted(told.unfamiliar))
        audit_log.write(
            conn, audit_log.entry_by(made.principal, "login", str(made.principal.session_id), after=new), now
        )
        return made

    def new_session(
        self, conn: Conn, account: Account, address: str, user_agent: str, now: datetime, *,
        has_mfa: bool, since: datetime | None = None, login_history: LoginHistory = NO_LOGIN_HISTORY,
    ) -> NewSession:  # fmt: skip
        """A session with a secret of its own: none that a browser brought along is ever taken.

        `since`: of the session that it follows, whose absolute end is its own. `told`: what was known when that began.
        """
        cookie = tokens.generate()
        digest = tokens.digest(cookie) or ""
        opened = sessions.create(conn, account.id, digest, address, user_agent, has_mfa, now, since, login_history)
        return NewSession(cookie, principal_of(opened, account))

    def _deny(self, account: Account | None, attempt: LoginAttempt, reason: str) -> NoReturn:
        """What was typed as an unknown name stands nowhere: it may be a password."""
        who = Principal(PrincipalKind.ANONYMOUS, address=attempt.address)
        audit_log.record_denial(self.store, who, "login", account.name if account else "", self.clock(), reason)
        raise AuthError(attempt.message_key, is_audited=True, seconds=attempt.retry_after_seconds)


class _LoginDeniedError(Exception):
    """Not let in, at the last look. Its text is the cause, for the trail."""


def _denial_reason(account: Account | None, is_password_right: bool, now: datetime) -> str:
    if account is None:
        return "unknown"
    if account.disabled_at:
        return "disabled"
    if account.one_time_until and (account.is_one_time_used or now > account.one_time_until):
        return "once"
    return "" if is_password_right else "password"


def _is_fresh(created: datetime, now: datetime) -> bool:
    return created - _CLOCK_TOLERANCE <= now < created + MFA_TIMEOUT
