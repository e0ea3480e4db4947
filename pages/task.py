"""Nhiệm vụ: one task with its facts and all its acts; each position is offered its own acts."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components.directives.act_answers import ACT_BUTTONS, SentAct, act_outputs, act_presses, act_state
from components.directives.act_buttons import ORDERED_ACTS, button_id, clicked_act
from components.directives.act_form import OpenedAct, opened_outputs
from components.directives.briefing_links import briefing_name
from components.directives.instruction import instruction_button
from components.directives.task_panel import position_choice, task_outputs, task_panels, task_stores
from components.ui.dialogs import confirm_dialog
from components.ui.forms import chosen
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.acts import (
    acting_options,
    handles_act_dialogs,
    open_act_form,
    positions_of_principal,
    send_act_form,
    shown_task,
)
from ioc.dash_kit.briefings import briefing_for_task, take_task
from ioc.dash_kit.callbacks import closes_dialog, disabled_by, page_callback, pressed_button
from ioc.dash_kit.context import lang, principal
from ioc.dash_kit.ended_drafts import DISMISS, dismiss_draft, dismissal_buttons, dismissal_text
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import PressedButton
from ioc.domain.access.permissions import Action

_HIDDEN = {"display": "none"}


def layout(document: str = "", task: str = "", **params: str) -> Component:
    """The page of a task, empty."""
    now, positions = lang(), positions_of_principal()
    head, facts, history = task_panels("task", now)
    return html.Div(
        [
            html.Div(
                [
                    html.A(t("tasks.to_work", now), href="/viec-cua-toi", className="cell-link"),
                    instruction_button(f"/nhiem-vu/{document}/{task}", now),
                    dbc.Button(t("briefing.take", now), id="task-to-briefing", color="secondary", style=_HIDDEN),
                ],
                className="page-bar",
            ),
            *position_choice("task", acting_options(now), now),
            head,
            html.Div(html.Div([facts, history], className="entry-grid"), hidden=not positions),
            html.Div(id="task-ended"),
            dcc.Store(id="task-dismissed"),
            confirm_dialog(
                "task-dismiss-ask", t("tasks.dismiss_draft_ask", now), t("tasks.dismiss_draft_go", now), now
            ),
            *task_stores("task", f"{document}/{task}", principal().name, now),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/nhiem-vu/<document>/<task>", name="task", title="Nhiệm vụ", label_key="tasks.task",
    rail="my-work", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip

handles_act_dialogs("task")
closes_dialog("task-dismiss-ask")


@page_callback(
    task_outputs("task"),
    inputs={
        "_version": DATA_VERSION,
        "position": Input("task-position", "value"),
        "_saved": Input("task-form", "data-saved"),
    },
    state={"shown": State("task-shown", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def show_task(_version: object, position: str | None, _saved: object, shown: str) -> dict[str, Any]:
    """The task as it is now, and what the position may do; who has none sees nothing of it."""
    if not chosen(position):
        raise PreventUpdate
    return shown_task(shown, position or "")


@page_callback(
    Output("task-ended", "children"),
    inputs={"_version": DATA_VERSION, "position": Input("task-position", "value")},
    state={"shown": State("task-shown", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def offer_dismissal(_version: object, position: str | None, shown: str) -> list[Component]:
    """A button for each draft of the position that nobody can send any more."""
    if not chosen(position):
        raise PreventUpdate
    return dismissal_buttons(shown, position or "")


@page_callback(
    {"is_open": Output("task-dismiss-ask", "is_open"), "what": Output("task-dismiss-ask-body", "children")},
    inputs={"pressed": pressed_button(DISMISS, "task-dismissed")},
    state={"shown": State("task-shown", "data"), "position": State("task-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def ask_dismissal(pressed: PressedButton, shown: str, position: str | None) -> dict[str, Any]:
    """Asks before an ended draft is taken away."""
    return {"is_open": True, "what": dismissal_text(shown, position or "", pressed.key)}


@page_callback(
    {
        "buttons": Output("task-ended", "children", allow_duplicate=True),
        "is_open": Output("task-dismiss-ask", "is_open", allow_duplicate=True),
    },
    inputs={"_clicks": Input("task-dismiss-ask-go", "n_clicks")},
    state={
        "pressed": State("task-dismissed", "data"),
        "shown": State("task-shown", "data"),
        "position": State("task-position", "value"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=disabled_by("task", "dismiss-ask-go"),
)
def dismiss(_clicks: int, pressed: PressedButton, shown: str, position: str | None) -> dict[str, Any]:
    """Takes an ended draft away."""
    dismiss_draft(shown, position or "", pressed.key)
    return {"buttons": dismissal_buttons(shown, position or ""), "is_open": False}


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
    inputs={"_clicks": act_presses("task")},
    state={"opened": State("task-opened-act", "data"), "form": act_state("task")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=disabled_by("task", *ACT_BUTTONS),
)
def do_act(_clicks: list[int | None], opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """Does the act; an act that is refused leaves the dialog open with what was typed."""
    return send_act_form(opened, form, str(ctx.triggered_id))


@page_callback(
    Output("task-to-briefing", "style"),
    inputs={"_version": DATA_VERSION},
    state={"shown": State("task-shown", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def offer_briefing(_version: object, shown: str) -> dict[str, str] | None:
    """The button is there for who keeps briefings, while one is open that has not got the task."""
    return None if briefing_for_task(shown) else _HIDDEN


@page_callback(
    Output("task-to-briefing", "style", allow_duplicate=True),
    inputs={"_clicks": Input("task-to-briefing", "n_clicks")},
    state={"shown": State("task-shown", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("task-to-briefing", "disabled"), True, False)],
)
def take_into_briefing(_clicks: int, shown: str) -> dict[str, str]:
    """Takes the task, as it stands now, into the next briefing."""
    show_toast(t("briefing.taken", lang(), name=briefing_name(take_task(shown), lang())))
    return _HIDDEN
