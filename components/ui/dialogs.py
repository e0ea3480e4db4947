"""Dialogs, side panels, buttons and lists of facts of working pages."""

from collections.abc import Iterable

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.ui.i18n import t


def dialog(
    name: str, title: str, body: object, buttons: Iterable[Component], lang: str, *, size: str = "lg", close: str = ""
) -> dbc.Modal:
    """A dialog with the id `name`; its button `<name>-close`, by default labelled "Hủy", closes it."""
    button = dbc.Button(close or t("common.cancel", lang), id=f"{name}-close", color="secondary")
    return dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle(title, id=f"{name}-title"), close_button=False),
            dbc.ModalBody(body, id=f"{name}-body"),
            dbc.ModalFooter([button, *buttons]),
        ],
        id=name,
        is_open=False,
        centered=True,
        size=size,
        scrollable=True,
        labelledby=f"{name}-title",
    )


def confirm_dialog(
    name: str, title: str, act: str, lang: str, what: str | None = None, *, close: str = ""
) -> dbc.Modal:  # fmt: skip
    """Asks before an act that cannot be undone.

    `what`: what will happen; without it a callback puts into `<name>-body` what will happen to what. The button
    `<name>-go`, labelled `act`, does it; `<name>-close`, labelled `close`, leaves everything as it is. `opens_dialog`
    (ioc/dash_kit/callbacks.py) opens and closes it.
    """
    go = dbc.Button(act, id=f"{name}-go", color="danger")
    return dialog(name, title, what, [go], lang, size="md", close=close)


def side_panel(name: str, body: Component) -> dbc.Offcanvas:
    """A panel beside the page, with the id `name`; its title has the id `<name>-title`."""
    return dbc.Offcanvas(
        body,
        id=name,
        title=html.Span(id=f"{name}-title"),
        is_open=False,
        placement="end",
        className="side-panel",
        labelledby=f"{name}-title",
    )


def act_button(button: str, label: str, *, is_danger: bool = False, is_shown: bool = True) -> dbc.Button:
    """A button of an act; one that is not offered stays in the page for its callback, hidden."""
    color = "danger" if is_danger else "secondary"
    return dbc.Button(label, id=button, color=color, outline=is_danger, style=None if is_shown else {"display": "none"})


def facts(rows: Iterable[tuple[str, str | Component]]) -> Component:
    """Names and values."""
    return html.Dl([part for name, value in rows for part in (html.Dt(name), html.Dd(value))], className="facts")


def secret_dialog(name: str, lang: str, *, title: str = "", close: str = "") -> dbc.Modal:
    """A dialog for something that is shown only once, by default a one-time password; closing it forgets it.

    `shown_secret` or content of its own fills it.
    """
    button = dbc.Button(close or t("views.go_on", lang), id=f"{name}-close", color="primary")
    head = dbc.ModalTitle(title or t("views.one_time", lang), id=f"{name}-title")
    return dbc.Modal(
        [dbc.ModalHeader(head, close_button=False), dbc.ModalBody(id=f"{name}-body"), dbc.ModalFooter(button)],
        id=name, is_open=False, centered=True, backdrop="static", keyboard=False, labelledby=f"{name}-title",
    )  # fmt: skip


def shown_secret(name: str, secret: str, lang: str) -> list[Component]:
    """The one-time password of the account `name`."""
    return [
        html.P(t("views.given_out", lang, name=name)),
        html.Output(secret, className="secret"),
        html.P(t("views.shown_once", lang), className="quiet"),
    ]
