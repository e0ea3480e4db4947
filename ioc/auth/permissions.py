"""Permissions: the table of who may do what. Every route and callback names the action that it requires."""

from collections.abc import Mapping
from enum import StrEnum

from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role, Scope


class Action(StrEnum):
    """What can be done. `is_allowed` narrows some actions to the agency that an object belongs to."""

    VIEW_PUBLIC = "public"  # the public page, static files, login
    VIEW = "view"  # every page, PDF
    READ_API = "read"  # the API
    READ_METRICS = "metrics"  # metrics of the program itself, for Prometheus
    MANAGE_OWN_ACCOUNT = "own_account"  # one's own account: password, second factor, sessions
    VIEW_PERSONAL = "view_personal"  # open a reporter's personal detail, for a purpose that is recorded
    FLAG = "flag"  # mark a directive, ask for an explanation
    APPROVE = "approve"  # accept or reject a completion report
    ACK_ALARM = "ack_alarm"  # acknowledge, shelve
    MANAGE_DISPLAYS = "manage_displays"  # send pages to walls; enrol and revoke displays
    ENTER_PHONE_REPORT = "enter_phone_report"  # enter figures reported by telephone
    REMIND = "remind"  # remind an agency whose figures or tasks are late
    SUBMIT = "submit"  # submit figures and reports of one's own agency
    APPROVE_SUBMISSION = "approve_submission"  # approve a submission; never one's own
    EDIT = "edit"  # directives and agencies
    ADMINISTER = "administer"  # accounts, roles, sessions of others
    READ_AUDIT_LOG = "view_audit"  # read and export the audit log


_READ_ONLY = frozenset({Action.VIEW_PUBLIC, Action.VIEW, Action.READ_API})
_VIEWER = _READ_ONLY | {Action.READ_METRICS, Action.MANAGE_OWN_ACCOUNT}
ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.LEADER: _VIEWER | {Action.REMIND, Action.FLAG, Action.APPROVE, Action.APPROVE_SUBMISSION},
    Role.OPERATOR: _VIEWER
    | {Action.ACK_ALARM, Action.REMIND, Action.MANAGE_DISPLAYS, Action.ENTER_PHONE_REPORT, Action.VIEW_PERSONAL},
    Role.REPORTER: _VIEWER | {Action.SUBMIT},
    Role.EDITOR: _VIEWER | {Action.EDIT, Action.APPROVE_SUBMISSION},
    # Separation of duties: an administrator manages access and decides on no figures or directives.
    Role.ADMINISTRATOR: _VIEWER | {Action.ADMINISTER, Action.READ_AUDIT_LOG, Action.MANAGE_DISPLAYS},
}
KIND_ACTIONS: Mapping[PrincipalKind, frozenset[Action]] = {
    PrincipalKind.ANONYMOUS: frozenset({Action.VIEW_PUBLIC}),
    PrincipalKind.LOCAL: _READ_ONLY | {Action.READ_METRICS},
    PrincipalKind.USER: frozenset(),  # by their roles
    PrincipalKind.DISPLAY: _READ_ONLY,
    PrincipalKind.PRINT_WORKER: frozenset({Action.VIEW_PUBLIC, Action.VIEW}),
    PrincipalKind.API_KEY: frozenset({Action.VIEW_PUBLIC}),  # and the scopes of the key
}
SCOPE_ACTIONS: Mapping[Scope, frozenset[Action]] = {
    Scope.METRICS: frozenset({Action.READ_METRICS}),
    Scope.API: frozenset({Action.READ_API}),
}
_ALLOWED_BEFORE_REQUIRED_ACTION = frozenset({Action.VIEW_PUBLIC, Action.MANAGE_OWN_ACCOUNT})
_AGENCY_ACTIONS = frozenset({Action.SUBMIT, Action.APPROVE_SUBMISSION})


class PermissionDeniedError(Exception):
    """`principal` may not do `action`. `about`: the agency or endpoint that it is about."""

    def __init__(self, principal: Principal, action: Action, about: str = "") -> None:
        super().__init__(f"{principal.name or principal.kind} may not {action} {about}".strip())
        self.principal, self.action, self.about = principal, action, about

    @property
    def must_sign_in(self) -> bool:
        """Whether logging in could help: the caller is no user and no API key."""
        return self.principal.kind not in {PrincipalKind.USER, PrincipalKind.API_KEY}


def is_allowed(principal: Principal, action: Action, *, agency: str = "") -> bool:
    """Whether `principal` may do `action`; `agency`: whose figures it is about.

    A user who belongs to an agency acts for that one only; before a required action is done nothing else is allowed.
    """
    by_role = (ROLE_ACTIONS[role] for role in principal.roles)
    by_scope = (SCOPE_ACTIONS[scope] for scope in principal.scopes)
    if action not in KIND_ACTIONS[principal.kind].union(*by_role, *by_scope):
        return False
    if principal.required_action is not RequiredAction.NONE and action not in _ALLOWED_BEFORE_REQUIRED_ACTION:
        return False
    if action in _AGENCY_ACTIONS and agency:
        return principal.agency == agency or (action is Action.APPROVE_SUBMISSION and not principal.agency)
    return True


def require(principal: Principal, action: Action, *, agency: str = "") -> None:
    """Raises PermissionDeniedError unless `is_allowed`."""
    if not is_allowed(principal, action, agency=agency):
        raise PermissionDeniedError(principal, action, agency)
