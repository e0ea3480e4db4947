"""Một cuộc giao ban: what waits is collected, its items are shown in order and concluded, and it ends in a draft."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.briefing import (
    COLLECT,
    CONCLUDE,
    FIELDS,
    REMOVE,
    briefing_items,
    conclusion_dialog,
    prepared_groups,
)
from components.directives.briefing_links import briefing_line, briefing_name, briefing_path, notice_link, notice_path
from components.directives.positions import assignable_agencies
from components.ui.dialogs import confirm_dialog
from components.ui.error_messages import describe
from components.ui.failure_words import kind_names
from components.ui.forms import error_outputs, error_texts, text_field
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, loading_list, show_toast
from ioc.dash_kit.briefings import (
    chosen_subject,
    item_number,
    may_enter_notice,
    prepared_subjects,
    removal_text,
    required_secretary,
    secretary,
)
from ioc.dash_kit.callbacks import closes_dialog, opens_dialog, page_callback, pressed_button
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import PressedButton
from ioc.directives.briefings import collect_item, conclude_item, end_briefing, find_briefing, remove_item
from ioc.directives.context import DirectiveContext
from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.briefing import Briefing, Conclusion, conclusion_faults
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct

_HIDDEN = {"display": "none"}
_DONE = Input("briefing-done", "data")  # the version after an act of this page: it is shown without waiting


def layout(key: str = "", **params: str) -> Component:
    """The page of the briefing `key`, empty."""
    now, context = lang(), service(DirectiveContext)
    end = dbc.Button(t("briefing.end", now), id="briefing-end", color="primary", style=_HIDDEN)
    back = html.A(t("briefing.all", now), href="/giao-ban", id="briefing-back", className="cell-link")
    prepared = html.Section(
        [
            html.H2(t("briefing.prepared", now), className="box-title"),
            text_field("briefing-words", t("briefing.words", now), is_required=False, is_debounced=True),
            html.Div(id="briefing-groups"),
        ],
        id="briefing-prepared", className="box form-stack", style=_HIDDEN,
    )  # fmt: skip
    return html.Div(
        [
            html.P(back),
            html.Div(id="briefing-notice"),
            html.Header(
                [html.Div([html.H2(id="briefing-title"), html.P(id="briefing-line", className="quiet mb-0")]),
                 html.Div([html.Span(id="briefing-to-notice"), end], className="briefing-acts")],
                className="briefing-head",
            ),
            html.Div(loading_list(now), id="briefing-items", className="briefing-items"),
            prepared,
            conclusion_dialog(principal().name, assignable_agencies(context.agencies, context.today(), now), now),
            confirm_dialog("briefing-ending", t("briefing.end_title", now), t("briefing.end", now), now),
            confirm_dialog("briefing-removing", t("briefing.remove_ask", now), t("briefing.remove", now), now),
            dcc.Store(id="briefing-key", data=key), dcc.Store(id="briefing-version", data=0),
            dcc.Store(id="briefing-item", data=0), dcc.Store(id="briefing-done"),
            *(dcc.Store(id=f"{each}-pressed") for each in (COLLECT, REMOVE, CONCLUDE)),
            dcc.Location(id="briefing-go", refresh=True),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path="/giao-ban/<key>", name="briefing", title="Giao ban", label_key="briefing.page",
    rail="briefings", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip

opens_dialog("briefing-end", "briefing-ending")
closes_dialog("briefing-concluding")
closes_dialog("briefing-removing")


def _find(key: str) -> Briefing:
    return find_briefing(service(DirectiveContext), key, principal())


def _look(key: str) -> tuple[Briefing | None, Failure | None]:
    """The briefing, or why there is none to be seen."""
    try:
        return _find(key), None
    except ActError as error:
        if error.failure.code not in (ActCode.UNKNOWN_BRIEFING, ActCode.POSITION_NOT_VALID):
            raise
        return None, error.failure


@page_callback(
    {
        "notice": Output("briefing-notice", "children"),
        "title": Output("briefing-title", "children"),
        "line": Output("briefing-line", "children"),
        "to_notice": Output("briefing-to-notice", "children"),
        "items": Output("briefing-items", "children"),
        "end": Output("briefing-end", "style"),
        "ask": Output("briefing-ending-body", "children"),
        "version": Output("briefing-version", "data"),
    },
    inputs={"_version": DATA_VERSION, "_done": _DONE},
    state={"key": State("briefing-key", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def show(_version: object, _done: object, key: str) -> dict[str, Any]:
    """The briefing as it is now."""
    now = lang()
    briefing, failure = _look(key)
    if briefing is None:
        return _page_outputs(notice=dbc.Alert(describe(failure, now), color="warning") if failure else None)
    keeps = secretary() is not None
    may_act, count = keeps and briefing.ended_at is None, len(briefing.conclusions)
    kinds = kind_names(sorted(DOCUMENT_GRANTS[DocumentAct.BRIEF]), now)
    return _page_outputs(
        notice=None if keeps else dbc.Alert(t("briefing.nobody_may", now, kinds=kinds), color="info"),
        title=briefing_name(briefing, now), line=briefing_line(briefing, now),
        to_notice=notice_link(briefing, now) if briefing.document or may_enter_notice() else None,
        items=briefing_items(briefing, now, may_act=may_act), end=None if may_act else _HIDDEN,
        ask=t("briefing.end_with", now, n=count) if count else t("briefing.end_without", now), version=briefing.version,
    )  # fmt: skip


def _page_outputs(**parts: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("title", "line", "ask"), "")
    return {**texts, "notice": None, "to_notice": None, "items": [], "version": 0, "end": _HIDDEN, **parts}


@page_callback(
    {"groups": Output("briefing-groups", "children"), "style": Output("briefing-prepared", "style")},
    inputs={"_version": DATA_VERSION, "_done": _DONE, "words": Input("briefing-words", "value")},
    state={"key": State("briefing-key", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def prepare(_version: object, _done: object, words: str | None, key: str) -> dict[str, Any]:
    """What may be collected, for who keeps the briefing."""
    briefing, _ = _look(key)
    if secretary() is None or briefing is None or briefing.ended_at is not None:
        return {"groups": [], "style": _HIDDEN}
    return {"groups": prepared_groups(prepared_subjects(briefing, words), lang()), "style": None}


@page_callback(
    Output("briefing-done", "data", allow_duplicate=True),
    inputs={"pressed": pressed_button(COLLECT, f"{COLLECT}-pressed")},
    state={"key": State("briefing-key", "data"), "words": State("briefing-words", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def collect(pressed: PressedButton, key: str, words: str | None) -> int:
    """Collects what a row of the prepared list shows, as it stands now."""
    keeper, briefing = required_secretary(), _find(key)
    subject = chosen_subject(briefing, words, pressed.key)
    if subject is None:
        raise ActError(ActCode.NOT_OPEN)
    done = collect_item(service(DirectiveContext), key, subject, keeper, principal())
    show_toast(t("briefing.collected", lang()))
    return done.version


@page_callback(
    {"is_open": Output("briefing-removing", "is_open"), "what": Output("briefing-removing-body", "children")},
    inputs={"pressed": pressed_button(REMOVE, f"{REMOVE}-pressed")},
    state={"key": State("briefing-key", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def ask_removal(pressed: PressedButton, key: str) -> dict[str, Any]:
    """Asks before an item is taken off."""
    return {"is_open": True, "what": removal_text(_find(key), item_number(pressed.key))}


@page_callback(
    [
        Output("briefing-done", "data", allow_duplicate=True),
        Output("briefing-removing", "is_open", allow_duplicate=True),
    ],
    inputs={"_clicks": Input("briefing-removing-go", "n_clicks")},
    state={"pressed": State(f"{REMOVE}-pressed", "data"), "key": State("briefing-key", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def remove(_clicks: int, pressed: PressedButton, key: str) -> tuple[int, bool]:
    """Takes an item off."""
    done = remove_item(service(DirectiveContext), key, item_number(pressed.key), required_secretary(), principal())
    show_toast(t("briefing.removed", lang()))
    return done.version, False


@page_callback(
    {
        "is_open": Output("briefing-concluding", "is_open", allow_duplicate=True),
        "about": Output("briefing-about", "children"),
        "fields": [Output(field, "value") for field in FIELDS],
        "errors": error_outputs(FIELDS, allow_duplicate=True),
        "alert": Output("briefing-alert", "children", allow_duplicate=True),
        "draft": Output("briefing-form", "data-draft"),
        "version": Output("briefing-form", "data-version", allow_duplicate=True),
        "item": Output("briefing-item", "data"),
    },
    inputs={"pressed": pressed_button(CONCLUDE, f"{CONCLUDE}-pressed")},
    state={"key": State("briefing-key", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_conclusion(pressed: PressedButton, key: str) -> dict[str, Any]:
    """Opens the form of a conclusion: with the one before, or what the item proposes."""
    item = _find(key).find_item(item_number(pressed.key))
    begun = item.subject.proposed if item.conclusion.is_empty else item.conclusion
    return {
        "is_open": True, "about": item.subject.name, "fields": [begun.text, begun.lead, begun.due],
        "errors": error_texts(FIELDS, {}), "alert": None, "draft": f"briefing {key} {item.number}",
        "version": str(item.version), "item": item.number,
    }  # fmt: skip


@page_callback(
    {
        "is_open": Output("briefing-concluding", "is_open", allow_duplicate=True),
        "errors": error_outputs(FIELDS),
        "alert": Output("briefing-alert", "children"),
        "saved": Output("briefing-form", "data-saved"),
        "done": Output("briefing-done", "data"),
        "version": Output("briefing-form", "data-version"),
    },
    inputs={"_clicks": Input("briefing-save", "n_clicks")},
    state={
        "key": State("briefing-key", "data"),
        "item": State("briefing-item", "data"),
        "version": State("briefing-form", "data-version"),
        "fields": [State(field, "value") for field in FIELDS],
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("briefing-save", "disabled"), True, False)],
)
def conclude(_clicks: int, key: str, item: int, version: str, fields: list[str | None]) -> dict[str, Any]:
    """Writes the conclusion; what is wrong is said at its field, what somebody else wrote meanwhile above it."""
    context, now = service(DirectiveContext), lang()
    conclusion = Conclusion(*((text or "").strip() for text in fields))
    kept = {"is_open": True, "alert": None, "saved": no_update, "done": no_update, "version": no_update}
    faults = conclusion_faults(conclusion, context.agencies, context.today())
    errors = {
        f"briefing-{name}": t("common.missing", now)
        if failure.code == ActCode.FIELD_MISSING
        else describe(failure, now)
        for name, failure in faults.items()
    }
    if errors:
        return {**kept, "errors": error_texts(FIELDS, errors)}
    try:
        done = conclude_item(context, key, item, conclusion, item_number(version), required_secretary(), principal())
    except ActError as error:
        if error.failure.code != ActCode.BRIEFING_CHANGED:
            raise
        current = _find(key).find_item(item)
        told = dbc.Alert(t("briefing.others_wrote", now, text=current.conclusion.text), color="warning")
        return {**kept, "errors": error_texts(FIELDS, {}), "alert": told, "version": str(current.version)}
    show_toast(t("briefing.saved", now))
    saved = {"is_open": False, "errors": error_texts(FIELDS, {}), "saved": str(done.version), "done": done.version}
    return {**kept, **saved}


@page_callback(
    {"is_open": Output("briefing-ending", "is_open", allow_duplicate=True), "go": Output("briefing-go", "href")},
    inputs={"_clicks": Input("briefing-ending-go", "n_clicks")},
    state={"key": State("briefing-key", "data"), "version": State("briefing-version", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("briefing-ending-go", "disabled"), True, False)],
)
def end(_clicks: int, key: str, version: int) -> dict[str, Any]:
    """Ends the briefing, once the question was answered, and leads to the form with its draft."""
    ended = end_briefing(service(DirectiveContext), key, version, required_secretary(), principal())
    show_toast(t("briefing.ended", lang()))
    return {"is_open": False, "go": notice_path(key) if ended.awaits_notice else briefing_path(key)}
