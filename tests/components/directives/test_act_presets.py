"""What the form of an act begins with."""

from datetime import date, timedelta

import pytest

from components.directives.act_presets import begun_fields
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_state import TaskState
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, DUE, OFFICE, TaskLog

DAY = timedelta(days=1)


class Detail:
    """A task with what happened to it."""

    def __init__(self, log: TaskLog) -> None:
        self.task = Task("nv-1", LocalizedText("Việc"), "a", ASSIGNED)
        self.history: list[TaskEvent] = log.events
        self.state: TaskState | None = fold(log.events)


@pytest.mark.parametrize("given", [{}, {"refers_to": "2", "is_granted": "yes"}])
def test_what_a_proposed_decision_leaves_empty_stays_empty(given: dict[str, str]) -> None:
    log = TaskLog()
    log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc B", agency="b", due=DUE + 9 * DAY)
    assert begun_fields(Act.DECIDE_ADJUSTMENT, Detail(log), given)["agency"] == "b"
    day, text = DUE + DAY, "Chỉ lùi hạn"
    log.act(Act.PROPOSE, ASSIGNED, OFFICE, proposed=Act.DECIDE_ADJUSTMENT, is_granted=True, due=day, text=text)
    fields = begun_fields(Act.DECIDE_ADJUSTMENT, Detail(log), given)
    assert fields == given | {"is_granted": "yes", "due": f"{day:%d/%m/%Y}", "text": text}


def test_the_day_of_completion_is_left_to_who_confirms() -> None:
    log = TaskLog().receive()
    log.submit(DUE + DAY, document_number="1/BC", document_date=date(2026, 2, 1))
    assert begun_fields(Act.CONFIRM_COMPLETION, Detail(log), {}) == {}
