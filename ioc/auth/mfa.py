"""Second factor: the second step of a login; enrolment, removal and recovery codes of the own account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import tokens, totp
from ioc.auth.account_rules import needs_mfa
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.passwords import MIN_LENGTH, normalize_password
from ioc.auth.self_service import Reauthentication, own_account, own_account_transaction, restart_session
from ioc.auth.sessions import NewSession
from ioc.auth.totp import SecretBox, TotpEnrolment
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import Clock
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store

MFA_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class MfaChallenge:
    """The password was right. `token`: valid for five minutes at the same address, with a second factor."""

    token: str


@dataclass(frozen=True, slots=True)
class RecoveryCodesIssued:
    """`recovery_codes`: for when the authenticator is lost, shown once. `session`: the new session."""

    recovery_codes: tuple[str, ...]
    session: NewSession


def begin_challenge(conn: Conn, account: Account, address: str, user_agent: str, now: datetime) -> MfaChallenge:
    """Records that the login of an account waits for its second factor."""
    token = tokens.generate()
    sessions.add_pending_login(conn, account.id, tokens.digest(token) or "", address, user_agent, now)
    return MfaChallenge(token)


def use_code(conn: Conn, box: SecretBox, account: Account, code: str, now: datetime) -> bool:
    """Whether a code is right: of the authenticator or a recovery code. A right one is void afterwards."""
    secret = box.decrypt(account.totp_secret) if account.totp_secret else None
    step = totp.matching_step(secret, code, now) if secret else None
    if step is not None:
        return accounts.use_totp_step(conn, account.id, step)
    return accounts.use_recovery_code(conn, account.id, totp.recovery_digest(account.id, code), now)


class MfaService:
    """The second factor of the own account, for a signed-in user (`own_account`).

    Each change asks for the password, and ends all other sessions.
    """

    def __init__(self, store: Store, clock: Clock, box: SecretBox, reauthentication: Reauthentication) -> None:
        self._store, self._clock, self._box, self._reauthentication = store, clock, box, reauthentication

    def begin(self, principal: Principal, password: str) -> TotpEnrolment:
        """Enrols a new authenticator, which is used once it is confirmed.

        Raises AuthError: PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY.
        """
        account = own_account(self._store, principal)
        self._reauthentication.require(account, principal, password)
        secret = totp.new_secret()
        with self._store.write() as conn:
            accounts.change(conn, account.id, pending_totp_secret=self._box.encrypt(secret))
        return totp.enrolment(account.name, secret)

    def confirm(self, principal: Principal, code: str) -> RecoveryCodesIssued:
        """Confirms the new authenticator with a code of it. Raises AuthError: MFA_CODE_WRONG, ACCOUNT_CHANGED."""
        account = own_account(self._store, principal)
        secret = self._box.decrypt(account.pending_totp_secret) if account.pending_totp_secret else None
        step = totp.matching_step(secret, code, self._clock()) if secret else None
        if step is None:
            raise AuthError(AuthCode.MFA_CODE_WRONG)
        with own_account_transaction(self._store, self._clock, principal, account) as (conn, locked, now):
            if locked.pending_totp_secret != account.pending_totp_secret:
                raise AuthError(AuthCode.MFA_CODE_WRONG)
            accounts.change(
                conn, locked.id, totp_secret=locked.pending_totp_secret, pending_totp_secret="", last_totp_step=step
            )
            codes = _issue_recovery_codes(conn, locked)
            return RecoveryCodesIssued(codes, restart_session(conn, principal, "mfa-enabled", now, has_mfa=True))

    def remove(self, principal: Principal, password: str) -> NewSession:
        """Removes the second factor.

        Raises AuthError: MFA_MANDATORY, PASSWORD_TOO_SHORT where the password is too short without a second factor,
        PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY, ACCOUNT_CHANGED.
        """
        account = own_account(self._store, principal)
        if needs_mfa(account):
            raise AuthError(AuthCode.MFA_MANDATORY)
        self._reauthentication.require(account, principal, password)
        if account.password_hash and len(normalize_password(password)) < MIN_LENGTH:
            raise AuthError(AuthCode.PASSWORD_TOO_SHORT, least=MIN_LENGTH)
        with own_account_transaction(self._store, self._clock, principal, account) as (conn, locked, now):
            clear_mfa(conn, locked)
            return restart_session(conn, principal, "mfa-disabled", now)

    def renew_recovery_codes(self, principal: Principal, password: str) -> RecoveryCodesIssued:
        """Replaces the recovery codes; sessions that began with an old one end.

        Raises AuthError: MFA_NOT_SET, PASSWORD_WRONG, REAUTHENTICATION_REQUIRED, BUSY, ACCOUNT_CHANGED.
        """
        account = own_account(self._store, principal)
        if not account.totp_secret:
            raise AuthError(AuthCode.MFA_NOT_SET)
        self._reauthentication.require(account, principal, password)
        with own_account_transaction(self._store, self._clock, principal, account) as (conn, locked, now):
            codes = _issue_recovery_codes(conn, locked)
            return RecoveryCodesIssued(codes, restart_session(conn, principal, "recovery-codes-renewed", now))

    def recovery_codes_left(self, principal: Principal) -> int:
        """How many recovery codes are unused."""
        account = own_account(self._store, principal)
        with self._store.read() as conn:
            return accounts.count_recovery_codes(conn, account.id)

    def is_enabled(self, principal: Principal) -> bool:
        """Whether the account has a second factor of ours."""
        return bool(own_account(self._store, principal).totp_secret)

    def is_mandatory(self, principal: Principal) -> bool:
        """Whether the account must have one, because of its roles."""
        return needs_mfa(own_account(self._store, principal))


def clear_mfa(conn: Conn, account: Account) -> None:
    """Removes the authenticator and the recovery codes of an account."""
    accounts.change(conn, account.id, totp_secret="", pending_totp_secret="", last_totp_step=0)
    accounts.set_recovery_codes(conn, account.id, ())


def _issue_recovery_codes(conn: Conn, account: Account) -> tuple[str, ...]:
    codes = totp.generate_recovery_codes()
    accounts.set_recovery_codes(conn, account.id, [totp.recovery_digest(account.id, code) for code in codes])
    return codes
