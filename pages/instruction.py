"""Ý kiến chỉ đạo: a leader gives an instruction from the figure that he looks at; the Office issues it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

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
    origin_name,
    sent_alert,
    task_page,
)
from components.directives.instruction_steps import EDIT_PARAMETER, instruction_list, overtaken_alert
from components.directives.positions import actor_options, actor_value, assignable_agencies
from components.directives.task_view import document_path
from components.directives.task_widgets import status_label
from components.events.attention_list import attached_item
from components.ui.error_messages import describe
from components.ui.failure_words import kind_names
from components.ui.forms import chosen, day_errors, draft_form, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, loading_list
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, may, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.instruction_steps import CHANGED, find_instruction, required_actor, seen_version
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import MAX_LISTED, document_actors, own_instructions, task_at
from ioc.directives.instruction_steps import InstructionCommand, SentInstruction, send_instruction
from ioc.directives.instructions import Instruction, give_instruction
from ioc.domain.access.permissions import Action
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import parse_day, parse_moment
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document, InstructionAct, InstructionOrigin
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
    """What the form shows: `page`, at the moment `at` (ISO 8601). `document`: of what is sent again, "" for none."""

    page: str
    at: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class SentAgain:
    """An instruction without a number that is sent again, and who does it."""

    draft: Document
    origin: InstructionOrigin
    actor: Actor


def layout(**params: str) -> Component:
    """The form of a new instruction, or of one that is sent again, and the list of those without a number.

    Of the address only the page counts; what it showed is read here, not taken from anybody.
    """
    now, context = lang(), service(DirectiveContext)
    page, key = clean_text(params.get(PAGE_PARAMETER, ""), _MAX_PAGE), params.get(EDIT_PARAMETER, "")[:120]
    actors = _actors() if may(Action.ACT_ON_DIRECTIVES) else ()
    kinds = kind_names(sorted(DOCUMENT_GRANTS[DocumentAct.INSTRUCT]), now)
    notice = None if actors else dbc.Alert(t("instruction.nobody_may", now, kinds=kinds), color="warning")
    edited = _sent_again(key) if key and actors else None
    if isinstance(edited, ActError):
        notice, edited, actors = dbc.Alert(describe(edited.failure, now), color="warning"), None, ()
    at = edited.origin.at if edited else context.clock()
    form = _edit_form(edited, now) if edited else _new_form(actors, page, at, now)
    attached = dcc.Store(
        id="instruction-attached",
        data={"page": page, "at": at.isoformat(), "document": edited.draft.key if edited else ""},
    )
    unissued = html.Section(loading_list(now), id="instruction-unissued", className="box form-stack")
    return html.Div([notice, html.Div(form, hidden=not actors), attached, unissued], className="working form-page")


def _sent_again(key: str) -> SentAgain | ActError:
    """The instruction of that key, or why it cannot be sent again."""
    try:
        draft = find_instruction(key)
        if draft.origin is None:
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key)
        return SentAgain(draft, draft.origin, required_actor(draft, InstructionAct.SEND))
    except ActError as error:
        field_text(error)  # audited if it is a denial
        return error


def _new_form(actors: Sequence[Actor], page: str, at: datetime, now: str) -> Component:
    context, figure = service(DirectiveContext), _figure(page, at)
    agencies = assignable_agencies(context.agencies, context.today(), now)
    fields = instruction_fields(actor_options(actors, now), agencies, figure.agency if figure else "", now)
    send = dbc.Button(t("instruction.send", now), id="instruction-send", color="primary")
    return _form(f"instruction {page}", "", attached_facts(figure, at, now), [*fields, html.Div(send)], now)


def _edit_form(edited: SentAgain, now: str) -> Component:
    """With what the instruction says; what is attached stays."""
    context, origin, draft = service(DirectiveContext), edited.origin, edited.draft
    name = origin_name(origin, service(SnapshotCache).snapshot(), now)
    figure = AttachedFigure(origin.page, origin.subject, name, origin.value) if origin.page else None
    agencies = assignable_agencies(context.agencies, context.today(), now)
    fields = instruction_fields(
        actor_options([edited.actor], now), agencies, origin.agency, now, text=origin.text, wished_on=origin.wished_on
    )
    send = dbc.Button(t("instruction.send_again_go", now), id="instruction-send", color="primary")
    back = html.A(t("common.cancel", now), href=document_path(draft.key), className="btn btn-link")
    said = f"{t('instruction.reason', now)}: “{draft.steps[-1].reason}”" if draft.is_returned else ""
    reason = [dbc.Alert(said, color="warning")] if said else []
    parts = [*reason, *fields, html.Div([back, send], className="page-bar")]
    return _form(f"instruction {draft.key}", str(len(draft.steps)), attached_facts(figure, origin.at, now), parts, now)


def _form(draft: str, version: str, attached: Component, parts: Sequence[Component], now: str) -> Component:
    title = html.H2(t("instruction.attached", now), className="box-title")
    return draft_form(
        "instruction-form",
        [
            form_key("instruction-form"),
            html.Section([title, attached], className="box form-stack"),
            html.Section([*parts, html.Div(id="instruction-sent", role="status")], className="box form-stack"),
        ],
        draft=draft, person=principal().name, version=version,
    )  # fmt: skip


register_working_page(
    __name__, path="/y-kien-chi-dao", name="instruction", title="Ý kiến chỉ đạo", label_key="instruction.page",
    rail="my-work", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip


@page_callback(
    Output("instruction-unissued", "children"),
    inputs={"_version": DATA_VERSION, "_saved": Input("instruction-form", "data-saved")},
    action=Action.ACT_ON_DIRECTIVES,
)
def list_unissued(_version: object, _saved: object) -> list[Component]:
    """The instructions without a number that the reader may see, withdrawn ones too."""
    context = service(DirectiveContext)
    return instruction_list(own_instructions(context, principal()), MAX_LISTED, context.agencies, lang())


@page_callback(
    {
        "errors": error_outputs(FIELDS),
        "text": Output(TEXT, "value"),
        "wished": Output(WISHED, "value"),
        "saved": Output("instruction-form", "data-saved"),
        "version": Output("instruction-form", "data-version"),
        "sent": Output("instruction-sent", "children"),
        "form_key": key_output("instruction-form"),
    },
    inputs={"_clicks": Input("instruction-send", "n_clicks")},
    state={
        "attached": State("instruction-attached", "data"),
        "fields": [State(field, "value") for field in FIELDS],
        "key": key_state("instruction-form"),
        "version": State("instruction-form", "data-version"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("instruction-send", "disabled"), True, False)],
)
def give(
    _clicks: int, attached: AttachedPage, fields: list[str | None], key: str | None, version: str | None
) -> dict[str, Any]:
    """Stores the instruction with what its page showed, or sends it again; what is wrong is said at its field."""
    choice, text, agency, wished = map(chosen, fields)
    now, context = lang(), service(DirectiveContext)
    errors = day_errors({WISHED: wished}, now)
    errors |= {
        field: t("common.missing", now) for field, value in ((TEXT, text), (AGENCY, agency)) if not value.strip()
    }
    if errors:
        return _answer(errors)
    if attached.document:
        sent = SentInstruction(text, agency, parse_day(wished))
        return _send_again(attached.document, sent, choice, seen_version(version), key or "")
    actor, at = _actor(_actors(), choice), _moment(attached.at, context.clock())
    figure = _figure(attached.page[:_MAX_PAGE], at) or AttachedFigure("", "", "")
    instruction = Instruction(
        actor.position.key, text, agency, figure.page, at, figure.subject, figure.value, parse_day(wished),
        actor.on_behalf_of, key or "", figure.name,
    )  # fmt: skip
    try:
        document = give_instruction(context, instruction, principal())
    except ActError as error:
        return _refused(error)
    done = {"text": "", "wished": "", "saved": document.key, "sent": sent_alert(document.key, now)}
    return _answer({}) | done | {"form_key": new_key()}


def _send_again(document: str, sent: SentInstruction, choice: str, version: int, key: str) -> dict[str, Any]:
    """Sends an instruction again. Who did not know what the Office did is told, and may press once more."""
    now, context, actor = lang(), service(DirectiveContext), _actor(_actors(), choice)
    command = InstructionCommand(document, version, actor.position.key, actor.on_behalf_of, key)
    try:
        draft = send_instruction(context, command, sent, principal())
    except ActError as error:
        if error.failure.code not in CHANGED:
            return _refused(error)
        stands = find_instruction(document)
        alert = overtaken_alert(field_text(error), stands, context.agencies, now)
        return _answer({}) | {"sent": alert, "version": str(len(stands.steps))}
    steps = str(len(draft.steps))
    done = {"text": "", "wished": "", "saved": f"{document} {steps}", "version": steps, "form_key": new_key()}
    return _answer({}) | done | {"sent": sent_alert(document, now, "instruction.sent_again")}


def _refused(error: ActError) -> dict[str, Any]:
    """At its field, below the form, or as an error of the page."""
    code = ActCode(error.failure.code)
    if code == ActCode.NOTHING_CHANGED:
        return _answer({}) | {"sent": dbc.Alert(field_text(error), color="danger")}
    if (field := _FIELD_OF.get(code)) is None:
        raise error
    return _answer({field: field_text(error)})


def _answer(errors: Mapping[str, str]) -> dict[str, Any]:
    kept = dict.fromkeys(("text", "wished", "saved", "version", "form_key"), no_update)
    return {"errors": error_texts(FIELDS, errors), **kept, "sent": None}


def _actors() -> tuple[Actor, ...]:
    return document_actors(service(DirectiveContext), DocumentAct.INSTRUCT, principal())


def _actor(actors: Sequence[Actor], choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in actors:
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
