"""The register of directives as an exported table."""

from collections.abc import Iterator, Mapping

from components.directives.task_widgets import agency_name
from components.ui.export_table import Cell, CellKind, ExportTable, heads, yes
from components.ui.i18n import t
from ioc.domain.directives.directive import Register
from ioc.domain.directives.filters import apply_filter, register_filter
from ioc.domain.directives.progress import DocumentView, assess_register
from ioc.domain.directives.rollup import TaskView
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
    """A row for each task that the filter of the page leaves; a document without tasks has a row of its own."""
    assessment = apply_filter(assess_register(snapshot.register, snapshot.at), register_filter(params))
    columns = heads({**dict.fromkeys(_NAMES, _TEXT), **_DATA}, lang)
    rows = (
        [row.get(column) for column in (*_NAMES, *_DATA)]
        for view in assessment.documents
        for row in _document_rows(view, snapshot, lang)
    )
    title = t("common.directives", lang)
    return ExportTable("chi-dao", title, columns, rows, snapshot.at, searched_columns=len(_NAMES))


def _document_rows(view: DocumentView, snapshot: Snapshot, lang: str) -> Iterator[Mapping[str, Cell]]:
    document, register = view.document, snapshot.register
    of_document: Mapping[str, Cell] = {
        "number": document.number, "directives.document": document.title.get(lang),
        "directives.issuer": agency_name(register, document.issuer, lang), "directives.issued": document.issued_on,
        "directives.published": document.published_on, "simulated": yes(document.is_simulated, lang),
        "at": snapshot.at,
    }  # fmt: skip
    for task in view.tasks:
        yield {**of_document, **_task_cells(task, register, lang)}
    if not view.tasks:
        yield {**of_document, "task": t("directives.no_tasks", lang)}


def _task_cells(view: TaskView, register: Register, lang: str) -> Mapping[str, Cell]:
    """Progress is empty where nothing was reported: the state of the work says so."""
    status, task, planned = view.status, view.task, view.planned_percent
    work = t(f"directives.{status.work_state.value}", lang)
    deadline = t(f"directives.{status.deadline_state.value}", lang) if status.deadline_state else ""
    return {
        "task_key": task.key, "task": task.title.get(lang), "assigned_to": agency_name(register, task.lead, lang),
        "holder": agency_name(register, view.assignment.holder, lang), "assigned_on": task.assigned_on,
        "first_due": status.original_due, "directives.task_due": status.due,
        "work_state": work if status.percent is not None else f"{work} · {t('directives.no_report', lang)}",
        "deadline_state": deadline, "days_overdue": status.days_overdue if status.due else None,
        "extensions": status.extensions, "percent": status.percent,
        "planned": None if planned is None else round(planned, 1), "last_reported": status.last_reported,
    }  # fmt: skip
