"""The own account: facts, password, second factor, sessions."""

import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.access.login_notice import LoginHistoryView, is_suspicious, new_place_text, previous_login_text
from components.access.sessions import session_columns
from components.access.users import role_names
from components.ui.dialogs import act_button, dialog, facts, secret_dialog
from components.ui.forms import text_field
from components.ui.i18n import t
from components.ui.table import data_table
from ioc.domain.access.principal import Principal

OLD, NEW, AGAIN = "account-old", "account-new", "account-again"
PASSWORD_FIELDS = (OLD, NEW, AGAIN)
CODE = "account-code"
# Dialogs that ask for the password; the field and the button of each: password_field, go_button.
SET_UP, RENEW, DROP = "account-factor", "account-renew", "account-drop"
PASSWORD_DIALOGS = (SET_UP, RENEW, DROP)
_MAX_PASSWORD_LENGTH = 256


def password_field(name: str) -> str:
    """The id of the password field of the dialog `name`."""
    return f"{name}-password"


def go_button(name: str) -> str:
    """The id of the button of the dialog `name` that does what it is about."""
    return f"{name}-go"


def account_cards(lang: str) -> list[Component]:
    """The parts of the page, empty."""
    sign_out = html.Form(
        dbc.Button(t("views.sign_out", lang), type="submit", color="secondary"), method="post", action="/dang-xuat"
    )
    counted: Mapping[str, Any] = {"data-drafts": ""}  # filled in by assets/working/50-drafts.js
    unsent = html.P(role="status", className="alert alert-warning unsent", **counted)
    password = act_button("account-change", t("views.change_password", lang))
    factor = [
        act_button("account-set-up", t("views.factor_begin", lang)),
        act_button("account-renew-codes", t("views.codes_new", lang), is_shown=False),
        act_button("account-switch-off", t("views.factor_drop", lang), is_danger=True, is_shown=False),
    ]
    others = act_button("account-end-others", t("views.end_others", lang), is_shown=False)
    return [
        html.Div(id="account-notice"),
        _card("", html.Div(id="account-facts"), unsent, _bar(password, sign_out)),
        _card(t("views.factor", lang), html.P(t("views.factor_why", lang)), html.P(id="account-state"), _bar(*factor)),
        _card(
            t("views.sessions", lang),
            html.P(t("views.sessions_why", lang), className="quiet"),
            data_table("account-sessions", t("views.sessions", lang), session_columns(lang), lang=lang),
            _bar(others),
        ),
    ]


def account_dialogs(lang: str) -> list[Component]:
    """The dialogs of the page."""
    return [
        dialog("account-password", t("views.change_password", lang), _password_form(lang),
               [_go("account-password", t("views.save", lang))], lang, size="md"),
        _password_dialog(SET_UP, t("views.factor", lang), "", t("views.go_on", lang), lang),
        _password_dialog(
            RENEW, t("views.codes_new", lang), t("views.codes_why", lang), t("views.codes_new", lang), lang
        ),
        _password_dialog(
            DROP, t("views.factor_drop", lang), t("views.factor_drop_what", lang), t("views.factor_drop", lang), lang,
            is_danger=True,
        ),
        dialog("account-scan", t("views.factor", lang), _scan_form(lang),
               [_go("account-scan", t("views.factor_confirm", lang))], lang, size="md"),
        secret_dialog("account-codes", lang, title=t("views.codes", lang), close=t("views.codes_kept", lang)),
    ]  # fmt: skip


def account_facts(principal: Principal, agency: str, has_mfa: bool, lang: str) -> Component:
    """What is known of the account. `agency`: its name."""
    return facts([
        (t("views.name", lang), principal.name),
        (t("views.shown", lang), principal.display_name or "–"),
        (t("views.roles", lang), role_names(principal.roles, lang) or "–"),
        (t("views.agency", lang), agency or "–"),
        (t("views.factor", lang), t("views.factor_on" if has_mfa else "views.factor_off", lang)),
    ])  # fmt: skip


def login_notice(history: LoginHistoryView, lang: str) -> dbc.Alert:
    """The previous login; and what to do where somebody else may have used or tried the account."""
    line = previous_login_text(history, lang)
    if not is_suspicious(history):
        return dbc.Alert([html.Span("● ", className="cell-sign is-normal"), line], color="light")
    place = new_place_text(history, lang)
    new = [html.P(f"{t('views.before_new', lang)} {place}.")] if place else []
    sign = html.Span("▲ ", className="cell-sign is-attention")
    return dbc.Alert([html.P([sign, line]), *new, html.P(t("views.before_doubt", lang))], color="warning")


def mfa_state(is_enabled: bool, codes_left: int, lang: str) -> str:
    """Whether the second factor is on, and how many recovery codes are left."""
    return t("views.codes_left", lang, n=codes_left) if is_enabled else t("views.factor_is_off", lang)


def scan_parts(qr_svg: str, secret: str, lang: str) -> list[Component]:
    """The QR code of a new authenticator, and its secret in groups of four to be typed. `qr_svg`: the image."""
    source = f"data:image/svg+xml;base64,{b64encode(qr_svg.encode()).decode()}"
    spaced = " ".join(re.findall(".{1,4}", secret))
    typed = html.Details([html.Summary(t("views.factor_type", lang)), html.Output(spaced, className="secret")])
    return [html.Img(src=source, alt=t("views.factor_image", lang), className="qr-image"), typed]


def recovery_codes(codes: Collection[str], done: str, lang: str) -> list[Component]:
    """New recovery codes, for the dialog that shows them once. `done`: what was done."""
    return [
        html.P(done),
        html.P(t("views.codes_why", lang)),
        html.Ul([html.Li(code) for code in codes], className="codes"),
    ]


def _card(title: str, *inside: Component) -> dbc.Card:
    head = [html.H2(title, className="box-title")] if title else []
    return dbc.Card(dbc.CardBody([*head, *inside], className="form-stack"))


def _bar(*buttons: Component) -> Component:
    return html.Div(list(buttons), className="page-bar")


def _go(name: str, label: str, *, is_danger: bool = False) -> dbc.Button:
    return dbc.Button(label, id=go_button(name), color="danger" if is_danger else "primary")


def _password_form(lang: str) -> Component:
    return html.Div(
        [
            _password(OLD, t("views.password_old", lang), "current-password"),
            _password(NEW, t("views.password_new", lang), "new-password", hint=t("views.password_hint", lang)),
            _password(AGAIN, t("views.password_again", lang), "new-password"),
            html.P(t("views.others_end", lang), className="quiet"),
        ],
        className="form-stack",
    )


def _password_dialog(name: str, title: str, what: str, act: str, lang: str, *, is_danger: bool = False) -> dbc.Modal:
    """A dialog that says `what` will happen and asks for the password, where the account has one."""
    field = _password(password_field(name), t("views.password_old", lang), "current-password")
    body = [html.P(what)] if what else []
    ends = html.P(t("views.others_end", lang), className="quiet")
    content = html.Div([*body, html.Div(field, id=f"{name}-ask"), ends], className="form-stack")
    return dialog(name, title, content, [_go(name, act, is_danger=is_danger)], lang, size="md")


def _scan_form(lang: str) -> Component:
    steps = html.Ol([html.Li(t(f"views.factor_step_{n}", lang)) for n in (1, 2, 3)])
    code = text_field(CODE, t("views.code_app", lang), autocomplete="one-time-code", max_length=10)
    return html.Div([steps, html.Div(id="account-scan-image"), code], className="form-stack")


def _password(field: str, label: str, autocomplete: str, *, hint: str = "") -> Component:
    return text_field(
        field, label, kind="password", autocomplete=autocomplete, hint=hint, max_length=_MAX_PASSWORD_LENGTH
    )
