"""Permissions: the whole table of who may do what to which object, stated a second time."""

from collections import Counter

import pytest

from ioc.domain.access.permissions import (
    PERMISSIONS,
    AccessTarget,
    Action,
    PermissionDeniedError,
    Subject,
    is_allowed,
    require,
)
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role, Scope

NAME, AGENCY = "an", "a"
ROLES = "viewer leader operator reporter editor administrator"
OTHERS = "anonymous local user display print_worker api_key shell metrics api directives"
# Columns in the order of ROLES and of OTHERS. x: to anything, .: never; the other letters are keys of EXCEPT.
TABLE = {
    Action.VIEW_PUBLIC: ("xxxxxx", "xxxxxx.xxx"),
    Action.VIEW: ("xxxxxx", ".x.xx....."),
    Action.READ_API: ("xxxxxx", ".x.x....x."),
    Action.READ_METRICS: ("xxxxxx", ".x.....x.."),
    Action.MANAGE_OWN_ACCOUNT: ("oooooo", "..o......."),
    Action.VIEW_PERSONAL: ("..x...", ".........."),
    Action.FLAG: (".x....", ".........."),
    Action.APPROVE: (".x....", ".........."),
    Action.ACK_ALARM: ("..x...", ".........."),
    Action.MANAGE_DISPLAYS: ("..x..x", ".........."),
    Action.ENTER_PHONE_REPORT: ("..x...", ".........."),
    Action.REMIND: (".xx...", ".........."),
    Action.SUBMIT: ("...a..", ".........."),
    Action.APPROVE_SUBMISSION: (".e..e.", ".........."),
    Action.WITHDRAW_SUBMISSION: ("...w..", ".........."),
    Action.EDIT: ("....x.", ".........."),
    Action.ACT_ON_DIRECTIVES: (".xxxx.", ".........x"),
    Action.ADMINISTER: (".....n", "......x..."),
    Action.READ_AUDIT_LOG: (".....x", ".........."),
}
TARGETS = {
    "none": AccessTarget(),
    "own account": AccessTarget(account=NAME),
    "other account": AccessTarget(account="binh"),
    "own agency": AccessTarget(agency=AGENCY),
    "other agency": AccessTarget(agency="b"),
    "missing agency": AccessTarget(agency=""),
    "own entry": AccessTarget(agency=AGENCY, author=NAME),
    "entry of a colleague": AccessTarget(agency=AGENCY, author="binh"),
    "entry of another agency": AccessTarget(agency="b", author="binh"),
}
FOREIGN = {"other agency", "missing agency", "entry of another agency"}
# The objects that an action is not allowed to, by its letter: for a user of an agency, and for one of none.
EXCEPT = {
    "x": (set[str](), set[str]()),
    "o": ({"other account"}, {"other account"}),
    "n": ({"own account"}, {"own account"}),
    "a": (FOREIGN, {name for name, target in TARGETS.items() if target.agency is not None}),
    "w": (FOREIGN | {"entry of a colleague"}, {name for name, target in TARGETS.items() if target.agency is not None}),
    "e": (FOREIGN | {"own entry"}, {"own entry"}),
    ".": ({*TARGETS}, {*TARGETS}),
}


def principal(subject: Subject, agency: str) -> Principal:
    if isinstance(subject, Role):
        return Principal(PrincipalKind.USER, NAME, roles=frozenset({subject}), agency=agency)
    if isinstance(subject, Scope):
        return Principal(PrincipalKind.API_KEY, NAME, scopes=frozenset({subject}), agency=agency)
    return Principal(subject, NAME, agency=agency)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("subject", [*Role, *PrincipalKind, *Scope])
def test_subject_may_do_what_the_table_says(subject: Subject, action: Action) -> None:
    roles, others = TABLE[action]
    letter = dict(zip(f"{ROLES} {OTHERS}".split(), roles + others, strict=True))[subject]
    for agency, exceptions in zip((AGENCY, ""), EXCEPT[letter], strict=True):
        who = principal(subject, agency)
        assert {name for name, target in TARGETS.items() if not is_allowed(who, action, target)} == exceptions, agency


def test_every_cell_of_the_table_is_one_row() -> None:
    cells = Counter((subject, action) for action, _, subjects in PERMISSIONS for subject in subjects)
    assert set(cells.values()) == {1}
    assert len({str(subject) for subject in (*Role, *PrincipalKind, *Scope)}) == len(Role) + len(PrincipalKind) + len(
        Scope
    )


@pytest.mark.parametrize("required_action", [RequiredAction.CHANGE_PASSWORD, RequiredAction.ENROL_MFA])
def test_required_action_blocks_everything_else(required_action: RequiredAction) -> None:
    everybody = Principal(PrincipalKind.USER, NAME, roles=frozenset(Role), required_action=required_action)
    allowed = {action for action in Action if is_allowed(everybody, action)}
    assert allowed == {Action.VIEW_PUBLIC, Action.MANAGE_OWN_ACCOUNT}


def test_roles_are_combined_and_limited_to_the_agency() -> None:
    both = Principal(PrincipalKind.USER, NAME, roles=frozenset({Role.REPORTER, Role.LEADER}), agency=AGENCY)
    for action in (Action.SUBMIT, Action.APPROVE_SUBMISSION):
        assert is_allowed(both, action, AccessTarget(agency=AGENCY)) and not is_allowed(
            both, action, AccessTarget(agency="b")
        )


def test_display_is_not_the_user_of_the_same_name() -> None:
    display = Principal(PrincipalKind.DISPLAY, NAME)
    assert not is_allowed(display, Action.MANAGE_OWN_ACCOUNT, AccessTarget(account=NAME))


def test_denial_knows_whether_login_could_help_and_what_it_is_about() -> None:
    with pytest.raises(PermissionDeniedError) as local:
        require(Principal(PrincipalKind.LOCAL), Action.MANAGE_DISPLAYS)
    with pytest.raises(PermissionDeniedError) as viewer:
        require(principal(Role.VIEWER, ""), Action.SUBMIT, AccessTarget(agency="b"))
    assert local.value.must_sign_in and not viewer.value.must_sign_in
    assert (viewer.value.action, viewer.value.about) == (Action.SUBMIT, "b")
