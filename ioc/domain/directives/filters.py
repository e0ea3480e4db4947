"""Filters of the register: by year of the document, agency, state of the tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, count_tasks
from ioc.domain.directives.rollup import TaskView, roll_up
from ioc.domain.directives.task_status import DeadlineState, WorkState

# The parameters and values of the filter as they stand in addresses.
YEAR, AGENCY, STATE, BASIS = "nam", "co-quan", "trang-thai", "theo"
STATE_FILTERS = ("qua-han", "sap-den-han", "trong-han", "khong-thoi-han", "cho-xac-nhan", "hoan-thanh", "chua-bao-cao")
BY_LEAD = "duoc-giao"  # as an address says: the agency is the one that a task was assigned to
_DEADLINE_STATES = {
    "qua-han": DeadlineState.OVERDUE,
    "sap-den-han": DeadlineState.DUE_SOON,
    "trong-han": DeadlineState.ON_TRACK,
    "khong-thoi-han": DeadlineState.NO_DEADLINE,
}
_WORK_STATES = {"cho-xac-nhan": WorkState.AWAITING_ACCEPTANCE, "hoan-thanh": WorkState.DONE}


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """What to show; "" shows all. `by_holder`: agency means the holder of a task, else the one it was assigned to."""

    year: str = ""
    agency: str = ""
    state: str = ""
    by_holder: bool = True

    @property
    def is_active(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.year or self.agency or self.state)


def register_filter(params: Mapping[str, str]) -> RegisterFilter:
    """The filter that the parameters of an address name."""
    state = params.get(STATE, "")
    return RegisterFilter(
        params.get(YEAR, ""),
        params.get(AGENCY, ""),
        state if state in STATE_FILTERS else "",
        params.get(BASIS, "") != BY_LEAD,
    )


def document_year(document: Document) -> str:
    """The year in which it was issued, else published; "" when neither is known."""
    day = document.issued_on or document.published_on
    return str(day.year) if day else ""


def document_years(assessment: RegisterAssessment) -> list[str]:
    """The documents' years, newest first."""
    return sorted({year for view in assessment.documents if (year := document_year(view.document))}, reverse=True)


def apply_filter(assessment: RegisterAssessment, choice: RegisterFilter) -> RegisterAssessment:
    """The documents and tasks that pass the filter, with the counts and roll-ups of these alone."""
    if not choice.is_active:
        return assessment
    views = []
    for view in assessment.documents:
        if choice.year and document_year(view.document) != choice.year:
            continue
        tasks = tuple(task for task in view.tasks if _matches(task, choice))
        if tasks or not (choice.agency or choice.state):
            views.append(_filtered_view(view, tasks, assessment))
    return assessment.with_documents(views)


def _filtered_view(view: DocumentView, tasks: tuple[TaskView, ...], assessment: RegisterAssessment) -> DocumentView:
    return replace(view, tasks=tasks, counts=count_tasks(tasks), rollup=roll_up(tasks, assessment.tolerance))


def _matches(view: TaskView, choice: RegisterFilter) -> bool:
    agency = view.assignment.holder if choice.by_holder else view.task.lead
    matches_agency = not choice.agency or agency == choice.agency
    return matches_agency and (not choice.state or _matches_state(view, choice.state))


def _matches_state(view: TaskView, state: str) -> bool:
    status = view.status
    if state in _DEADLINE_STATES:
        return status.is_open and status.deadline_state is _DEADLINE_STATES[state]
    if state == "chua-bao-cao":
        return status.is_open and status.percent is None
    return status.work_state is _WORK_STATES.get(state)
