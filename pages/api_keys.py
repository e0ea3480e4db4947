"""Quản trị, Khóa của chương trình: API keys are listed, created, shown once, and revoked."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.access.api_keys import (
    NAME,
    NETWORKS,
    NEW_FIELDS,
    SCOPES,
    columns,
    key_facts,
    key_panel,
    new_key_form,
    row,
    shown_key,
)
from components.access.displays import MAX_NETWORKS_LENGTH
from components.access.webhooks import without_key
from components.ui.dialogs import confirm_dialog, dialog, secret_dialog, side_panel
from components.ui.export_table import export_links
from components.ui.forms import error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.auth.api_keys import ApiKeyService, NewApiKey
from ioc.auth.errors import AuthCode, AuthError
from ioc.dash_kit.callbacks import clientside_callback, closes_dialog, filters_table, opens_dialog, page_callback
from ioc.dash_kit.context import field_texts, lang, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked, typed_text
from ioc.directives.context import DirectiveContext
from ioc.directives.external import key_positions
from ioc.directives.webhooks import list_webhooks
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Scope

_FIELD_OF = {
    AuthCode.NAME_MISSING: NAME, AuthCode.API_KEY_NAME_TAKEN: NAME, AuthCode.SCOPE_MISSING: SCOPES,
    AuthCode.NETWORK_INVALID: NETWORKS, AuthCode.NETWORKS_TOO_LONG: NETWORKS,
}  # fmt: skip


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    add = dbc.Button(t("views.program_make", now), id="api-keys-add", color="primary")
    create_button = dbc.Button(t("views.program_create", now), id="api-keys-create", color="primary")
    search = search_field("api-keys-search", t("views.search_programs", now), tim)
    return html.Div(
        [
            section_tabs(ADMIN, "api-keys", now),
            page_bar("api-keys", now, search=search, more=export_links("api-keys", now), main=[add]),
            html.P(t("views.programs_why", now), className="quiet mb-0"),
            html.Div(id="api-keys-notice"),
            data_table(
                "api-keys-table", t("views.programs", now), columns(now), lang=now, empty=t("views.programs_none", now)
            ),
            dialog("api-keys-new", t("views.program_add", now), new_key_form(now), [create_button], now),
            side_panel("api-keys-one", key_panel(now)),
            confirm_dialog("api-keys-ask", t("views.program_ask", now), t("views.screen_revoke", now), now),
            secret_dialog("api-keys-secret", now, title=t("views.program_key", now)),
            dcc.Store(id="api-keys-key"),
            form_key("api-keys-new"),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/quan-tri/chuong-trinh", name="api-keys", title="Khóa của chương trình", label_key="views.programs",
    section=ADMIN, order=5, action=Action.ADMINISTER, topics=("access",), has_grid=True,
)  # fmt: skip

filters_table("api-keys-search", "api-keys-table")
clientside_callback(
    "closeSecret", Output("api-keys-secret", "is_open"), Output("api-keys-secret-body", "children"),
    Input("api-keys-secret-close", "n_clicks"),
)  # fmt: skip
closes_dialog("api-keys-new")
opens_dialog("api-keys-revoke", "api-keys-ask")


@page_callback(
    {"rows": Output("api-keys-table", "rowData"), "notice": Output("api-keys-notice", "children")},
    inputs={"_version": DATA_VERSION},
    action=Action.ADMINISTER,
)
def list_keys(_version: object) -> dict[str, Any]:
    """The rows of the table, and which programs lack a key."""
    now, webhooks = lang(), list_webhooks(service(DirectiveContext), principal())
    keys = service(ApiKeyService).list_all(principal())
    return {
        "rows": [row(api_key, now, webhooks.get(api_key.key)) for api_key in keys],
        "notice": without_key(webhooks, {api_key.key for api_key in keys if not api_key.revoked_at}, now),
    }


@page_callback(
    {
        "is_open": Output("api-keys-new", "is_open"),
        "fields": [Output(field, "value") for field in NEW_FIELDS],
        "errors": error_outputs(NEW_FIELDS),
    },
    inputs={"_clicks": Input("api-keys-add", "n_clicks")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_new(_clicks: int) -> dict[str, Any]:
    """Opens the dialog of a new key, without the name and the scopes of one before."""
    return {"is_open": True, "fields": ["", "", []], "errors": error_texts(NEW_FIELDS, {})}


@page_callback(
    {
        "is_open": Output("api-keys-new", "is_open", allow_duplicate=True),
        "errors": error_outputs(NEW_FIELDS, allow_duplicate=True),
        "secret_open": Output("api-keys-secret", "is_open", allow_duplicate=True),
        "secret": Output("api-keys-secret-body", "children", allow_duplicate=True),
        "form_key": key_output("api-keys-new"),
    },
    inputs={
        "_clicks": Input("api-keys-create", "n_clicks"),
        "_enter": [Input(field, "n_submit") for field in (NAME, NETWORKS)],
    },
    state={"fields": [State(field, "value") for field in NEW_FIELDS], "key": key_state("api-keys-new")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("api-keys-create", "disabled"), True, False)],
)
def create(
    _clicks: int, _enter: object, fields: tuple[str | None, str | None, list[Scope] | None], key: str | None
) -> dict[str, Any]:
    """Creates a key, and shows it in the answer to the request itself: it is stored nowhere."""
    name, networks, chosen = fields
    new = NewApiKey(typed_text(name, 60), chosen or (), typed_text(networks, MAX_NETWORKS_LENGTH))
    try:
        secret = service(ApiKeyService).create(new, principal(), key or "")
    except AuthError as error:
        kept = dict.fromkeys(("secret_open", "secret", "form_key"), no_update)
        return {"is_open": True, "errors": error_texts(NEW_FIELDS, field_texts(error, _FIELD_OF)), **kept}
    return {
        "is_open": False,
        "errors": error_texts(NEW_FIELDS, {}),
        "secret_open": True,
        "secret": shown_key(new.name, secret, lang(), sends_directives=Scope.DIRECTIVES in new.scopes),
        "form_key": new_key(),
    }


@page_callback(
    {
        "is_open": Output("api-keys-one", "is_open"),
        "title": Output("api-keys-one-title", "children"),
        "facts": Output("api-keys-facts", "children"),
        "change_hidden": Output("api-keys-change", "hidden"),
        "key": Output("api-keys-key", "data"),
        "ask": Output("api-keys-ask-body", "children"),
    },
    inputs={"clicked": Input("api-keys-table", "cellRendererData")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_key(clicked: Clicked) -> dict[str, Any]:
    """Opens the panel of one key."""
    now, context = lang(), service(DirectiveContext)
    api_key = next((each for each in service(ApiKeyService).list_all(principal()) if each.key == clicked.value), None)
    if api_key is None:
        raise AuthError(AuthCode.API_KEY_NOT_FOUND)
    return {
        "is_open": True,
        "title": api_key.display_name,
        "facts": key_facts(
            api_key,
            now,
            list_webhooks(context, principal()).get(api_key.key),
            key_positions(context, principal()).get(api_key.key, ""),
        ),
        "change_hidden": api_key.revoked_at is not None,
        "key": api_key.key,
        "ask": t("views.program_ask_what", now, name=api_key.display_name),
    }


@page_callback(
    {
        "is_open": Output("api-keys-one", "is_open", allow_duplicate=True),
        "is_asked": Output("api-keys-ask", "is_open", allow_duplicate=True),
    },
    inputs={"_clicks": Input("api-keys-ask-go", "n_clicks")},
    state={"key": State("api-keys-key", "data")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("api-keys-ask-go", "disabled"), True, False)],
)
def revoke(_clicks: int, key: str | None) -> dict[str, bool]:
    """Revokes the key in the panel, once the question was answered."""
    service(ApiKeyService).revoke(key or "", principal())
    show_toast(t("views.done_program_revoked", lang()))
    return {"is_open": False, "is_asked": False}
