"""Rules about accounts that services share: names, roles, idle time, required actions, the last administrator."""

import re
from datetime import timedelta

from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import accounts
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import Session
from ioc.storage.db.store import Conn

NAME_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")


def principal_of(session: Session, account: Account) -> Principal:
    """The principal of a session."""
    return Principal(
        PrincipalKind.USER,
        account.name,
        account.display_name or account.name,
        roles_of(account),
        account.agency,
        session.id,
        session.address,
        required_action_of(session, account),
    )


def roles_of(account: Account) -> frozenset[Role]:
    """The roles of an account that this version knows."""
    return frozenset(role for role in Role if role in account.roles)


def idle_timeout_of(principal: Principal, policy: AccessPolicy) -> timedelta:
    """How long a session of the principal may be without activity."""
    is_administrator = Role.ADMINISTRATOR in principal.roles
    return policy.administrator_idle_timeout if is_administrator else policy.idle_timeout


def required_action_of(session: Session, account: Account) -> RequiredAction:
    """What the user must do first. An administrator needs a second factor, ours or the identity provider's."""
    if account.one_time_until is not None:
        return RequiredAction.CHANGE_PASSWORD
    has_mfa = bool(account.totp_secret) or session.has_second_factor
    return RequiredAction.ENROL_MFA if needs_mfa(account) and not has_mfa else RequiredAction.NONE


def needs_mfa(account: Account) -> bool:
    """Whether the account must have a second factor: by its role, or by the identity provider's policy."""
    return Role.ADMINISTRATOR in account.roles or account.is_mfa_required


def is_last_administrator(conn: Conn, account: Account) -> bool:
    """Whether nobody else could administer accounts."""
    is_administrator = Role.ADMINISTRATOR in account.roles and not account.disabled_at
    return is_administrator and not accounts.count_others_with_role(conn, Role.ADMINISTRATOR, account.id)
