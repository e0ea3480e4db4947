"""Who may do what: the one table. Every route and callback names an action of it, and is asked here."""

from collections.abc import Mapping
from enum import StrEnum

from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role, Scope


class Action(StrEnum):
    """What can be done. An object narrows it where `may` says so."""

    VIEW_PUBLIC = "public"  # the public page, files of the program, signing in
    VIEW = "view"  # every page, paper
    READ_API = "read"  # the API
    READ_METRICS = "metrics"  # figures of the program itself, for Prometheus
    MANAGE_OWN_ACCOUNT = "own_account"  # one's own account: password, second factor, sessions
    VIEW_PERSONAL = "view_personal"  # open a reporter's personal detail, for a purpose that is recorded
    FLAG = "flag"  # mark a directive, ask for an explanation
    APPROVE = "approve"  # accept or send back what was submitted
    ACK_ALARM = "ack_alarm"  # acknowledge, shelve
    MANAGE_DISPLAYS = "manage_displays"  # send pages to walls; enrol and revoke screens
    ENTER_PHONE_REPORT = "enter_phone_report"  # put down a reading that was told by telephone
    REMIND = "remind"  # urge an agency whose figures or tasks are late
    SUBMIT = "submit"  # hand in figures and reports of one's own agency
    APPROVE_SUBMISSION = "approve_submission"  # release what an agency handed in; never one's own
    EDIT = "edit"  # directives and agencies
    ADMINISTER = "administer"  # accounts, roles, sessions of others
    READ_AUDIT_LOG = "view_audit"  # read and export the audit trail


_READ_ONLY = frozenset({Action.VIEW_PUBLIC, Action.VIEW, Action.READ_API})
_VIEWER = _READ_ONLY | {Action.READ_METRICS, Action.MANAGE_OWN_ACCOUNT}
ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.LEADER: _VIEWER | {Action.REMIND, Action.FLAG, Action.APPROVE, Action.APPROVE_SUBMISSION},
    Role.OPERATOR: _VIEWER
    | {Action.ACK_ALARM, Action.REMIND, Action.MANAGE_DISPLAYS, Action.ENTER_PHONE_REPORT, Action.VIEW_PERSONAL},
    Role.REPORTER: _VIEWER | {Action.SUBMIT},
    Role.EDITOR: _VIEWER | {Action.EDIT, Action.APPROVE_SUBMISSION},
    # An administrator runs the house and decides nothing in it: figures and directives are others' work.
    Role.ADMINISTRATOR: _VIEWER | {Action.ADMINISTER, Action.READ_AUDIT_LOG, Action.MANAGE_DISPLAYS},
}
KIND_ACTIONS: Mapping[PrincipalKind, frozenset[Action]] = {
    PrincipalKind.ANONYMOUS: frozenset({Action.VIEW_PUBLIC}),
    PrincipalKind.LOCAL: _READ_ONLY | {Action.READ_METRICS},
    PrincipalKind.USER: frozenset(),  # as their roles say
    PrincipalKind.DISPLAY: _READ_ONLY,
    PrincipalKind.PRINT_WORKER: frozenset({Action.VIEW_PUBLIC, Action.VIEW}),
    PrincipalKind.API_KEY: frozenset({Action.VIEW_PUBLIC}),  # and what its key is good for
}
SCOPE_ACTIONS: Mapping[Scope, frozenset[Action]] = {
    Scope.METRICS: frozenset({Action.READ_METRICS}),
    Scope.API: frozenset({Action.READ_API}),
}
_ALLOWED_BEFORE_REQUIRED_ACTION = frozenset({Action.VIEW_PUBLIC, Action.MANAGE_OWN_ACCOUNT})
_AGENCY_ACTIONS = frozenset({Action.SUBMIT, Action.APPROVE_SUBMISSION})


class PermissionDeniedError(Exception):
    """`visitor` may not do `action`. `must_sign_in`: nobody has been asked yet who they are."""

    def __init__(self, principal: Principal, action: Action, about: str = "") -> None:
        super().__init__(f"{principal.name or principal.kind} may not {action} {about}".strip())
        self.principal, self.action, self.about = principal, action, about

    @property
    def must_sign_in(self) -> bool:
        """Whether signing in could help."""
        return self.principal.kind not in {PrincipalKind.USER, PrincipalKind.API_KEY}


def is_allowed(principal: Principal, action: Action, *, agency: str = "") -> bool:
    """Whether `visitor` may do `action`; `agency`: whose figures it is about.

    A person who belongs to an agency acts for that one only; whoever has a duty to see to does nothing before it.
    """
    held = (*(ROLE_ACTIONS[one] for one in principal.roles), *(SCOPE_ACTIONS[one] for one in principal.scopes))
    granted = KIND_ACTIONS[principal.kind].union(*held)
    if action not in granted or (
        principal.required_action is not RequiredAction.NONE and action not in _ALLOWED_BEFORE_REQUIRED_ACTION
    ):
        return False
    if action in _AGENCY_ACTIONS and agency:
        return principal.agency == agency or (action is Action.APPROVE_SUBMISSION and not principal.agency)
    return True


def require(principal: Principal, action: Action, *, agency: str = "") -> None:
    """Denied unless `visitor` may."""
    if not is_allowed(principal, action, agency=agency):
        raise PermissionDeniedError(principal, action, agency)
