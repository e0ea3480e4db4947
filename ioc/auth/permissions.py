"""Who may do what: the one table. Every route and callback names an action of it, and is asked here."""

from collections.abc import Mapping
from enum import StrEnum

from ioc.auth.principal import Duty, Kind, Role, Scope, Visitor


class Action(StrEnum):
    """What can be done. An object narrows it where `may` says so."""

    PUBLIC = "public"  # the public page, files of the program, signing in
    VIEW = "view"  # every page, paper
    READ = "read"  # the API
    METRICS = "metrics"  # figures of the program itself, for Prometheus
    OWN = "own"  # one's own account: password, second factor, sessions
    PERSONAL = "personal"  # open a reporter's personal detail, for a purpose that is recorded
    STAR = "star"  # mark a directive, ask for an explanation
    ACCEPT = "accept"  # accept or send back what was submitted
    ALARM = "alarm"  # acknowledge, shelve
    WALL = "wall"  # send pages to walls; enrol and revoke screens
    PHONE = "phone"  # put down a reading that was told by telephone
    REMIND = "remind"  # urge an agency whose figures or tasks are late
    REPORT = "report"  # hand in figures and reports of one's own agency
    RELEASE = "release"  # release what an agency handed in; never one's own
    EDIT = "edit"  # directives and agencies
    ADMINISTER = "administer"  # accounts, roles, sessions of others
    TRAIL = "trail"  # read and export the audit trail


_LOOKS = frozenset({Action.PUBLIC, Action.VIEW, Action.READ})
_VIEWER = _LOOKS | {Action.METRICS, Action.OWN}
GRANTS: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.LEADER: _VIEWER | {Action.REMIND, Action.STAR, Action.ACCEPT, Action.RELEASE},
    Role.OPERATOR: _VIEWER | {Action.ALARM, Action.REMIND, Action.WALL, Action.PHONE, Action.PERSONAL},
    Role.REPORTER: _VIEWER | {Action.REPORT},
    Role.EDITOR: _VIEWER | {Action.EDIT, Action.RELEASE},
    # An administrator runs the house and decides nothing in it: figures and directives are others' work.
    Role.ADMINISTRATOR: _VIEWER | {Action.ADMINISTER, Action.TRAIL, Action.WALL},
}
KINDS: Mapping[Kind, frozenset[Action]] = {
    Kind.NOBODY: frozenset({Action.PUBLIC}),
    Kind.LOCAL: _LOOKS | {Action.METRICS},
    Kind.PERSON: frozenset(),  # as their roles say
    Kind.SCREEN: _LOOKS,
    Kind.PRINTER: frozenset({Action.PUBLIC, Action.VIEW}),
    Kind.PROGRAM: frozenset({Action.PUBLIC}),  # and what its key is good for
}
SCOPES: Mapping[Scope, frozenset[Action]] = {
    Scope.METRICS: frozenset({Action.METRICS}),
    Scope.API: frozenset({Action.READ}),
}
_BEFORE_DUTY = frozenset({Action.PUBLIC, Action.OWN})
_OF_AN_AGENCY = frozenset({Action.REPORT, Action.RELEASE})


class Denied(Exception):
    """`visitor` may not do `action`. `must_sign_in`: nobody has been asked yet who they are."""

    def __init__(self, visitor: Visitor, action: Action, about: str = "") -> None:
        super().__init__(f"{visitor.name or visitor.kind} may not {action} {about}".strip())
        self.visitor, self.action, self.about = visitor, action, about

    @property
    def must_sign_in(self) -> bool:
        """Whether signing in could help."""
        return self.visitor.kind not in {Kind.PERSON, Kind.PROGRAM}


def may(visitor: Visitor, action: Action, *, agency: str = "") -> bool:
    """Whether `visitor` may do `action`; `agency`: whose figures it is about.

    A person who belongs to an agency acts for that one only; whoever has a duty to see to does nothing before it.
    """
    held = (*(GRANTS[one] for one in visitor.roles), *(SCOPES[one] for one in visitor.scopes))
    granted = KINDS[visitor.kind].union(*held)
    if action not in granted or (visitor.duty is not Duty.NONE and action not in _BEFORE_DUTY):
        return False
    if action in _OF_AN_AGENCY and agency:
        return visitor.agency == agency or (action is Action.RELEASE and not visitor.agency)
    return True


def demand(visitor: Visitor, action: Action, *, agency: str = "") -> None:
    """Denied unless `visitor` may."""
    if not may(visitor, action, agency=agency):
        raise Denied(visitor, action, agency)
