"""Quản trị, Tài khoản: accounts are listed, added, changed, disabled; access is reset, sessions are ended."""

from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.access import users
from components.access.sessions import session_rows
from components.screens.shell import RailPlace
from components.ui.dialogs import confirm_dialog, dialog, secret_dialog, shown_secret, side_panel
from components.ui.export_table import export_links
from components.ui.forms import NONE, chosen, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.sessions import SessionService, parse_session_id
from ioc.auth.user_admin import NewUser, UserAccount, UserAdmin, UserChange
from ioc.dash_kit.callbacks import clientside_callback, closes_dialog, filters_table, opens_dialog, page_callback
from ioc.dash_kit.context import field_texts, lang, may, principal, service
from ioc.dash_kit.directory import AgencyDirectory
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked
from ioc.domain.access.permissions import AccessTarget, Action
from ioc.domain.access.principal import Role

_FIELD_OF = {
    AuthCode.USERNAME_INVALID: users.NAME, AuthCode.USERNAME_TAKEN: users.NAME, AuthCode.ROLE_MISSING: users.ROLES,
    AuthCode.AGENCY_MISSING: users.AGENCY, AuthCode.AGENCY_UNKNOWN: users.AGENCY,
}  # fmt: skip
_EDIT_FIELD_OF = {
    AuthCode.ROLE_MISSING: users.EDIT_ROLES, AuthCode.AGENCY_MISSING: users.EDIT_AGENCY,
    AuthCode.AGENCY_UNKNOWN: users.EDIT_AGENCY, AuthCode.ACCOUNT_CHANGED: users.EDIT_SHOWN,
}  # fmt: skip
# The buttons that act; what ends a password has answered its question first.
_BUTTONS = {
    f"users-ask-{act}-go" if act in users.RESETS else f"users-{act}": act for act in users.ACTS if act != "disable"
}


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """The account in the panel, as it was read. `version`: of its rights."""

    name: str
    version: str = ""


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    directory = service(AgencyDirectory)
    agencies = users.agency_options(directory.options(now), directory.owing(), now)
    add = dbc.Button(t("views.add_account", now), id="users-add", color="primary")
    create = dbc.Button(t("views.add_and_show", now), id="users-create", color="primary")
    search = search_field("users-search", t("views.search_accounts", now), tim)
    return html.Div(
        [
            section_tabs(ADMIN, "users", now),
            page_bar("users", now, search=search, more=export_links("accounts", now), main=[add]),
            data_table("users-table", t("views.accounts", now), users.columns(now), lang=now),
            dialog("users-new", t("views.account_add", now), users.new_account_form(agencies, now), [create], now),
            side_panel("users-one", users.account_form(agencies, now)),
            confirm_dialog("users-ask", t("views.disable_ask", now), t("views.disable", now), now),
            *users.reset_dialogs(now),
            secret_dialog("users-secret", now),
            dcc.Store(id="users-opened"),
            form_key("users-new"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path="/quan-tri/tai-khoan", name="users", title="Tài khoản", label_key="views.accounts", section=ADMIN,
    order=1, action=Action.ADMINISTER, topics=("access",), has_grid=True,
    rail=RailPlace("shell.admin", "admin", 90, "/quan-tri"),
)  # fmt: skip

filters_table("users-search", "users-table")
closes_dialog("users-new")
opens_dialog("users-disable", "users-ask")
for _act in users.RESETS:
    opens_dialog(f"users-{_act}", f"users-ask-{_act}")
clientside_callback(
    "closeSecret", Output("users-secret", "is_open"), Output("users-secret-body", "children"),
    Input("users-secret-close", "n_clicks"),
)  # fmt: skip


@page_callback(Output("users-table", "rowData"), inputs={"_version": DATA_VERSION}, action=Action.ADMINISTER)
def list_accounts(_version: object) -> list[Any]:
    """The rows of the table."""
    directory, now = service(AgencyDirectory), lang()
    accounts = service(UserAdmin).list_accounts(principal())
    return [users.row(account, directory.name(account.agency, now), now) for account in accounts]


@page_callback(
    {
        "is_open": Output("users-new", "is_open"),
        "fields": [Output(field, "value") for field in users.NEW_FIELDS],
        "errors": error_outputs(users.NEW_FIELDS),
    },
    inputs={"_clicks": Input("users-add", "n_clicks")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_new(_clicks: int) -> dict[str, Any]:
    """Opens the dialog of a new account, without the name and the rights of one before."""
    return {"is_open": True, "fields": ["", "", NONE, []], "errors": error_texts(users.NEW_FIELDS, {})}


@page_callback(
    {
        "is_open": Output("users-new", "is_open", allow_duplicate=True),
        "errors": error_outputs(users.NEW_FIELDS, allow_duplicate=True),
        "secret_open": Output("users-secret", "is_open", allow_duplicate=True),
        "secret": Output("users-secret-body", "children", allow_duplicate=True),
        "key": key_output("users-new"),
    },
    inputs={
        "_clicks": Input("users-create", "n_clicks"),
        "_enter": [Input(field, "n_submit") for field in (users.NAME, users.SHOWN)],
    },
    state={"fields": [State(field, "value") for field in users.NEW_FIELDS], "key": key_state("users-new")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("users-create", "disabled"), True, False)],
)
def add(
    _clicks: int, _enter: object, fields: tuple[str | None, str | None, str | None, list[Role] | None], key: str | None
) -> dict[str, Any]:
    """Adds an account and shows its one-time password once."""
    name, shown, agency, roles = fields
    user = NewUser((name or "").casefold().strip(), roles or (), shown or "", chosen(agency))
    try:
        password = service(UserAdmin).add(user, principal(), key or "")
    except AuthError as error:
        errors = error_texts(users.NEW_FIELDS, field_texts(error, _FIELD_OF))
        kept = dict.fromkeys(("secret_open", "secret", "key"), no_update)
        return {"is_open": True, "errors": errors, **kept}
    return {
        "is_open": False,
        "errors": error_texts(users.NEW_FIELDS, {}),
        "secret_open": True,
        "secret": shown_secret(user.name, password, lang()),
        "key": new_key(),
    }


@page_callback(
    {
        "is_open": Output("users-one", "is_open"),
        "title": Output("users-one-title", "children"),
        "facts": Output("users-facts", "children"),
        "own_hidden": Output("users-own", "hidden"),
        "change_hidden": Output("users-change", "hidden"),
        "way_in": Output("users-way-in", "children"),
        "opened": Output("users-opened", "data"),
        "agencies": Output(users.EDIT_AGENCY, "options"),
        "fields": [Output(field, "value") for field in users.EDIT_FIELDS],
        "acts": [Output(f"users-{act}", "style") for act in users.ACTS],
        "errors": error_outputs(users.EDIT_FIELDS),
        "ask": Output("users-ask-body", "children"),
        "sessions": Output("users-sessions", "rowData"),
    },
    inputs={"clicked": Input("users-table", "cellRendererData")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_account(clicked: Clicked) -> dict[str, Any]:
    """Opens the panel of one account."""
    account, now = _account(clicked.value), lang()
    directory = service(AgencyDirectory)
    may_change = may(Action.ADMINISTER, AccessTarget(account=account.name))
    return {
        "is_open": True,
        "title": account.display_name or account.name,
        "facts": users.account_facts(account, now),
        "own_hidden": may_change,
        "change_hidden": not may_change,
        "way_in": t("views.outside" if account.is_external else "views.reset_why", now),
        "opened": {"name": account.name, "version": account.version},
        "agencies": users.agency_options(directory.options(now, account.agency), directory.owing(), now),
        "fields": [account.display_name, account.agency or NONE, [role.value for role in account.roles]],
        "acts": [None if is_offered else {"display": "none"} for is_offered in users.offered_acts(account)],
        "errors": error_texts(users.EDIT_FIELDS, {}),
        "ask": t("views.disable_what", now, name=account.name),
        "sessions": _session_rows(account.name),
    }


@page_callback(
    {
        "is_open": Output("users-one", "is_open", allow_duplicate=True),
        "errors": error_outputs(users.EDIT_FIELDS, allow_duplicate=True),
    },
    inputs={"_clicks": Input("users-save", "n_clicks")},
    state={"opened": State("users-opened", "data"), "fields": [State(field, "value") for field in users.EDIT_FIELDS]},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("users-save", "disabled"), True, False)],
)
def save(
    _clicks: int, opened: OpenedAccount, fields: tuple[str | None, str | None, list[Role] | None]
) -> dict[str, Any]:
    """Changes the rights of the account in the panel; who has an old version of it is told, and keeps the input."""
    shown, agency, roles = fields
    change = UserChange(roles or (), chosen(agency), shown or "", opened.version)
    try:
        has_new_rights = service(UserAdmin).change(opened.name, change, principal())
    except AuthError as error:
        return {"is_open": True, "errors": error_texts(users.EDIT_FIELDS, field_texts(error, _EDIT_FIELD_OF))}
    show_toast(t("views.done_saved_ended" if has_new_rights else "views.done_saved", lang()))
    return {"is_open": False, "errors": error_texts(users.EDIT_FIELDS, {})}


@page_callback(
    {
        "is_open": Output("users-one", "is_open", allow_duplicate=True),
        "secret_open": Output("users-secret", "is_open", allow_duplicate=True),
        "secret": Output("users-secret-body", "children", allow_duplicate=True),
        "asks": [Output(f"users-ask-{act}", "is_open", allow_duplicate=True) for act in users.RESETS],
    },
    inputs={"_clicks": [Input(button, "n_clicks") for button in _BUTTONS]},
    state={"opened": State("users-opened", "data")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def act_on_account(_clicks: list[int | None], opened: OpenedAccount) -> dict[str, Any]:
    """Does what the button says with the account in the panel."""
    name, by, admin = opened.name, principal(), service(UserAdmin)
    act, asks = _BUTTONS[str(ctx.triggered_id)], [False] * len(users.RESETS)
    if act in users.RESETS:
        if password := admin.reset_password(name, by, with_mfa=act == "reset-factor"):
            return {"is_open": False, "secret_open": True, "secret": shown_secret(name, password, lang()), "asks": asks}
    elif act == "end-sessions":
        service(SessionService).end_all_sessions(name, by)
    else:
        {"enable": admin.enable, "unlock": admin.unlock}[act](name, by)
    done = {"reset-factor": "factor_reset", "end-sessions": "ended", "enable": "enabled", "unlock": "unlocked"}[act]
    show_toast(t(f"views.done_{done}", lang()))
    return {"is_open": False, "secret_open": no_update, "secret": no_update, "asks": asks}


@page_callback(
    {
        "is_open": Output("users-one", "is_open", allow_duplicate=True),
        "is_asked": Output("users-ask", "is_open", allow_duplicate=True),
    },
    inputs={"_clicks": Input("users-ask-go", "n_clicks")},
    state={"opened": State("users-opened", "data")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("users-ask-go", "disabled"), True, False)],
)
def disable(_clicks: int, opened: OpenedAccount) -> dict[str, bool]:
    """Disables the account in the panel, once the question was answered."""
    service(UserAdmin).disable(opened.name, principal())
    show_toast(t("views.done_disabled", lang()))
    return {"is_open": False, "is_asked": False}


@page_callback(
    Output("users-sessions", "rowData", allow_duplicate=True),
    inputs={"clicked": Input("users-sessions", "cellRendererData")},
    state={"opened": State("users-opened", "data")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def end_session(clicked: Clicked, opened: OpenedAccount) -> list[Any]:
    """Ends one session of the account in the panel."""
    service(SessionService).end_session(parse_session_id(clicked.value), principal(), owner=opened.name)
    show_toast(t("views.done_ended", lang()))
    return _session_rows(opened.name)


def _session_rows(name: str) -> list[Any]:
    found = service(SessionService).list_sessions(name, principal())
    return list(session_rows(found, principal().session_id, lang()))


def _account(name: str) -> UserAccount:
    """The account. AuthError ACCOUNT_NOT_FOUND where there is none."""
    for account in service(UserAdmin).list_accounts(principal()):
        if account.name == name:
            return account
    raise AuthError(AuthCode.ACCOUNT_NOT_FOUND, name=name[:60])
