"""People for whom a provider vouches: an account without a password, whose rights are what the provider says."""

import re
from dataclasses import dataclass
from datetime import datetime
from unicodedata import combining, normalize

from ioc.auth import audit_log, tokens
from ioc.auth.account_base import roles_of
from ioc.auth.errors import AuthError
from ioc.auth.login import MfaChallenge, NewSession
from ioc.auth.login_history import record_login
from ioc.auth.principal import Principal, PrincipalKind
from ioc.auth.user_admin import UserAdmin
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

_MAX_SAME_NAMES = 50  # how many people of one name get an account


@dataclass(frozen=True, slots=True)
class OidcIdentity:
    """`subject`: "issuer|subject". `name`: as the provider calls them. `second`: they showed a second factor there."""

    subject: str
    preferred_username: str
    display_name: str
    roles: tuple[str, ...]
    agency: str
    has_mfa: bool
    is_mfa_required: bool = False


class OidcProvisioning(UserAdmin):
    """The part of `People` that lets in whom a provider knows."""

    def sign_in_oidc(self, identity: OidcIdentity, address: str, *, user_agent: str = "") -> NewSession | MfaChallenge:
        """Rights move to what the provider says now. Refused("openid_refused") without a role, or disabled here."""
        now = self.clock()
        with self.store.read() as conn:
            known = accounts.get_by_subject(conn, identity.subject)
        if not identity.roles or (known and known.disabled_at):
            who = Principal(PrincipalKind.ANONYMOUS, address=address)
            audit_log.record_denial(
                self.store, who, "login", known.name if known else "", now, "disabled" if known else "role"
            )
            raise AuthError("openid_refused", is_audited=True)
        if known is None or _has_changed(known, identity):
            self._sync_account(known, identity, address)
        with self.store.write() as conn:
            account = accounts.get_by_subject(conn, identity.subject)
            if account is None or account.disabled_at:
                raise AuthError("openid_refused")
            if account.totp_secret and not identity.has_mfa:
                token = tokens.generate()
                sessions.add_pending_login(conn, account.id, tokens.digest(token) or "", address, user_agent, now)
                accounts.count_failed_login(
                    conn, account.name
                )  # as a password that is right, until the second step is taken
                return MfaChallenge(token)
            accounts.change(conn, account.id, last_used=now)
            before = record_login(conn, account, address, user_agent, now)
            made = self.new_session(
                conn, account, address, user_agent, now, has_mfa=identity.has_mfa, login_history=before
            )
            audit_log.write(
                conn, audit_log.entry_by(made.principal, "login", str(made.principal.session_id), reason="oidc"), now
            )
            return made

    def _sync_account(self, known: Account | None, identity: OidcIdentity, address: str) -> None:
        """A new account, or the rights that the provider gives now; they begin with new sessions."""
        by = Principal(PrincipalKind.ANONYMOUS, address=address)
        fields = {
            "roles": identity.roles,
            "agency": identity.agency,
            "display_name": identity.display_name[:200],
            "is_mfa_required": identity.is_mfa_required,
        }
        with self.access_transaction() as (conn, now):
            if known is None:
                made = self._create_account(conn, identity, now, **fields)
                audit_log.write(
                    conn,
                    audit_log.entry_by(by, "account-created", made.name, reason="oidc", after=_rights_text(identity)),
                    now,
                )
                return
            accounts.change(conn, known.id, **fields)
            told_of = audit_log.entry_by(by, "account-changed", known.name, reason="oidc", after=_rights_text(identity))
            audit_log.write(conn, told_of, now)
            self.end_sessions(conn, known, by, "rights", now)

    def _create_account(self, conn: Conn, identity: OidcIdentity, now: datetime, **fields: object) -> Account:
        """Never the account of somebody who is called so here: that one is theirs."""
        base = _account_name(identity.preferred_username)
        for n in range(1, _MAX_SAME_NAMES):
            name = base if n == 1 else f"{base[:56]}-{n}"
            if made := accounts.add(conn, name, now, oidc_subject=identity.subject[:400], **fields):
                return made
        raise AuthError("openid_refused")


def _has_changed(account: Account, identity: OidcIdentity) -> bool:
    held = {str(one) for one in roles_of(account)}
    return (held, account.agency, account.is_mfa_required) != (
        set(identity.roles),
        identity.agency,
        identity.is_mfa_required,
    )


def _rights_text(identity: OidcIdentity) -> str:
    return " ".join((*sorted(identity.roles), identity.agency)).strip()


def _account_name(name: str) -> str:
    letters = normalize("NFD", name.partition("@")[0].casefold().replace("đ", "d"))
    plain = "".join(one for one in letters if not combining(one))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "nguoi-dung"
