"""Parts that every working page has: the toast, the version of what it shows, the first paint."""

from collections.abc import Iterable, Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, html, set_props
from dash.development.base_component import Component

from components.ui.i18n import t
from components.ui.panel import Panel

_VERSION = "data-version"
DATA_VERSION = Input(_VERSION, "markup")  # changes when what the page shows has changed: the live client sets it
TOAST = "toast"
_HIDDEN: Mapping[str, Any] = {"aria-hidden": "true"}


def version_frame(versions: Iterable[int]) -> dict[str, dict[str, object]]:
    """The frame that changes DATA_VERSION. `versions`: change counters of what the page shows."""
    return {_VERSION: {"markup": " ".join(map(str, versions))}}


def working_parts() -> list[Component]:
    """The parts, once per working page. The toast says what was done, and why a request was refused."""
    toast = dbc.Toast(id=TOAST, is_open=False, dismissable=True, duration=10_000, header=" ", className="toast-place")
    return [Panel(_VERSION, className="visually-hidden", **_HIDDEN), html.Div(toast, role="status")]


def working_skeleton() -> Component:
    """What stands in the place of the page until its scripts run."""
    return html.Div([html.Div(className="skeleton-line") for _ in range(6)], className="skeleton", **_HIDDEN)


def loading_list(lang: str) -> Component:
    """What stands in a list until a callback has put its rows there; a table says the same of its rows.

    It is the first child of the element that is the callback's output (`children`).
    """
    loading = html.P(t("table.ag_loadingOoo", lang), className="list-loading", role="status")
    return html.Div([loading, failed_notice(lang)], className="box list-state")


def failed_notice(lang: str) -> Component:
    """What is said where the first rows could not be read, hidden until then (assets/working/22-table-state.js)."""
    retry: Mapping[str, Any] = {"data-retry": ""}
    again = html.Button(t("table.retry", lang), type="button", className="btn btn-secondary", **retry)
    return html.Div([html.P(t("table.failed", lang)), again], role="alert", className="table-failed", hidden=True)


def show_toast(text: str, kind: str = "success") -> None:
    """Says what the running callback has done. `kind`: success, warning or danger."""
    set_props(TOAST, {"is_open": True, "className": f"toast-place is-{kind}", "children": text})
