"""The register narrowed: by year of the document, by agency, by the state of the tasks."""

from dataclasses import dataclass, replace

from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, count_tasks
from ioc.domain.directives.rollup import TaskView, roll_up
from ioc.domain.directives.task_status import DeadlineState, WorkState

# What a screen may ask for, and what that means of a task.
STATE_FILTERS = ("qua-han", "sap-den-han", "trong-han", "khong-thoi-han", "cho-xac-nhan", "hoan-thanh", "chua-bao-cao")
_DEADLINE_STATES = {
    "qua-han": DeadlineState.OVERDUE,
    "sap-den-han": DeadlineState.DUE_SOON,
    "trong-han": DeadlineState.IN_TIME,
}


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """What to show; "" shows all. `held`: agencies by who holds a task today, else as it was assigned."""

    year: str = ""
    agency: str = ""
    state: str = ""
    by_holder: bool = True

    @property
    def is_active(self) -> bool:
        """Whether anything is left out."""
        return bool(self.year or self.agency or self.state)


def document_year(document: Document) -> str:
    """The year in which it was issued, else published; "" when neither is known."""
    when = document.issued_on or document.published_on
    return str(when.year) if when else ""


def document_years(assessment: RegisterAssessment) -> list[str]:
    """The documents' years, newest first."""
    return sorted({year for one in assessment.documents if (year := document_year(one.document))}, reverse=True)


def apply_filter(assessment: RegisterAssessment, register_filter: RegisterFilter) -> RegisterAssessment:
    """The documents and tasks that `choice` leaves; counts and bars are those of what is left."""
    if not register_filter.is_active:
        return assessment
    found = []
    for one in assessment.documents:
        if register_filter.year and document_year(one.document) != register_filter.year:
            continue
        tasks = tuple(task for task in one.tasks if _matches(task, register_filter))
        if tasks or not (register_filter.agency or register_filter.state):
            found.append(_filtered_view(one, tasks, assessment))
    return assessment.with_documents(found)


def _filtered_view(view: DocumentView, tasks: tuple[TaskView, ...], assessment: RegisterAssessment) -> DocumentView:
    return replace(view, tasks=tasks, counts=count_tasks(tasks), rollup=roll_up(tasks, assessment.tolerance))


def _matches(task: TaskView, choice: RegisterFilter) -> bool:
    agency = task.assignment.holder if choice.by_holder else task.task.lead
    return (not choice.agency or agency == choice.agency) and (not choice.state or _matches_state(task, choice.state))


def _matches_state(task: TaskView, state: str) -> bool:
    found = task.status
    if state in _DEADLINE_STATES:
        return found.is_open and found.deadline_state is _DEADLINE_STATES[state]
    if state == "khong-thoi-han":
        return found.is_open and found.deadline_state is DeadlineState.NO_DEADLINE
    if state == "chua-bao-cao":
        return found.is_open and found.percent is None
    wanted = {"cho-xac-nhan": WorkState.AWAITING_ACCEPTANCE, "hoan-thanh": WorkState.DONE}
    return found.work_state is wanted.get(state)
