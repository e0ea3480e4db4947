"""Administration of accounts. An administrator hands out one-time passwords only, never a lasting one."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ioc.auth import audit_log, lockout, passwords
from ioc.auth.account_rules import NAME_PATTERN, is_last_administrator, roles_of
from ioc.auth.credential_cache import access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.mfa import clear_mfa
from ioc.auth.passwords import Hasher
from ioc.auth.sent_twice import answer_once
from ioc.auth.sessions import end_account_sessions
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed, require
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import check_all
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock
from ioc.storage.access import accounts
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store

FIRST_ADMINISTRATOR = "quan-tri"
_MAX_ECHO = 40  # characters of an unknown key that an error quotes


@dataclass(frozen=True, slots=True)
class UserAccount:
    """An account as an administrator sees it. `is_external`: it belongs to the identity provider.

    `locked_until`: end of the lockout after failures.
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

    @property
    def version(self) -> str:
        """Differs when what `UserAdmin.change` sets differs."""
        return json.dumps([sorted(self.roles), self.agency, self.display_name])


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to be added. `agency`: key of the agency whose figures the user submits, "" for none."""

    name: str
    roles: Collection[Role]
    display_name: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is changed of an account: the fields that are not None.

    `version`: of the account as the administrator saw it.
    """

    roles: Collection[Role] | None = None
    agency: str | None = None
    display_name: str | None = None
    version: str | None = None


class UserAdmin:
    """Administers accounts. A change of rights ends the sessions of the account.

    `agencies`: keys of those that an account may belong to; one keeps an agency that no longer exists.
    Each act raises PermissionDeniedError for who may not administer.
    """

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, hasher: Hasher, agencies: Collection[str]
    ) -> None:
        self._store, self._clock, self._policy, self._hasher = store, clock, policy, hasher
        self._agencies = frozenset(agencies)

    def list_accounts(self, by: Principal) -> list[UserAccount]:
        """All accounts, by name."""
        require(by, Action.ADMINISTER)
        with self._store.read() as conn:
            every = accounts.list_all(conn)
            names = [account.name for account in every]
            locked = lockout.locked_accounts(conn, names, self._policy.lock_after, self._clock())
        return [_user_account(account, locked.get(account.name)) for account in every]

    def add(self, user: NewUser, by: Principal, key: str = "") -> str:
        """Adds an account and returns its one-time password. `key`: of the form, see sent_twice.py.

        Raises AuthError: USERNAME_INVALID, USERNAME_TAKEN, ROLE_MISSING, AGENCY_MISSING, AGENCY_UNKNOWN, all that is
        wrong with the input at once; CommandError.
        """
        require(by, Action.ADMINISTER)
        check_all(
            partial(_require_name, user.name),
            partial(_validated_roles, user.roles, user.agency),
            partial(self._require_agency, user.agency),
        )
        valid_roles = _validated_roles(user.roles, user.agency)
        display_name = clean_text(user.display_name.strip(), 200)
        password, password_hash = self._new_one_time_password()
        with access_transaction(self._store, self._clock) as (conn, now):

            def act() -> str:
                account = accounts.add(
                    conn, user.name, now, display_name=display_name, roles=valid_roles, agency=user.agency,
                    password_hash=password_hash, one_time_until=now + self._policy.one_time_password_lifetime,
                )  # fmt: skip
                if account is None:
                    raise AuthError(AuthCode.USERNAME_TAKEN, name=user.name)
                entry = audit_log.entry_by(by, "account-created", user.name, after=_rights_json(account))
                audit_log.write(conn, entry, now)
                return password

            content = ["account", user.name, valid_roles, display_name, user.agency]
            return answer_once(conn, by, key, content, now, act)

    def change(self, name: str, change: UserChange, by: Principal) -> bool:
        """Changes an account; returns whether its rights changed, which ends its sessions.

        Raises AuthError: ROLE_MISSING, AGENCY_MISSING, AGENCY_UNKNOWN, all that is wrong with the input at once;
        OWN_ACCOUNT (nobody changes their own rights), LAST_ADMINISTRATOR, ACCOUNT_NOT_FOUND, ACCOUNT_CHANGED.
        """
        _require_other_account(by, name)
        with access_transaction(self._store, self._clock) as (conn, now):
            old = _locked_account(conn, name)
            if change.version is not None and change.version != _user_account(old, None).version:
                raise AuthError(AuthCode.ACCOUNT_CHANGED)
            new_agency = old.agency if change.agency is None else change.agency
            roles = roles_of(old) if change.roles is None else change.roles
            check_all(
                partial(_validated_roles, roles, new_agency),
                partial(self._require_agency, "" if new_agency == old.agency else new_agency),
            )
            new_roles = _validated_roles(roles, new_agency)
            if Role.ADMINISTRATOR not in new_roles:
                _require_other_administrator(conn, old)
            new_name = old.display_name if change.display_name is None else clean_text(change.display_name.strip(), 200)
            accounts.change(conn, old.id, roles=new_roles, agency=new_agency, display_name=new_name)
            new = accounts.get(conn, old.id)
            assert new is not None
            before, after = _rights_json(old), _rights_json(new)
            audit_log.write(conn, audit_log.entry_by(by, "account-changed", name, before=before, after=after), now)
            has_new_rights = (new.roles, new.agency) != (old.roles, old.agency)
            if has_new_rights:
                end_account_sessions(conn, new, by, "rights", now)
        return has_new_rights

    def reset_password(self, name: str, by: Principal, *, with_mfa: bool = False) -> str:
        """Sets and returns a one-time password; `with_mfa` removes the second factor too, when it is lost.

        Of an account of the identity provider it removes the second factor alone, and returns "".
        Raises AuthError: ACCOUNT_EXTERNAL; OWN_ACCOUNT (who found a screen unlocked would need neither password nor
        second factor); ACCOUNT_NOT_FOUND.
        """
        _require_other_account(by, name)
        password, password_hash = self._new_one_time_password()
        with access_transaction(self._store, self._clock) as (conn, now):
            old = _locked_account(conn, name)
            if old.oidc_subject and not with_mfa:
                raise AuthError(AuthCode.ACCOUNT_EXTERNAL)
            if not old.oidc_subject:
                expires_at = now + self._policy.one_time_password_lifetime
                accounts.change(
                    conn, old.id, password_hash=password_hash, one_time_until=expires_at, is_one_time_used=False
                )
            if with_mfa:
                clear_mfa(conn, old)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "mfa-reset" if with_mfa else "password-reset", name), now)
            end_account_sessions(conn, old, by, "reset", now)
        return "" if old.oidc_subject else password

    def disable(self, name: str, by: Principal) -> None:
        """Disables an account. Raises AuthError: OWN_ACCOUNT, LAST_ADMINISTRATOR, ACCOUNT_NOT_FOUND."""
        _require_other_account(by, name)
        with access_transaction(self._store, self._clock) as (conn, now):
            old = _locked_account(conn, name)
            _require_other_administrator(conn, old)
            if old.disabled_at:
                return
            accounts.change(conn, old.id, disabled_at=now, disabled_reason="by_admin")
            audit_log.write(conn, audit_log.entry_by(by, "account-disabled", name), now)
            end_account_sessions(conn, old, by, "disabled", now)

    def enable(self, name: str, by: Principal) -> None:
        """Enables an account; its days of disuse begin anew. Raises AuthError: OWN_ACCOUNT, ACCOUNT_NOT_FOUND."""
        _require_other_account(by, name)
        with access_transaction(self._store, self._clock) as (conn, now):
            old = _locked_account(conn, name)
            accounts.change(conn, old.id, disabled_at=None, disabled_reason="")
            accounts.record_use(conn, old.id, now)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "account-enabled", name), now)

    def unlock(self, name: str, by: Principal) -> None:
        """Ends a lockout.

        Raises AuthError: ACCOUNT_NOT_FOUND; OWN_ACCOUNT (who found a screen unlocked could go on guessing).
        """
        _require_other_account(by, name)
        with self._store.write() as conn:
            _locked_account(conn, name)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.entry_by(by, "account-unlocked", name), self._clock())

    def create_first_administrator(self) -> str | None:
        """Adds an administrator where there is no account at all; returns the one-time password, None otherwise."""
        with self._store.read() as conn:
            if accounts.count(conn):
                return None
        try:
            return self.add(NewUser(FIRST_ADMINISTRATOR, [Role.ADMINISTRATOR]), Principal(PrincipalKind.SHELL))
        except AuthError:  # another process was first
            return None

    def _require_agency(self, agency: str) -> None:
        if agency and agency not in self._agencies:
            raise AuthError(AuthCode.AGENCY_UNKNOWN, agency=clean_text(agency, _MAX_ECHO))

    def _new_one_time_password(self) -> tuple[str, str]:
        password = passwords.generate_one_time()
        return password, self._hasher.hash(password)


def _require_other_account(by: Principal, name: str) -> None:
    """Raises PermissionDeniedError for who may not administer at all, AuthError OWN_ACCOUNT for the own account."""
    require(by, Action.ADMINISTER)
    if not is_allowed(by, Action.ADMINISTER, AccessTarget(account=name)):
        raise AuthError(AuthCode.OWN_ACCOUNT)


def _locked_account(conn: Conn, name: str) -> Account:
    """The account, locked. Raises AuthError: ACCOUNT_NOT_FOUND."""
    account = accounts.get_by_name(conn, name, lock=True)
    if account is None:
        raise AuthError(AuthCode.ACCOUNT_NOT_FOUND, name=name)
    return account


def _require_other_administrator(conn: Conn, account: Account) -> None:
    if is_last_administrator(conn, account):
        raise AuthError(AuthCode.LAST_ADMINISTRATOR)


def _require_name(name: str) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise AuthError(AuthCode.USERNAME_INVALID)


def _validated_roles(roles: Collection[Role], agency: str) -> list[Role]:
    unique = sorted(set(roles))
    if not unique:
        raise AuthError(AuthCode.ROLE_MISSING)
    if Role.REPORTER in unique and not agency:
        raise AuthError(AuthCode.AGENCY_MISSING)
    return unique


def _rights_json(account: Account) -> str:
    """The rights of an account, for the audit log; it holds no name of a person."""
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
