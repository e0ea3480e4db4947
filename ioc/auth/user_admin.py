"""Everybody's accounts, as an administrator keeps them. What is given out is a one-time password, no lasting one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout, passwords
from ioc.auth.account_base import roles_of
from ioc.auth.errors import AuthError
from ioc.auth.login import MFA_TIMEOUT, NAME_PATTERN
from ioc.auth.login_history import RETENTION
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.auth.self_service import SelfService
from ioc.storage.access import accounts, known_logins, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

FIRST_ADMINISTRATOR = "quan-tri"


@dataclass(frozen=True, slots=True)
class UserAccount:
    """An account as it is shown. `once`: waits for its one-time password to be used. `outside`: comes by a provider.

    `locked`: until then nobody signs in to it, after failures.
    """

    name: str
    display_name: str
    roles: frozenset[Role]
    agency: str
    created_at: datetime
    last_used: datetime
    disabled_at: datetime | None
    disabled_reason: str
    has_mfa: bool
    has_one_time_password: bool
    is_external: bool
    locked_until: datetime | None


class UserAdmin(SelfService):
    """The part of `People` that administers accounts. Each change ends the sessions of whom it is about."""

    def list_accounts(self) -> list[UserAccount]:
        """Everybody, by name."""
        with self.store.read() as conn:
            some = accounts.list_all(conn)
            locked = lockout.locked_accounts(conn, [one.name for one in some], self.rules.lock_after, self.clock())
        return [_user_account(one, locked.get(one.name)) for one in some]

    def add(self, name: str, display_name: str, roles: Iterable[Role], agency: str, by: Principal) -> str:
        """A new account; its one-time password. Refused: name_bad, name_taken, roles_none, agency_needed."""
        held = _validated_roles(roles, agency)
        if not NAME_PATTERN.fullmatch(name):
            raise AuthError("name_bad")
        given, kept = self._new_one_time_password()
        with self.access_transaction() as (conn, now):
            made = accounts.add(
                conn, name, now, display_name=display_name.strip()[:200], roles=held, agency=agency, password_hash=kept,
                one_time_until=now + self.rules.one_time_password_lifetime,
            )  # fmt: skip
            if made is None:
                raise AuthError("name_taken", name=name)
            audit_log.write(conn, audit_log.entry_by(by, "account-created", name, after=_rights_json(made)), now)
        return given

    def change(
        self, name: str, by: Principal, *, roles: Iterable[Role] | None = None, agency: str | None = None,
        display_name: str | None = None,
    ) -> None:  # fmt: skip
        """Sets what is given. Refused: own_account (nobody changes their own rights), last_administrator, as `add`."""
        with self.access_transaction() as (conn, now):
            old = self._other_account(conn, name, by, is_rights_change=roles is not None or agency is not None)
            place = old.agency if agency is None else agency
            held = _validated_roles(roles_of(old) if roles is None else roles, place)
            if Role.ADMINISTRATOR not in held:
                _require_other_administrator(conn, old)
            words = old.display_name if display_name is None else display_name.strip()[:200]
            accounts.change(conn, old.id, roles=held, agency=place, display_name=words)
            new = accounts.get(conn, old.id)
            assert new is not None
            audit_log.write(
                conn,
                audit_log.entry_by(by, "account-changed", name, before=_rights_json(old), after=_rights_json(new)),
                now,
            )
            if (new.roles, new.agency) != (old.roles, old.agency):
                self.end_sessions(conn, new, by, "rights", now)

    def reset_password(self, name: str, by: Principal, *, with_mfa: bool = False) -> str:
        """A one-time password; `factor`: the second factor is lost, and goes, too.

        Refused: outside; own_account (who found a screen unlocked would need neither password nor factor).
        """
        given, kept = self._new_one_time_password()
        with self.access_transaction() as (conn, now):
            old = self._other_account(conn, name, by)
            if old.oidc_subject:
                raise AuthError("outside")
            accounts.change(
                conn,
                old.id,
                password_hash=kept,
                one_time_until=now + self.rules.one_time_password_lifetime,
                is_one_time_used=False,
            )
            if with_mfa:
                accounts.change(conn, old.id, totp_secret="", pending_totp_secret="", last_totp_step=0)
                accounts.set_recovery_codes(conn, old.id, ())
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "mfa-reset" if with_mfa else "password-reset", name), now)
            self.end_sessions(conn, old, by, "reset", now)
        return given

    def disable(self, name: str, by: Principal) -> None:
        """Nobody signs in to it any more. Refused: own_account, last_administrator."""
        with self.access_transaction() as (conn, now):
            old = self._other_account(conn, name, by)
            _require_other_administrator(conn, old)
            if old.disabled_at:
                return
            accounts.change(conn, old.id, disabled_at=now, disabled_reason="by_admin")
            audit_log.write(conn, audit_log.entry_by(by, "account-disabled", name), now)
            self.end_sessions(conn, old, by, "disabled", now)

    def enable(self, name: str, by: Principal) -> None:
        """It may be signed in to again; the days that it was not used begin anew."""
        with self.access_transaction() as (conn, now):
            old = self._other_account(conn, name, by)
            accounts.change(conn, old.id, disabled_at=None, disabled_reason="", last_used=now)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "account-enabled", name), now)

    def unlock(self, name: str, by: Principal) -> None:
        """Its failures are forgotten. Refused: no_account; own_account (who found a screen unlocked could guess on)."""
        with self.store.write() as conn:
            self._other_account(conn, name, by)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "account-unlocked", name), self.clock())

    def create_first_administrator(self) -> str | None:
        """The one-time password of an administrator, where there is no account at all; None where there is one."""
        with self.store.read() as conn:
            if accounts.count(conn):
                return None
        try:
            return self.add(FIRST_ADMINISTRATOR, "", [Role.ADMINISTRATOR], "", Principal(PrincipalKind.LOCAL))
        except AuthError:  # another process was first
            return None

    def sweep(self) -> None:
        """Once a day: accounts that nobody uses, sessions that are over, failures that count no more, an old trail."""
        now = self.clock()
        unused = now - timedelta(days=self.rules.unused_days)
        with self.store.read() as conn:
            some = accounts.list_unused(conn, unused)
        if some:
            with self.access_transaction() as (conn, now):
                for one in accounts.list_unused(conn, unused):
                    self.disable_unused(conn, one, now)
        with self.store.write() as conn:
            sessions.sweep(conn, now - self.rules.absolute_timeout, now - MFA_TIMEOUT)
            lockout.sweep(conn, now)
            known_logins.sweep(conn, now - RETENTION)
        swept = 1
        while swept:
            with self.store.write() as conn:
                swept = audit_log.sweep(conn, now - timedelta(days=self.rules.audit_log_days), now)

    def _new_one_time_password(self) -> tuple[str, str]:
        given = passwords.generate_one_time()
        return given, self.hasher.hash(given)

    def _account_for_update(self, conn: Conn, name: str) -> Account:
        found = accounts.get_by_name(conn, name, lock=True)
        if found is None:
            raise AuthError("no_account", name=name)
        return found

    def _other_account(self, conn: Conn, name: str, by: Principal, *, is_rights_change: bool = True) -> Account:
        """Nobody gives themselves rights, or takes them from the only one who could give them back."""
        if is_rights_change and by.kind is PrincipalKind.USER and by.name == name:
            raise AuthError("own_account")
        return self._account_for_update(conn, name)


def _require_other_administrator(conn: Conn, account: Account) -> None:
    only = not account.disabled_at and not accounts.count_others_with_role(conn, Role.ADMINISTRATOR, account.id)
    if Role.ADMINISTRATOR in account.roles and only:
        raise AuthError("last_administrator")


def _validated_roles(roles: Iterable[Role], agency: str) -> list[Role]:
    held = sorted(set(roles))
    if not held:
        raise AuthError("roles_none")
    if Role.REPORTER in held and not agency:
        raise AuthError("agency_needed")
    return held


def _rights_json(account: Account) -> str:
    """What the trail keeps of an account: its rights. How a person is called stands in the account only."""
    return json.dumps({"roles": sorted(account.roles), "agency": account.agency}, sort_keys=True)


def _user_account(account: Account, locked_until: datetime | None) -> UserAccount:
    return UserAccount(
        account.name,
        account.display_name,
        roles_of(account),
        account.agency,
        account.created_at,
        account.last_used,
        account.disabled_at,
        account.disabled_reason,
        bool(account.totp_secret),
        account.one_time_until is not None,
        bool(account.oidc_subject),
        locked_until,
    )
