"""Sự việc: open events by kind or place, paged by the server."""

from collections.abc import Collection

import dash
from dash import html
from dash.development.base_component import Component

from components.events.event_grid import event_columns, event_filters, event_page
from components.events.event_groups import BY_PLACE, EVENT_COLUMNS, GROUPING, KIND, NO_PLACE, PLACE
from components.events.event_kinds import chips, kind_names
from components.events.event_table import event_list
from components.ui.i18n import t
from components.ui.live_table import PAGE, SORT, draws_table, live_table, table_frame
from components.ui.panel import Panel
from ioc.dash_kit.context import lang
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS, page_param, shows_drawn_table, sort_param
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View, one_of


def layout(**params: str) -> Component:
    """Chips, filters and list, empty."""
    now = lang()
    table = (
        [Panel(id="events-list")]
        if shows_drawn_table(params)
        else live_table("events", t("events.title", now), now, t("events.none_found", now))
    )
    return html.Div([Panel(id="events-chips"), Panel(id="events-filters"), *table], className="list")


def frame(view: View) -> Frame:
    """The panels' current content; the parameters select kind, place, words, grouping, sorting and page."""
    snapshot, params, now = view.snapshot, view.params, view.lang
    chosen = params.get(KIND, "")
    head: Frame = {
        "events-chips": {"markup": str(chips(snapshot, now, chosen, params))},
        "events-filters": {"markup": str(event_filters(snapshot, params, now))},
    }
    if draws_table(params):
        return {**head, "events-list": {"markup": str(event_list(snapshot, now, chosen, params))}}
    if "events-rows" in view.unchanged:
        return head
    rows, paging = event_page(snapshot, params, now)
    return {**head, **table_frame("events", event_columns(now), rows, params, now, paging)}


def _places(snapshot: Snapshot) -> Collection[str]:
    return snapshot.units.keys() | {NO_PLACE}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/su-kien",
    name="events",
    title="Sự việc",
    order=45,
    frame=frame,
    action=Action.VIEW,
    params={
        **TABLE_PARAMS,
        SORT: sort_param(lambda _: EVENT_COLUMNS),
        PAGE: page_param(lambda snapshot: len(snapshot.events)),
        KIND: one_of(lambda snapshot: kind_names(snapshot, "vi")),
        PLACE: one_of(_places),
        GROUPING: one_of(lambda _: {BY_PLACE}),
    },
    suites=(GRID,),
    pace={"events-list": 5.0, "events-rows": 5.0, "events-tools": 5.0},
)
