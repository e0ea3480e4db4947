"""No act sets a day that has passed, in whatever state of the task; one that stands since an earlier program counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from components.directives.act_fields import act_fields
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, Cause, ReturnKind, TaskEvent
from ioc.domain.directives.task_fold import apply_event
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, DUE, LEADER, TaskLog
from tests.domain.directives.cases import at

DAY = timedelta(days=1)
AHEAD = ("due", "until", "effect_on")
LATE = DUE + 5 * DAY  # the task is overdue: what lies between is later than its due date, and past


def request_log(act: Act, **stated: Any) -> TaskLog:
    log = TaskLog()
    log.act(act, ASSIGNED, AGENCY, text="Do mưa", **stated)
    return log


def done() -> TaskLog:
    log = TaskLog().receive().submit(DUE)
    log.act(Act.CONFIRM_COMPLETION, DUE, LEADER)
    return log


# Act -> the task before it, and what it states besides the day.
CASES: dict[Act, tuple[Callable[[], TaskLog], dict[str, Any]]] = {
    Act.DECIDE_ADJUSTMENT: (lambda: request_log(Act.REQUEST_ADJUSTMENT), {"is_granted": True, "refers_to": 2}),
    Act.ASSIGN_INSIDE: (TaskLog, {"unit": "Phòng A"}),
    Act.ASSIGN_COORDINATION_INSIDE: (TaskLog, {"unit": "Phòng A", "agency": "b"}),
    Act.REQUEST_COORDINATION: (lambda: TaskLog().receive(), {"agency": "b", "text": "Góp ý"}),
    Act.REQUEST_EXPLANATION: (TaskLog, {"text": "Vì sao?"}),
    Act.REQUEST_EXTENSION: (TaskLog, {"text": "Do mưa", "cause": Cause.OBJECTIVE}),
    Act.DECIDE_EXTENSION: (
        lambda: request_log(Act.REQUEST_EXTENSION, due=DUE + DAY, cause=Cause.OBJECTIVE),
        {"is_granted": True, "refers_to": 2},
    ),
    Act.EXTEND: (TaskLog, {"basis": "1/TB"}),
    Act.PAUSE: (TaskLog, {"basis": "1/TB"}),
    Act.CONFIRM_COMPLETION: (lambda: TaskLog().receive().submit(DUE), {}),
    Act.RETURN_COMPLETION: (
        lambda: TaskLog().receive().submit(DUE), {"text": "Thiếu", "return_kind": ReturnKind.CONTENT},
    ),
    Act.CONTINUE: (done, {"text": "Làm tiếp", "basis": "1/TB"}),
    Act.PROPOSE: (TaskLog, {"proposed": Act.EXTEND}),
}  # fmt: skip
DATED = [(act, name) for act in Act if act is not Act.ASSIGN for name in AHEAD if name in act_fields(act)]


@pytest.mark.parametrize(("act", "name"), [each for each in DATED if each[0] is not Act.REQUEST_ADJUSTMENT])
def test_an_act_sets_no_day_that_has_passed(act: Act, name: str) -> None:
    make, stated = CASES[act]
    with pytest.raises(ActError) as refused:
        make().act(act, LATE, LEADER, **stated, **{name: LATE - DAY})
    assert (refused.value.failure.code, refused.value.failure.params) == (ActCode.DAY_PAST, {"field": name})
    make().act(act, LATE, LEADER, **stated, **{name: LATE})


def test_an_adjustment_asks_for_no_day_that_has_passed() -> None:
    day = ASSIGNED + 2 * DAY
    with pytest.raises(ActError) as refused:
        TaskLog().act(Act.REQUEST_ADJUSTMENT, day, AGENCY, text="x", due=day - DAY)
    assert refused.value.failure.code == ActCode.DAY_PAST
    TaskLog().act(Act.REQUEST_ADJUSTMENT, day, AGENCY, text="x", due=day)


def test_an_extension_is_not_granted_until_the_day_asked_for_once_that_has_passed() -> None:
    make, stated = CASES[Act.DECIDE_EXTENSION]
    log = make()
    with pytest.raises(ActError) as refused:
        log.act(Act.DECIDE_EXTENSION, LATE, LEADER, **stated)
    assert refused.value.failure.params == {"field": "due"}
    log.act(Act.DECIDE_EXTENSION, LATE, LEADER, refers_to=2, is_granted=False, text="Quá muộn", due=DUE + DAY)
    assert log.state.items == ()


def test_an_adjustment_to_a_past_day_and_the_same_agency_that_stands_is_read_as_it_was() -> None:
    log = request_log(Act.REQUEST_ADJUSTMENT)
    stated = ActFields(is_granted=True, refers_to=2, agency="a", due=ASSIGNED - DAY)
    state = apply_event(log.state, TaskEvent(3, "t", Act.DECIDE_ADJUSTMENT, at(LATE), LEADER, stated=stated))
    assert (state.due, state.holder, state.items) == (ASSIGNED - DAY, "a", ())
