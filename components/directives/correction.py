"""The form that corrects facts which were typed wrongly."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.document_entry import horizon_options
from components.directives.task_register import place_name
from components.directives.task_view import agency_name, correction_path, document_path, task_path
from components.ui.format import NO_VALUE, format_date
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
from ioc.domain.directives.agency import MAX_NAMES_LENGTH, Agencies
from ioc.domain.directives.directive import Document, OrderSource, Task
from ioc.domain.geo.place import AdminUnit

_PAGE = "correction"
NUMBER, ISSUED, SOURCE, TITLE = f"{_PAGE}-number", f"{_PAGE}-issued", f"{_PAGE}-source", f"{_PAGE}-title"
PLACE, HORIZON, WEIGHT, DUE = f"{_PAGE}-place", f"{_PAGE}-horizon", f"{_PAGE}-weight", f"{_PAGE}-due"
ISSUER, SPHERE, LEAD, COORDINATING = (f"{_PAGE}-{name}" for name in ("issuer", "sphere", "lead", "coordinating"))
REASON, POSITION = f"{_PAGE}-reason", f"{_PAGE}-position"
FIELDS = (
    NUMBER,
    ISSUED,
    SOURCE,
    TITLE,
    PLACE,
    HORIZON,
    WEIGHT,
    DUE,
    ISSUER,
    SPHERE,
    LEAD,
    COORDINATING,
    REASON,
    POSITION,
)
_PLACES = f"{_PAGE}-places"
_NAMES = (  # of TypedFacts, as facts
    "number", "issued_on", "source", "title", "place", "horizon", "weight", "due", "issuer", "sphere", "lead",
    "coordinating",
)  # fmt: skip
_AGENCIES = f"{_PAGE}-agencies"
WORDS = ("source", "horizon")  # facts that are values with a name
_WEIGHT = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,4})?")
MAX_QUOTED = 240  # characters of a fact that is quoted
_MAX_LISTED = 100  # tasks that the page offers


class TypedFacts(NamedTuple):
    """Facts as the form shows and sends them; those of a task are "" for a document, and the other way round.

    `issuer`: a key. `lead`, `coordinating`: names.
    """

    number: str = ""
    issued: str = ""
    source: str = ""
    title: str = ""
    place: str = ""
    horizon: str = ""
    weight: str = ""
    due: str = ""
    issuer: str = ""
    sphere: str = ""
    lead: str = ""
    coordinating: str = ""


def document_texts(document: Document) -> TypedFacts:
    """The facts of a document, as they would be typed."""
    issued = format_date(document.issued_on) if document.issued_on else ""
    return TypedFacts(
        document.number, issued, document.source, document.title.vi, issuer=document.issuer, sphere=document.sphere
    )


def task_texts(task: Task, units: Mapping[str, AdminUnit], agencies: Agencies) -> TypedFacts:
    """The facts of a task, as they would be typed."""
    due = task.due_words or (format_date(task.due) if task.due else "")
    weight = f"{task.weight:g}".replace(".", ",")
    return TypedFacts(
        "", "", "", task.title.vi, place_name(task.place, units), task.horizon, weight, due,
        lead=agency_name(agencies, task.lead, "vi"), coordinating=agency_names(task.coordinating, agencies, "vi"),
    )  # fmt: skip


def agency_names(keys: Iterable[str], agencies: Agencies, lang: str) -> str:
    """Agencies as they may be typed."""
    return "; ".join(agency_name(agencies, key, lang) for key in keys)


def parse_weight(text: str) -> float | None:
    """The weight that was typed, None for no number above 0."""
    matched = _WEIGHT.fullmatch(text.strip())
    return float(text.strip().replace(",", ".")) or None if matched else None


def correction_fields(
    texts: TypedFacts, positions: Sequence[Option], places: Sequence[Option], agencies: Sequence[Option], lang: str, *,
    of_task: bool, has_due: bool, has_lead: bool,
) -> list[Component]:  # fmt: skip
    """The fields of the form. `has_due`, `has_lead`: whether due date and lead agency may be corrected, as those of a
    task which is not assigned. `agencies`: that may be the issuer, or of a task those that take it.
    """
    title = t("documents.row_title" if of_task else "documents.abstract", lang)
    due = text_field(
        DUE, t("documents.row_due", lang), texts.due, hint=t("documents.row_due_hint", lang), is_required=False,
        max_length=60,
    )  # fmt: skip
    why_no_due = html.P(t("correction.due_by_act", lang), className="quiet", hidden=has_due)
    return [
        html.Div(_document_fields(texts, agencies, lang), hidden=of_task),
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
                html.Datalist([html.Option(value=name) for _, name in agencies], id=_AGENCIES),
                field_group(
                    html.Div(_agencies_field(LEAD, "row_lead", texts.lead, lang), hidden=not has_lead),
                    _agencies_field(COORDINATING, "row_coordinating", texts.coordinating, lang),
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


def _document_fields(texts: TypedFacts, agencies: Sequence[Option], lang: str) -> Component:
    sources = [(each.value, t(f"documents.source_{each}", lang)) for each in OrderSource]
    issuers = [(NONE, t("instruction.agency_none", lang)), *agencies]
    no_source = (NONE, t("documents.source_none", lang))
    return field_group(
        text_field(NUMBER, t("documents.number", lang), texts.number, max_length=120),
        date_field(ISSUED, t("documents.issued", lang), lang, texts.issued),
        select_field(ISSUER, t("documents.issuer", lang), options_of(issuers), texts.issuer or NONE),
        select_field(SOURCE, t("documents.source", lang), options_of([no_source, *sources]), texts.source or NONE),
        text_field(
            SPHERE, t("documents.sphere", lang), texts.sphere, is_required=False, max_length=120,
            hint=t("documents.sphere_hint", lang),
        ),
    )  # fmt: skip


def _agencies_field(field: str, label: str, text: str, lang: str) -> Component:
    return text_field(
        field, t(f"documents.{label}", lang), text, is_required=False, max_length=MAX_NAMES_LENGTH, choices=_AGENCIES
    )


def changed_alert(
    message: str, current: TypedFacts, typed: TypedFacts, agencies: Agencies, lang: str
) -> dbc.Alert:  # fmt: skip
    """That somebody else was faster, and what stands now otherwise than what was typed."""
    current, typed = (
        each._replace(issuer=agency_name(agencies, each.issuer, lang) if each.issuer else "")
        for each in (current, typed)
    )
    pairs = zip(_NAMES, current, typed, strict=True)
    stands = [_stands(name, value, lang) for name, value, other in pairs if value != other]
    now = [html.P(t("correction.stands_now", lang)), html.Ul(stands)] if stands else []
    return dbc.Alert([html.P(message), *now], color="danger")


def _stands(name: str, value: str, lang: str) -> html.Li:
    text = t(f"documents.{name}_{value}", lang) if value and name in WORDS else value or NO_VALUE
    return html.Li(
        t("correction.stands", lang, name=t(f"correction.fact_{name}", lang), value=shorten(text, MAX_QUOTED))
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


def back_path(document: str, task: str) -> str:
    """The page of what was corrected."""
    return task_path(f"{document}/{task}") if task else document_path(document)
