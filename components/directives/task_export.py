"""The register of tasks as an exported table; what a document states of a task stands as a sheet of tasks has it."""

from collections.abc import Mapping

from components.directives.task_register import TaskRowView, last_act_text, place_name, short_name, state_text
from components.directives.task_widgets import holder_name
from components.ui.export_table import Cell, CellKind, ExportColumn, heads, yes
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_status import TaskStatus, WorkState
from ioc.domain.geo.place import AdminUnit

_TEXT, _DAY = CellKind.TEXT, CellKind.DAY
_COLUMNS = {
    "documents.number": _TEXT, "documents.issued": _DAY, "task_id": _TEXT, "task": _TEXT, "row_kind": _TEXT,
    "assigned": _TEXT, "holder": _TEXT, "coordinating": _TEXT, "product": _TEXT, "due_words": _TEXT, "due": _DAY,
    "due_is_inferred": _TEXT, "first_due": _DAY, "place": _TEXT, "horizon": _TEXT, "state": _TEXT,
    "percent": CellKind.NUMBER, "changed": _TEXT, "note": _TEXT, "starred": _TEXT, "simulated": _TEXT,
}  # fmt: skip


def record_columns(lang: str) -> list[ExportColumn]:
    """The columns of an exported table of tasks."""
    return heads(_COLUMNS, lang, "register")


def record(item: TaskRowView, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> list[Cell]:
    """The cells of a task in an exported table, as `record_columns` names them.

    The agencies that coordinate an order are in its own row, not in those of its parts.
    """
    status, task = item.status, item.task
    coordinating = "; ".join(short_name(key, agencies, lang) for key in task.coordinating)
    return [
        item.document_number, item.issued_on, task.external_id, task.title.get(lang), _row_kind(task, lang),
        short_name(item.assigned_agency, agencies, lang), holder_name(item.holder, agencies, lang), coordinating,
        task.product.get(lang), _stated_due(task), status.due, _inferred(task, status, lang), status.original_due,
        place_name(task.place, units), t(f"documents.horizon_{task.horizon}", lang) if task.horizon else "",
        _state(item, lang), status.percent, last_act_text(item, lang), task.note.get(lang),
        yes(item.is_starred, lang), yes(item.is_simulated, lang),
    ]  # fmt: skip


def _row_kind(task: Task, lang: str) -> str:
    """What the row counts as: a task, an order to several agencies, or a part of one."""
    return t(f"register.kind_{'order' if task.is_order else 'part' if task.part_of else 'task'}", lang)


def _stated_due(task: Task) -> str:
    """The due date as the document states it: words, or a day; "" for none."""
    return task.due_words or (format_date(task.due) if task.due else "")


def _inferred(task: Task, status: TaskStatus, lang: str) -> str:
    """Whether the due date, or only the first one, follows from words and is not confirmed."""
    is_inferred, is_first = (task.is_due_inferred and task.due == each for each in (status.due, status.original_due))
    return t("register.only_first_due", lang) if is_first and not is_inferred else yes(is_inferred, lang)


def _state(item: TaskRowView, lang: str) -> str:
    """The state in words, and that nobody has received the task, which the counters count."""
    words, unreceived = state_text(item, lang), t("directives.not_started", lang)
    is_unreceived = item.version > 0 and item.status.work_state is WorkState.NOT_STARTED
    return f"{words} · {unreceived}" if is_unreceived and words != unreceived else words
