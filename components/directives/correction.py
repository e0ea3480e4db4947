"""Correction of facts that were typed wrongly: the form, and the list of what was corrected, with what stood before."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import dash_bootstrap_components as dbc
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.directives.document_entry import horizon_options
from components.directives.task_register import place_name
from components.directives.task_view import correction_path, document_path, task_path
from components.ui.format import NO_VALUE, format_date, format_moment, format_number
from components.ui.forms import (
    NONE,
    Option,
    date_field,
    field_group,
    first_of,
    options_of,
    select_field,
    text_area,
    text_field,
)
from components.ui.i18n import t
from ioc.domain.base.text import shorten
from ioc.domain.base.times import parse_day
from ioc.domain.directives.directive import Correction, Document, FactChange, OrderSource, Task
from ioc.domain.geo.place import AdminUnit

_PAGE = "correction"
NUMBER, ISSUED, SOURCE, TITLE = f"{_PAGE}-number", f"{_PAGE}-issued", f"{_PAGE}-source", f"{_PAGE}-title"
PLACE, HORIZON, WEIGHT, DUE = f"{_PAGE}-place", f"{_PAGE}-horizon", f"{_PAGE}-weight", f"{_PAGE}-due"
REASON, POSITION = f"{_PAGE}-reason", f"{_PAGE}-position"
FIELDS = (NUMBER, ISSUED, SOURCE, TITLE, PLACE, HORIZON, WEIGHT, DUE, REASON, POSITION)
_PLACES = f"{_PAGE}-places"
_NAMES = ("number", "issued_on", "source", "title", "place", "horizon", "weight", "due")  # of TypedFacts, as facts
_WORDS = ("source", "horizon")  # facts that are values with a name
_DERIVED = ("is_due_confirmed", "assigned_on")  # follow from others that are shown
_WEIGHT = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,4})?")
_MAX_QUOTED = 240
_MAX_LISTED = 100  # tasks that the page offers


class TypedFacts(NamedTuple):
    """Facts as the form shows and sends them; those of a task are "" for a document, and the other way round."""

    number: str = ""
    issued: str = ""
    source: str = ""
    title: str = ""
    place: str = ""
    horizon: str = ""
    weight: str = ""
    due: str = ""


def document_texts(document: Document) -> TypedFacts:
    """The facts of a document, as they would be typed."""
    issued = format_date(document.issued_on) if document.issued_on else ""
    return TypedFacts(document.number, issued, document.source, document.title.vi)


def task_texts(task: Task, units: Mapping[str, AdminUnit]) -> TypedFacts:
    """The facts of a task, as they would be typed."""
    due = task.due_words or (format_date(task.due) if task.due else "")
    weight = f"{task.weight:g}".replace(".", ",")
    return TypedFacts("", "", "", task.title.vi, place_name(task.place, units), task.horizon, weight, due)


def parse_weight(text: str) -> float | None:
    """The weight that was typed, None for no number above 0."""
    matched = _WEIGHT.fullmatch(text.strip())
    return float(text.strip().replace(",", ".")) or None if matched else None


def correction_fields(
    texts: TypedFacts, positions: Sequence[Option], places: Sequence[Option], lang: str, *, of_task: bool,
    has_due: bool,
) -> list[Component]:  # fmt: skip
    """The fields of the form. `has_due`: the due date may be corrected, as that of a task which is not assigned."""
    sources = [(each.value, t(f"documents.source_{each}", lang)) for each in OrderSource]
    title = t("documents.row_title" if of_task else "documents.abstract", lang)
    due = text_field(
        DUE, t("documents.row_due", lang), texts.due, hint=t("documents.row_due_hint", lang), is_required=False,
        max_length=60,
    )  # fmt: skip
    why_no_due = html.P(t("correction.due_by_act", lang), className="quiet", hidden=has_due)
    return [
        html.Div(
            field_group(
                text_field(NUMBER, t("documents.number", lang), texts.number, max_length=120),
                date_field(ISSUED, t("documents.issued", lang), texts.issued),
                select_field(
                    SOURCE, t("documents.source", lang),
                    options_of([(NONE, t("documents.source_none", lang)), *sources]), texts.source or NONE,
                ),
            ),
            hidden=of_task,
        ),
        text_area(TITLE, title, texts.title, max_length=4000, rows=3),
        html.Div(
            [
                html.Datalist([html.Option(value=name) for _, name in places], id=_PLACES),
                field_group(
                    text_field(
                        PLACE, t("documents.row_place", lang), texts.place, is_required=False, max_length=80,
                        choices=_PLACES,
                    ),
                    select_field(
                        HORIZON, t("documents.row_horizon", lang), horizon_options(lang), texts.horizon or NONE
                    ),
                    text_field(WEIGHT, t("correction.weight", lang), texts.weight, max_length=12, keyboard="decimal"),
                    html.Div(due, hidden=not has_due),
                ),
                why_no_due,
            ],
            hidden=not of_task, className="form-stack",
        ),
        field_group(
            text_field(REASON, t("correction.reason", lang), hint=t("correction.reason_hint", lang), max_length=400),
            select_field(POSITION, t("documents.position", lang), options_of(positions), first_of(positions)),
        ),
    ]  # fmt: skip


def changed_alert(message: str, current: TypedFacts, typed: TypedFacts, lang: str) -> dbc.Alert:
    """That somebody else was faster, and what stands now otherwise than what was typed."""
    pairs = zip(_NAMES, current, typed, strict=True)
    stands = [_stands(name, value, lang) for name, value, other in pairs if value != other]
    now = [html.P(t("correction.stands_now", lang)), html.Ul(stands)] if stands else []
    return dbc.Alert([html.P(message), *now], color="danger")


def _stands(name: str, value: str, lang: str) -> html.Li:
    text = t(f"documents.{name}_{value}", lang) if value and name in _WORDS else value or NO_VALUE
    return html.Li(
        t("correction.stands", lang, name=t(f"correction.fact_{name}", lang), value=shorten(text, _MAX_QUOTED))
    )


def other_subjects(document: Document, task: str, lang: str) -> Component:
    """Links to the forms of the document and of its other tasks; the parts of an order follow it."""
    tasks = [each for each in document.tasks if not each.part_of][:_MAX_LISTED]
    links = [("", t("correction.of_document", lang, number=document.number))]
    links += [(each.key, shorten(each.title.get(lang), 120)) for each in tasks]
    items = [
        html.Li(html.A(name, href=correction_path(document.key, key), className="link"))
        for key, name in links
        if key != task
    ]
    return html.Section(
        [html.H2(t("correction.others", lang), className="box-title"), html.Ul(items, className="tree")],
        className="box",
    )


def corrections_markup(document: Document, titles: Mapping[str, str], units: Mapping[str, AdminUnit], lang: str) -> str:
    """The markup of all corrections of a document, the newest first; "" for none."""
    if not document.corrections:
        return ""
    named = {task.key: task.title.get(lang) for task in document.tasks}
    items = (
        h.li[
            _when_and_who(each, titles, lang),
            (
                h.p(".timeline-text")[change_text(change, units, lang, named.get(change.task, ""))]
                for change in _told_changes(each)
            ),
        ]
        for each in reversed(document.corrections)
    )
    return str(h.div[h.h2(".box-title")[t("correction.log", lang)], h.ol(".timeline")[items]])


def task_corrections(document: Document, task: str) -> list[Correction]:
    """The corrections of a document that concern the task, each with the changes of it alone."""
    found = []
    for each in document.corrections:
        changes = tuple(change for change in each.changes if change.task == task)
        if any(change.field not in _DERIVED for change in changes):
            found.append(Correction(each.at, each.actor, each.position, each.on_behalf_of, each.reason, changes))
    return found


def correction_item(
    correction: Correction, titles: Mapping[str, str], units: Mapping[str, AdminUnit], lang: str
) -> h.Element:
    """A correction as an entry of a history."""
    return h.li[
        _when_and_who(correction, titles, lang),
        (h.p(".timeline-text")[change_text(change, units, lang)] for change in _told_changes(correction)),
    ]


def _when_and_who(correction: Correction, titles: Mapping[str, str], lang: str) -> h.Node:
    by = titles.get(correction.position, correction.position)
    behalf = titles.get(correction.on_behalf_of, correction.on_behalf_of)
    for_whom = t("tasks.for_whom", lang, who=behalf) if behalf else ""
    return h.fragment[
        h.time(".quiet", datetime=correction.at.isoformat())[format_moment(correction.at)],
        h.p(".timeline-act")[h.b[t("correction.act", lang)], f": {correction.reason}"],
        h.p(".quiet")[" · ".join(filter(None, (by, for_whom)))],
    ]


def _told_changes(correction: Correction) -> Iterable[FactChange]:
    """Its changes without those that follow from others."""
    return (change for change in correction.changes if change.field not in _DERIVED)


def change_text(change: FactChange, units: Mapping[str, AdminUnit], lang: str, task: str = "") -> str:
    """What stood before and what stands now. `task`: title of the task, "" where that is clear."""
    name = t(f"correction.fact_{change.field}", lang)
    before, after = (_fact_text(change.field, text, units, lang) for text in (change.before, change.after))
    line = t("correction.change", lang, name=name, before=before, after=after)
    return t("correction.of_task", lang, task=shorten(task, 80), change=line) if task else line


def _fact_text(name: str, text: str, units: Mapping[str, AdminUnit], lang: str) -> str:
    """A fact as a correction keeps it, in words."""
    if not text:
        return NO_VALUE
    if name in ("issued_on", "due"):
        day = parse_day(text)
        return format_date(day) if day else text
    if name == "weight":
        return format_number(float(text), 2).rstrip("0").rstrip(",")
    if name == "place":
        return place_name(text, units)
    if name in _WORDS:
        return t(f"documents.{name}_{text}", lang)
    return shorten(text, _MAX_QUOTED)


def back_path(document: str, task: str) -> str:
    """The page of what was corrected."""
    return task_path(f"{document}/{task}") if task else document_path(document)
