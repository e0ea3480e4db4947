"""Ý kiến chỉ đạo: a leader gives an instruction from the figure that he looks at; the Office issues it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.failure_words import kind_names
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
    sent_alert,
    task_page,
)
from components.directives.positions import actor_options, actor_value, assignable_agencies
from components.directives.task_widgets import status_label
from components.events.attention_list import attached_item
from components.ui.forms import chosen, day_errors, draft_form, error_outputs, error_texts
from components.ui.i18n import t
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, may, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors, task_at
from ioc.directives.instructions import Instruction, give_instruction
from ioc.domain.access.permissions import Action
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import parse_day, parse_moment
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.snapshot.cache import SnapshotCache

_TASK = "/nhiem-vu/"
_MAX_PAGE = 2_000  # an item of the attention list has its key in it, in per cent
_MAX_AGE = timedelta(days=1)  # of an opened form: what it shows is read again as it was then
_FIELD_OF = {
    ActCode.DUE_BEFORE_ASSIGNED: WISHED, ActCode.DAY_OUT_OF_RANGE: WISHED, ActCode.AGENCY_UNKNOWN: AGENCY,
    ActCode.AGENCY_ENDED: AGENCY, ActCode.AGENCY_CENTRAL: AGENCY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AttachedPage:
    """What the form shows: `page`, at the moment `at` (ISO 8601)."""

    page: str
    at: str


def layout(**params: str) -> Component:
    """The form. Of the address only the page counts; what it showed is read here, not taken from anybody."""
    now = lang()
    context, page = service(DirectiveContext), clean_text(params.get(PAGE_PARAMETER, ""), _MAX_PAGE)
    actors = _actors() if may(Action.ACT_ON_DIRECTIVES) else ()
    kinds = kind_names(sorted(DOCUMENT_GRANTS[DocumentAct.INSTRUCT]), now)
    nobody = None if actors else dbc.Alert(t("instruction.nobody_may", now, kinds=kinds), color="warning")
    at = context.clock()
    figure = _figure(page, at)
    agencies = assignable_agencies(context.agencies, context.today(), now)
    send = dbc.Button(t("instruction.send", now), id="instruction-send", color="primary")
    form = draft_form(
        "instruction-form",
        [
            form_key("instruction-form"),
            html.Section(
                [html.H2(t("instruction.attached", now), className="box-title"), attached_facts(figure, at, now)],
                className="box form-stack",
            ),
            html.Section(
                [
                    *instruction_fields(actor_options(actors, now), agencies, figure.agency if figure else "", now),
                    html.Div(send),
                    html.Div(id="instruction-sent", role="status"),
                ],
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
        "sent": Output("instruction-sent", "children"),
        "form_key": key_output("instruction-form"),
    },
    inputs={"_clicks": Input("instruction-send", "n_clicks")},
    state={
        "attached": State("instruction-attached", "data"),
        "fields": [State(field, "value") for field in FIELDS],
        "key": key_state("instruction-form"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("instruction-send", "disabled"), True, False)],
)
def give(_clicks: int, attached: AttachedPage, fields: list[str | None], key: str | None) -> dict[str, Any]:
    """Stores the instruction with what its page showed; what is wrong is said at its field."""
    choice, text, agency, wished = map(chosen, fields)
    now, context = lang(), service(DirectiveContext)
    errors = day_errors({WISHED: wished}, now)
    errors |= {
        field: t("common.missing", now) for field, value in ((TEXT, text), (AGENCY, agency)) if not value.strip()
    }
    kept = {"text": no_update, "wished": no_update, "saved": no_update, "sent": None, "form_key": no_update}
    if errors:
        return {"errors": error_texts(FIELDS, errors), **kept}
    actor, at = _actor(choice), _moment(attached.at, context.clock())
    figure = _figure(attached.page[:_MAX_PAGE], at) or AttachedFigure("", "", "")
    instruction = Instruction(
        actor.position.key, text, agency, figure.page, at, figure.subject, figure.value, parse_day(wished),
        actor.on_behalf_of, key or "", figure.name,
    )  # fmt: skip
    try:
        document = give_instruction(context, instruction, principal())
    except ActError as error:
        if (field := _FIELD_OF.get(ActCode(error.failure.code))) is None:
            raise
        return {"errors": error_texts(FIELDS, {field: field_text(error)}), **kept}
    no_errors = error_texts(FIELDS, {})
    return {
        "errors": no_errors, "text": "", "wished": "", "saved": document.key, "sent": sent_alert(document.key, now),
        "form_key": new_key(),
    }  # fmt: skip


def _actors() -> tuple[Actor, ...]:
    return document_actors(service(DirectiveContext), DocumentAct.INSTRUCT, principal())


def _actor(choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in _actors():
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")


def _moment(text: str, now: datetime) -> datetime:
    """When the form was opened. InputError for what is no past moment; ActError (FORM_EXPIRED) for one long ago."""
    try:
        moment = parse_moment(text)
    except ValueError:
        moment = None
    if moment is None or moment > now:
        raise InputError("not a past moment")
    if moment < now - _MAX_AGE:
        raise ActError(ActCode.FORM_EXPIRED)
    return moment


def _figure(page: str, at: datetime) -> AttachedFigure | None:
    """What the page showed at `at`; None for a page without a figure."""
    if page.startswith(_TASK):
        return _task(page, at)
    reads = service(SnapshotCache)
    current = reads.snapshot()
    snapshot = current if current.at <= at else reads.at(at)
    return attached_figure(page, snapshot, lang()) or attached_item(page, snapshot, lang())


def _task(page: str, at: datetime) -> AttachedFigure | None:
    """The task of the page with its state at `at`, if the principal may see it."""
    key = page.removeprefix(_TASK)
    found = task_at(service(DirectiveContext), key, at, principal())
    if found is None:
        return None
    task, status, holder = found
    return AttachedFigure(task_page(key), key, task.title.get(lang()), status_label(status, lang()), holder)
