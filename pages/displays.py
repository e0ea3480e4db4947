"""Quản trị, Màn hình: displays are listed, enrolled by the code that they show, changed and revoked."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.access.displays import (
    CODE,
    EDIT_FIELDS,
    EDIT_NAME,
    EDIT_NETWORKS,
    MAX_NETWORKS_LENGTH,
    NAME,
    NETWORKS,
    NEW_FIELDS,
    PLACE_PARAMETER,
    WALL_PATH,
    columns,
    display_facts,
    display_form,
    enrolment_form,
    enrolment_steps,
    row,
    waiting_screens,
)
from components.ui.dialogs import confirm_dialog, dialog, side_panel
from components.ui.export_table import export_links
from components.ui.forms import error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.auth.displays import DisplayService, DisplaySettings
from ioc.auth.errors import AuthCode, AuthError
from ioc.dash_kit.callbacks import closes_dialog, filters_table, opens_dialog, page_callback
from ioc.dash_kit.context import address_of, field_texts, lang, principal, service
from ioc.dash_kit.directory import DisplayPages
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked, typed_text
from ioc.domain.access.permissions import Action

_FIELD_OF = {
    AuthCode.DISPLAY_CODE_MISSING: CODE, AuthCode.DISPLAY_CODE_INVALID: CODE, AuthCode.NAME_MISSING: NAME,
    AuthCode.DISPLAY_NAME_TAKEN: NAME, AuthCode.NETWORK_INVALID: NETWORKS, AuthCode.NETWORKS_TOO_LONG: NETWORKS,
    AuthCode.DISPLAY_OUTSIDE_NETWORKS: NETWORKS,
}  # fmt: skip
_EDIT_FIELD_OF = {
    AuthCode.NAME_MISSING: EDIT_NAME, AuthCode.DISPLAY_CHANGED: EDIT_NAME, AuthCode.NETWORK_INVALID: EDIT_NETWORKS,
    AuthCode.NETWORKS_TOO_LONG: EDIT_NETWORKS,
}  # fmt: skip


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now, titles = lang(), service(DisplayPages).titles()
    add = dbc.Button(t("views.screen_add", now), id="displays-add", color="primary")
    enrol_button = dbc.Button(t("views.screen_enrol", now), id="displays-enrol", color="primary")
    search = search_field("displays-search", t("views.search_screens", now), tim)
    return html.Div(
        [
            section_tabs(ADMIN, "displays", now),
            page_bar("displays", now, search=search, more=export_links("displays", now), main=[add]),
            html.P(t("views.screens_why", now), className="quiet mb-0"),
            data_table(
                "displays-table", t("views.screens", now), columns(now), lang=now, empty=t("views.screens_none", now)
            ),
            dialog("displays-new", t("views.screen_add", now), enrolment_form(titles, now), [enrol_button], now),
            side_panel("displays-one", display_form(titles, now)),
            confirm_dialog("displays-ask", t("views.screen_ask", now), t("views.screen_revoke", now), now),
            dcc.Store(id="displays-key"),
            dcc.Store(id="displays-version"),
            form_key("displays-new"),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/quan-tri/man-hinh", name="displays", title="Màn hình", label_key="views.screens", section=ADMIN,
    order=4, action=Action.MANAGE_DISPLAYS, topics=("access",), follows_time=True, has_grid=True,
)  # fmt: skip

filters_table("displays-search", "displays-table")
closes_dialog("displays-new")
opens_dialog("displays-revoke", "displays-ask")


@page_callback(Output("displays-table", "rowData"), inputs={"_version": DATA_VERSION}, action=Action.MANAGE_DISPLAYS)
def list_displays(_version: object) -> list[Any]:
    """The rows of the table."""
    titles, displays, now = service(DisplayPages).titles(), service(DisplayService), lang()
    return [row(display, titles, displays.clock(), now) for display in displays.list_all(principal())]


@page_callback(
    {
        "is_open": Output("displays-new", "is_open"),
        "steps": Output("displays-steps", "children"),
        "waiting": Output("displays-waiting", "children"),
        "fields": [Output(field, "value") for field in NEW_FIELDS],
        "errors": error_outputs(NEW_FIELDS),
    },
    inputs={"_clicks": Input("displays-add", "n_clicks")},
    action=Action.MANAGE_DISPLAYS,
    prevent_initial_call=True,
)
def open_enrolment(_clicks: int) -> dict[str, Any]:
    """Opens the form, with the screens that wait now; the address has a place in the queue where many wait."""
    displays, by, now = service(DisplayService), principal(), lang()
    place = f"?{PLACE_PARAMETER}={displays.place_code(by)}" if displays.is_queue_crowded(by) else ""
    return {
        "is_open": True,
        "steps": enrolment_steps(address_of(f"/man-hinh{place}"), now),
        "waiting": waiting_screens(displays.pending_requests(by), now),
        "fields": ["", "", WALL_PATH, ""],
        "errors": error_texts(NEW_FIELDS, {}),
    }


@page_callback(
    {
        "is_open": Output("displays-new", "is_open", allow_duplicate=True),
        "errors": error_outputs(NEW_FIELDS, allow_duplicate=True),
        "key": key_output("displays-new"),
    },
    inputs={
        "_clicks": Input("displays-enrol", "n_clicks"),
        "_enter": [Input(field, "n_submit") for field in (CODE, NAME, NETWORKS)],
    },
    state={"fields": [State(field, "value") for field in NEW_FIELDS], "key": key_state("displays-new")},
    action=Action.MANAGE_DISPLAYS,
    prevent_initial_call=True,
    running=[(Output("displays-enrol", "disabled"), True, False)],
)
def enrol(_clicks: int, _enter: object, fields: list[str | None], key: str | None) -> dict[str, Any]:
    """Enrols the screen that shows the code."""
    code, *settings = fields
    try:
        service(DisplayService).enrol(typed_text(code), _settings(*settings), principal(), key or "")
    except AuthError as error:
        return {"is_open": True, "errors": error_texts(NEW_FIELDS, field_texts(error, _FIELD_OF)), "key": no_update}
    show_toast(t("views.done_enrolled", lang()))
    return {"is_open": False, "errors": error_texts(NEW_FIELDS, {}), "key": new_key()}


@page_callback(
    {
        "is_open": Output("displays-one", "is_open"),
        "title": Output("displays-one-title", "children"),
        "facts": Output("displays-facts", "children"),
        "change_hidden": Output("displays-change", "hidden"),
        "key": Output("displays-key", "data"),
        "version": Output("displays-version", "data"),
        "fields": [Output(field, "value") for field in EDIT_FIELDS],
        "errors": error_outputs(EDIT_FIELDS),
        "ask": Output("displays-ask-body", "children"),
    },
    inputs={"clicked": Input("displays-table", "cellRendererData")},
    action=Action.MANAGE_DISPLAYS,
    prevent_initial_call=True,
)
def open_display(clicked: Clicked) -> dict[str, Any]:
    """Opens the panel of one display; of a revoked one it has the facts only."""
    key, displays, now = clicked.value, service(DisplayService), lang()
    display = next((each for each in displays.list_all(principal()) if each.key == key), None)
    if display is None:
        raise AuthError(AuthCode.DISPLAY_NOT_FOUND)
    page = display.page if display.page in service(DisplayPages).titles() else WALL_PATH
    return {
        "is_open": True,
        "title": display.display_name,
        "facts": display_facts(display, displays.clock(), now),
        "change_hidden": display.revoked_at is not None,
        "key": display.key,
        "version": display.version,
        "fields": [display.display_name, page, display.allowed_networks],
        "errors": error_texts(EDIT_FIELDS, {}),
        "ask": t("views.screen_ask_what", now, name=display.display_name),
    }


@page_callback(
    {
        "is_open": Output("displays-one", "is_open", allow_duplicate=True),
        "errors": error_outputs(EDIT_FIELDS, allow_duplicate=True),
    },
    inputs={"_clicks": Input("displays-save", "n_clicks")},
    state={
        "key": State("displays-key", "data"),
        "version": State("displays-version", "data"),
        "fields": [State(field, "value") for field in EDIT_FIELDS],
    },
    action=Action.MANAGE_DISPLAYS,
    prevent_initial_call=True,
    running=[(Output("displays-save", "disabled"), True, False)],
)
def save(_clicks: int, key: str | None, version: str | None, fields: list[str | None]) -> dict[str, Any]:
    """Changes the display in the panel; who has an old version of it is told, and keeps the input."""
    try:
        service(DisplayService).change(key or "", _settings(*fields), principal(), version=version or "")
    except AuthError as error:
        return {"is_open": True, "errors": error_texts(EDIT_FIELDS, field_texts(error, _EDIT_FIELD_OF))}
    show_toast(t("views.done_saved", lang()))
    return {"is_open": False, "errors": error_texts(EDIT_FIELDS, {})}


@page_callback(
    {
        "is_open": Output("displays-one", "is_open", allow_duplicate=True),
        "is_asked": Output("displays-ask", "is_open", allow_duplicate=True),
    },
    inputs={"_clicks": Input("displays-ask-go", "n_clicks")},
    state={"key": State("displays-key", "data")},
    action=Action.MANAGE_DISPLAYS,
    prevent_initial_call=True,
    running=[(Output("displays-ask-go", "disabled"), True, False)],
)
def revoke(_clicks: int, key: str | None) -> dict[str, bool]:
    """Revokes the display in the panel, once the question was answered."""
    service(DisplayService).revoke(key or "", principal())
    show_toast(t("views.done_revoked", lang()))
    return {"is_open": False, "is_asked": False}


def _settings(name: str | None, page: str | None, networks: str | None) -> DisplaySettings:
    """The settings as typed; the wall's page for a path that is none."""
    path = typed_text(page)
    shown = path if path in service(DisplayPages).titles() else WALL_PATH
    return DisplaySettings(typed_text(name), shown, typed_text(networks, MAX_NETWORKS_LENGTH))
