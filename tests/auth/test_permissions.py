"""Each role × each action, as a table; kinds of visitors; duties and agencies."""

import pytest

from ioc.auth.permissions import KINDS, Action, Denied, demand, may
from ioc.auth.principal import Duty, Kind, Role, Visitor

# Columns in the order of Role: viewer, leader, operator, reporter, editor, administrator.
TABLE = {
    Action.PUBLIC: "xxxxxx",
    Action.VIEW: "xxxxxx",
    Action.READ: "xxxxxx",
    Action.METRICS: "xxxxxx",
    Action.OWN: "xxxxxx",
    Action.PERSONAL: "..x...",
    Action.STAR: ".x....",
    Action.ACCEPT: ".x....",
    Action.ALARM: "..x...",
    Action.WALL: "..x..x",
    Action.PHONE: "..x...",
    Action.REMIND: ".xx...",
    Action.REPORT: "...x..",
    Action.RELEASE: ".x..x.",
    Action.EDIT: "....x.",
    Action.ADMINISTER: ".....x",
    Action.TRAIL: ".....x",
}


def person(*roles: Role, agency: str = "", duty: Duty = Duty.NONE) -> Visitor:
    return Visitor(Kind.PERSON, "an-danh", roles=frozenset(roles), agency=agency, duty=duty)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_table_says(role: Role, action: Action) -> None:
    assert may(person(role), action) is (TABLE[action][list(Role).index(role)] == "x")


@pytest.mark.parametrize("action", Action)
def test_who_has_not_signed_in_writes_nothing(action: Action) -> None:
    for kind in Kind:
        if kind is not Kind.PERSON:
            assert may(Visitor(kind), action) is (action in KINDS[kind])
            assert not may(Visitor(kind), action) or action in {Action.PUBLIC, Action.VIEW, Action.READ, Action.METRICS}


@pytest.mark.parametrize("duty", [Duty.PASSWORD, Duty.FACTOR])
def test_a_duty_comes_before_all_else(duty: Duty) -> None:
    allowed = {one for one in Action if may(person(*Role, duty=duty), one)}
    assert allowed == {Action.PUBLIC, Action.OWN}


def test_roles_add_up_and_an_agency_narrows_them() -> None:
    both = person(Role.REPORTER, Role.LEADER, agency="co-quan-a")
    assert may(both, Action.REPORT, agency="co-quan-a") and may(both, Action.RELEASE, agency="co-quan-a")
    assert not may(both, Action.REPORT, agency="co-quan-b") and not may(both, Action.RELEASE, agency="co-quan-b")
    assert may(person(Role.EDITOR), Action.RELEASE, agency="co-quan-b")
    assert not may(person(Role.REPORTER), Action.REPORT, agency="co-quan-b")


def test_a_refusal_knows_whether_signing_in_could_help() -> None:
    with pytest.raises(Denied) as local:
        demand(Visitor(Kind.LOCAL), Action.WALL)
    with pytest.raises(Denied) as viewer:
        demand(person(Role.VIEWER), Action.WALL)
    assert local.value.must_sign_in and not viewer.value.must_sign_in
