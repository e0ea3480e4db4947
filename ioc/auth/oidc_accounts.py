"""Accounts of the identity provider: created at the first login, without a password, with the provider's rights."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ioc.auth import audit_log
from ioc.auth.account_rules import roles_of
from ioc.auth.credential_cache import access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login_history import record_login
from ioc.auth.mfa import MfaChallenge, begin_challenge
from ioc.auth.sessions import NewSession, end_account_sessions, start_session
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock
from ioc.storage.access import accounts
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import positions

_MAX_NUMBER = 49  # behind a name; once all of them are taken, digits of the hash of the subject


@dataclass(frozen=True, slots=True)
class OidcIdentity:
    """A user as the identity provider states them.

    `subject`: "issuer|subject". `has_mfa`: a second factor was used there. `is_mfa_required`: the policy demands one.
    """

    subject: str
    preferred_username: str
    display_name: str
    roles: tuple[str, ...]
    agency: str
    has_mfa: bool
    is_mfa_required: bool = False


class OidcProvisioning:
    """Creates and updates the accounts of the identity provider's users, and signs them in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def sign_in_oidc(self, identity: OidcIdentity, address: str, *, user_agent: str = "") -> NewSession | MfaChallenge:
        """Signs a user in, after setting their rights to what the provider states now, also to none.

        Raises AuthError: OIDC_DENIED for a user without a role, or an account that is disabled here.
        """
        now = self._clock()
        with self._store.read() as conn:
            known = accounts.get_by_subject(conn, identity.subject)
        if known and not identity.roles and not known.disabled_at and _has_changed(known, identity):
            self._sync_account(identity, address)  # what the provider has taken is taken from running sessions too
        if not identity.roles or (known and known.disabled_at):
            is_disabled = known and known.disabled_at
            cause = Failure(AuthCode.ACCOUNT_DISABLED if is_disabled else AuthCode.ACCOUNT_WITHOUT_ROLE)
            raise AuthError(AuthCode.OIDC_DENIED, cause=cause, action="login", target=known.name if known else "")
        if known is None or _has_changed(known, identity):
            self._sync_account(identity, address)
        with self._store.write() as conn:
            account = accounts.get_by_subject(conn, identity.subject)
            if account is None or account.disabled_at:
                raise AuthError(AuthCode.OIDC_DENIED)
            if account.totp_secret and not identity.has_mfa:
                # Counted as a failure until the second step is complete, as after a right password.
                accounts.count_failed_login(conn, account.name)
                return begin_challenge(conn, account, address, user_agent, now)
            accounts.record_use(conn, account.id, now)
            history = record_login(conn, account, address, user_agent, now)
            session = start_session(
                conn, account, address, user_agent, now, has_mfa=identity.has_mfa, login_history=history
            )
            number = str(session.principal.session_id)
            audit_log.write(conn, audit_log.entry_by(session.principal, "login", number, reason="oidc"), now)
            return session

    def _sync_account(self, identity: OidcIdentity, address: str) -> None:
        """Creates the account, or sets its rights and name to the provider's. New rights end its sessions.

        Of several sign-ins of one user at once the first does it; the others find it done.
        """
        by, rights = Principal(address=address), _rights_text(identity)
        fields = {
            "roles": identity.roles,
            "agency": identity.agency,
            "is_mfa_required": identity.is_mfa_required,
        }
        with access_transaction(self._store, self._clock) as (conn, now):
            known = accounts.get_by_subject(conn, identity.subject, lock=True)
            fields["display_name"] = _display_name(known, identity)
            if known is None:
                account = self._create_account(conn, identity, now, **fields)
                entry = audit_log.entry_by(by, "account-created", account.name, reason="oidc", after=rights)
                audit_log.write(conn, entry, now)
                return
            if not _has_changed(known, identity):
                return
            accounts.change(conn, known.id, **fields)
            entry = audit_log.entry_by(by, "account-changed", known.name, reason="oidc", after=rights)
            audit_log.write(conn, entry, now)
            if _has_new_rights(known, identity):
                end_account_sessions(conn, known, by, "rights", now)

    def _create_account(self, conn: Conn, identity: OidcIdentity, now: datetime, **fields: object) -> Account:
        """A new account; a name that is taken gets a number: the existing account belongs to somebody else.

        So does the name of a position's holder: users choose their names at many providers, and nobody gets a position
        by that.
        """
        base = _account_name(identity.preferred_username)
        suffixes = (*range(2, _MAX_NUMBER + 1), sha256(identity.subject.encode()).hexdigest()[:8])
        for name in (base, *(f"{base[:51]}-{suffix}" for suffix in suffixes)):
            if positions.is_holder(conn, name):
                continue
            if account := accounts.add(conn, name, now, oidc_subject=identity.subject, **fields):
                return account
        raise AuthError(AuthCode.OIDC_DENIED)


def _has_changed(account: Account, identity: OidcIdentity) -> bool:
    return _has_new_rights(account, identity) or account.display_name != _display_name(account, identity)


def _display_name(account: Account | None, identity: OidcIdentity) -> str:
    """The provider's; where it states none, the one that the account has."""
    return clean_text(identity.display_name, 200) or (account.display_name if account else "")


def _has_new_rights(account: Account, identity: OidcIdentity) -> bool:
    current = ({str(role) for role in roles_of(account)}, account.agency, account.is_mfa_required)
    return current != (set(identity.roles), identity.agency, identity.is_mfa_required)


def _rights_text(identity: OidcIdentity) -> str:
    return " ".join((*sorted(identity.roles), identity.agency)).strip()


def _account_name(name: str) -> str:
    return slugify(name.partition("@")[0], 60) or "nguoi-dung"
