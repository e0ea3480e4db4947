"""The form of an act offers only what is possible in the state of its task."""

import json
from dataclasses import dataclass

import pytest
from dash import html

from components.directives.act_answers import event_line
from components.directives.act_form import FormChoices, OpenedAct, done_label, opened_act
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, TaskEvent
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState
from tests.domain.directives.act_cases import ASSIGNED, DUE, TaskLog
from tests.domain.directives.cases import at


@dataclass
class Task:
    """A task after its acts."""

    log: TaskLog

    @property
    def state(self) -> TaskState:
        return self.log.state

    @property
    def history(self) -> list[TaskEvent]:
        return self.log.events

    @property
    def version(self) -> int:
        return len(self.log.events)


def paused() -> TaskLog:
    log = TaskLog()
    log.act(Act.PAUSE, ASSIGNED, basis="1/TB", until=DUE)
    return log


@pytest.mark.parametrize(
    ("log", "work_state", "offered", "left_out"),
    [
        (TaskLog(), WorkState.NOT_STARTED, Act.PAUSE, Act.CONFIRM_COMPLETION),
        (TaskLog().receive().submit(DUE), WorkState.AWAITING_ACCEPTANCE, Act.CONFIRM_COMPLETION, Act.EXTEND),
        (paused(), WorkState.PAUSED, Act.RESUME, Act.REMIND),
    ],
)
def test_proposals_are_offered_that_are_possible(
    log: TaskLog, work_state: WorkState, offered: Act, left_out: Act
) -> None:
    form = opened_act("task", OpenedAct("d/1", Act.PROPOSE, "cv"), Task(log), FormChoices((), {}), "vi")
    (field,) = (part for part in form["fields"] if "proposed" in str(part))
    parts = json.loads(json.dumps(field.to_plotly_json(), default=lambda part: part.to_plotly_json()))
    values = {Act(value) for value in Act if f'"value": "{value}"' in json.dumps(parts)}
    assert log.state.work_state is work_state and offered in values and left_out not in values
    assert all(work_state in ACT_RULES[act].transitions for act in values)


def test_question_that_is_shown_above_the_fields_is_answered_without_being_chosen() -> None:
    log = TaskLog().receive()
    log.act(Act.REQUEST_EXPLANATION, DUE, text="Giải trình việc chậm.", due=DUE)
    opened, choices = OpenedAct("d/1", Act.ANSWER_EXPLANATION, "cv"), FormChoices((), {})
    for about in ([], [html.Blockquote("Giải trình việc chậm.")]):
        fields = opened_act("task", opened, Task(log), choices, "vi", about=about)["fields"]
        (field,) = (part for part in fields if "refers_to" in str(part))
        parts = json.dumps(json.loads(json.dumps(field.to_plotly_json(), default=lambda part: part.to_plotly_json())))
        assert field.hidden == bool(about)
        assert f'"value": "{log.state.items[0].event}"' in parts


@pytest.mark.parametrize(
    ("act", "stated", "words"),
    [
        (Act.DECIDE_EXTENSION, ActFields(is_granted=True, due=DUE), f"Đồng ý gia hạn đến {DUE:%d/%m/%Y}"),
        (Act.DECIDE_EXTENSION, ActFields(is_granted=False, due=DUE), "Không đồng ý gia hạn"),
        (Act.DECIDE_ADJUSTMENT, ActFields(is_granted=True, agency="b"), "Đồng ý điều chỉnh"),
        (Act.PROPOSE, ActFields(is_granted=True, proposed=Act.DECIDE_EXTENSION), "Đề xuất"),
    ],
)
def test_a_decision_that_was_made_is_named_with_its_outcome(act: Act, stated: ActFields, words: str) -> None:
    event = TaskEvent(3, "d/1", act, at(ASSIGNED), stated=stated)
    assert done_label(event, "vi") == words
    assert event_line(event, {"": "Chủ tịch"}, "vi").endswith(f"Chủ tịch: {words}")
