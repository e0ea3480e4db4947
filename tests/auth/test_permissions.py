"""Permissions: roles by actions as a table, principal kinds, required actions, agencies."""

import pytest

from ioc.auth.permissions import KIND_ACTIONS, Action, PermissionDeniedError, is_allowed, require
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role

# Columns in the order of Role: viewer, leader, operator, reporter, editor, administrator.
TABLE = {
    Action.VIEW_PUBLIC: "xxxxxx",
    Action.VIEW: "xxxxxx",
    Action.READ_API: "xxxxxx",
    Action.READ_METRICS: "xxxxxx",
    Action.MANAGE_OWN_ACCOUNT: "xxxxxx",
    Action.VIEW_PERSONAL: "..x...",
    Action.FLAG: ".x....",
    Action.APPROVE: ".x....",
    Action.ACK_ALARM: "..x...",
    Action.MANAGE_DISPLAYS: "..x..x",
    Action.ENTER_PHONE_REPORT: "..x...",
    Action.REMIND: ".xx...",
    Action.SUBMIT: "...x..",
    Action.APPROVE_SUBMISSION: ".x..x.",
    Action.EDIT: "....x.",
    Action.ADMINISTER: ".....x",
    Action.READ_AUDIT_LOG: ".....x",
}


def person(*roles: Role, agency: str = "", required_action: RequiredAction = RequiredAction.NONE) -> Principal:
    return Principal(
        PrincipalKind.USER, "an-danh", roles=frozenset(roles), agency=agency, required_action=required_action
    )


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_role_has_the_actions_of_the_table(role: Role, action: Action) -> None:
    assert is_allowed(person(role), action) is (TABLE[action][list(Role).index(role)] == "x")


@pytest.mark.parametrize("action", Action)
def test_kinds_without_login_may_only_read(action: Action) -> None:
    for kind in PrincipalKind:
        if kind is not PrincipalKind.USER:
            assert is_allowed(Principal(kind), action) is (action in KIND_ACTIONS[kind])
            assert not is_allowed(Principal(kind), action) or action in {
                Action.VIEW_PUBLIC,
                Action.VIEW,
                Action.READ_API,
                Action.READ_METRICS,
            }


@pytest.mark.parametrize("required_action", [RequiredAction.CHANGE_PASSWORD, RequiredAction.ENROL_MFA])
def test_required_action_blocks_everything_else(required_action: RequiredAction) -> None:
    allowed = {action for action in Action if is_allowed(person(*Role, required_action=required_action), action)}
    assert allowed == {Action.VIEW_PUBLIC, Action.MANAGE_OWN_ACCOUNT}


def test_roles_are_combined_and_limited_to_the_agency() -> None:
    both = person(Role.REPORTER, Role.LEADER, agency="co-quan-a")
    assert is_allowed(both, Action.SUBMIT, agency="co-quan-a") and is_allowed(
        both, Action.APPROVE_SUBMISSION, agency="co-quan-a"
    )
    assert not is_allowed(both, Action.SUBMIT, agency="co-quan-b") and not is_allowed(
        both, Action.APPROVE_SUBMISSION, agency="co-quan-b"
    )
    assert is_allowed(person(Role.EDITOR), Action.APPROVE_SUBMISSION, agency="co-quan-b")
    assert not is_allowed(person(Role.REPORTER), Action.SUBMIT, agency="co-quan-b")


def test_denial_knows_whether_login_could_help() -> None:
    with pytest.raises(PermissionDeniedError) as local:
        require(Principal(PrincipalKind.LOCAL), Action.MANAGE_DISPLAYS)
    with pytest.raises(PermissionDeniedError) as viewer:
        require(person(Role.VIEWER), Action.MANAGE_DISPLAYS)
    assert local.value.must_sign_in and not viewer.value.must_sign_in
