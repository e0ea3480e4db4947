"""The form in which a document is entered with its tasks: fields, and rows that appear one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import repeat
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.positions import city_committee
from components.ui.forms import (
    NONE,
    Option,
    chosen,
    date_field,
    field_group,
    first_of,
    options_of,
    select_field,
    text_area,
    text_field,
)
from components.ui.i18n import catalogue, t
from ioc.domain.base.slug import slugify
from ioc.domain.directives.directive import Horizon, OrderSource, Visibility
from ioc.domain.directives.document_form import TypedTask

_PAGE = "document-entry"
POSITION, NUMBER, ISSUED, KIND = f"{_PAGE}-position", f"{_PAGE}-number", f"{_PAGE}-issued", f"{_PAGE}-kind"
ISSUER, SOURCE, ABSTRACT, SPHERE = f"{_PAGE}-issuer", f"{_PAGE}-source", f"{_PAGE}-abstract", f"{_PAGE}-sphere"
VISIBILITY, SECRECY, PARENTS = f"{_PAGE}-visibility", f"{_PAGE}-secrecy", f"{_PAGE}-parents"
FIELDS = (NUMBER, ISSUED, KIND, ISSUER, SOURCE, ABSTRACT, SPHERE, VISIBILITY, SECRECY, PARENTS)
ROW_FIELDS = tuple(item.name for item in fields(TypedTask) if item.name != "note")
MAX_ROWS = 40
MARKED = "mat"  # the value of SECRECY that is refused
_AGENCIES, _PLACES, _SPHERES = (f"{_PAGE}-{name}" for name in ("agencies", "places", "spheres"))
_KIND_PREFIX = "directives.kind_"
_LENGTHS = {
    "title": 2000, "lead": 2000, "coordinating": 2000, "due": 60, "product": 400, "place": 80, "horizon": 20,
}  # fmt: skip
_NAMED = ("lead", "coordinating")  # the fields that name agencies
_CHOICES = {"lead": _AGENCIES, "coordinating": _AGENCIES, "place": _PLACES}


class EntryDraft(NamedTuple):
    """What the form begins with. `parents`: keys or numbers, as they are typed."""

    kind: str = "công văn"
    abstract: str = ""
    parents: str = ""
    tasks: Sequence[TypedTask] = ()


def row_field(field: str, key: Any) -> dict[str, Any]:
    """The id of a field of a row. `key`: number of the row as a text, or ALL."""
    return {"type": f"{_PAGE}-{field}", "key": key}


def kinds(lang: str) -> list[Option]:
    """Kinds of documents, as they are stored, and their names."""
    keys = [key for key in catalogue() if key.startswith(_KIND_PREFIX)]
    return sorted(((t(key, "vi"), t(key, lang)) for key in keys), key=lambda option: slugify(option[1]))


def secrecy_field(field: str, lang: str) -> Component:
    """Whether what is entered is marked with a degree of secrecy: MARKED is refused."""
    options = options_of([(NONE, t("documents.secrecy_plain", lang)), (MARKED, t("documents.secrecy_marked", lang))])
    return select_field(field, t("documents.secrecy", lang), options)


def document_fields(
    positions: Sequence[Option], agencies: Sequence[Option], spheres: Sequence[str], today: str, draft: EntryDraft,
    lang: str,
) -> Component:  # fmt: skip
    """The fields of the document. `positions`: in which it may be entered. `agencies`: keys and names.

    `spheres`: those of portfolios, which are proposed.
    """
    sources = ((source.value, t(f"documents.source_{source}", lang)) for source in OrderSource)
    visibilities = ((each.value, t(f"documents.visibility_{each}", lang)) for each in Visibility)
    return html.Section(
        [
            html.H2(t("documents.document", lang), className="box-title"),
            field_group(
                text_field(NUMBER, t("documents.number", lang), hint=t("documents.number_hint", lang), max_length=80),
                date_field(ISSUED, t("documents.issued", lang), lang, today),
                select_field(KIND, t("documents.kind", lang), options_of(kinds(lang)), draft.kind),
            ),
            field_group(
                select_field(
                    ISSUER, t("documents.issuer", lang),
                    options_of([(NONE, t("instruction.agency_none", lang)), *agencies]), city_committee(agencies),
                ),
                select_field(
                    SOURCE, t("documents.source", lang),
                    options_of([(NONE, t("documents.source_none", lang)), *sources]),
                ),
                text_field(
                    SPHERE, t("documents.sphere", lang), hint=t("documents.sphere_hint", lang), is_required=False,
                    max_length=120, choices=_SPHERES,
                ),
                html.Datalist([html.Option(value=sphere) for sphere in spheres], id=_SPHERES),
            ),
            text_area(ABSTRACT, t("documents.abstract", lang), draft.abstract, max_length=1000, rows=2),
            field_group(
                text_field(
                    PARENTS, t("documents.parents", lang), draft.parents, hint=t("documents.parents_hint", lang),
                    is_required=False, max_length=400,
                ),
                select_field(
                    VISIBILITY, t("documents.visibility", lang), options_of(visibilities), Visibility.INTERNAL
                ),
                secrecy_field(SECRECY, lang),
                select_field(POSITION, t("documents.position", lang), options_of(positions), first_of(positions)),
            ),
        ],
        className="box form-stack",
    )  # fmt: skip


def task_rows(agencies: Sequence[Option], places: Sequence[Option], tasks: Sequence[TypedTask], lang: str) -> Component:
    """The rows. A row is shown once the one before has text (assets/working/65-directives.css)."""
    rows = [*tasks[:MAX_ROWS], *repeat(TypedTask(), MAX_ROWS - len(tasks))]
    return html.Section(
        [
            html.H2(t("documents.tasks", lang), className="box-title"),
            html.P(t("documents.tasks_why", lang), className="quiet"),
            html.Datalist([html.Option(value=name) for _, name in agencies], id=_AGENCIES),
            html.Datalist([html.Option(value=name) for _, name in places], id=_PLACES),
            html.Div([_row(number, task, lang) for number, task in enumerate(rows)], className="task-rows"),
        ],
        className="box form-stack",
    )


def _row(number: int, task: TypedTask, lang: str) -> Component:
    legend = html.Legend(t("documents.row", lang, n=number + 1))
    filled = (_row_field(field, str(number), getattr(task, field), lang) for field in ROW_FIELDS)
    return html.Fieldset([legend, *filled], className="task-row")


def _row_field(field: str, key: str, value: str, lang: str) -> Component:
    label, placeholder = t(f"documents.row_{field}", lang), " "
    if field == "due":
        placeholder = t("documents.row_due_hint", lang)
    name, length = row_field(field, key), _LENGTHS[field]
    if field == "title":
        return text_area(name, label, value, max_length=length, rows=2, placeholder=placeholder)
    if field == "horizon":
        return select_field(name, label, horizon_options(lang), value or NONE)
    return text_field(
        name, label, value, is_required=False, max_length=length, placeholder=placeholder,
        choices=_CHOICES.get(field),
    )  # fmt: skip


def horizon_options(lang: str) -> list[dict[str, str]]:
    """The horizons of a task, and none."""
    named = ((each.value, t(f"documents.horizon_{each}", lang)) for each in Horizon)
    return options_of([(NONE, t("documents.horizon_none", lang)), *named])


def read_rows(texts: Mapping[str, Sequence[str | None]]) -> list[TypedTask]:
    """The rows as they were typed. `texts`: by field, in the order of the rows."""
    columns = [[_read_text(field, text) for text in texts[field]] for field in ROW_FIELDS]
    return [TypedTask(**dict(zip(ROW_FIELDS, row, strict=True))) for row in zip(*columns, strict=False)]


def _read_text(field: str, text: str | None) -> str:
    """A text that is stored is cut at what its field holds; a list of agencies is refused where it is too long."""
    if field == "horizon":
        return chosen(text)
    return (text or "").strip()[: None if field in _NAMED else _LENGTHS[field]]


def form_alert(count: int, lang: str) -> dbc.Alert:
    """That nothing was saved, and how many fields say why."""
    return dbc.Alert(t("documents.faults", lang, n=count), color="danger")
