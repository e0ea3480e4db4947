"""Accounts: the rows of the table, the form of a new account, the panel of one account."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.access.sessions import session_columns
from components.ui.dialogs import act_button, confirm_dialog, facts
from components.ui.format import format_moment, format_time
from components.ui.forms import NONE, Option, check_field, field_group, options_of, select_field, text_field
from components.ui.i18n import t
from components.ui.table import CellText, Column, cell, data_table, sign_and_text
from ioc.domain.access.principal import Role

NAME, SHOWN, AGENCY, ROLES = "users-name", "users-shown", "users-agency", "users-roles"
NEW_FIELDS = (NAME, SHOWN, AGENCY, ROLES)
EDIT_SHOWN, EDIT_AGENCY, EDIT_ROLES = "users-edit-shown", "users-edit-agency", "users-edit-roles"
EDIT_FIELDS = (EDIT_SHOWN, EDIT_AGENCY, EDIT_ROLES)
_ACTS = {
    "reset": "reset", "reset-factor": "reset_factor", "unlock": "unlock", "end-sessions": "end_all", "enable": "enable",
    "disable": "disable",
}  # fmt: skip
ACTS = tuple(_ACTS)  # id after "users-"
RESETS = ("reset", "reset-factor")  # the acts of ACTS that ask first
_SIGNS = {"off": "–", "locked": "▲", "once": "◌", "on": "●"}
_KINDS = {"off": "off", "locked": "attention", "once": "off", "on": "normal"}


class AccountView(Protocol):
    """What is shown of an account."""

    @property
    def name(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def roles(self) -> frozenset[Role]: ...
    @property
    def agency(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_used(self) -> datetime: ...
    @property
    def disabled_at(self) -> datetime | None: ...
    @property
    def has_mfa(self) -> bool: ...
    @property
    def has_one_time_password(self) -> bool: ...
    @property
    def is_external(self) -> bool: ...
    @property
    def locked_until(self) -> datetime | None: ...


def columns(lang: str) -> list[Column]:
    """The columns of the table of accounts."""
    return [
        Column("name", t("views.name", lang), 2, 112),
        Column("state", t("views.state", lang), 2, 140),
        Column("roles", t("views.roles", lang), 3, 170),
        Column("shown", t("views.shown", lang), 3, 160),
        Column("agency", t("views.agency", lang), 3, 150),
        Column("used", t("views.last_used", lang), 2, 140, is_moment=True),
        Column("factor", t("views.factor", lang), 2, 118),
        Column("open", t("table.act", lang), 1, 110, is_action=True),
    ]


def row(account: AccountView, agency: str, lang: str) -> Mapping[str, object]:
    """A row of the table; `agency`: its name."""
    return {
        "id": account.name,
        "name": account.name,
        "shown": account.display_name,
        "agency": agency,
        "roles": role_names(account.roles, lang),
        "state": state_cell(account, lang),
        "used": cell(last_used_text(account), order=account.last_used.timestamp() if was_used(account) else 0),
        "factor": t("views.factor_on" if account.has_mfa else "views.factor_off", lang),
        "open": cell(t("views.open", lang), act=account.name),
    }


def role_names(roles: frozenset[Role], lang: str) -> str:
    """The names of roles."""
    return ", ".join(t(f"views.role_{role}", lang) for role in Role if role in roles)


def last_used_text(account: AccountView) -> str:
    """When the account was last used, "–" for never."""
    return format_moment(account.last_used) if was_used(account) else "–"


def was_used(account: AccountView) -> bool:
    """Whether anybody has ever signed in to the account."""
    return account.last_used != account.created_at


def state_cell(account: AccountView, lang: str) -> CellText:
    """The state of an account: sign and word."""
    if account.disabled_at:
        key = "off"
    elif account.locked_until:
        key = "locked"
    else:
        key = "once" if account.has_one_time_password else "on"
    until = format_time(account.locked_until) if account.locked_until else ""
    return cell(t(f"views.account_{key}", lang, until=until), sign=_SIGNS[key], kind=_KINDS[key])


def new_account_form(agencies: list[dict[str, str]], lang: str) -> Component:
    """The fields of a new account. `agencies`: see agency_options."""
    return html.Div(
        [
            field_group(
                text_field(NAME, t("views.name", lang), hint=t("views.name_hint", lang), max_length=60),
                text_field(SHOWN, t("views.shown", lang), is_required=False),
            ),
            select_field(AGENCY, t("views.agency", lang), agencies),
            _roles_field(ROLES, lang),
        ],
        className="form-stack",
    )


def account_form(agencies: list[dict[str, str]], lang: str) -> Component:
    """The panel of one account, empty: facts, rights, acts, sessions."""
    buttons = [
        act_button(f"users-{act}", t(f"views.{key}", lang), is_danger=act == "disable") for act, key in _ACTS.items()
    ]
    rights = [
        html.H2(t("views.rights", lang), className="box-title"),
        text_field(EDIT_SHOWN, t("views.shown", lang), is_required=False),
        select_field(EDIT_AGENCY, t("views.agency", lang), agencies),
        _roles_field(EDIT_ROLES, lang),
        html.P(t("views.rights_end", lang), className="field-hint"),
        html.Div(dbc.Button(t("views.save", lang), id="users-save", color="primary")),
    ]
    return html.Div(
        [
            html.Div(id="users-facts"),
            html.P(html.A(t("views.account", lang), href="/tai-khoan", className="cell-link"), id="users-own"),
            html.Div(
                [
                    html.Div(rights, className="form-stack"),
                    html.H2(t("views.way_in", lang), className="box-title"),
                    html.P(id="users-way-in", className="quiet"),
                    html.Div(buttons, className="page-bar"),
                    html.H2(t("views.sessions", lang), className="box-title"),
                    data_table(
                        "users-sessions",
                        t("views.sessions", lang),
                        session_columns(lang, is_narrow=True),
                        lang=lang,
                        empty=t("views.sessions_none", lang),
                    ),
                ],
                id="users-change",
                className="form-stack",
            ),
        ],
        className="form-stack",
    )


def account_facts(account: AccountView, lang: str) -> Component:
    """What is known of an account."""
    state = state_cell(account, lang)
    return facts([
        (t("views.name", lang), account.name),
        (t("views.state", lang), sign_and_text(state)),
        (t("views.created", lang), format_moment(account.created_at)),
        (t("views.last_used", lang), last_used_text(account)),
        (t("views.factor", lang), t("views.factor_on" if account.has_mfa else "views.factor_off", lang)),
    ])  # fmt: skip


def offered_acts(account: AccountView) -> list[bool]:
    """Which of ACTS are offered for the account."""
    offered = {
        "reset": not account.is_external,
        "reset-factor": account.has_mfa,
        "unlock": account.locked_until is not None,
        "end-sessions": True,
        "enable": account.disabled_at is not None,
        "disable": account.disabled_at is None,
    }
    return [offered[act] for act in ACTS]


def agency_options(agencies: Sequence[Option], owing: Collection[str], lang: str) -> list[dict[str, str]]:
    """The options of a select_field: none, then the agencies; those in `owing` say that they have forms."""
    marks = {True: f" – {t('views.agency_owes', lang)}", False: ""}
    marked = [(key, f"{name}{marks[key in owing]}") for key, name in agencies]
    return options_of([(NONE, t("views.agency_none", lang)), *marked])


def _roles_field(field: str, lang: str) -> Component:
    options = options_of((role.value, t(f"views.role_{role}", lang)) for role in Role)
    return check_field(field, t("views.roles", lang), options, hint=t("views.roles_hint", lang))


def reset_dialogs(lang: str) -> list[Component]:
    """The questions `users-ask-<act>` before a reset ends what the person uses."""
    texts = {act: [t(f"views.{_ACTS[act]}{part}", lang) for part in ("_ask", "", "_why")] for act in RESETS}
    return [confirm_dialog(f"users-ask-{act}", ask, go, lang, why) for act, (ask, go, why) in texts.items()]
