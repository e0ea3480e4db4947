"""Đính chính: facts of an entered document, or of one of its tasks, that were typed wrongly are corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.correction import (
    DUE,
    FIELDS,
    ISSUED,
    LEAD,
    NUMBER,
    POSITION,
    REASON,
    TypedFacts,
    back_path,
    changed_alert,
    correction_fields,
    document_texts,
    other_subjects,
    task_texts,
)
from components.directives.positions import actor_options, actor_value, nobody_may_enter
from components.directives.task_register import place_options
from components.directives.task_view import TASK_PARAMETER
from components.ui.error_messages import describe
from components.ui.forms import chosen, draft_form, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, may, principal, service
from ioc.dash_kit.correction_facts import document_facts, issuer_options, lead_options, task_facts
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.corrections import CorrectableDocument, DocumentCorrection, correct_document, find_correctable
from ioc.directives.document_queries import document_actors
from ioc.domain.access.permissions import Action
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Task
from ioc.domain.directives.positions import DocumentAct

_FIELD_OF = {
    ActCode.AGENCY_ENDED: LEAD, ActCode.KEY_TAKEN: NUMBER, ActCode.ASSIGNED_LATER: ISSUED,
    ActCode.CHILD_AFTER_PARENT: DUE,
    ActCode.DUE_BY_ACT: DUE,
    ActCode.NOT_PERMITTED: POSITION,
}  # fmt: skip
_GONE = frozenset(
    {ActCode.UNKNOWN_DOCUMENT, ActCode.EXTERNAL_MASTER, ActCode.DOCUMENT_NOT_ISSUED, ActCode.UNKNOWN_TASK}
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the form is about. `task`: "" for the document itself."""

    document: str
    task: str


def layout(key: str = "", **params: str) -> Component:
    """The form for the document `key` or its task, for who may correct; others read who may, or why nobody does."""
    now, task = lang(), params.get(TASK_PARAMETER, "")[:120]
    actors = _actors() if may(Action.ACT_ON_DIRECTIVES) else ()
    found = _find(key, task) if actors else None
    notice = None if actors else nobody_may_enter(now)
    if isinstance(found, ActError):
        notice, found = dbc.Alert(describe(found.failure, now), color="warning"), None
    opened = dcc.Store(id="correction-opened", data={"document": key, "task": task})
    parts = [notice, html.Div(id="correction-alert", role="alert"), _form(actors, found, task, now), opened]
    return html.Div([*parts, dcc.Location(id="correction-go", refresh=True)], className="working form-page")


def _actors() -> tuple[Actor, ...]:
    return document_actors(service(DirectiveContext), DocumentAct.ENTER, principal())


def _find(key: str, task: str) -> CorrectableDocument | ActError:
    """What may be corrected, or why it may not."""
    try:
        found = find_correctable(service(DirectiveContext), key, principal())
        _task_of(found, task)
    except ActError as error:
        if error.failure.code not in _GONE:
            raise
        return error
    return found


def _task_of(found: CorrectableDocument, key: str) -> Task | None:
    """The task of that key, None for ""; ActError for one that there is not."""
    task = next((each for each in found.document.tasks if each.key == key), None)
    if key and task is None:
        raise ActError(ActCode.UNKNOWN_TASK, key=key)
    return task


def _has_due(found: CorrectableDocument, task: Task) -> bool:
    parts = (each.key for each in found.document.tasks if each.part_of == task.key)
    return not found.assigned & {task.key, *parts}


def _form(actors: tuple[Actor, ...], found: CorrectableDocument | None, key: str, now: str) -> Component:
    """The form; hidden where there is nothing to correct."""
    context, task = service(DirectiveContext), _task_of(found, key) if found else None
    texts, has_due, has_lead, head, others = TypedFacts(), True, True, t("correction.page", now), None
    if found:
        texts = _texts(found, key)
        has_due = task is None or _has_due(found, task)
        has_lead = task is None or task.key not in found.assigned
        head = t(f"correction.about_{'task' if task else 'document'}", now, number=found.document.number)
        head += f" · {t('common.simulated_short', now)}" if found.document.is_simulated else ""
        others = other_subjects(found.document, key, now)
    agencies = lead_options() if task else issuer_options(texts.issuer)
    fields = correction_fields(
        texts, actor_options(actors, now), place_options(context.units.values()), agencies, now,
        of_task=bool(task), has_due=has_due, has_lead=has_lead,
    )  # fmt: skip
    path = back_path(found.document.key, key) if found else "/so-van-ban"
    back = html.A(t("common.cancel", now), href=path, className="btn btn-link")
    bar = [back, dbc.Button(t("correction.save", now), id="correction-save", color="primary")]
    why = [html.P(t("correction.why", now), className="quiet")]
    why += [html.P(t("correction.why_task", now), className="quiet")] if task and task.is_order else []
    form = draft_form(
        "correction-form",
        [
            form_key("correction-form"),
            html.Section(
                [html.H2(head, className="box-title"), *why, *fields, html.Div(bar, className="page-bar")],
                className="box form-stack",
            ),
        ],
        draft=f"correction {found.document.key if found else ''} {key}", person=principal().name,
        version=found.version if found else "",
    )  # fmt: skip
    return html.Div([form, others], hidden=found is None, className="form-stack")


register_working_page(
    __name__, path="/dinh-chinh/<key>", name="correction", title="Đính chính", label_key="correction.page",
    rail="register", action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip


@page_callback(
    {
        "alert": Output("correction-alert", "children"),
        "errors": error_outputs(FIELDS),
        "saved": Output("correction-form", "data-saved"),
        "version": Output("correction-form", "data-version"),
        "go": Output("correction-go", "href"),
        "form_key": key_output("correction-form"),
    },
    inputs={"_clicks": Input("correction-save", "n_clicks")},
    state={
        "opened": State("correction-opened", "data"),
        "fields": [State(field, "value") for field in FIELDS],
        "version": State("correction-form", "data-version"),
        "key": key_state("correction-form"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("correction-save", "disabled"), True, False)],
)
def save(
    _clicks: int, opened: Opened, fields: list[str | None], version: str | None, key: str | None
) -> dict[str, Any]:
    """Corrects, and leads back to what was corrected; what is wrong is said at its field, and nothing typed is lost."""
    context, by = service(DirectiveContext), principal()
    *typed, reason, position = map(chosen, fields)
    texts, actor = TypedFacts(*typed), _actor(position)
    found = find_correctable(context, opened.document, by)
    task = _task_of(found, opened.task)
    facts, errors = task_facts(task, texts) if task else document_facts(found.document, texts)
    errors |= {} if reason.strip() else {REASON: t("common.missing", lang())}
    if facts is None or errors:
        return _refused(errors)
    correction = DocumentCorrection(
        opened.document, facts, typed_text(reason, 400), version or "", actor.position.key, actor.on_behalf_of,
        key or "",
    )  # fmt: skip
    try:
        correct_document(context, correction, by)
    except ActError as error:
        if error.failure.code == ActCode.DOCUMENT_CHANGED:
            return _overtaken(error, opened, texts)
        return _failed(error, of_task=task is not None)
    show_toast(t("correction.done", lang()))
    done = {"saved": version or "-", "go": back_path(opened.document, opened.task), "form_key": new_key()}
    return _refused({}) | done


def _overtaken(error: ActError, opened: Opened, typed: TypedFacts) -> dict[str, Any]:
    """Somebody else was faster: what stands now is shown, and the next press stores what was typed."""
    found, now = find_correctable(service(DirectiveContext), opened.document, principal()), lang()
    alert = changed_alert(field_text(error), _texts(found, opened.task), typed, service(DirectiveContext).agencies, now)
    return _refused({}) | {"alert": alert, "version": found.version}


def _texts(found: CorrectableDocument, key: str) -> TypedFacts:
    task = _task_of(found, key)
    context = service(DirectiveContext)
    return task_texts(task, context.units, context.agencies) if task else document_texts(found.document)


def _failed(error: ActError, *, of_task: bool) -> dict[str, Any]:
    """At its field, above the form, or as an error of the page."""
    code = ActCode(error.failure.code)
    days = {
        ActCode.DAY_OUT_OF_RANGE: DUE if of_task else ISSUED,
        ActCode.DUE_BEFORE_ASSIGNED: DUE if of_task else ISSUED,
    }
    if code == ActCode.NOTHING_CHANGED:
        return _refused({}) | {"alert": dbc.Alert(field_text(error), color="danger")}
    if (field := (_FIELD_OF | days).get(code)) is None:
        raise error
    return _refused({field: field_text(error)})


def _actor(choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in _actors():
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")


def _refused(errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "alert": None, "errors": error_texts(FIELDS, errors), "saved": no_update, "version": no_update,
        "go": no_update, "form_key": no_update,
    }  # fmt: skip
