"""Self-service: own password, second factor and recovery codes. Each change ends all sessions and starts a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout, mfa
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.lockout import LockoutKeys
from ioc.auth.login import LoginService, NewSession
from ioc.auth.mfa import TotpEnrolment
from ioc.auth.passwords import MIN_LENGTH, normalize_password, require_strong
from ioc.auth.principal import Principal, Role
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.failure import Failure
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

_REAUTHENTICATION_WINDOW = timedelta(minutes=5)  # after a login through the identity provider


@dataclass(frozen=True, slots=True)
class RecoveryCodesIssued:
    """`recovery_codes`: for when the authenticator is lost, shown once. `session`: the new session."""

    recovery_codes: tuple[str, ...]
    session: NewSession


class SelfService(LoginService):
    """The part of AccountService by which users manage their own account."""

    def change_password(self, principal: Principal, old: str, new: str) -> NewSession:
        """Changes the password. `old` is not checked where a one-time password was used to sign in.

        Raises AuthError: PASSWORD_WRONG, PASSWORD_UNCHANGED, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON,
        BUSY, ACCOUNT_CHANGED.
        """
        account = self._own_account(principal)
        with self.hashing_slots.acquire(principal.address):
            if account.one_time_until is None:
                self._require_password(account, principal, old)
            require_strong(new, (account.name, account.display_name, account.agency), has_mfa=bool(account.totp_secret))
            if self.hasher.verify(account.password_hash, new):
                raise AuthError(AuthCode.PASSWORD_UNCHANGED)
            new_hash = self.hasher.hash(new)
        with self._own_account_transaction(principal, account) as (conn, locked, now):
            accounts.change(conn, locked.id, password_hash=new_hash, one_time_until=None, is_one_time_used=False)
            return self._restart_session(conn, principal, "password-changed", now)

    def begin_mfa(self, principal: Principal, password: str) -> TotpEnrolment:
        """Enrols a new authenticator, which is used once it is confirmed.

        Raises AuthError: PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY.
        """
        account = self._own_account(principal)
        self._reauthenticate(account, principal, password)
        secret = mfa.new_secret()
        with self.store.write() as conn:
            accounts.change(conn, account.id, pending_totp_secret=self.cipher.encrypt(secret))
        return mfa.enrolment(account.name, secret)

    def confirm_mfa(self, principal: Principal, code: str) -> RecoveryCodesIssued:
        """Confirms the new authenticator with a code of it. Raises AuthError: MFA_CODE_WRONG, ACCOUNT_CHANGED."""
        account = self._own_account(principal)
        secret = self.cipher.decrypt(account.pending_totp_secret) if account.pending_totp_secret else None
        step = mfa.matching_step(secret, code, self.clock()) if secret else None
        if step is None:
            raise AuthError(AuthCode.MFA_CODE_WRONG)
        codes = mfa.generate_recovery_codes()
        with self._own_account_transaction(principal, account) as (conn, locked, now):
            if locked.pending_totp_secret != account.pending_totp_secret:
                raise AuthError(AuthCode.MFA_CODE_WRONG)
            accounts.change(
                conn, locked.id, totp_secret=locked.pending_totp_secret, pending_totp_secret="", last_totp_step=step
            )
            accounts.set_recovery_codes(conn, locked.id, [mfa.recovery_digest(locked.id, text) for text in codes])
            return RecoveryCodesIssued(codes, self._restart_session(conn, principal, "mfa-enabled", now, has_mfa=True))

    def remove_mfa(self, principal: Principal, password: str) -> NewSession:
        """Removes the second factor.

        Raises AuthError: MFA_MANDATORY, PASSWORD_TOO_SHORT where the password is too short without a second factor,
        PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY, ACCOUNT_CHANGED.
        """
        account = self._own_account(principal)
        if Role.ADMINISTRATOR in account.roles or account.is_mfa_required:
            raise AuthError(AuthCode.MFA_MANDATORY)
        self._reauthenticate(account, principal, password)
        if account.password_hash and len(normalize_password(password)) < MIN_LENGTH:
            raise AuthError(AuthCode.PASSWORD_TOO_SHORT, least=MIN_LENGTH)
        with self._own_account_transaction(principal, account) as (conn, locked, now):
            accounts.change(conn, locked.id, totp_secret="", pending_totp_secret="", last_totp_step=0)
            accounts.set_recovery_codes(conn, locked.id, ())
            return self._restart_session(conn, principal, "mfa-disabled", now)

    def renew_recovery_codes(self, principal: Principal, password: str) -> RecoveryCodesIssued:
        """Replaces the recovery codes; sessions that began with an old one end.

        Raises AuthError: MFA_NOT_SET, PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY, ACCOUNT_CHANGED.
        """
        account = self._own_account(principal)
        if not account.totp_secret:
            raise AuthError(AuthCode.MFA_NOT_SET)
        self._reauthenticate(account, principal, password)
        codes = mfa.generate_recovery_codes()
        with self._own_account_transaction(principal, account) as (conn, locked, now):
            accounts.set_recovery_codes(conn, locked.id, [mfa.recovery_digest(locked.id, code) for code in codes])
            return RecoveryCodesIssued(codes, self._restart_session(conn, principal, "recovery-codes-renewed", now))

    def recovery_codes_left(self, principal: Principal) -> int:
        """How many recovery codes are unused."""
        with self.store.read() as conn:
            return accounts.count_recovery_codes(conn, self._own_account(principal).id)

    def has_mfa(self, principal: Principal) -> bool:
        """Whether the account has a second factor of ours."""
        return bool(self._own_account(principal).totp_secret)

    def _own_account(self, principal: Principal) -> Account:
        with self.store.read() as conn:
            account = accounts.get_by_name(conn, principal.name)
        if account is None or account.disabled_at:
            raise AuthError(AuthCode.ACCOUNT_NOT_FOUND, name=principal.name)
        return account

    def has_password(self, principal: Principal) -> bool:
        """Whether the account has a password of ours: one of the identity provider has none."""
        return bool(self._own_account(principal).password_hash)

    def _reauthenticate(self, account: Account, principal: Principal, password: str) -> None:
        """Checks the password again: who found a screen unlocked must not enrol an authenticator of their own.

        An account of the identity provider has no password here: its login must be minutes ago instead.
        Raises AuthError: PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY.
        """
        if account.password_hash:
            with self.hashing_slots.acquire(principal.address):
                return self._require_password(account, principal, password)
        with self.store.read() as conn:
            session = sessions.get(conn, principal.session_id)
        if session is None or not is_within(
            _REAUTHENTICATION_WINDOW, session.created_at, self.clock(), CLOCK_TOLERANCE
        ):
            raise AuthError(AuthCode.REAUTHENTICATION_REQUIRED)

    def _require_password(self, account: Account, principal: Principal, password: str) -> None:
        """Checks the password; failures count towards the account's lockout, as at the login."""
        keys, now = LockoutKeys.for_account(account.name), self.clock()
        with self.store.write() as conn:
            decision = lockout.reserve_attempt(conn, keys, self.policy.lock_after, now)
        if not self.hasher.verify(account.password_hash if decision.is_allowed else "", password):
            cause = Failure(AuthCode.PASSWORD_WRONG if decision.is_allowed else AuthCode.ACCOUNT_LOCKED)
            audit_log.record_denial(self.store, principal, "password", account.name, now, cause)
            wait = decision.retry_after_seconds
            raise AuthError(AuthCode.PASSWORD_WRONG, cause=cause, is_audited=True, retry_after_seconds=wait)
        with self.store.write() as conn:
            lockout.record_success(conn, keys, now, is_complete=True)

    @contextmanager
    def _own_account_transaction(
        self, principal: Principal, expected: Account
    ) -> Iterator[tuple[Conn, Account, datetime]]:
        """Locks the account's row. Raises AuthError: ACCOUNT_CHANGED when password or session changed meanwhile."""
        with self.access_transaction() as (conn, now):
            locked = accounts.get(conn, expected.id, lock=True)
            has_session = sessions.get(conn, principal.session_id) is not None
            if locked is None or locked.password_hash != expected.password_hash or not has_session:
                raise AuthError(AuthCode.ACCOUNT_CHANGED)
            yield conn, locked, now

    def _restart_session(
        self, conn: Conn, principal: Principal, action: str, now: datetime, *, has_mfa: bool | None = None
    ) -> NewSession:
        """Audits `action`, ends all sessions of the account and starts a new one."""
        old, account = sessions.get(conn, principal.session_id), accounts.get_by_name(conn, principal.name)
        assert old is not None and account is not None
        audit_log.write(conn, audit_log.entry_by(principal, action, account.name), now)
        sessions.end_all(conn, account.id)
        return self.new_session(
            conn, account, principal.address, old.user_agent, now,
            has_mfa=old.has_second_factor if has_mfa is None else has_mfa,
            since=old.created_at, login_history=old.login_history,
        )  # fmt: skip
