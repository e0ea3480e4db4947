"""Displays: the rows of the table, the form that enrols one, the panel of one display."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.access.user_agent import user_agent_text
from components.screens.shell import DESTINATIONS
from components.ui.dialogs import act_button, facts
from components.ui.format import format_datetime, format_moment
from components.ui.forms import Option, field_group, options_of, select_field, text_field
from components.ui.i18n import t
from components.ui.table import CellText, Column, cell, sign_and_text
from ioc.domain.access.display_contact import DisplayContact, display_contact, was_seen

CODE, NAME, PAGE, NETWORKS = "displays-code", "displays-name", "displays-page", "displays-networks"
NEW_FIELDS = (CODE, NAME, PAGE, NETWORKS)
EDIT_NAME, EDIT_PAGE, EDIT_NETWORKS = "displays-edit-name", "displays-edit-page", "displays-edit-networks"
EDIT_FIELDS = (EDIT_NAME, EDIT_PAGE, EDIT_NETWORKS)
PLACE_PARAMETER = "cho"  # of the address that operators open on a display while the queue is full
WALL_PATH = "/tuong"
MAX_NETWORKS_LENGTH = 2000  # more than is stored: too long a list is an error, not cut
_CONTACT_LOOKS = {
    DisplayContact.NEVER: ("◌", "off"), DisplayContact.LOST: ("▲", "attention"),
    DisplayContact.CONNECTED: ("●", "normal"),
}  # fmt: skip
_PAGE_TITLE_KEYS = {page.path: page.label_key for page in DESTINATIONS} | {
    WALL_PATH: "views.wall_page",
    "/cham-so-lieu": "submissions.page",
}


class DisplayView(Protocol):
    """What is shown of a display."""

    @property
    def key(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def page(self) -> str: ...
    @property
    def allowed_networks(self) -> str: ...
    @property
    def enrolled_at(self) -> datetime: ...
    @property
    def enrolled_by(self) -> str: ...
    @property
    def last_seen(self) -> datetime: ...
    @property
    def last_address(self) -> str: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class WaitingView(Protocol):
    """What is shown of a screen that waits to be enrolled."""

    @property
    def code(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def user_agent(self) -> str: ...


def columns(lang: str) -> list[Column]:
    """The columns of the table of displays."""
    return [
        Column("name", t("views.screen_name", lang), 3, 125),
        Column("state", t("views.state", lang), 2, 125),
        Column("page", t("views.screen_page", lang), 3, 160),
        Column("seen", t("views.last_seen", lang), 2, 150, is_moment=True),
        Column("address", t("views.address", lang), 2, 140),
        Column("networks", t("views.networks", lang), 2, 150),
        Column("open", t("table.act", lang), 1, 110, is_action=True),
    ]


def row(display: DisplayView, titles: Mapping[str, str], now: datetime, lang: str) -> Mapping[str, object]:
    """A row of the table at `now`. `titles`: of the pages, by path."""
    return {
        "id": display.key,
        "name": cell(display.display_name, title=display.display_name),
        "page": cell(page_title(display.page, titles, lang), title=display.page),
        "address": display.last_address,
        "networks": networks_text(display.allowed_networks, lang),
        "seen": cell(seen_text(display, lang), order=display.last_seen.timestamp() if _was_seen(display) else 0),
        "state": display_state(display, now, lang),
        "open": cell(t("views.open", lang), act=display.key),
    }


def display_state(display: DisplayView, now: datetime, lang: str) -> CellText:
    """Whether a display is in contact at `now`, or revoked: sign and word."""
    if display.revoked_at is not None:
        return credential_state(lang, is_revoked=True)
    contact = display_contact(display.enrolled_at, display.last_seen, now)
    since = format_datetime(display.last_seen, now)
    sign, kind = _CONTACT_LOOKS[contact]
    return cell(t(f"views.screen_{contact}", lang, since=since), sign=sign, kind=kind)


def credential_state(lang: str, *, is_revoked: bool) -> CellText:
    """Whether an API key is in use or revoked: sign and word."""
    if is_revoked:
        return cell(t("views.screen_off", lang), sign="–", kind="off")
    return cell(t("views.screen_on", lang), sign="●", kind="normal")


def networks_text(networks: str, lang: str) -> str:
    """The networks from which a display or an API key is accepted."""
    return networks or t("views.networks_any", lang)


def seen_text(display: DisplayView, lang: str) -> str:
    """When a display was last seen."""
    return format_moment(display.last_seen) if _was_seen(display) else t("views.screen_never", lang)


def _was_seen(display: DisplayView) -> bool:
    return was_seen(display.enrolled_at, display.last_seen)


def page_title(path: str, titles: Mapping[str, str], lang: str) -> str:
    """The name of the page at `path`, as the rail has it; its title, where it is not in the rail."""
    return t(_PAGE_TITLE_KEYS[path], lang) if path in _PAGE_TITLE_KEYS else titles.get(path, path)


def page_options(titles: Mapping[str, str], lang: str) -> list[Option]:
    """The pages that a display may show, the wall first."""
    named = {path: page_title(path, titles, lang) for path in titles}
    ordered = sorted(named.items(), key=lambda item: (item[0] != WALL_PATH, item[1]))
    return [(path, f"{title} – {path}") for path, title in ordered]


def enrolment_form(titles: Mapping[str, str], lang: str) -> Component:
    """The fields of a display that is enrolled, below what is to be done. `waiting_screens` fills its foot."""
    return html.Div(
        [
            html.Div(id="displays-steps"),
            field_group(
                text_field(CODE, t("views.screen_code", lang), max_length=12),
                text_field(
                    NAME, t("views.screen_name", lang), hint=t("views.screen_name_hint", lang), max_length=60,
                ),
            ),
            *_settings_fields(PAGE, NETWORKS, titles, lang),
            html.Div(id="displays-waiting"),
        ],
        className="form-stack",
    )  # fmt: skip


def enrolment_steps(address: str, lang: str) -> Component:
    """What is to be done. `address`: to be opened on the display."""
    first = t("views.screen_how_1", lang, address=address)
    return html.Ol([html.Li(first), *(html.Li(t(f"views.screen_how_{n}", lang)) for n in (2, 3))], className="steps")


def waiting_screens(requests: Iterable[WaitingView], lang: str) -> Component | None:
    """The screens that wait now, None without any: a code that is on no screen of ours is somebody else's."""
    rows = [
        html.Tr([
            html.Td(f"{each.code[:4]}-{each.code[4:]}", className="waiting-code"),
            html.Td(each.address),
            html.Td(user_agent_text(each.user_agent, lang), title=each.user_agent or None),
        ])
        for each in requests
    ]  # fmt: skip
    if not rows:
        return None
    heads = (t(f"views.{head}", lang) for head in ("screen_waiting", "address", "browser"))
    table = html.Table([html.Thead(html.Tr([html.Th(head) for head in heads])), html.Tbody(rows)], className="plain")
    return html.Div([html.P(t("views.screen_strange", lang), className="quiet"), table])


def display_form(titles: Mapping[str, str], lang: str) -> Component:
    """The panel of one display, empty: facts, settings, revoking."""
    name = text_field(EDIT_NAME, t("views.screen_name", lang), max_length=60)
    return html.Div(
        [
            html.Div(id="displays-facts"),
            html.Div(
                [
                    html.H2(t("views.screen_settings", lang), className="box-title"),
                    name,
                    *_settings_fields(EDIT_PAGE, EDIT_NETWORKS, titles, lang),
                    html.Div(
                        [
                            dbc.Button(t("views.save", lang), id="displays-save", color="primary"),
                            act_button("displays-revoke", t("views.screen_revoke", lang), is_danger=True),
                        ],
                        className="page-bar",
                    ),
                ],
                id="displays-change",
                className="form-stack",
            ),
        ],
        className="form-stack",
    )


def display_facts(display: DisplayView, now: datetime, lang: str) -> Component:
    """What is known of a display at `now`."""
    state = display_state(display, now, lang)
    rows: list[tuple[str, str | Component]] = [
        (t("views.state", lang), sign_and_text(state)),
        (t("views.enrolled", lang), f"{format_moment(display.enrolled_at)} · {display.enrolled_by}"),
        (t("views.last_seen", lang), seen_text(display, lang)),
        (t("views.address", lang), display.last_address or "–"),
        *([(t("views.revoked_at", lang), format_moment(display.revoked_at))] if display.revoked_at else []),
    ]
    return facts(rows)


def _settings_fields(page: str, networks: str, titles: Mapping[str, str], lang: str) -> list[Component]:
    return [
        select_field(page, t("views.screen_page", lang), options_of(page_options(titles, lang)), WALL_PATH),
        text_field(
            networks, t("views.screen_range", lang), hint=t("views.screen_range_hint", lang), is_required=False,
            max_length=MAX_NETWORKS_LENGTH,
        ),
    ]  # fmt: skip
