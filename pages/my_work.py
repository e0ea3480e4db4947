"""Việc của tôi: what waits for the positions of who is signed in, by date, with its acts in place, and what changed."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.directives.act_answers import ACT_BUTTONS, SentAct, act_outputs, act_presses, act_state
from components.directives.act_form import OpenedAct, act_dialog, opened_outputs
from components.directives.instruction import attached_figure
from components.directives.instruction_steps import step_dialog
from components.directives.recent_changes import OtherWork, changes_box, other_lists
from components.directives.to_assign import to_assign_group
from components.directives.work_list import work_groups
from components.directives.work_offers import asked_act
from components.directives.work_views import WorkShown
from components.screens.shell import RailPlace
from components.ui.forms import first_of, options_of, select_field
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, loading_list
from ioc.dash_kit.acts import (
    acting_options,
    acting_pair,
    acting_value,
    handles_act_dialogs,
    open_act_form,
    send_act_form,
)
from ioc.dash_kit.callbacks import disabled_by, page_callback, pressed_button
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.instruction_steps import handles_instructions
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError
from ioc.directives.briefings import waiting_notices
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import PositionDrafts, documents_to_assign, waiting_drafts
from ioc.directives.queries import asked_fields
from ioc.directives.visits import begin_visit, changes_since
from ioc.directives.work_list import ListSize, PositionWork, all_work, my_work
from ioc.domain.access.permissions import AccessTarget, Action, submits_for
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import Position
from ioc.domain.submissions.submission import ObligationPeriod
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService

PATH, LIST = "/viec-cua-toi", "danh-sach"  # LIST: parameter of the address, the list that is shown


def layout(**params: str) -> Component:
    """The page, empty."""
    now = lang()
    options = acting_options(now)
    asked = params.get(LIST, "")
    first = asked if asked in dict(options) else first_of(options)
    position = select_field("my-work-position", t("tasks.position", now), options_of(options), first)
    return html.Div(
        [
            dbc.Alert(_without_position(now), color="warning", is_open=not options),
            html.P(id="my-work-lead", className="quiet", hidden=len(options) > 1),
            html.Div(
                [
                    html.Div(position, hidden=len(options) < 2, className="position-choice"),
                    html.Div(id="my-work-others", className="other-work"),
                ],
                className="work-choice",
            ),
            html.Div(
                [html.Div(loading_list(now), id="my-work-list", className="work-list"), html.Div(id="my-work-changes")],
                className="work-columns",
            ),
            act_dialog("my-work", principal().name, now),
            step_dialog("my-work", principal().name, now),
            dcc.Store(id="my-work-opened-act"), dcc.Store(id="my-work-visit"), dcc.Store(id="my-work-pressed"),
        ],
        className="working",
    )  # fmt: skip


def _without_position(now: str) -> list[str | Component]:
    """Why the list is empty, and the way to what the person's agency owes."""
    words = t("tasks.no_position", now)
    if not may(Action.SUBMIT, AccessTarget(agency=principal().agency)):
        return [words]
    return [words, " ", html.A(t("tasks.to_figures", now), href="/nhap-so-lieu", className="alert-link")]


def _name(work: PositionWork | ListSize, now: str) -> str:
    """The title, of a stand-in's list that of the other position."""
    title = work.acting.title
    return title if work.acting == work.position else t("tasks.for_whom", now, who=title)


register_working_page(
    __name__, path=PATH, name="my-work", title="Việc của tôi", label_key="tasks.to_work",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives", "submissions"),
    rail=RailPlace("tasks.to_work", "inbox", 5, counts_waiting=True, is_leading=True),
)  # fmt: skip

handles_act_dialogs("my-work")
handles_instructions("my-work", __name__)


@page_callback(
    Output("my-work-visit", "data"),
    inputs={"_page": Input("my-work-visit", "id")},
    action=Action.ACT_ON_DIRECTIVES,
)
def begin(_page: str) -> int:
    """The page was opened: what is new on this visit comes after the act of that number."""
    return begin_visit(service(DirectiveContext), principal())


@page_callback(
    Output("my-work-changes", "children"),
    inputs={
        "_version": DATA_VERSION,
        "position": Input("my-work-position", "value"),
        "since": Input("my-work-visit", "data"),
    },
    action=Action.ACT_ON_DIRECTIVES,
)
def list_changes(_version: object, position: str | None, since: int | None) -> list[Component]:
    """What others did since the last visit."""
    context, (own, behalf) = service(DirectiveContext), acting_pair(position)
    if since is None or position not in dict(acting_options(lang())):
        return []
    found = changes_since(context, since, own, principal(), on_behalf_of=behalf)
    return changes_box(found.changes, found.titles, context.agencies, lang(), has_more=found.has_more)


@page_callback(
    {
        "groups": Output("my-work-list", "children"),
        "lead": Output("my-work-lead", "children"),
        "others": Output("my-work-others", "children"),
    },
    inputs={
        "_version": DATA_VERSION, "position": Input("my-work-position", "value"),
        "_saved": [Input("my-work-form", "data-saved"), Input("my-work-step-form", "data-saved")],
    },
    action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip
def list_work(_version: object, position: str | None, _saved: object) -> dict[str, Any]:
    """The groups of what waits, and where else something does."""
    context, by, now, (own, behalf) = service(DirectiveContext), principal(), lang(), acting_pair(position)
    if position not in dict(acting_options(now)):
        return {"groups": [], "lead": "", "others": []}
    work = my_work(context, own, by, on_behalf_of=behalf)
    found = documents_to_assign(context, own, by, on_behalf_of=behalf)
    first = to_assign_group(found.documents, found.total, now, work.acting.title if behalf else "")
    others = [
        OtherWork(f"{PATH}?{urlencode({LIST: acting_value(each.position, each.acting)})}", _name(each, now), each.count)
        for each in all_work(context, by, shown=(own, behalf))
    ]
    if may(Action.APPROVE_SUBMISSION):
        size = len(service(SubmissionService).awaiting_approval(by))
        others.append(OtherWork("/duyet-so-lieu", t("submissions.release", now), size))
    groups = work_groups("my-work", _work(work), now, first)
    return {"groups": groups, "lead": _name(work, now), "others": other_lists(others, now)}


def _work(work: PositionWork) -> WorkShown:
    context, by, listed = service(DirectiveContext), principal(), work.work
    own, behalf = work.position, work.on_behalf_of
    counts, statements = dict[str, int](listed.counts.items()), asked_fields(context, listed.entries, by)
    found = PositionDrafts() if work.acts else waiting_drafts(context, own.key, by, on_behalf_of=behalf)
    return WorkShown(
        work.acting.kind, listed.entries, counts, statements, [] if behalf else _figures(own),
        found.waiting, found.returned,
        waiting_notices(context, own.key, by, on_behalf_of=behalf), context.agencies, context.today(), work.acts,
        work.acting.title if behalf else "", _subjects((*found.waiting, *found.returned)), work.systems, work.titles,
        found.acts,
    )  # fmt: skip


def _subjects(drafts: Sequence[Document]) -> dict[str, str]:
    """The figures and units that instructions of an earlier version are about, which kept no names; by their keys."""
    snapshot, now = service(SnapshotCache).snapshot(), lang()
    found = (
        (each.key, attached_figure(each.origin.page, snapshot, now))
        for each in drafts
        if each.origin and not each.origin.name
    )
    return {key: figure.name for key, figure in found if figure}


def _figures(own: Position) -> list[ObligationPeriod]:
    """The figures that the agency is to send now, for who submits for it."""
    data = service(SnapshotCache).snapshot().submissions
    return service(SubmissionService).figures_to_send(data, principal()) if submits_for(principal(), own.agency) else []


@page_callback(
    opened_outputs("my-work"),
    inputs={"pressed": pressed_button("my-work-do", "my-work-pressed")},
    state={"position": State("my-work-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_act(pressed: dict[str, str | int], position: str | None) -> dict[str, Any]:
    """Opens the form of the act of a row."""
    asked = asked_act(pressed)
    if asked is None:
        raise InputError("no act of a row")
    if "|" in (position or "") and position not in dict(acting_options(lang())):
        raise InputError("unknown position")
    return open_act_form("my-work", asked.task, asked.act, position or "", asked.preset, is_draft=asked.is_draft)


@page_callback(
    act_outputs("my-work"),
    inputs={"_clicks": act_presses("my-work")},
    state={"opened": State("my-work-opened-act", "data"), "form": act_state("my-work")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=disabled_by("my-work", *ACT_BUTTONS),
)
def do_act(_clicks: list[int | None], opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """Does the act; an act that is refused leaves the dialog open with what was typed."""
    return send_act_form(opened, form, str(ctx.triggered_id))
