"""The parts of a task that its own page and the panel beside the register share: head, facts, acts, history."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, dcc, html
from dash.development.base_component import Component

from components.directives.act_buttons import act_buttons, button_outputs
from components.directives.act_form import act_dialog
from components.ui.forms import Option, first_of, options_of, select_field
from components.ui.i18n import t
from components.ui.panel import Panel

PARTS = ("head", "facts", "timeline", "others")


def position_choice(page: str, positions: Sequence[Option], lang: str) -> list[Component]:
    """The position in which the person acts, shown where there are several; a notice where there is none."""
    field = select_field(f"{page}-position", t("tasks.position", lang), options_of(positions), first_of(positions))
    return [
        dbc.Alert(t("tasks.no_position", lang), color="warning", is_open=not positions),
        html.Div(field, hidden=len(positions) < 2, className="position-choice"),
    ]


def task_panels(page: str, lang: str) -> tuple[Component, Component, Component]:
    """Head, facts with the buttons of the acts, and history."""
    buttons = html.Div(act_buttons(page, lang), className="page-bar task-acts")
    facts = html.Section([Panel(id=f"{page}-facts"), buttons, Panel(id=f"{page}-others")], className="box form-stack")
    return Panel(id=f"{page}-head"), facts, Panel(id=f"{page}-timeline")


def task_stores(page: str, task: str, person: str, lang: str) -> list[Component]:
    """The dialog of an act, and what is open. `task`: "document/task", "" for none."""
    return [
        act_dialog(page, person, lang),
        dcc.Store(id=f"{page}-shown", data=task),
        dcc.Store(id=f"{page}-opened-act"),
    ]


def task_outputs(page: str) -> dict[str, Any]:
    """What a callback that shows a task sets; `shown_task` of ioc/dash_kit/acts.py fills it."""
    return {
        **{part: Output(f"{page}-{part}", "markup") for part in PARTS},
        "buttons": button_outputs(page),
    }


def side_task(page: str, *, positions: Sequence[Option], task: str, table: str, lang: str) -> Component:
    """The panel beside `table`, with the id `<page>-side`: a row opens it (assets/working/26-row-side.js)."""
    head, facts, history = task_panels(page, lang)
    marks: Mapping[str, Any] = {
        "data-table": table, "data-store": f"{page}-shown", "aria-label": t("tasks.task", lang),
    }  # fmt: skip
    close: Mapping[str, Any] = {"data-close": ""}
    bar = html.Div(
        [
            html.A(t("register.open_page", lang), id=f"{page}-page", href="/so-nhiem-vu", className="cell-link"),
            html.Button(t("register.close_side", lang), type="button", className="btn btn-secondary", **close),
        ],
        className="side-bar",
    )
    parts = [bar, *position_choice(page, positions, lang), head, html.Div([facts, history], hidden=not positions)]
    return html.Aside(parts, id=f"{page}-side", className="row-side", hidden=not task, tabIndex="-1", **marks)
