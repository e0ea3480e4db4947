"""Nhiệm vụ: one task with its facts and all its acts; each position is offered its own acts."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components.directives.act_answers import SentAct, act_outputs, act_state
from components.directives.act_buttons import (
    ORDERED_ACTS,
    act_buttons,
    button_id,
    button_outputs,
    clicked_act,
    other_acts,
    shown_buttons,
)
from components.directives.act_form import OpenedAct, act_dialog, opened_outputs
from components.directives.instruction import instruction_button
from components.directives.task_view import task_facts, task_head, task_timeline
from components.ui.forms import chosen, first_of, options_of, select_field
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION
from ioc.dash_kit.acts import open_act_form, positions_of_principal, send_act_form
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.queries import find_task
from ioc.domain.access.permissions import Action


def layout(document: str = "", task: str = "", **params: str) -> Component:
    """The page of a task, empty."""
    now, positions = lang(), positions_of_principal()
    options = [(each.key, each.title) for each in positions]
    position = select_field("task-position", t("tasks.position", now), options_of(options), first_of(options))
    return html.Div(
        [
            html.Div(
                [
                    html.A(t("tasks.to_work", now), href="/viec-cua-toi", className="cell-link"),
                    instruction_button(f"/nhiem-vu/{document}/{task}", now),
                ],
                className="page-bar",
            ),
            dbc.Alert(t("tasks.no_position", now), color="warning", is_open=not positions),
            html.Div(position, hidden=len(options) < 2, className="position-choice"),
            Panel(id="task-head"),
            html.Div(_parts(now), hidden=not positions),
            act_dialog("task", principal().name, now),
            dcc.Store(id="task-shown", data=f"{document}/{task}"),
            dcc.Store(id="task-opened-act"),
        ],
        className="working",
    )  # fmt: skip


def _parts(now: str) -> Component:
    """Facts with the buttons, and history."""
    buttons = html.Div(act_buttons("task", now), className="page-bar")
    facts = html.Section([Panel(id="task-facts"), buttons, Panel(id="task-others")], className="box form-stack")
    return html.Div([facts, Panel(id="task-timeline")], className="entry-grid")


register_working_page(
    __name__, path="/nhiem-vu/<document>/<task>", name="task", title="Nhiệm vụ", label_key="tasks.task",
    rail="my-work", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip

clientside_callback(
    "closeWhenClicked", Output("task-act", "is_open", allow_duplicate=True), Input("task-act-close", "n_clicks"),
    prevent_initial_call=True,
)  # fmt: skip


@page_callback(
    {
        "head": Output("task-head", "markup"),
        "facts": Output("task-facts", "markup"),
        "timeline": Output("task-timeline", "markup"),
        "others": Output("task-others", "markup"),
        "buttons": button_outputs("task"),
    },
    inputs={"_version": DATA_VERSION, "position": Input("task-position", "value")},
    state={"shown": State("task-shown", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def show_task(_version: object, position: str | None, shown: str) -> dict[str, Any]:
    """The task as it is now, and what the position may do; who has none sees nothing of it."""
    if not chosen(position):
        raise PreventUpdate
    context, now = service(DirectiveContext), lang()
    detail = find_task(context, shown, position or "", principal())
    state, agencies = detail.state, context.agencies
    status = state.status(context.clock(), context.due_soon_days) if state else None
    offered = (*detail.acts, *(each.act for each in detail.mandated))
    return {
        "head": task_head(detail, now),
        "facts": task_facts(detail, status, agencies, now),
        "timeline": task_timeline(detail, agencies, now),
        "others": other_acts(state.work_state if state else None, offered, now),
        "buttons": shown_buttons(detail.acts, detail.mandated, detail.titles, now),
    }


@page_callback(
    opened_outputs("task"),
    inputs={"_clicks": [Input(button_id("task", act), "n_clicks") for act in ORDERED_ACTS]},
    state={"shown": State("task-shown", "data"), "position": State("task-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_act(_clicks: list[object], shown: str, position: str | None) -> dict[str, Any]:
    """Opens the form of an act, for the task as it is now."""
    return open_act_form("task", shown, clicked_act("task", ctx.triggered_id), position or "")


@page_callback(
    act_outputs("task"),
    inputs={"_clicks": Input("task-go", "n_clicks")},
    state={"opened": State("task-opened-act", "data"), "form": act_state("task")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("task-go", "disabled"), True, False)],
)
def do_act(_clicks: int, opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """Does the act; an act that is refused leaves the dialog open with what was typed."""
    return send_act_form(opened, form)
