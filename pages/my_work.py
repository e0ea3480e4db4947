"""Việc của tôi: what waits for the positions of who is signed in, by date, with its acts in place."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.directives.act_answers import SentAct, act_outputs, act_state
from components.directives.act_form import OpenedAct, act_dialog, opened_outputs, unopened_act
from components.directives.work_list import WorkShown, work_groups
from components.directives.work_offers import asked_act
from components.screens.shell import RailPlace
from components.ui.forms import first_of, options_of, select_field
from components.ui.i18n import t
from components.ui.working import DATA_VERSION
from ioc.dash_kit.acts import open_act_form, positions_of_principal, send_act_form
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import waiting_drafts
from ioc.directives.queries import asked_fields, my_work
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed
from ioc.domain.directives.positions import Position
from ioc.domain.submissions.submission import ObligationPeriod
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService


def layout(**params: str) -> Component:
    """The page, empty."""
    now, positions = lang(), positions_of_principal()
    options = [(each.key, each.title) for each in positions]
    position = select_field("my-work-position", t("tasks.position", now), options_of(options), first_of(options))
    return html.Div(
        [
            dbc.Alert(t("tasks.no_position", now), color="warning", is_open=not positions),
            html.P(id="my-work-lead", className="quiet"),
            html.Div(position, hidden=len(options) < 2, className="position-choice"),
            html.Div(id="my-work-list", className="work-list"),
            act_dialog("my-work", principal().name, now),
            dcc.Store(id="my-work-opened-act"),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/viec-cua-toi", name="my-work", title="Việc của tôi", label_key="tasks.to_work",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives", "submissions"),
    rail=RailPlace("tasks.to_work", "inbox", 5, counts_waiting=True, is_leading=True),
)  # fmt: skip

clientside_callback(
    "closeWhenClicked", Output("my-work-act", "is_open", allow_duplicate=True), Input("my-work-act-close", "n_clicks"),
    prevent_initial_call=True,
)  # fmt: skip


@page_callback(
    {"groups": Output("my-work-list", "children"), "lead": Output("my-work-lead", "children")},
    inputs={"_version": DATA_VERSION, "position": Input("my-work-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
)
def list_work(_version: object, position: str | None) -> dict[str, Any]:
    """The groups of what waits."""
    own = next((each for each in positions_of_principal() if each.key == position), None)
    if own is None:
        return {"groups": [], "lead": ""}
    return {"groups": work_groups("my-work", _work(own), lang()), "lead": own.title}


def _work(own: Position) -> WorkShown:
    context, by = service(DirectiveContext), principal()
    found = my_work(context, own.key, by)
    counts, statements = dict[str, int](found.counts.items()), asked_fields(context, found.entries, by)
    return WorkShown(
        own.kind, found.entries, counts, statements, _figures(own), waiting_drafts(context, own.key, by),
        context.agencies, context.today(),
    )  # fmt: skip


def _figures(own: Position) -> list[ObligationPeriod]:
    """The figures that the agency owes, for who submits for it."""
    by = principal()
    if not own.agency or by.agency != own.agency or not is_allowed(by, Action.SUBMIT, AccessTarget(agency=own.agency)):
        return []
    return service(SubmissionService).owed_periods(service(SnapshotCache).snapshot().submissions, by)


@page_callback(
    opened_outputs("my-work"),
    inputs={"clicks": Input({"type": "my-work-do", "key": ALL}, "n_clicks")},
    state={"position": State("my-work-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_act(clicks: list[int | None], position: str | None) -> dict[str, Any]:
    """Opens the form of the act of a row."""
    if not any(clicks):
        return unopened_act("my-work")
    asked = asked_act(ctx.triggered_id)
    if asked is None:
        raise InputError("no act of a row")
    return open_act_form("my-work", asked.task, asked.act, position or "", asked.preset)


@page_callback(
    act_outputs("my-work"),
    inputs={"_clicks": Input("my-work-go", "n_clicks")},
    state={"opened": State("my-work-opened-act", "data"), "form": act_state("my-work")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("my-work-go", "disabled"), True, False)],
)
def do_act(_clicks: int, opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """Does the act; an act that is refused leaves the dialog open with what was typed."""
    return send_act_form(opened, form)
