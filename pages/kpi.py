"""Một chỉ số: value, history, definition, and its values by place."""

from datetime import UTC, datetime, timedelta

import dash
import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.directives.instruction import instruction_link
from components.directives.instruction_list import issued_instructions
from components.kpi.card import definition, history_table, values_by_unit
from components.kpi.chart import LastKnown, history
from components.kpi.tile import last_value_text, tile
from components.screens.shell import header_title, missing_header
from components.ui.i18n import t
from components.ui.icons import icon
from components.ui.panel import Panel
from components.ui.status_badges import state_label
from ioc.domain.access.permissions import Action
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import KpiFigure, Line, Snapshot
from ioc.snapshot.view import Frame, View, one_of

MAX_POINTS = 600
MIN_INTERVALS = {"kpi-history": 5.0, "kpi-empty": 5.0, "kpi-table": 5.0}
# Range -> span, step to which its end is rounded (so that the chart moves seldom), rows of its table.
RANGES = {
    "24h": (timedelta(hours=24), timedelta(minutes=1), 24),
    "7d": (timedelta(days=7), timedelta(minutes=10), 28),
    "30d": (timedelta(days=30), timedelta(hours=1), 30),
    "1y": (timedelta(days=365), timedelta(days=1), 52),
}


def layout(key: str = "", **params: str) -> Component:
    """The page, empty."""
    graph = dcc.Graph(
        id="kpi-history",
        figure={"data": [], "layout": {}},
        config={"displayModeBar": False, "responsive": True},
    )
    # A responsive Graph fills its parent's height, so the parent must have one.
    holder = html.Div(graph, className="chart")
    parts = [Panel(id="kpi-ranges"), holder, Panel(id="kpi-empty"), Panel(id="kpi-table")]
    chart = html.Section(parts, className="box kpi-chart")
    places_box = Panel(id="kpi-places", className="box kpi-places", tag="section")
    card = Panel(id="kpi-card", className="box kpi-card", tag="section")
    return html.Div([Panel(id="kpi-tile", className="kpi-tile"), chart, places_box, card], className="kpi")


def exists(snapshot: Snapshot, key: str) -> bool:
    """Whether there is such a KPI."""
    return key in snapshot.figures


def frame(view: View) -> Frame:
    """The panels' current content, or a message for an unknown key."""
    key, lang = view.params.get("key", ""), view.lang
    figure = view.snapshot.figures.get(key)
    if figure is None:
        return _missing(view)
    given = issued_instructions(view.instructions_on(f"/chi-so/{key}"), view.snapshot.register.agencies, lang)
    return {
        "shell-title": {"markup": header_title(view.snapshot, lang, figure.kpi.name.get(lang))},
        "kpi-tile": {"markup": str(tile(figure, view.snapshot, lang))},
        "kpi-card": {
            "markup": str(
                h.fragment[instruction_link(f"/chi-so/{key}", lang), given, definition(figure.kpi, view.snapshot, lang)]
            )
        },
        "kpi-places": {"markup": str(values_by_unit(figure, view.snapshot, lang)) if figure.values_by_place else ""},
        **_history(view, figure),
    }


def _history(view: View, figure: KpiFigure) -> Frame:
    kpi, lang = figure.kpi, view.lang
    chosen_range = view.params.get("khoang", "")
    chosen_range = chosen_range if chosen_range in RANGES else default_range(kpi.cadence)
    ranges: Frame = {"kpi-ranges": {"markup": str(_ranges(chosen_range, kpi.key, lang))}}
    if MIN_INTERVALS.keys() <= set(view.unchanged):
        return ranges
    span, step, rows = RANGES[chosen_range]
    end = _rounded_up(view.snapshot.at, step)
    start, line, ended = _known_line(view, figure, end - span, end)
    simulated = figure.value.is_simulated
    figure_dict = history(
        kpi, line, start, end, lang, simulated=simulated, drill=figure.is_drill, last_known=ended,
        is_target_met=figure.value.is_target_met,
    )  # fmt: skip
    empty = not any(value is not None for _, value in line)
    return {
        **ranges,
        "kpi-history": {"figure": figure_dict},
        "kpi-empty": {"markup": str(h.p(".nothing")[t("kpi.no_history", lang)]) if empty else ""},
        "kpi-table": {"markup": str(history_table(kpi, line, rows, lang, simulated=simulated, drill=figure.is_drill))},
    }


def default_range(cadence: timedelta) -> str:
    """The shortest range with at least four values of this cadence; else "1y"."""
    return next((key for key, (span, _, _) in RANGES.items() if span >= 4 * cadence), "1y")


def _known_line(
    view: View, figure: KpiFigure, start: datetime, end: datetime
) -> tuple[datetime, Line, LastKnown | None]:
    """The start of the chart, its line, and for a KPI without a value where its data ends.

    If nothing was known within the range, the start moves back to include the last known values.
    """
    kpi, value, lang = figure.kpi, figure.value, view.lang
    line = view.history(f"kpi-{kpi.key}", start, end, MAX_POINTS)
    if value.state is FigureState.OK or value.data_time is None or value.last_value is None:
        return start, line, None
    if value.data_time < start:
        start = value.data_time - (end - start)
        line = view.history(f"kpi-{kpi.key}", start, end, MAX_POINTS)
    known_points = tuple(point for point in line if point[1] is not None)
    if not known_points or known_points[-1][0] < value.data_time:
        line = known_points = (*line, (value.data_time, value.last_value))
    words = (last_value_text(kpi, value, lang, view.snapshot.at), state_label(value.state, lang))
    return start, line, LastKnown(known_points[-1][0], words)


def _rounded_up(at: datetime, step: timedelta) -> datetime:
    seconds = step.total_seconds()
    return datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, UTC)


def _ranges(chosen_range: str, key: str, lang: str) -> h.Element:
    return h.div(".box-head")[
        h.h2(".box-title")[t("kpi.history", lang)],
        h.nav(".chips", aria_label=t("kpi.ranges", lang))[
            (
                h.a(".chip", href=f"?khoang={span}", aria_current="true" if span == chosen_range else None)[
                    t(f"kpi.range_{span}", lang)
                ]
                for span in RANGES
            ),
            h.a(".chip", href=f"/ban-do?chi-so={key}")[icon("map"), t("map.show_on_map", lang)],
        ],
    ]


def _missing(view: View) -> Frame:
    words = h.div(".nothing")[
        h.p[t("kpi.no_such", view.lang)], h.p[h.a(".link", href="/chi-so")[t("kpi.all", view.lang)]]
    ]
    empty: Frame = {name: {"markup": ""} for name in ("kpi-ranges", "kpi-empty", "kpi-table", "kpi-places", "kpi-tile")}
    return {
        **missing_header(view, "kpi"),
        **empty,
        "kpi-card": {"markup": str(words)},
        "kpi-history": {"figure": {"data": [], "layout": {}}},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path_template="/chi-so/<key>",
    name="kpi",
    title="Chỉ số",
    order=41,
    frame=frame,
    exists=exists,
    action=Action.VIEW,
    params={"khoang": one_of(lambda _: RANGES)},
    pace=MIN_INTERVALS,
)
