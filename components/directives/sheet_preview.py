"""The tasks of a sheet as its check shows them: what the import changes stands first."""

from collections.abc import Iterable, Mapping, Sequence

import htpy as h

from components.directives.task_register import place_name, short_name
from components.ui.format import format_date, format_number
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.text import shorten
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Task
from ioc.domain.directives.parsed_sheet import Change, SheetTask
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.geo.place import AdminUnit

_MAX_SHOWN, _MAX_NAMES, _MAX_CHANGED = 100, 4, 80
_ORDER = (Change.CHANGED, Change.NEW, Change.UNCHANGED)
_HEADS = (
    "sheet_import.change", "documents.document", "documents.row_title", "documents.row_lead",
    "documents.row_coordinating", "documents.row_due", "documents.row_place", "documents.row_horizon",
)  # fmt: skip


def preview(
    tasks: Sequence[SheetTask], agencies: Agencies, units: Mapping[str, AdminUnit], lang: str
) -> h.Element:  # fmt: skip
    """Changed tasks, then new ones, then those that stay as they are, each in the order of the sheet."""
    shown = sorted(tasks, key=lambda task: _ORDER.index(task.change))[:_MAX_SHOWN]
    more = len(tasks) - len(shown)
    heads, rows = [t(key, lang) for key in _HEADS], [_row(task, agencies, units, lang) for task in shown]
    if any(task.change is Change.CHANGED for task in shown):
        heads.insert(1, t("sheet_import.what_changes", lang))
        differences = (_differences(task, agencies, units, lang) for task in shown)
        rows = [(row[0], text, *row[1:]) for row, text in zip(rows, differences, strict=True)]
    return h.div[
        h.h3(".box-title")[t("sheet_import.preview", lang)],
        scrolling_table("sheet-tasks", heads, rows),
        more > 0 and h.p(".quiet")[t("sheet_import.preview_more", lang, n=format_number(more))],
    ]


def scrolling_table(kind: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> h.Element:
    """A table of texts that the keyboard scrolls. `kind`: its class."""
    return h.div(".bulk-results-host", tabindex="0")[
        h.table(class_=f"plain {kind}")[
            h.thead[h.tr[(h.th(scope="col")[head] for head in heads)]],
            h.tbody[(h.tr[(h.td[text] for text in row)] for row in rows)],
        ]
    ]


def _row(each: SheetTask, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> tuple[str, ...]:
    task = each.task
    lead = t("documents.parts", lang, n=each.parts) if each.parts else short_name(task.lead, agencies, lang)
    return (
        t(f"sheet_import.change_{each.change}", lang), each.number, shorten(task.title.get(lang), 160), lead,
        _coordinating(task.coordinating, agencies, lang), _due(task, lang), place_name(task.place, units),
        _horizon(task, lang),
    )  # fmt: skip


def _differences(each: SheetTask, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> str:
    """What a changed task has now and what it gets, field by field."""
    if each.stored is None or each.change is not Change.CHANGED:
        return ""
    before, after = (_facts(task, agencies, units, lang) for task in (each.stored, each.task))
    return "; ".join(
        t("sheet_import.differs", lang, field=t(f"sheet_import.field_{name}", lang), old=old or "–", new=new or "–")
        for (name, old), new in zip(before.items(), after.values(), strict=True)
        if old != new
    )


def _facts(task: Task, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> Mapping[SheetField, str]:
    def text(value: LocalizedText) -> str:
        return shorten(value.get(lang), _MAX_CHANGED)

    return {
        SheetField.TITLE: text(task.title), SheetField.LEAD: short_name(task.lead, agencies, lang),
        SheetField.COORDINATING: _coordinating(task.coordinating, agencies, lang), SheetField.DUE: _due(task, lang),
        SheetField.PLACE: place_name(task.place, units), SheetField.HORIZON: _horizon(task, lang),
        SheetField.PRODUCT: text(task.product), SheetField.NOTE: text(task.note),
        SheetField.EXTERNAL_ID: task.external_id,
    }  # fmt: skip


def _horizon(task: Task, lang: str) -> str:
    return t(f"documents.horizon_{task.horizon}", lang) if task.horizon else ""


def _coordinating(keys: Sequence[str], agencies: Agencies, lang: str) -> str:
    names, more = "; ".join(short_name(key, agencies, lang) for key in keys[:_MAX_NAMES]), len(keys) - _MAX_NAMES
    return t("sheet_import.more_agencies", lang, names=names, n=more) if more > 0 else names


def _due(task: Task, lang: str) -> str:
    """The due date, marked where it is inferred."""
    due, words = task.due, task.due_words
    if due is None:
        return words or t("documents.no_due", lang)
    day = format_date(due)
    return t("documents.due_inferred", lang, day=day, words=words) if task.is_due_inferred else day
