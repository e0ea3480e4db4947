"""The ledger of reminders: filter, rows of the grid, cells of the files."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dash.development.base_component import Component

from components.directives.task_register import short_name
from components.directives.task_view import document_path, task_path
from components.ui.export_table import Cell, CellKind, ExportColumn, heads, yes
from components.ui.format import format_moment, format_number
from components.ui.forms import NONE, Option, date_field, options_of, select_field
from components.ui.i18n import t
from components.ui.page_bar import filter_group
from components.ui.table import Column, cell
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Task

# The fields of the filter, in the order of the parameters of an address (ioc/directives/reminders.py).
FILTER_FIELDS = ("reminders-agency", "reminders-kind", "reminders-since", "reminders-until")
AGENCY, KIND, SINCE, UNTIL = FILTER_FIELDS
_RECORD_COLUMNS = {
    "when": CellKind.MOMENT,
    **dict.fromkeys(("agency", "kind", "task", "document", "by", "text", "number", "simulated"), CellKind.TEXT),
}


class ReminderRowView(Protocol):
    """What is shown of a reminder. `kind`: a word of the catalogue."""

    @property
    def event(self) -> TaskEvent: ...
    @property
    def kind(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def document(self) -> str: ...
    @property
    def document_number(self) -> str: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def holder(self) -> str: ...


def columns(lang: str) -> list[Column]:
    """The columns of the grid, which shows the newest first."""
    widths = {
        "agency": (2, 110), "task": (4, 180), "kind": (2, 140), "when": (2, 135), "document": (2, 140), "by": (2, 140),
        "text": (3, 180),
    }  # fmt: skip
    return [
        Column(field, t(f"reminders.{field}", lang), flex, width, is_sortable=False)
        for field, (flex, width) in widths.items()
    ]


def row(item: ReminderRowView, titles: Mapping[str, str], agencies: Agencies, lang: str) -> Mapping[str, object]:
    """A row of the grid. `titles`: of positions, by key."""
    marks = [t("common.simulated_short", lang)] if item.is_simulated else []
    return {
        "id": item.event.id,
        "agency": short_name(item.holder, agencies, lang),
        "kind": t(f"reminders.kind_{item.kind}", lang),
        "when": format_moment(item.event.at),
        "task": cell(item.task.title.get(lang), href=task_path(item.event.task)),
        "document": cell(" · ".join([item.document_number, *marks]), href=document_path(item.document)),
        "by": _who(item, titles, lang),
        "text": " · ".join(filter(None, (item.event.stated.document_number, item.event.stated.text))),
    }


def _who(item: ReminderRowView, titles: Mapping[str, str], lang: str) -> str:
    position = item.event.on_behalf_of or item.event.position
    return titles.get(position, position) or t("reminders.by_program", lang)


def total_text(counts: Mapping[str, int], lang: str) -> str:
    """How many reminders there are, the two kinds counted apart. `counts`: by the words of their kinds."""
    total, automatic = sum(counts.values()), counts.get("automatic", 0)
    if not total:
        return t("reminders.none", lang)
    parts = {"written": counts.get("written", 0), "system": counts.get("system", 0) + automatic, "automatic": automatic}
    return t("reminders.total", lang, n=format_number(total), **{key: format_number(n) for key, n in parts.items()})


def filter_form(
    values: Mapping[str, str], agencies: Sequence[Option], kinds: Mapping[str, str], lang: str
) -> Component:  # fmt: skip
    """The fields of the filter. `values`: by the parameters of the address; `kinds`: words by those of the address."""
    held = dict(zip(FILTER_FIELDS, values.values(), strict=True))
    anything = (NONE, t("register.any", lang))
    choices = {AGENCY: list(agencies), KIND: [(key, t(f"reminders.kind_{kind}", lang)) for key, kind in kinds.items()]}

    def choice(field: str, name: str) -> Component:
        known = held[field] if held[field] in dict(choices[field]) else NONE
        return select_field(field, t(f"reminders.{name}", lang), options_of([anything, *choices[field]]), known)

    return filter_group(
        "reminders", choice(AGENCY, "agency"), choice(KIND, "kind"),
        date_field(SINCE, t("reminders.since", lang), lang, held[SINCE], is_debounced=True),
        date_field(UNTIL, t("reminders.until", lang), lang, held[UNTIL], is_debounced=True), lang=lang,
    )  # fmt: skip


def record_columns(lang: str) -> list[ExportColumn]:
    """The columns of an exported ledger."""
    return heads(_RECORD_COLUMNS, lang, "reminders")


def record(item: ReminderRowView, titles: Mapping[str, str], agencies: Agencies, lang: str) -> list[Cell]:
    """The cells of a reminder in an exported ledger, as `record_columns` names them."""
    stated = item.event.stated
    return [
        item.event.at, short_name(item.holder, agencies, lang), t(f"reminders.kind_{item.kind}", lang),
        item.task.title.get(lang), item.document_number, _who(item, titles, lang), stated.text,
        stated.document_number, yes(item.is_simulated, lang),
    ]  # fmt: skip
