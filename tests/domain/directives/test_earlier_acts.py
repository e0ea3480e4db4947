"""Acts that stand since an earlier program are never refused, though a new act of the kind would be."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, TaskEvent
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_status import WorkState
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, DUE, TaskLog
from tests.domain.directives.cases import at

MOVED: tuple[tuple[Act, Mapping[str, object]], ...] = (
    (Act.ASSIGN, {"agency": "a", "due": DUE}), (Act.REQUEST_ADJUSTMENT, {"text": "Thuộc B"}), (Act.RECEIVE, {}),
    (Act.DECIDE_ADJUSTMENT, {"refers_to": 2, "is_granted": True, "agency": "b"}),
)  # fmt: skip
PAUSED: tuple[tuple[Act, Mapping[str, object]], ...] = (
    *MOVED[:3], (Act.PAUSE, {"basis": "1/TB", "until": DUE}), MOVED[3], (Act.RESUME, {}),
)  # fmt: skip
OF_RECEIVED_TASKS = [
    act for act, rule in ACT_RULES.items()
    if WorkState.ACTIVE in rule.transitions and WorkState.NOT_STARTED not in rule.transitions
]  # fmt: skip


def stored(acts: tuple[tuple[Act, Mapping[str, object]], ...]) -> list[TaskEvent]:
    return [
        TaskEvent(n, "t", act, at(ASSIGNED + timedelta(n)), AGENCY, stated=ActFields(**fields))  # type: ignore[arg-type]
        for n, (act, fields) in enumerate(acts, 1)
    ]


@pytest.mark.parametrize("before", [MOVED, PAUSED])
@pytest.mark.parametrize("act", OF_RECEIVED_TASKS)
def test_an_act_of_a_received_task_that_stands_is_its_receipt(
    before: tuple[tuple[Act, Mapping[str, object]], ...], act: Act
) -> None:
    events = stored((*before, (act, {"text": "Đã làm", "agency": "c"})))
    moved, state = fold(events[:-1]), fold(events)
    assert moved and (moved.work_state, moved.received_at) == (WorkState.NOT_STARTED, None)
    assert state and state.holder == "b"
    assert (state.work_state, state.received_at) == (
        ACT_RULES[act].transitions[WorkState.ACTIVE], events[-1].at,
    )  # fmt: skip


def test_a_new_act_is_refused_until_the_task_is_received() -> None:
    log = TaskLog()
    log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc B")
    log.receive().act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=2, is_granted=True, agency="b")
    with pytest.raises(ActError) as refused:
        log.act(Act.REPORT, ASSIGNED, AGENCY, text="Đã làm")
    assert refused.value.failure.code == ActCode.ACT_NOT_POSSIBLE
