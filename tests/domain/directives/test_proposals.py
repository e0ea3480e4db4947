"""What is proposed: acts that the Office and the leaders decide, with no field that the act does not have."""

from datetime import timedelta
from typing import Any

import pytest

from components.directives.act_fields import act_fields, field_of
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause, ItemKind, PositionKind
from ioc.domain.directives.positions import Position, TaskSubject, is_permitted, offered_acts
from ioc.domain.directives.proposals import PROPOSABLE
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, DUE, TaskLog

FIRST, SECOND = "cv-1", "cv-2"


@pytest.mark.parametrize("act", PROPOSABLE)
def test_fields_of_a_proposal_are_those_of_the_act(act: Act) -> None:
    assert {"is_granted", "due", "agency"} & {*act_fields(act)} == {*PROPOSABLE[act]}


@pytest.mark.parametrize(
    ("proposed", "field", "stated"),
    [
        (Act.EXTEND, "is_granted", {"is_granted": False, "due": DUE + timedelta(9)}),
        (Act.TRANSFER, "is_granted", {"is_granted": False, "agency": "b"}),
        (Act.PAUSE, "due", {"due": DUE}),
        (Act.REMIND, "agency", {"agency": "b"}),
    ],
)
def test_a_field_that_the_proposed_act_has_not_is_refused(proposed: Act, field: str, stated: dict[str, Any]) -> None:
    with pytest.raises(ActError) as refused:
        TaskLog().act(Act.PROPOSE, ASSIGNED, proposed=proposed, **stated)
    failure = refused.value.failure
    assert failure.code == ActCode.FIELD_NOT_PROPOSED
    assert field_of(failure.code, failure.params, Act.PROPOSE) == field


@pytest.mark.parametrize("proposed", [Act.PROPOSE, Act.DECLINE_PROPOSAL, Act.RECEIVE])
def test_only_what_the_form_offers_is_proposed(proposed: Act) -> None:
    log = TaskLog()
    log.act(Act.PROPOSE, ASSIGNED, proposed=Act.REMIND)
    with pytest.raises(ActError) as refused:
        log.act(Act.PROPOSE, ASSIGNED, proposed=proposed)
    assert refused.value.failure.code == ActCode.NOT_PROPOSABLE


@pytest.mark.parametrize(("asks", "decides"), [(Act.REQUEST_EXTENSION, Act.DECIDE_EXTENSION)])
def test_a_decision_on_a_request_is_proposed_with_the_decision(asks: Act, decides: Act) -> None:
    log = TaskLog()
    log.act(asks, ASSIGNED, due=DUE + timedelta(9), text="Mưa", cause=Cause.OBJECTIVE)
    with pytest.raises(ActError) as refused:
        log.act(Act.PROPOSE, ASSIGNED, proposed=decides, text="Có thể")
    failure = refused.value.failure
    assert (failure.code, field_of(failure.code, failure.params, Act.PROPOSE)) == (ActCode.FIELD_MISSING, "is_granted")
    log.act(Act.PROPOSE, ASSIGNED, proposed=decides, is_granted=False, text="Chưa đủ căn cứ")


def advised(log: TaskLog) -> list[tuple[str, Act | None]]:
    """Who proposes what, the oldest first."""
    return [(item.position, item.proposed) for item in log.state.items if item.kind is ItemKind.PROPOSAL]


def test_second_proposal_of_one_position_on_one_matter_replaces_the_first() -> None:
    log = TaskLog().receive()
    log.act(Act.SUBMIT_COMPLETION, ASSIGNED, AGENCY, text="Xong")
    log.act(Act.PROPOSE, ASSIGNED, FIRST, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    log.act(Act.PROPOSE, ASSIGNED, SECOND, proposed=Act.CONFIRM_COMPLETION)
    log.act(Act.PROPOSE, ASSIGNED, FIRST, proposed=Act.REMIND)
    log.act(Act.PROPOSE, ASSIGNED, FIRST, proposed=Act.RETURN_COMPLETION, text="Thiếu biên bản")
    expected = [(SECOND, Act.CONFIRM_COMPLETION), (FIRST, Act.REMIND), (FIRST, Act.RETURN_COMPLETION)]
    assert advised(log) == expected
    assert [event.act for event in log.events].count(Act.PROPOSE) == 4  # what was said stays in the log


def test_second_proposal_on_the_same_request_replaces_the_first() -> None:
    log = TaskLog()
    log.act(Act.REQUEST_EXTENSION, ASSIGNED, AGENCY, due=DUE + timedelta(9), text="Mưa", cause=Cause.OBJECTIVE)
    for is_granted in (True, False):
        log.act(Act.PROPOSE, ASSIGNED, FIRST, proposed=Act.DECIDE_EXTENSION, is_granted=is_granted)
    (item,) = (item for item in log.state.items if item.kind is ItemKind.PROPOSAL)
    assert item.event == len(log.events)


def test_position_withdraws_its_own_proposal_and_no_other() -> None:
    log = TaskLog()
    own = log.act(Act.PROPOSE, ASSIGNED, FIRST, proposed=Act.REMIND)
    other = log.act(Act.PROPOSE, ASSIGNED, SECOND, proposed=Act.REMIND)
    follower = Position(FIRST, PositionKind.FOLLOWER, "Chuyên viên", "an", ASSIGNED)
    subject = TaskSubject(log.state)
    assert is_permitted(follower, Act.WITHDRAW_PROPOSAL, subject, own)
    assert not is_permitted(follower, Act.WITHDRAW_PROPOSAL, subject, other)
    assert Act.WITHDRAW_PROPOSAL in offered_acts(follower, subject)
    log.act(Act.WITHDRAW_PROPOSAL, ASSIGNED, FIRST, refers_to=own)
    assert advised(log) == [(SECOND, Act.REMIND)]
    assert Act.WITHDRAW_PROPOSAL not in offered_acts(follower, TaskSubject(log.state))
    with pytest.raises(ActError) as refused:
        log.act(Act.WITHDRAW_PROPOSAL, ASSIGNED, FIRST, refers_to=own)
    assert refused.value.failure.code == ActCode.NOT_OPEN
