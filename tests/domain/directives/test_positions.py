"""Positions and mandates: who may do what to which task, and on whose behalf."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause, PositionKind
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import MAX_PARENTS, MAX_TASKS, check_document, is_secret
from ioc.domain.directives.positions import (
    Mandate,
    MandateKind,
    Position,
    Positions,
    TaskSubject,
    is_permitted,
    offered_acts,
    permitted_kinds,
)
from tests.domain.directives.act_cases import AGENCIES, AGENCY, ASSIGNED, DUE, LEADER, TaskLog
from tests.domain.directives.cases import document, task

DAY = timedelta(days=1)
START = date(2026, 1, 1)


def position(key: str, kind: PositionKind, **more: object) -> Position:
    return Position(key, kind, key, f"account-{key}", START, **more)  # type: ignore[arg-type]


CHAIRMAN = position("ct", PositionKind.CHAIRMAN)
DEPUTY = position("pct", PositionKind.VICE_CHAIRMAN, agencies=frozenset({"b"}), spheres=frozenset({"do-thi"}))
OFFICE = position("vp", PositionKind.OFFICE_LEADER)
FOLLOWER = position("cv", PositionKind.FOLLOWER)
AGENCY_A = position("gd-a", PositionKind.AGENCY_LEADER, agency="a")
AGENCY_B = position("gd-b", PositionKind.AGENCY_LEADER, agency="b")
OFFICER_A = position("cv-a", PositionKind.AGENCY_OFFICER, agency="a")
SYSTEM = position("qlvb", PositionKind.SYSTEM, master="qlvb")
ALL = (CHAIRMAN, DEPUTY, OFFICE, FOLLOWER, AGENCY_A, AGENCY_B, OFFICER_A, SYSTEM)
POSITIONS = Positions({item.key: item for item in ALL})


def subject(log: TaskLog, **more: object) -> TaskSubject:
    fields = {"state": log.state, "holder": log.state.holder} | more
    return TaskSubject(**fields)  # type: ignore[arg-type]


def may(act: Act, item: TaskSubject, refers_to: int | None = None) -> set[str]:
    return {each.key for each in ALL if is_permitted(each, act, item, refers_to)}


def test_who_may_do_what() -> None:
    waiting = subject(TaskLog().receive().submit(DUE))
    assert may(Act.RECEIVE, waiting) == {"gd-a", "cv-a"}
    assert may(Act.REPORT, waiting) == {"gd-a"}
    assert may(Act.CONFIRM_COMPLETION, waiting) == {"ct", "vp"}
    assert may(Act.DECIDE_EXTENSION, waiting) == {"ct"}
    assert may(Act.PROPOSE, waiting) == {"cv"}
    assert may(Act.ASSIGN, TaskSubject(None)) == {"vp"}


def test_a_vice_chairman_acts_within_the_portfolio() -> None:
    log = TaskLog()
    assert "pct" not in may(Act.STAR, subject(log))
    assert "pct" in may(Act.STAR, subject(log, sphere="do-thi"))
    assert "pct" in may(Act.STAR, subject(log, agencies=frozenset({"a", "b"})))


def test_a_starred_task_is_confirmed_by_leaders_only() -> None:
    log = TaskLog().receive()
    log.act(Act.STAR, DUE, LEADER)
    assert may(Act.CONFIRM_COMPLETION, subject(log.submit(DUE))) == {"ct"}


def test_the_lead_of_an_order_confirms_its_parts() -> None:
    part = subject(TaskLog().receive().submit(DUE), order_lead="b")
    assert may(Act.CONFIRM_COMPLETION, part) == {"ct", "vp", "gd-b"}


def test_an_addressee_answers_what_is_addressed_to_it() -> None:
    log = TaskLog().receive()
    asked = log.act(Act.REQUEST_COORDINATION, DUE, AGENCY, agency="b", text="Góp ý", due=DUE)
    assert may(Act.REPLY_COORDINATION, subject(log), asked) == {"gd-b"}
    assert may(Act.REPLY_COORDINATION, subject(log), asked + 1) == set()


def test_a_system_acts_on_tasks_of_its_own_documents() -> None:
    log = TaskLog()
    assert "qlvb" not in may(Act.RECEIVE, subject(log))
    assert "qlvb" in may(Act.RECEIVE, subject(log, master="qlvb"))


def test_only_acts_that_are_possible_and_permitted_are_offered() -> None:
    log = TaskLog()
    assert set(offered_acts(AGENCY_A, subject(log))) == {
        Act.RECEIVE, Act.REQUEST_ADJUSTMENT, Act.ASSIGN_INSIDE, Act.REQUEST_EXTENSION,
    }  # fmt: skip
    assert offered_acts(AGENCY_B, subject(log)) == ()
    log.act(Act.REQUEST_EXTENSION, DUE, AGENCY, due=DUE + 10 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    assert Act.REQUEST_EXTENSION not in offered_acts(AGENCY_A, subject(log))
    assert permitted_kinds(Act.DECIDE_EXTENSION) == (PositionKind.CHAIRMAN, PositionKind.VICE_CHAIRMAN)


def test_a_position_that_ended_yesterday_does_not_act() -> None:
    ended = Positions({"ct": replace(CHAIRMAN, valid_to=DUE - DAY)})
    chairman = Principal(PrincipalKind.USER, CHAIRMAN.holder)
    assert ended.require("ct", chairman, DUE - DAY).key == "ct"
    for positions, principal in ((ended, chairman), (POSITIONS, replace(chairman, name="somebody else"))):
        with pytest.raises(ActError) as refused:
            positions.require("ct", principal, DUE)
        assert refused.value.failure.code == ActCode.POSITION_NOT_VALID
    assert ended.of_holder(chairman, DUE) == ()


@pytest.mark.parametrize("kind", PrincipalKind)
def test_an_api_key_holds_systems_and_an_account_all_else_whatever_the_name(kind: PrincipalKind) -> None:
    system = replace(CHAIRMAN, key="qlvb", kind=PositionKind.SYSTEM, master="qlvb")
    positions = Positions({"ct": CHAIRMAN, "qlvb": system})
    held = {PrincipalKind.API_KEY: (system,), PrincipalKind.USER: (CHAIRMAN,)}.get(kind, ())
    assert positions.of_holder(Principal(kind, CHAIRMAN.holder), DUE) == held


def _mandate(principal: str, deputy: str, *acts: Act, kind: MandateKind = MandateKind.SUBSTITUTION) -> Mandate:
    return Mandate(kind, principal, deputy, START, DUE, frozenset(acts))


@pytest.mark.parametrize(
    ("deputy", "key", "act", "day", "code"),
    [
        (OFFICE, "pct", Act.EXTEND, DUE, None),
        (OFFICE, "pct", Act.STAR, DUE, ActCode.MANDATE_MISSING),
        (OFFICE, "pct", None, DUE, ActCode.MANDATE_MISSING),
        (DEPUTY, "ct", None, DUE, None),
        (OFFICE, "pct", Act.EXTEND, DUE + DAY, ActCode.MANDATE_MISSING),
        (DEPUTY, "ct", Act.STAR, DUE, None),
        (OFFICE, "ct", Act.EXTEND, DUE, ActCode.SUBSTITUTE_OF_SUBSTITUTE),
        (FOLLOWER, "ct", Act.STAR, DUE, ActCode.MANDATE_MISSING),
        (FOLLOWER, "nobody", Act.STAR, DUE, ActCode.POSITION_NOT_VALID),
    ],
)
def test_a_mandate_covers_its_acts_and_days_and_is_not_passed_on(
    deputy: Position, key: str, act: Act | None, day: date, code: ActCode | None
) -> None:
    mandates = (_mandate("ct", "pct"), _mandate("pct", "vp", Act.EXTEND, kind=MandateKind.DELEGATION))
    positions = replace(POSITIONS, mandates=mandates)
    if code is None:
        assert positions.acting_for(deputy, key, act, day).key == key
        return
    with pytest.raises(ActError) as refused:
        positions.acting_for(deputy, key, act, day)
    assert refused.value.failure.code == code


def part(**more: object) -> Task:
    return task(DUE, assigned_on=ASSIGNED, **more)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (document(revokes=("mp-1-2026",)), ActCode.DOCUMENT_REVOKES_ITSELF),
        (document(parents=("p",)), ActCode.PARENT_CYCLE),
        (document(part(weight=0.0)), ActCode.WEIGHT_NOT_POSITIVE),
        (document(part(), part()), ActCode.KEY_TAKEN),
        (document(part(coordinating=("a",))), ActCode.LEAD_COORDINATES),
        (document(part(part_of="z")), ActCode.UNKNOWN_TASK),
        (document(part(part_of="t")), ActCode.PARENT_CYCLE),
        (document(part(part_of="u"), part(key="u", part_of="t")), ActCode.PARENT_CYCLE),
        (document(task(ASSIGNED, assigned_on=DUE)), ActCode.DUE_BEFORE_ASSIGNED),
        (document(part(part_of="u"), task(DUE - DAY, key="u", is_order=True)), ActCode.CHILD_AFTER_PARENT),
        (document(part(part_of="u"), part(key="u")), ActCode.PART_OF_NO_ORDER),
        (document(part(coordinating=("x",))), ActCode.AGENCY_UNKNOWN),
        (document(issuer="x"), ActCode.AGENCY_UNKNOWN),
        (document(task(date(9999, 12, 31), assigned_on=ASSIGNED)), ActCode.DAY_OUT_OF_RANGE),
        (document(*(part(key=f"t-{n}") for n in range(MAX_TASKS + 1))), ActCode.TOO_MANY_TASKS),
        (document(parents=tuple(map(str, range(MAX_PARENTS + 1)))), ActCode.TOO_MANY_PARENTS),
    ],
)
def test_a_wrong_document_is_refused(changed: Document, code: ActCode) -> None:
    with pytest.raises(ActError) as refused:
        check_document(changed, {"p": ("q",), "q": ("mp-1-2026",)}, AGENCIES)
    assert refused.value.failure.code == code


def test_a_right_document_is_accepted_and_a_secret_one_is_known() -> None:
    accepted = document(part(part_of="u"), task(DUE, key="u", is_order=True), parents=("q",))
    check_document(accepted, {"q": ("r",)}, AGENCIES)
    assert is_secret("Mật") and is_secret(" tối MẬT ") and not is_secret("") and not is_secret("Thường")
