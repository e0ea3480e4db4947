"""Nhập văn bản: a document is entered with its tasks on one page, by keyboard, and assigned where the position may."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.briefing import entry_draft, notice_alert
from components.directives.briefing_links import ENTRY_PARAMETER
from components.directives.document_entry import (
    FIELDS,
    ISSUED,
    MARKED,
    MAX_ROWS,
    NUMBER,
    PARENTS,
    POSITION,
    ROW_FIELDS,
    SECRECY,
    VISIBILITY,
    EntryDraft,
    document_fields,
    form_alert,
    kinds,
    read_rows,
    row_field,
    task_rows,
)
from components.directives.positions import (
    actor_options,
    actor_value,
    assignable_agencies,
    existing_agencies,
    nobody_may_enter,
)
from components.directives.task_numbers import counted
from components.directives.task_register import place_options
from components.ui.error_messages import describe
from components.ui.format import format_date
from components.ui.forms import chosen, day_errors, draft_form, error_id, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.briefings import draft_notice
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, may, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.assignment import assigned_numbers
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors, known_spheres, match_documents, new_document_key
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.briefing import Briefing
from ioc.domain.directives.directive import Document, OrderSource, Task, Visibility
from ioc.domain.directives.document_form import FieldOfRow, parse_tasks
from ioc.domain.directives.positions import DocumentAct, permitted_kinds

_FIELD_OF = {
    ActCode.KEY_TAKEN: NUMBER, ActCode.SECRET_DOCUMENT: SECRECY, ActCode.PARENT_CYCLE: PARENTS,
    ActCode.ASSIGNED_LATER: ISSUED, ActCode.NOT_PERMITTED: POSITION, ActCode.PUBLISH_NOT_PERMITTED: VISIBILITY,
    ActCode.TOO_MANY_PARENTS: PARENTS,
}  # fmt: skip
_SHOWN_FIELDS = (*FIELDS, POSITION)
RowTexts = dict[str, list[str | None]]


def layout(**params: str) -> Component:
    """The form, for who holds a position that enters documents; who does not reads who may.

    `params`: of a briefing whose draft notice the form begins with (ENTRY_PARAMETER).
    """
    now, asked = lang(), params.get(ENTRY_PARAMETER, "")
    actors = document_actors(service(DirectiveContext), DocumentAct.ENTER, principal()) if _may_ask() else ()
    briefing = draft_notice(asked) if actors and asked else None
    parts = [html.Div(id="document-entry-alert", role="alert"), None if actors else nobody_may_enter(now)]
    if actors and asked:
        parts.append(notice_alert(briefing, now))
    form = html.Div(_form(actors, briefing, now), hidden=not actors or (bool(asked) and briefing is None))
    stored = dcc.Store(id="document-entry-briefing", data=briefing.key if briefing else "")
    return html.Div([*parts, form, stored, dcc.Location(id="document-entry-go", refresh=True)], className="working")


def _may_ask() -> bool:
    return may(Action.ACT_ON_DIRECTIVES)


def _form(actors: tuple[Actor, ...], briefing: Briefing | None, now: str) -> Component:
    context, draft = service(DirectiveContext), entry_draft(briefing, now) if briefing else EntryDraft()
    day = context.today()
    issuers, takers = (of(context.agencies, day, now) for of in (existing_agencies, assignable_agencies))
    may_assign = any(actor.acting.kind in permitted_kinds(Act.ASSIGN) for actor in actors)
    buttons = [
        dbc.Button(t("documents.save", now), id="document-entry-save", color="secondary" if may_assign else "primary"),
        dbc.Button(
            t("documents.save_and_assign", now), id="document-entry-assign", color="primary",
            style=None if may_assign else {"display": "none"},
        ),
    ]  # fmt: skip
    return draft_form(
        "document-entry-form",
        [
            form_key("document-entry-form"),
            document_fields(
                actor_options(actors, now), issuers, known_spheres(context, principal()), format_date(day), draft, now
            ),
            task_rows(takers, place_options(context.units.values()), draft.tasks, now),
            html.Div(buttons, className="page-bar"),
        ],
        draft=f"document-entry {briefing.key}" if briefing else "document-entry", person=principal().name,
    )  # fmt: skip


register_working_page(
    __name__, path="/nhap-van-ban", name="document-entry", title="Nhập văn bản", label_key="documents.entry",
    rail="register", action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip


@page_callback(
    {
        "alert": Output("document-entry-alert", "children"),
        "errors": error_outputs(_SHOWN_FIELDS),
        "row_errors": {field: Output(error_id(row_field(field, ALL)), "children") for field in ROW_FIELDS},
        "saved": Output("document-entry-form", "data-saved"),
        "go": Output("document-entry-go", "href"),
        "form_key": key_output("document-entry-form"),
    },
    inputs={"_clicks": [Input("document-entry-save", "n_clicks"), Input("document-entry-assign", "n_clicks")]},
    state={
        "fields": [State(field, "value") for field in _SHOWN_FIELDS],
        "rows": {field: State(row_field(field, ALL), "value") for field in ROW_FIELDS},
        "key": key_state("document-entry-form"),
        "briefing": State("document-entry-briefing", "data"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[
        (Output("document-entry-save", "disabled"), True, False),
        (Output("document-entry-assign", "disabled"), True, False),
    ],
)
def save(
    _clicks: list[int | None], fields: list[str | None], rows: RowTexts, key: str | None, briefing: str | None
) -> dict[str, Any]:
    """Stores the document and leads on to its page; what is wrong is said at its field, and nothing typed is lost."""
    texts = dict(zip(_SHOWN_FIELDS, map(chosen, fields), strict=True))
    actor, is_assigned = _actor(texts[POSITION]), ctx.triggered_id == "document-entry-assign"
    try:
        document, errors, faults = _read(texts, rows)
        if document is None or errors or faults:
            return _refused(errors, faults, rows)
        entry = DocumentEntry(
            document, actor.position.key, actor.on_behalf_of, texts[SECRECY], is_assigned, is_new=True,
            form_key=key or "", briefing=briefing or "",
        )  # fmt: skip
        assigned = enter_document(service(DirectiveContext), entry, principal())
    except ActError as error:
        if (field := _FIELD_OF.get(ActCode(error.failure.code))) is None:
            raise
        answer = _refused({field: field_text(error)}, {}, rows)
        # Nothing of a secret document is kept, not even as a draft in the browser.
        return answer | ({"saved": token_hex(8)} if field == SECRECY else {})
    show_toast(t("documents.done_saved", lang(), number=document.number))
    if assigned:
        tasks = counted("directives.tasks", assigned_numbers(document, assigned), lang())
        show_toast(t("documents.done_assigned", lang(), tasks=tasks))
    done = {"alert": None, "saved": document.key, "go": f"/van-ban/{document.key}", "form_key": new_key()}
    return _refused({}, {}, rows) | done


def _actor(choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in document_actors(service(DirectiveContext), DocumentAct.ENTER, principal()):
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")


def _read(
    texts: Mapping[str, str], rows: RowTexts
) -> tuple[Document | None, dict[str, str], Mapping[FieldOfRow, Failure]]:
    """The document that was typed, and what is wrong by field and by field of a row."""
    context, now = service(DirectiveContext), lang()
    number, issued, kind, issuer, source, abstract, sphere, visibility, secrecy, parents, _ = texts.values()
    if (
        kind not in dict(kinds(now)) or issuer not in {"", *context.agencies} or visibility not in set(Visibility)
        or source not in {"", *OrderSource} or secrecy not in ("", MARKED) or max(map(len, rows.values())) > MAX_ROWS
    ):  # fmt: skip
        raise InputError("not among what was offered")
    errors = day_errors({ISSUED: issued}, now, required=(ISSUED,))
    required = zip(FIELDS, (number, issued, kind, issuer, "x", abstract), strict=False)
    errors |= {field: t("common.missing", now) for field, text in required if not text.strip()}
    above, unknown = match_documents(context, parents, principal())
    if unknown:
        errors[PARENTS] = t("documents.unknown_parents", now, names=", ".join(unknown)[:200])
    day = parse_day(issued)
    tasks, faults = parse_tasks(read_rows(rows), context.agencies, issuer, day or context.today(), context.places)
    if day is None or errors or faults:
        return None, errors, faults
    number = typed_text(number, 80)
    key = new_document_key(context, issuer, number, day, principal())
    return Document(
        key, number, LocalizedText(typed_text(abstract, 1000)), kind, issuer, day, None, tasks, above,
        is_simulated=_is_simulated(context, issuer, tasks), source=source, sphere=typed_text(sphere, 120).casefold(),
        visibility=visibility,
    ), {}, {}  # fmt: skip


def _is_simulated(context: DirectiveContext, issuer: str, tasks: tuple[Task, ...]) -> bool:
    return any(context.agencies[key].is_simulated for key in (issuer, *(task.lead for task in tasks)))


def _refused(errors: Mapping[str, str], faults: Mapping[FieldOfRow, Failure], rows: RowTexts) -> dict[str, Any]:
    now = lang()
    texts = {place: _text(failure, now) for place, failure in faults.items()}
    count = len(errors) + len(faults)
    return {
        "alert": form_alert(count, now) if count else None,
        "errors": error_texts(_SHOWN_FIELDS, errors),
        "row_errors": {
            field: [texts.get(FieldOfRow(number, field), "") for number in range(len(rows[field]))]
            for field in ROW_FIELDS
        },
        "saved": no_update,
        "go": no_update,
        "form_key": no_update,
    }


def _text(failure: Failure, now: str) -> str:
    return t("common.missing", now) if failure.code == ActCode.FIELD_MISSING else describe(failure, now)
