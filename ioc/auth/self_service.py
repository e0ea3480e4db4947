"""One's own account: the password, the second factor, recovery codes. Each change begins a new session."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout, mfa
from ioc.auth.errors import AuthError
from ioc.auth.lockout import LockoutKeys
from ioc.auth.login import LoginService, NewSession
from ioc.auth.mfa import TotpEnrolment
from ioc.auth.passwords import MIN_LENGTH, normalize_password, require_strong
from ioc.auth.principal import Principal, Role
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

_REAUTHENTICATION_WINDOW = timedelta(minutes=5)  # after signing in through a provider


@dataclass(frozen=True, slots=True)
class RecoveryCodesIssued:
    """The second factor, or its codes, hold. `codes`: for when the authenticator is lost; shown once."""

    recovery_codes: tuple[str, ...]
    session: NewSession


class SelfService(LoginService):
    """The part of `People` by which somebody looks after their own account."""

    def change_password(self, principal: Principal, old: str, new: str) -> NewSession:
        """All sessions end, a new one begins. `old` is not asked for where a one-time password has just been used.

        Refused: password_wrong, password_same, password_short, password_long, password_common, busy.
        """
        account = self._own_account(principal)
        with self.hashing_slots.acquire(principal.address):
            if account.one_time_until is None:
                self._require_password(account, principal, old)
            require_strong(new, (account.name, account.display_name, account.agency), has_mfa=bool(account.totp_secret))
            if self.hasher.verify(account.password_hash, new):
                raise AuthError("password_same")
            kept = self.hasher.hash(new)
        with self._own_account_transaction(principal, account) as (conn, whole, now):
            accounts.change(conn, whole.id, password_hash=kept, one_time_until=None, is_one_time_used=False)
            return self._restart_session(conn, principal, "password-changed", now)

    def begin_mfa(self, principal: Principal, password: str) -> TotpEnrolment:
        """A new authenticator, which counts once it is confirmed. Refused: password_wrong, sign_in_again, busy."""
        account = self._own_account(principal)
        self._reauthenticate(account, principal, password)
        secret = mfa.new_secret()
        with self.store.write() as conn:
            accounts.change(conn, account.id, pending_totp_secret=self.cipher.encrypt(secret))
        return mfa.enrolment(account.name, secret)

    def confirm_mfa(self, principal: Principal, code: str) -> RecoveryCodesIssued:
        """The authenticator shows the right code. Refused("code_wrong")."""
        account = self._own_account(principal)
        secret = self.cipher.decrypt(account.pending_totp_secret) if account.pending_totp_secret else None
        step = mfa.matching_step(secret, code, self.clock()) if secret else None
        if step is None:
            raise AuthError("code_wrong")
        codes = mfa.generate_recovery_codes()
        with self._own_account_transaction(principal, account) as (conn, whole, now):
            if whole.pending_totp_secret != account.pending_totp_secret:
                raise AuthError("code_wrong")
            accounts.change(
                conn, whole.id, totp_secret=whole.pending_totp_secret, pending_totp_secret="", last_totp_step=step
            )
            accounts.set_recovery_codes(conn, whole.id, [mfa.recovery_digest(whole.id, one) for one in codes])
            return RecoveryCodesIssued(codes, self._restart_session(conn, principal, "mfa-enabled", now, has_mfa=True))

    def remove_mfa(self, principal: Principal, password: str) -> NewSession:
        """Without a second factor from now on. Refused: factor_needed, password_wrong, and password_short where the
        password is too short to stand alone.
        """
        account = self._own_account(principal)
        if Role.ADMINISTRATOR in account.roles or account.is_mfa_required:
            raise AuthError("factor_needed")
        self._reauthenticate(account, principal, password)
        if account.password_hash and len(normalize_password(password)) < MIN_LENGTH:
            raise AuthError("password_short", least=MIN_LENGTH)
        with self._own_account_transaction(principal, account) as (conn, whole, now):
            accounts.change(conn, whole.id, totp_secret="", pending_totp_secret="", last_totp_step=0)
            accounts.set_recovery_codes(conn, whole.id, ())
            return self._restart_session(conn, principal, "mfa-disabled", now)

    def renew_recovery_codes(self, principal: Principal, password: str) -> RecoveryCodesIssued:
        """Ten new codes; the old ones are void, whoever came in by one is out. Refused as `_prove`, and factor_none."""
        account = self._own_account(principal)
        if not account.totp_secret:
            raise AuthError("factor_none")
        self._reauthenticate(account, principal, password)
        codes = mfa.generate_recovery_codes()
        with self._own_account_transaction(principal, account) as (conn, whole, now):
            accounts.set_recovery_codes(conn, whole.id, [mfa.recovery_digest(whole.id, one) for one in codes])
            return RecoveryCodesIssued(codes, self._restart_session(conn, principal, "recovery-codes-renewed", now))

    def recovery_codes_left(self, principal: Principal) -> int:
        """How many recovery codes are still good."""
        with self.store.read() as conn:
            return accounts.count_recovery_codes(conn, self._own_account(principal).id)

    def has_mfa(self, principal: Principal) -> bool:
        """Whether the visitor's account has a second factor of ours."""
        return bool(self._own_account(principal).totp_secret)

    def _own_account(self, principal: Principal) -> Account:
        with self.store.read() as conn:
            account = accounts.get_by_name(conn, principal.name)
        if account is None or account.disabled_at:
            raise AuthError("no_account", name=principal.name)
        return account

    def has_password(self, principal: Principal) -> bool:
        """Whether the visitor has a password of ours: not if a provider vouches for them."""
        return bool(self._own_account(principal).password_hash)

    def _reauthenticate(self, account: Account, principal: Principal, password: str) -> None:
        """Who found a screen unlocked must not bind a telephone of their own.

        Where there is no password of ours the provider has asked for theirs: that must be minutes ago.
        Refused: password_wrong, sign_in_again, busy.
        """
        if account.password_hash:
            with self.hashing_slots.acquire(principal.address):
                return self._require_password(account, principal, password)
        with self.store.read() as conn:
            session = sessions.get(conn, principal.session_id)
        if (
            session is None
            or not session.created_at - _REAUTHENTICATION_WINDOW
            < self.clock()
            < session.created_at + _REAUTHENTICATION_WINDOW
        ):
            raise AuthError("sign_in_again")

    def _require_password(self, account: Account, principal: Principal, password: str) -> None:
        """Who found a screen unlocked may not guess either: it counts for the account as signing in does."""
        doors, now = LockoutKeys.for_account(account.name), self.clock()
        with self.store.write() as conn:
            tried = lockout.reserve_attempt(conn, doors, self.rules.lock_after, now)
        if not self.hasher.verify(account.password_hash if tried.is_allowed else "", password):
            audit_log.record_denial(
                self.store, principal, "password", account.name, now, "password" if tried.is_allowed else "locked"
            )
            raise AuthError("password_wrong", is_audited=True, seconds=tried.retry_after_seconds)
        with self.store.write() as conn:
            lockout.record_success(conn, doors, now, is_complete=True)

    @contextmanager
    def _own_account_transaction(
        self, principal: Principal, expected: Account
    ) -> Iterator[tuple[Conn, Account, datetime]]:
        """A change of an account that is still what was looked at, in a session that still stands."""
        with self.access_transaction() as (conn, now):
            whole = accounts.get(conn, expected.id, lock=True)
            if (
                whole is None
                or whole.password_hash != expected.password_hash
                or not sessions.get(conn, principal.session_id)
            ):
                raise AuthError("changed_meanwhile")
            yield conn, whole, now

    def _restart_session(
        self, conn: Conn, principal: Principal, action: str, now: datetime, *, has_mfa: bool | None = None
    ) -> NewSession:
        """What the visitor did is told, all their sessions end, and one begins that nobody knew before."""
        old, account = sessions.get(conn, principal.session_id), accounts.get_by_name(conn, principal.name)
        assert old is not None and account is not None
        audit_log.write(conn, audit_log.entry_by(principal, action, account.name), now)
        sessions.end_all(conn, account.id)
        shown = old.has_second_factor if has_mfa is None else has_mfa
        return self.new_session(
            conn,
            account,
            principal.address,
            old.user_agent,
            now,
            has_mfa=shown,
            since=old.created_at,
            login_history=old.login_history,
        )
