"""Permissions: one table of who may do what to which object. Routes name an action; commands ask about the object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role, Scope


class Action(StrEnum):
    """What can be done."""

    VIEW_PUBLIC = "public"  # the public page, static files, login
    VIEW = "view"  # every page, PDF
    READ_API = "read"  # the API
    READ_METRICS = "metrics"  # metrics of the program itself, for Prometheus
    MANAGE_OWN_ACCOUNT = "own_account"  # password, second factor, sessions
    VIEW_PERSONAL = "view_personal"  # open a reporter's personal detail, for a purpose that is recorded
    FLAG = "flag"  # mark a directive, ask for an explanation
    APPROVE = "approve"  # accept or reject a completion report
    ACK_ALARM = "ack_alarm"  # acknowledge, shelve
    MANAGE_DISPLAYS = "manage_displays"  # send pages to walls; enrol and revoke displays
    ENTER_PHONE_REPORT = "enter_phone_report"  # enter figures reported by telephone
    REMIND = "remind"  # remind an agency whose figures or tasks are late
    SUBMIT = "submit"  # submit figures and reports
    APPROVE_SUBMISSION = "approve_submission"  # approve or reject a submission
    WITHDRAW_SUBMISSION = "withdraw_submission"  # take back one's own submission before it is decided on
    EDIT = "edit"  # directives and agencies
    ACT_ON_DIRECTIVES = "act_on_directives"  # documents and tasks; the position decides which acts
    ADMINISTER = "administer"  # accounts, roles, sessions of others; API keys
    READ_AUDIT_LOG = "view_audit"  # read and export the audit log


class ActionObject(StrEnum):
    """What a permission covers. The rule of each is in `_COVERS`."""

    ANYTHING = "anything"
    OWN_ACCOUNT = "own_account"
    OTHER_ACCOUNT = "other_account"  # of somebody else
    OWN_AGENCY = "own_agency"  # figures of the agency that the user belongs to
    OWN_ENTRY = "own_entry"  # made by the user, of the own agency
    ENTRY_OF_OTHERS = "entry_of_others"  # made by somebody else; of the own agency where the user belongs to one


@dataclass(frozen=True, slots=True)
class AccessTarget:
    """What an act is about: the account `account`; figures of `agency`, entered by `author`.

    A field is None where the act is about none, or it is not known yet: before a view runs. An agency that is missing
    is "", which nobody belongs to.
    """

    account: str | None = None
    agency: str | None = None
    author: str | None = None

    def __str__(self) -> str:
        """For the audit log."""
        return self.account or self.agency or ""


Subject = Role | PrincipalKind | Scope  # who a permission is given to; a principal has a kind, roles and scopes
NO_TARGET = AccessTarget()
_ROLES = tuple(Role)
_REQUEST_KINDS = tuple(kind for kind in PrincipalKind if kind is not PrincipalKind.SHELL)

# Action, object, subjects. Separation of duties: an administrator decides on no figures or directives.
PERMISSIONS: tuple[tuple[Action, ActionObject, tuple[Subject, ...]], ...] = (
    (Action.VIEW_PUBLIC, ActionObject.ANYTHING, _REQUEST_KINDS),
    (Action.VIEW, ActionObject.ANYTHING,
     (*_ROLES, PrincipalKind.LOCAL, PrincipalKind.DISPLAY, PrincipalKind.PRINT_WORKER)),
    (Action.READ_API, ActionObject.ANYTHING, (*_ROLES, PrincipalKind.LOCAL, PrincipalKind.DISPLAY, Scope.API)),
    (Action.READ_METRICS, ActionObject.ANYTHING, (*_ROLES, PrincipalKind.LOCAL, Scope.METRICS)),
    (Action.MANAGE_OWN_ACCOUNT, ActionObject.OWN_ACCOUNT, (PrincipalKind.USER,)),
    (Action.VIEW_PERSONAL, ActionObject.ANYTHING, (Role.OPERATOR,)),
    (Action.FLAG, ActionObject.ANYTHING, (Role.LEADER,)),
    (Action.APPROVE, ActionObject.ANYTHING, (Role.LEADER,)),
    (Action.ACK_ALARM, ActionObject.ANYTHING, (Role.OPERATOR,)),
    (Action.MANAGE_DISPLAYS, ActionObject.ANYTHING, (Role.OPERATOR, Role.ADMINISTRATOR)),
    (Action.ENTER_PHONE_REPORT, ActionObject.ANYTHING, (Role.OPERATOR,)),
    (Action.REMIND, ActionObject.ANYTHING, (Role.LEADER, Role.OPERATOR)),
    (Action.SUBMIT, ActionObject.OWN_AGENCY, (Role.REPORTER,)),
    (Action.APPROVE_SUBMISSION, ActionObject.ENTRY_OF_OTHERS, (Role.LEADER, Role.EDITOR)),
    (Action.WITHDRAW_SUBMISSION, ActionObject.OWN_ENTRY, (Role.REPORTER,)),
    (Action.EDIT, ActionObject.ANYTHING, (Role.EDITOR,)),
    (Action.ACT_ON_DIRECTIVES, ActionObject.ANYTHING,
     (Role.LEADER, Role.OPERATOR, Role.REPORTER, Role.EDITOR, Scope.DIRECTIVES)),
    (Action.ADMINISTER, ActionObject.OTHER_ACCOUNT, (Role.ADMINISTRATOR,)),
    (Action.ADMINISTER, ActionObject.ANYTHING, (PrincipalKind.SHELL,)),
    (Action.READ_AUDIT_LOG, ActionObject.ANYTHING, (Role.ADMINISTRATOR,)),
)  # fmt: skip
_OBJECTS: Mapping[tuple[Subject, Action], ActionObject] = {
    (subject, action): covered for action, covered, subjects in PERMISSIONS for subject in subjects
}
_ALLOWED_BEFORE_REQUIRED_ACTION = frozenset({Action.VIEW_PUBLIC, Action.MANAGE_OWN_ACCOUNT})


def _is_own_account(principal: Principal, target: AccessTarget) -> bool:
    return principal.kind is PrincipalKind.USER and target.account == principal.name


def _is_own_agency(principal: Principal, target: AccessTarget) -> bool:
    return bool(principal.agency) and target.agency == principal.agency


_COVERS: Mapping[ActionObject, Callable[[Principal, AccessTarget], bool]] = {
    ActionObject.ANYTHING: lambda principal, target: True,
    ActionObject.OWN_ACCOUNT: lambda principal, target: target.account is None or _is_own_account(principal, target),
    ActionObject.OTHER_ACCOUNT: lambda principal, target: not _is_own_account(principal, target),
    ActionObject.OWN_AGENCY: lambda principal, target: target.agency is None or _is_own_agency(principal, target),
    ActionObject.OWN_ENTRY: lambda principal, target: (
        target.author in (None, principal.name) and (target.agency is None or _is_own_agency(principal, target))
    ),
    ActionObject.ENTRY_OF_OTHERS: lambda principal, target: (
        target.author != principal.name
        and (target.agency is None or not principal.agency or _is_own_agency(principal, target))
    ),
}


class PermissionDeniedError(Exception):
    """`principal` may not do `action`: an Action, or an act as it is audited. `about`: what the act is about."""

    def __init__(self, principal: Principal, action: str, about: str = "") -> None:
        super().__init__(f"{principal.name or principal.kind} may not {action} {about}".strip())
        self.principal, self.action, self.about = principal, action, about

    @property
    def must_sign_in(self) -> bool:
        """Whether logging in could help: the caller is no user and no API key."""
        return self.principal.kind not in {PrincipalKind.USER, PrincipalKind.API_KEY}


def is_allowed(principal: Principal, action: Action, target: AccessTarget = NO_TARGET) -> bool:
    """Whether `principal` may do `action` to `target`: by kind, role or scope.

    Before a required action is done only the own account is open.
    """
    if principal.required_action is not RequiredAction.NONE and action not in _ALLOWED_BEFORE_REQUIRED_ACTION:
        return False
    subjects: tuple[Subject, ...] = (principal.kind, *principal.roles, *principal.scopes)
    covered = (_OBJECTS.get((subject, action)) for subject in subjects)
    return any(_COVERS[each](principal, target) for each in covered if each)


def may_open(principal: Principal, action: Action) -> bool:
    """Whether `principal` may open a page, or run a callback of one, that takes `action`.

    Before a required action is done there are only its own forms, which are no such pages.
    """
    is_public = action is Action.VIEW_PUBLIC
    return is_allowed(principal, action) and (is_public or principal.required_action is RequiredAction.NONE)


def require(principal: Principal, action: Action, target: AccessTarget = NO_TARGET) -> None:
    """Raises PermissionDeniedError unless `is_allowed`."""
    if not is_allowed(principal, action, target):
        raise PermissionDeniedError(principal, action, str(target))


def account_action(principal: Principal, account: str) -> Action:
    """The action that an act on the sessions of `account` is: the own account is one's own to manage."""
    return Action.MANAGE_OWN_ACCOUNT if _is_own_account(principal, AccessTarget(account)) else Action.ADMINISTER


def submits_for(principal: Principal, agency: str) -> bool:
    """Whether the principal sends the figures of that agency, as one of its people; "": of none."""
    is_own = bool(agency) and principal.agency == agency
    return is_own and is_allowed(principal, Action.SUBMIT, AccessTarget(agency=agency))
