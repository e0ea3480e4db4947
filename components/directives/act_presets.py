"""What the form of an act begins with, of what the program knows: nothing of it is typed again."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from components.directives.act_fields import NO, field_texts
from components.directives.work_offers import PROPOSAL
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, ReminderChannel, TaskEvent
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_state import TaskState


class KnownTaskView(Protocol):
    """A task with what happened to it."""

    @property
    def task(self) -> Task: ...
    @property
    def state(self) -> TaskState | None: ...
    @property
    def history(self) -> Sequence[TaskEvent]: ...


def open_proposal(act: Act, detail: KnownTaskView, given: Mapping[str, str]) -> TaskEvent | None:
    """The proposal to do `act` that `given` names, by default the newest open one.

    None where it is not open, or the button that was pressed decides otherwise.
    """
    items, named = detail.state.items if detail.state else (), given.get(PROPOSAL)
    events = {item.event for item in items if item.proposed is act and named in (None, str(item.event))}
    found = next((event for event in reversed(detail.history) if event.id in events), None)
    decided = field_texts(act, found.stated).get("is_granted") if found else None
    return None if decided and given.get("is_granted", decided) != decided else found


def begun_fields(act: Act, detail: KnownTaskView, given: Mapping[str, str]) -> dict[str, str]:
    """Texts by field: `given`, for which the button stands; else those of a proposal; else what the task says."""
    proposal = open_proposal(act, detail, given)
    proposed = field_texts(act, proposal.stated) if proposal else {}
    if proposal and proposal.stated.is_granted is not None:  # a decision is whole: what it leaves empty stays empty
        return proposed | dict(given)
    of_task = _fields_of_task(act, detail, {**proposed, **given})
    return field_texts(act, of_task) | proposed | dict(given)


def _fields_of_task(act: Act, detail: KnownTaskView, given: Mapping[str, str]) -> ActFields:
    task, state = detail.task, detail.state
    decision = Act(given["proposed"]) if act is Act.PROPOSE and "proposed" in given else act
    match decision:
        case Act.REMIND:
            return ActFields(channel=ReminderChannel.SYSTEM)
        case Act.ASSIGN:
            return ActFields(agency=task.lead, due=task.due)
        case Act.REQUEST_COORDINATION if len(task.coordinating) == 1:
            return ActFields(agency=task.coordinating[0])
        case Act.DECIDE_ADJUSTMENT | Act.DECIDE_EXTENSION if state and given.get("is_granted") != NO:
            asked = [item.event for item in state.items if item.kind is ACT_RULES[decision].answers]
            stated = next((event.stated for event in detail.history if [event.id] == asked), ActFields())
            return ActFields(agency=stated.agency, due=stated.due)
    return ActFields()
