"""The register narrowed: by year of the document, by agency, by the state of the tasks."""

from dataclasses import dataclass, replace

from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import Assessment, DocumentView, tally
from ioc.domain.directives.rollup import TaskView, roll_up
from ioc.domain.directives.task_status import Time, Work

# What a screen may ask for, and what that means of a task.
STATES = ("qua-han", "sap-den-han", "trong-han", "khong-thoi-han", "cho-xac-nhan", "hoan-thanh", "chua-bao-cao")
_TIMES = {"qua-han": Time.OVERDUE, "sap-den-han": Time.SOON, "trong-han": Time.IN_TIME}


@dataclass(frozen=True, slots=True)
class Choice:
    """What to show; "" shows all. `held`: agencies by who holds a task today, else as it was assigned."""

    year: str = ""
    agency: str = ""
    state: str = ""
    held: bool = True

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.year or self.agency or self.state)


def year_of(document: Document) -> str:
    """The year in which it was issued, else published; "" when neither is known."""
    when = document.issued or document.published
    return str(when.year) if when else ""


def years(assessment: Assessment) -> list[str]:
    """The documents' years, newest first."""
    return sorted({year for one in assessment.documents if (year := year_of(one.document))}, reverse=True)


def select(assessment: Assessment, choice: Choice) -> Assessment:
    """The documents and tasks that `choice` leaves; counts and bars are those of what is left."""
    if not choice.narrows:
        return assessment
    found = []
    for one in assessment.documents:
        if choice.year and year_of(one.document) != choice.year:
            continue
        tasks = tuple(task for task in one.tasks if _fits(task, choice))
        if tasks or not (choice.agency or choice.state):
            found.append(_narrowed(one, tasks, assessment))
    return assessment.only(found)


def _narrowed(view: DocumentView, tasks: tuple[TaskView, ...], assessment: Assessment) -> DocumentView:
    return replace(view, tasks=tasks, counts=tally(tasks), rollup=roll_up(tasks, assessment.tolerance))


def _fits(task: TaskView, choice: Choice) -> bool:
    agency = task.holding.holder if choice.held else task.task.lead
    return (not choice.agency or agency == choice.agency) and (not choice.state or _in_state(task, choice.state))


def _in_state(task: TaskView, state: str) -> bool:
    found = task.status
    if state in _TIMES:
        return found.open and found.time is _TIMES[state]
    if state == "khong-thoi-han":
        return found.open and found.time is Time.NO_DEADLINE
    if state == "chua-bao-cao":
        return found.open and found.percent is None
    wanted = {"cho-xac-nhan": Work.WAITING, "hoan-thanh": Work.DONE}
    return found.work is wanted.get(state)
