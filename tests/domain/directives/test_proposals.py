"""What is proposed: acts that the Office and the leaders decide, with no field that the act does not have."""

from datetime import timedelta
from typing import Any

import pytest

from components.directives.act_fields import act_fields, field_of
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause
from ioc.domain.directives.proposals import PROPOSABLE
from tests.domain.directives.act_cases import ASSIGNED, DUE, TaskLog


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
