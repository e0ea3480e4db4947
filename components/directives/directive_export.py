"""The register of directives as an exported table."""

from collections.abc import Iterator, Mapping

from components.directives.task_grid import document_row_id, task_columns, task_row_id, task_rows
from components.directives.task_widgets import agency_name, configured_work, percent_missing
from components.ui.export_table import Cell, CellKind, ExportTable, heads, yes
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, found_rows
from ioc.domain.directives.directive import Register
from ioc.domain.directives.filters import apply_filter, register_filter
from ioc.domain.directives.progress import DocumentView, assess_register
from ioc.domain.directives.rollup import TaskView
from ioc.domain.kpis.judgement import round_half_away
from ioc.domain.snapshot import Snapshot

_TEXT, _NUMBER, _MOMENT, _DAY = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT, CellKind.DAY
_NAMES = ("number", "directives.document", "directives.issuer", "task_key", "task", "assigned_to", "holder")
_DATA = {
    "directives.issued": _DAY, "directives.published": _DAY, "assigned_on": _DAY, "first_due": _DAY,
    "directives.task_due": _DAY, "work_state": _TEXT, "deadline_state": _TEXT, "days_overdue": _NUMBER,
    "extensions": _NUMBER, "percent": _NUMBER, "planned": _NUMBER, "last_reported": _MOMENT, "simulated": _TEXT,
    "at": _MOMENT,
}  # fmt: skip


def directive_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each task that the page shows, in its order; a document without tasks has a row of its own."""
    assessment = apply_filter(assess_register(snapshot.register, snapshot.at), register_filter(params))
    columns = heads({**dict.fromkeys(_NAMES, _TEXT), **_DATA}, lang)
    cells = {row_id: row for view in assessment.documents for row_id, row in _document_rows(view, snapshot, lang)}
    words, sort = params.get(SEARCH, ""), params.get(SORT, "")
    shown = found_rows(task_columns(lang), task_rows(assessment, lang), words, sort)
    rows = ([cells[row.id].get(column) for column in (*_NAMES, *_DATA)] for row in shown if row.id in cells)
    return ExportTable("chi-dao", t("common.directives", lang), columns, rows, snapshot.at)


def _document_rows(view: DocumentView, snapshot: Snapshot, lang: str) -> Iterator[tuple[str, Mapping[str, Cell]]]:
    """The rows by their ids in the grid."""
    document, register = view.document, snapshot.register
    of_document: Mapping[str, Cell] = {
        "number": document.number, "directives.document": document.title.get(lang),
        "directives.issuer": agency_name(register, document.issuer, lang), "directives.issued": document.issued_on,
        "directives.published": document.published_on, "simulated": yes(document.is_simulated, lang),
        "at": snapshot.at,
    }  # fmt: skip
    for task in view.tasks:
        yield task_row_id(task), {**of_document, **_task_cells(task, register, lang)}
    if not view.tasks:
        yield document_row_id(view), {**of_document, "task": t("directives.no_tasks", lang)}


def _task_cells(view: TaskView, register: Register, lang: str) -> Mapping[str, Cell]:
    """Progress is empty where no percentage was reported: the state of the work says so."""
    status, task, planned = view.status, view.task, view.planned_percent
    work = [configured_work(status, lang), *([percent_missing(status, lang)] if status.percent is None else [])]
    deadline = t(f"directives.{status.deadline_state.value}", lang) if status.deadline_state else ""
    return {
        "task_key": task.key, "task": task.title.get(lang), "assigned_to": agency_name(register, task.lead, lang),
        "holder": agency_name(register, view.assignment.holder, lang), "assigned_on": task.assigned_on,
        "first_due": status.original_due, "directives.task_due": status.due,
        "work_state": " · ".join(dict.fromkeys(work)),
        "deadline_state": deadline, "days_overdue": status.days_overdue if status.due else None,
        "extensions": status.extensions, "percent": status.percent,
        "planned": None if planned is None else round_half_away(planned, 1), "last_reported": status.last_reported,
    }  # fmt: skip
