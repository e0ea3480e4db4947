"""Ý kiến chỉ đạo: a leader gives an instruction from the figure that he looks at; the Office issues it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.directives.act_answers import kind_names
from components.directives.instruction import (
    AGENCY,
    FIELDS,
    PAGE_PARAMETER,
    TEXT,
    WISHED,
    AttachedFigure,
    attached_facts,
    attached_figure,
    instruction_fields,
)
from components.directives.positions import actor_options, actor_value, existing_agencies
from components.directives.task_widgets import status_label
from components.ui.forms import chosen, day_errors, draft_form, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors
from ioc.directives.documents import Instruction, give_instruction
from ioc.directives.queries import find_document
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import parse_day, parse_moment
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.snapshot.cache import SnapshotCache

_TASK = "/nhiem-vu/"
_MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class AttachedPage:
    """What the form shows: `page`, at the moment `at` (ISO 8601)."""

    page: str
    at: str


def layout(**params: str) -> Component:
    """The form. Of the address only the page counts; what it showed is read here, not taken from anybody."""
    now = lang()
    context, page = service(DirectiveContext), params.get(PAGE_PARAMETER, "")[:_MAX_PAGE]
    actors = _actors() if may(Action.ACT_ON_DIRECTIVES) else ()
    kinds = kind_names(sorted(DOCUMENT_GRANTS[DocumentAct.INSTRUCT]), now)
    nobody = None if actors else dbc.Alert(t("instruction.nobody_may", now, kinds=kinds), color="warning")
    at = context.clock()
    figure = _figure(page, at)
    agencies = existing_agencies(context.agencies, context.today(), now)
    send = dbc.Button(t("instruction.send", now), id="instruction-send", color="primary")
    form = draft_form(
        "instruction-form",
        [
            html.Section(
                [html.H2(t("instruction.attached", now), className="box-title"), attached_facts(figure, at, now)],
                className="box form-stack",
            ),
            html.Section(
                [*instruction_fields(actor_options(actors, now), agencies, now), html.Div(send)],
                className="box form-stack",
            ),
        ],
        draft=f"instruction {page}", person=principal().name,
    )  # fmt: skip
    attached = dcc.Store(id="instruction-attached", data={"page": page, "at": at.isoformat()})
    return html.Div([nobody, html.Div(form, hidden=not actors), attached], className="working form-page")


register_working_page(
    __name__, path="/y-kien-chi-dao", name="instruction", title="Ý kiến chỉ đạo", label_key="instruction.page",
    rail="my-work", action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip


@page_callback(
    {
        "errors": error_outputs(FIELDS),
        "text": Output(TEXT, "value"),
        "wished": Output(WISHED, "value"),
        "saved": Output("instruction-form", "data-saved"),
    },
    inputs={"_clicks": Input("instruction-send", "n_clicks")},
    state={"attached": State("instruction-attached", "data"), "fields": [State(field, "value") for field in FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("instruction-send", "disabled"), True, False)],
)
def give(_clicks: int, attached: AttachedPage, fields: list[str | None]) -> dict[str, Any]:
    """Stores the instruction with what its page showed; what is wrong is said at its field."""
    choice, text, agency, wished = map(chosen, fields)
    now, context = lang(), service(DirectiveContext)
    errors = day_errors({WISHED: wished}, now)
    errors |= {
        field: t("common.missing", now) for field, value in ((TEXT, text), (AGENCY, agency)) if not value.strip()
    }
    if errors:
        return {"errors": error_texts(FIELDS, errors), "text": text, "wished": wished, "saved": ""}
    actor, at = _actor(choice), _moment(attached.at, context.clock())
    figure = _figure(attached.page, at) or AttachedFigure("", "", "")
    instruction = Instruction(
        actor.position.key, text, agency, figure.page, at, figure.subject, figure.value, parse_day(wished),
        actor.on_behalf_of,
    )  # fmt: skip
    document = give_instruction(context, instruction, principal())
    show_toast(t("instruction.done", now))
    return {"errors": error_texts(FIELDS, {}), "text": "", "wished": "", "saved": document.key}


def _actors() -> tuple[Actor, ...]:
    return document_actors(service(DirectiveContext), DocumentAct.INSTRUCT, principal())


def _actor(choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in _actors():
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")


def _moment(text: str, now: datetime) -> datetime:
    """When the form was opened. InputError for what is no past moment."""
    try:
        moment = parse_moment(text)
    except ValueError:
        moment = None
    if moment is None or moment > now:
        raise InputError("not a past moment")
    return moment


def _figure(page: str, at: datetime) -> AttachedFigure | None:
    """What the page showed at `at`; None for a page without a figure."""
    if page.startswith(_TASK):
        return _task(page)
    reads = service(SnapshotCache)
    current = reads.snapshot()
    return attached_figure(page, current if current.at <= at else reads.at(at), lang())


def _task(page: str) -> AttachedFigure | None:
    """The task of the page with its state, if the principal may see it."""
    document, _, key = page.removeprefix(_TASK).partition("/")
    try:
        view = find_document(service(DirectiveContext), document, principal())
    except ActError:
        return None
    for task in view.tasks:
        if task.task.key == key:
            title = task.task.title.get(lang())
            return AttachedFigure(
                f"{_TASK}{document}/{key}", f"{document}/{key}", title, status_label(task.status, lang())
            )
    return None
