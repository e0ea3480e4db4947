"""Nguồn dữ liệu: every source with its health, most severe first, and the newest rejected items."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.sources.rejected_table import rejected_table
from components.sources.source_table import (
    SOURCE_SORTS,
    STATUS,
    STATUS_ORDER,
    chips,
    filter_by_status,
    source_columns,
    source_rows,
    source_table,
)
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, drawn_rows, draws_table, live_table, table_frame
from components.ui.panel import Panel
from ioc.dash_kit.context import lang
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS, shows_drawn_table, sort_param
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View, one_of


def layout(**params: str) -> Component:
    """Chips and tables, empty."""
    now = lang()
    table = (
        [Panel(id="sources-table")]
        if shows_drawn_table(params)
        else live_table("sources", t("common.sources", now), now, t("sources.none", now))
    )
    return html.Div([Panel(id="sources-chips"), *table, Panel(id="sources-rejected")], className="list")


def frame(view: View) -> Frame:
    """The panels' current content; parameter `trang-thai` selects a status."""
    snapshot, params, now = view.snapshot, view.params, view.lang
    chosen = params.get(STATUS, "")
    rejected = rejected_table(snapshot, filter_by_status(snapshot, chosen), now)
    others: Frame = {
        "sources-rejected": {"markup": str(rejected or "")},
        "sources-chips": {"markup": str(h.fragment[chips(snapshot, now, chosen, params), _past_note(view)])},
    }
    if draws_table(params):
        words, sort, rows = params.get(SEARCH, ""), params.get(SORT, ""), source_rows(snapshot, now, chosen)
        ordered = drawn_rows(source_columns(now), rows, words, sort, now) if sort else None
        return {**others, "sources-table": {"markup": str(ordered or source_table(snapshot, now, chosen, words))}}
    return {**others, **table_frame("sources", source_columns(now), source_rows(snapshot, now, chosen), params, now)}


def _past_note(view: View) -> h.Node:
    return not view.snapshot.is_live and h.p(".about-note")[t("sources.past_times", view.lang)]


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/nguon",
    name="sources",
    title="Nguồn dữ liệu",
    order=50,
    frame=frame,
    action=Action.VIEW,
    params={**TABLE_PARAMS, SORT: sort_param(lambda _: SOURCE_SORTS), STATUS: one_of(lambda _: STATUS_ORDER)},
    suites=(GRID,),
)
