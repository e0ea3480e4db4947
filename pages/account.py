"""Tài khoản của tôi: the own account: password, second factor and sessions are changed."""

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from components.access.own_account import (
    AGAIN,
    CODE,
    DROP,
    NEW,
    OLD,
    PASSWORD_DIALOGS,
    PASSWORD_FIELDS,
    RENEW,
    SET_UP,
    account_cards,
    account_dialogs,
    account_facts,
    go_button,
    login_notice,
    mfa_state,
    password_field,
    recovery_codes,
    scan_parts,
)
from components.access.sessions import session_rows
from components.screens.shell import RailPlace
from components.ui.forms import error_id, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, show_toast
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.mfa import MfaService, RecoveryCodesIssued
from ioc.auth.self_service import PasswordChange, SelfService
from ioc.auth.sessions import SessionService, parse_session_id
from ioc.dash_kit.callbacks import clientside_callback, closes_dialog, opens_dialog, page_callback
from ioc.dash_kit.context import field_texts, keep_session, lang, principal, service
from ioc.dash_kit.directory import AgencyDirectory
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import Clicked
from ioc.domain.access.permissions import Action

_OWN = Action.MANAGE_OWN_ACCOUNT
_FIELD_OF = {
    AuthCode.PASSWORD_WRONG: OLD, AuthCode.PASSWORD_MISMATCH: AGAIN, AuthCode.PASSWORD_UNCHANGED: NEW,
    AuthCode.PASSWORD_TOO_SHORT: NEW, AuthCode.PASSWORD_TOO_LONG: NEW, AuthCode.PASSWORD_COMMON: NEW,
}  # fmt: skip
_PASSWORD_CODES = (AuthCode.PASSWORD_WRONG, AuthCode.PASSWORD_TOO_SHORT)


def layout(xong: str = "", **params: str) -> Component:
    """The page, empty. `xong`: "password" after the first password was chosen, which is a form of its own."""
    now = lang()
    done = [html.Div(t("views.done_password", now), className="alert alert-success", role="status")]
    return html.Div(
        [*(done if xong == "password" else []), *account_cards(now), *account_dialogs(now)], className="working"
    )


register_working_page(
    __name__, path="/tai-khoan", name="account", title="Tài khoản của tôi", label_key="views.account", action=_OWN,
    topics=("access",), has_grid=True, rail=RailPlace("shell.own_account", "person", 95),
)  # fmt: skip

for _button, _name, _fields in (
    ("account-change", "account-password", PASSWORD_FIELDS),
    ("account-set-up", SET_UP, (password_field(SET_UP),)),
    ("account-renew-codes", RENEW, (password_field(RENEW),)),
    ("account-switch-off", DROP, (password_field(DROP),)),
):
    opens_dialog(_button, _name)
    clientside_callback(
        "clearWhenClosed", *(Output(field, "value") for field in _fields),
        *error_outputs(_fields, allow_duplicate=True), Input(_name, "is_open"), prevent_initial_call=True,
    )  # fmt: skip
closes_dialog("account-scan")
clientside_callback(
    "clearWhenClosed", Output("account-scan-image", "children", allow_duplicate=True), Output(CODE, "value"),
    *error_outputs([CODE], allow_duplicate=True), Input("account-scan", "is_open"), prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "closeSecret", Output("account-codes", "is_open"), Output("account-codes-body", "children"),
    Input("account-codes-close", "n_clicks"),
)  # fmt: skip


@page_callback(
    {
        "facts": Output("account-facts", "children"),
        "notice": Output("account-notice", "children"),
        "state": Output("account-state", "children"),
        "set_up": Output("account-set-up", "children"),
        "offered": [Output(f"account-{act}", "style") for act in ("renew-codes", "switch-off", "end-others")],
        "asks": [Output(f"{name}-ask", "hidden") for name in PASSWORD_DIALOGS],
        "rows": Output("account-sessions", "rowData"),
    },
    inputs={"_version": DATA_VERSION},
    action=_OWN,
)
def show(_version: object) -> dict[str, Any]:
    """What is known of the account now."""
    me, now, mfa = principal(), lang(), service(MfaService)
    has_mfa, has_password = mfa.is_enabled(me), service(SelfService).has_password(me)
    rows = _rows()
    offered = (has_mfa, has_mfa and not mfa.is_mandatory(me), len(rows) > 1)
    return {
        "facts": account_facts(me, service(AgencyDirectory).name(me.agency, now), has_mfa, now),
        "notice": login_notice(service(SessionService).login_history(me), now),
        "state": mfa_state(has_mfa, mfa.recovery_codes_left(me), now),
        "set_up": t("views.factor_again" if has_mfa else "views.factor_begin", now),
        "offered": [None if is_offered else {"display": "none"} for is_offered in offered],
        "asks": [not has_password] * len(PASSWORD_DIALOGS),
        "rows": rows,
    }


@page_callback(
    {
        "is_open": Output("account-password", "is_open", allow_duplicate=True),
        "errors": error_outputs(PASSWORD_FIELDS, allow_duplicate=True),
    },
    inputs={"_clicks": Input(go_button("account-password"), "n_clicks"), "_enter": Input(AGAIN, "n_submit")},
    state={"fields": [State(field, "value") for field in PASSWORD_FIELDS]},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output(go_button("account-password"), "disabled"), True, False)],
)
def change_password(_clicks: int, _enter: int, fields: list[str | None]) -> dict[str, Any]:
    """Changes the password; all other sessions end."""
    old, new, again = (_typed(value) for value in fields)
    try:
        session = service(SelfService).change_password(principal(), PasswordChange(old, new, again))
    except AuthError as error:
        errors = error_texts(PASSWORD_FIELDS, field_texts(error, _FIELD_OF))
        return {"is_open": True, "errors": errors}
    keep_session(session.cookie)
    show_toast(t("views.done_password", lang()))
    return {"is_open": False, "errors": error_texts(PASSWORD_FIELDS, {})}


@page_callback(
    {
        "is_open": Output(SET_UP, "is_open", allow_duplicate=True),
        "error": Output(error_id(password_field(SET_UP)), "children", allow_duplicate=True),
        "scan_open": Output("account-scan", "is_open", allow_duplicate=True),
        "image": Output("account-scan-image", "children", allow_duplicate=True),
    },
    inputs={"_clicks": Input(go_button(SET_UP), "n_clicks"), "_enter": Input(password_field(SET_UP), "n_submit")},
    state={"password": State(password_field(SET_UP), "value")},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output(go_button(SET_UP), "disabled"), True, False)],
)
def begin_factor(_clicks: int, _enter: int, password: str | None) -> dict[str, Any]:
    """Shows the QR code of a new authenticator."""
    try:
        enrolment = service(MfaService).begin(principal(), _typed(password))
    except AuthError as error:
        return {"is_open": True, "error": _password_text(error), "scan_open": no_update, "image": no_update}
    image = scan_parts(enrolment.qr_svg, enrolment.secret, lang())
    return {"is_open": False, "error": "", "scan_open": True, "image": image}


@page_callback(
    {
        "is_open": Output("account-scan", "is_open", allow_duplicate=True),
        "error": Output(error_id(CODE), "children", allow_duplicate=True),
        "codes_open": Output("account-codes", "is_open", allow_duplicate=True),
        "codes": Output("account-codes-body", "children", allow_duplicate=True),
    },
    inputs={"_clicks": Input(go_button("account-scan"), "n_clicks"), "_enter": Input(CODE, "n_submit")},
    state={"code": State(CODE, "value")},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output(go_button("account-scan"), "disabled"), True, False)],
)
def confirm_factor(_clicks: int, _enter: int, code: str | None) -> dict[str, Any]:
    """Confirms the new authenticator, and shows the recovery codes once."""
    try:
        issued = service(MfaService).confirm(principal(), _typed(code))
    except AuthError as error:
        text = field_texts(error, {AuthCode.MFA_CODE_WRONG: CODE})[CODE]
        return {"is_open": True, "error": text, "codes_open": no_update, "codes": no_update}
    return {"is_open": False, "error": "", "codes_open": True, "codes": _kept_codes(issued, "views.done_factor")}


@page_callback(
    {
        "is_open": Output(RENEW, "is_open", allow_duplicate=True),
        "error": Output(error_id(password_field(RENEW)), "children", allow_duplicate=True),
        "codes_open": Output("account-codes", "is_open", allow_duplicate=True),
        "codes": Output("account-codes-body", "children", allow_duplicate=True),
    },
    inputs={"_clicks": Input(go_button(RENEW), "n_clicks"), "_enter": Input(password_field(RENEW), "n_submit")},
    state={"password": State(password_field(RENEW), "value")},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output(go_button(RENEW), "disabled"), True, False)],
)
def renew_codes(_clicks: int, _enter: int, password: str | None) -> dict[str, Any]:
    """Replaces the recovery codes, and shows them once."""
    try:
        issued = service(MfaService).renew_recovery_codes(principal(), _typed(password))
    except AuthError as error:
        return {"is_open": True, "error": _password_text(error), "codes_open": no_update, "codes": no_update}
    return {"is_open": False, "error": "", "codes_open": True, "codes": _kept_codes(issued, "views.done_codes")}


@page_callback(
    {
        "is_open": Output(DROP, "is_open", allow_duplicate=True),
        "error": Output(error_id(password_field(DROP)), "children", allow_duplicate=True),
    },
    inputs={"_clicks": Input(go_button(DROP), "n_clicks"), "_enter": Input(password_field(DROP), "n_submit")},
    state={"password": State(password_field(DROP), "value")},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output(go_button(DROP), "disabled"), True, False)],
)
def drop_factor(_clicks: int, _enter: int, password: str | None) -> dict[str, Any]:
    """Switches the second factor off."""
    try:
        session = service(MfaService).remove(principal(), _typed(password))
    except AuthError as error:
        return {"is_open": True, "error": _password_text(error)}
    keep_session(session.cookie)
    show_toast(t("views.done_factor_dropped", lang()))
    return {"is_open": False, "error": ""}


@page_callback(
    Output("account-sessions", "rowData", allow_duplicate=True),
    inputs={"clicked": Input("account-sessions", "cellRendererData")},
    action=_OWN,
    prevent_initial_call=True,
)
def end_session(clicked: Clicked) -> list[Mapping[str, object]]:
    """Ends one other session."""
    me = principal()
    service(SessionService).end_session(parse_session_id(clicked.value), me, owner=me.name)
    show_toast(t("views.done_ended", lang()))
    return _rows()


@page_callback(
    Output("account-sessions", "rowData", allow_duplicate=True),
    inputs={"_clicks": Input("account-end-others", "n_clicks")},
    action=_OWN,
    prevent_initial_call=True,
    running=[(Output("account-end-others", "disabled"), True, False)],
)
def end_others(_clicks: int) -> list[Mapping[str, object]]:
    """Ends all other sessions."""
    me = principal()
    service(SessionService).end_all_sessions(me.name, me, except_session=me.session_id)
    show_toast(t("views.done_ended_others", lang()))
    return _rows()


def _rows() -> list[Mapping[str, object]]:
    me = principal()
    return session_rows(service(SessionService).list_sessions(me.name, me), me.session_id, lang())


def _typed(value: str | None) -> str:
    """What a field holds; a password is taken as it is."""
    return (value or "")[:1024]


def _kept_codes(issued: RecoveryCodesIssued, done_key: str) -> list[Component]:
    keep_session(issued.session.cookie)
    return recovery_codes(issued.recovery_codes, t(done_key, lang()), lang())


def _password_text(error: AuthError) -> str:
    """The text of an error about the password that confirms an act; any other is raised again."""
    return field_texts(error, dict.fromkeys(_PASSWORD_CODES, OLD))[OLD]
