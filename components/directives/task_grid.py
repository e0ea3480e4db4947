"""The register as a grid: a row for each document with its roll-up, and one for each of its tasks."""

from collections.abc import Iterator, Mapping

import htpy as h

from components.directives.directive_card import rollup_bar, task_due, task_progress, task_sort_key
from components.directives.progress_bars import sort_by_urgency
from components.directives.task_numbers import counted
from components.directives.task_widgets import agency_name, plan_gap_text, task_state
from components.ui.format import format_date
from components.ui.i18n import t
from components.ui.live_table import LiveCell, LiveColumn, LiveRow
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.progress import DocumentView, RegisterAssessment
from ioc.domain.directives.rollup import TaskView
from ioc.domain.directives.task_status import DeadlineState, WorkState

# Key -> message of its head, kind, width, share of the rest, width of the screen from which the column is shown.
_COLUMNS: Mapping[str, tuple[str, str, int, int, int]] = {
    "task": ("directives.task_table", "wrapped", 190, 5, 0),
    "state": ("directives.task_state", "wrapped", 125, 2, 0),
    "due": ("directives.task_due", "wrapped", 125, 2, 600),
    "percent": ("directives.task_percent", "wrapped", 190, 2, 600),
    "holder": ("directives.by_agency", "wrapped", 140, 2, 1000),
    "document": ("directives.document", "wrapped", 130, 1, 1500),
    "reported": ("directives.task_reported", "wrapped", 130, 1, 1300),
}
TASK_COLUMNS = frozenset(_COLUMNS)
# Gravest first: of the deadline of open tasks, then of finished ones.
_DEADLINES = (
    DeadlineState.OVERDUE, DeadlineState.DUE_SOON, DeadlineState.ON_TRACK, DeadlineState.NO_DEADLINE,
    DeadlineState.DONE_LATE, DeadlineState.DONE_ON_TIME,
)  # fmt: skip
_MAX_DAYS = 100_000  # further than any due date is away


def task_columns(lang: str) -> list[LiveColumn]:
    """The columns of the grid; a phone shows task and state, with document and due date below the task."""
    return [
        LiveColumn(key, t(head, lang), None, kind, width, flex, from_width)
        for key, (head, kind, width, flex, from_width) in _COLUMNS.items()
    ]


def task_rows(assessment: RegisterAssessment, lang: str) -> list[LiveRow]:
    """Official documents, then simulated ones, the most urgent first, each with its tasks, overdue and due first."""
    return [
        row
        for part in assessment.split_simulated()
        for view in sort_by_urgency(part)
        for row in _document_rows(view, assessment, lang)
    ]


def _document_rows(view: DocumentView, assessment: RegisterAssessment, lang: str) -> Iterator[LiveRow]:
    document, rollup, counts = view.document, view.rollup, view.counts
    link = h.a(".row-link", href=f"/chi-dao/{document.key}")[document.number]
    badge = document.is_simulated and simulated_badge(lang, short=True)
    overdue = counts.overdue > 0 and [" · ", t("directives.overdue_n", lang, n=counts.overdue)]
    count = counted("directives.tasks", view.numbers, lang) if counts.total else t("directives.no_tasks", lang)
    head: dict[str, h.Node] = {
        "task": h.fragment[link, badge, h.small[document.title.get(lang)]],
        "state": h.fragment[count, overdue],
        "due": None if rollup.percent is None else plan_gap_text(rollup, lang),
        "percent": counts.total > 0 and rollup_bar(rollup, lang),
    }
    cells = tuple(LiveCell(head.get(key)) for key in _COLUMNS)
    yield LiveRow(document_row_id(view), _document_text(view, assessment, lang), cells, is_group=True)
    for task in sorted(view.tasks, key=task_sort_key):
        yield _task_row(task, assessment, lang)


def document_row_id(view: DocumentView) -> str:
    """The id of the row of a document."""
    return f"document-{view.document.key}"


def task_row_id(view: TaskView) -> str:
    """The id of the row of a task."""
    return f"task-{view.document.key}-{view.task.key}"


def _document_text(view: DocumentView, assessment: RegisterAssessment, lang: str) -> str:
    issuer = agency_name(assessment.register, view.document.issuer, lang)
    return " ".join((view.document.number, view.document.title.get(lang), issuer))


def _task_row(view: TaskView, assessment: RegisterAssessment, lang: str) -> LiveRow:
    task, status, document, register = view.task, view.status, view.document, assessment.register
    holder = view.assignment.holder
    given = t("directives.assigned_to", lang, agency=agency_name(register, task.lead, lang))
    reported = format_date(status.last_reported) if status.last_reported else t("directives.no_report", lang)
    cells = {
        "task": LiveCell(_title(view, lang), task.title.get(lang)),
        "state": LiveCell(task_state(view, lang), _urgency(view)),
        "due": LiveCell(task_due(view, lang), status.due.toordinal() if status.due else None),
        "percent": LiveCell(task_progress(view, lang), status.percent),
        "holder": LiveCell(
            h.fragment[agency_name(register, holder, lang), holder != task.lead and h.small(".quiet")[given]],
            agency_name(register, holder, lang) if holder else None,
        ),
        "document": LiveCell(h.a(".link", href=f"/chi-dao/{document.key}")[document.number], document.number),
        "reported": LiveCell(
            reported, status.last_reported.timestamp() if status.last_reported else None, status.last_reported
        ),
    }
    names = (agency_name(register, key, lang) for key in (task.lead, holder))
    find = " ".join((document.number, document.title.get(lang), task.key, task.title.get(lang), *names))
    return LiveRow(task_row_id(view), find, tuple(cells[key] for key in _COLUMNS))


def _title(view: TaskView, lang: str) -> h.Fragment:
    """Title and mark; on a phone also what its hidden columns tell."""
    percent = view.status.deadline_state is not None and task_progress(view, lang)
    return h.fragment[
        h.a(".row-link", href=f"/chi-dao/{view.document.key}")[view.task.title.get(lang)],
        view.document.is_simulated and simulated_badge(lang, short=True),
        h.span(".only-narrow")[h.small(".quiet")[view.document.number, " · ", task_due(view, lang)], percent],
    ]


def _urgency(view: TaskView) -> float | None:
    """Overdue longest first, then due soonest; finished tasks after open ones; None for a withdrawn task."""
    status = view.status
    if status.deadline_state is None:
        return None
    is_done = status.work_state is WorkState.DONE and status.deadline_state is DeadlineState.NO_DEADLINE
    rank = len(_DEADLINES) if is_done else _DEADLINES.index(status.deadline_state)
    return float(rank * _MAX_DAYS - status.days_overdue + (status.days_left or 0))
