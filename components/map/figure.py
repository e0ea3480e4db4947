"""The map of the city, for the overview, the map page, the wall and paper."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.events.event_kinds import kind_names
from components.kpi.tile import unit_text
from components.map.events import (
    SWITCH_PREFIX,
    event_legend,
    event_mark_counts,
    event_switches,
    events_on_map,
    moving_events_json,
    source_contacts_json,
    static_events_json,
    tooltips_json,
)
from components.map.kpi_layer import kpi_points, station_values_json
from components.map.points import (
    OPACITY_STEPS,
    chosen_traces,
    is_suppressed,
    kinds,
    kpi_range,
    point_mark_counts,
    point_traces,
    tip_names,
    tip_values,
    unit_severities,
    unit_trace,
)
from components.map.style import Json, attributions, style
from components.screens.header_parts import HeaderView
from components.screens.shell import Frame
from components.ui.format import format_number
from components.ui.i18n import catalogue, t
from components.ui.icons import mark
from components.ui.panel import Panel
from components.ui.status_badges import badges, state_label, state_mark
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot

BASE_SWITCHES = ("water", "roads", "facilities")  # besides one per kind of station and per kind of event
OFF_BY_DEFAULT = frozenset({"roads", "facilities", "event-press"})
OFF_ON_OVERVIEW = OFF_BY_DEFAULT | {"event-vehicle", "event-camera"}  # overview and wall have no switches
MIN_INTERVAL = 5.0  # seconds between updates of a map
TOOLTIP_MIN_INTERVAL = 15.0  # seconds; a tooltip shows the time of its value
_TOOLTIP_PANELS = ("tooltip-texts", "tooltip-values", "event-tooltips", "source-contacts")


class MapView(HeaderView, Protocol):
    """The attributes of a view that a map needs."""

    @property
    def layers(self) -> MapLayers: ...
    @property
    def unchanged(self) -> Collection[str]: ...


def city_map(id: str, tap: str = "page", *, hover: bool = True, overlays: Sequence[Component] = ()) -> Component:
    """The map, empty: heading, canvas, legend. Its frame is `map_frame(view, id)`.

    `tap`: "page" opens a tapped unit on the map page, "here" selects it in this page's address, "" does nothing.
    `hover` False (wall): no tooltips and no data for them. `overlays`: components above the canvas.
    """
    graph = dcc.Graph(
        id=id,
        className="map-graph",
        figure={"data": [], "layout": {}},
        config={"displayModeBar": False, "responsive": True, "scrollZoom": tap == "here", "doubleClick": False},
    )
    parts = ("events", "moving", "station-values", *(_TOOLTIP_PANELS if hover else ()))
    data_panels = [Panel(f"{id}-{part}", className="map-data") for part in parts]
    data: dict[str, Any] = {"data-map": id, "data-tap": tap}
    return html.Div(
        [
            Panel(f"{id}-head", className="map-head"),
            html.Div([graph, *data_panels, *overlays], className="map-canvas", **data),
            Panel(f"{id}-legend", className="map-foot"),
        ],
        className="map",
    )


def min_intervals(id: str) -> dict[str, float]:
    """For `dash.register_page(pace=…)`: seconds between two updates of each of the map's panels."""
    slow = {f"{id}-{part}": TOOLTIP_MIN_INTERVAL for part in _TOOLTIP_PANELS}
    return {
        id: MIN_INTERVAL,
        **{f"{id}-{part}": MIN_INTERVAL for part in ("head", "legend", "events", "moving", "station-values")},
        **slow,
    }


def switches(snapshot: Snapshot) -> tuple[str, ...]:
    """All layer switches: base layers, kinds of stations, kinds of events."""
    return (*BASE_SWITCHES, *(f"kind-{kind}" for kind in kinds(snapshot)), *event_switches(snapshot))


def visible_switches(
    snapshot: Snapshot, params: Mapping[str, str], off: Collection[str] = OFF_BY_DEFAULT
) -> frozenset[str]:
    """The switches that are on. Parameter `lop` names those toggled from their default; `off` are off by default."""
    turned = set(params.get("lop", "").split("."))
    return frozenset(switch for switch in switches(snapshot) if (switch not in off) != (switch in turned))


def switch_label(switch: str, snapshot: Snapshot, lang: str) -> str:
    """The label of a switch; a kind of events as its source names it."""
    if switch.startswith(SWITCH_PREFIX):
        return kind_names(snapshot, lang).get(switch.removeprefix(SWITCH_PREFIX), switch)
    return layer_label(switch, lang)


def layer_label(switch: str, lang: str) -> str:
    """The label of a base layer or kind of station; its own name if the catalogue has none."""
    key = f"map.{switch.replace('kind-', 'kind_')}"
    return t(key, lang) if key in catalogue() else switch.removeprefix("kind-")


def map_figure(
    snapshot: Snapshot,
    lang: str,
    layers: MapLayers,
    kpi_key: str | None = None,
    visible: Collection[str] | None = None,
    selected: str = "",
) -> Json:
    """The Plotly figure. It changes only with a mark or a unit's level; values are separate panels.

    Geometry is fetched once by address. `layout.meta` holds the bounds that assets/40-map.js fits.
    """
    on = visible_switches(snapshot, {}) if visible is None else visible
    west, south, east, north = layers.bounds
    data = [
        unit_trace(snapshot, layers, kpi_key),
        *chosen_traces(snapshot, layers, selected),
        *point_traces(snapshot, on, kpi_points(snapshot, kpi_key)),
    ]
    layout = {
        "map": {
            "style": style(layers, on),
            "center": {"lon": (west + east) / 2, "lat": (south + north) / 2},
            "zoom": 8.6,
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "map",
        "hovermode": "closest",
        "meta": {"bounds": list(layers.bounds)},
    }
    return {"data": data, "layout": layout}


def map_frame(view: MapView, id: str, *, hover: bool = True, off: Collection[str] = OFF_BY_DEFAULT) -> Frame:
    """The map's panels by id, for the parameters `lop` (layers), `chi-so` (KPI) and `don-vi` (unit)."""
    snapshot, lang, layers, params = view.snapshot, view.lang, view.layers, view.params
    kpi_key = chosen_kpi(snapshot, params)
    on = visible_switches(snapshot, params, off)
    selected = params.get("don-vi", "")
    parts: dict[str, Callable[[], dict[str, object]]] = {
        id: lambda: {"figure": map_figure(snapshot, lang, layers, kpi_key, on, selected)},
        f"{id}-head": lambda: {"markup": str(_head(snapshot, lang, on))},
        f"{id}-legend": lambda: {"markup": str(_legend(snapshot, lang, layers, kpi_key, on))},
        f"{id}-events": lambda: {"markup": static_events_json(snapshot, lang, on, has_ids=hover)},
        f"{id}-moving": lambda: {"markup": moving_events_json(snapshot, lang, on, has_ids=hover)},
        f"{id}-station-values": lambda: {"markup": station_values_json(snapshot, lang, kpi_key)},
    }
    if hover:
        parts[f"{id}-event-tooltips"] = lambda: {"markup": tooltips_json(snapshot, lang, on)}
        parts[f"{id}-source-contacts"] = lambda: {"markup": source_contacts_json(snapshot, lang)}
        parts[f"{id}-tooltip-texts"] = lambda: {"markup": str(tip_names(snapshot, lang))}
        parts[f"{id}-tooltip-values"] = lambda: {"markup": str(tip_values(snapshot, lang))}
    return {key: draw() for key, draw in parts.items() if key not in view.unchanged}


def overview_map_frame(view: MapView, id: str = "overview-map", *, hover: bool = True) -> Frame:
    """The same for overview and wall, whose addresses have no map parameters."""
    return map_frame(
        _OverviewMapView(view.snapshot, view.lang, view.layers, view.unchanged), id, hover=hover, off=OFF_ON_OVERVIEW
    )


class _OverviewMapView:
    def __init__(self, snapshot: Snapshot, lang: str, layers: MapLayers, unchanged: Collection[str]) -> None:
        self.snapshot, self.lang, self.layers, self.unchanged = snapshot, lang, layers, unchanged
        self.params: Mapping[str, str] = {}


def chosen_kpi(snapshot: Snapshot, params: Mapping[str, str]) -> str | None:
    """The key of the KPI in parameter `chi-so`; None if none or unknown."""
    key = params.get("chi-so", "")
    return key if key in snapshot.figures else None


def _head(snapshot: Snapshot, lang: str, on: Collection[str]) -> h.Fragment:
    beyond, views = len(unit_severities(snapshot)), events_on_map(snapshot, on)
    real = sum(not view.is_drill for view in views)
    made_up = any(point.is_simulated for point in snapshot.map_points) or any(view.is_simulated for view in views)
    drill = any(view.is_drill for view in views) or any(
        series_view.is_drill for point in snapshot.map_points for series_view in point.series
    )
    return h.fragment[
        h.h2[t("map.title", lang)],
        h.p[
            t("map.units", lang, n=format_number(len(snapshot.units))),
            " · ",
            t("map.points", lang, n=format_number(len(snapshot.map_points))),
            bool(views) and f" · {t('map.events_count', lang, n=format_number(real))}",
            bool(beyond) and f" · {t('map.beyond', lang, n=format_number(beyond))}",
        ],
        h.span(".map-badges")[badges(lang, simulated=made_up, drill=drill)],
    ]


def _legend(snapshot: Snapshot, lang: str, layers: MapLayers, kpi_key: str | None, on: Collection[str]) -> h.Fragment:
    only = kpi_points(snapshot, kpi_key)
    n = point_mark_counts(snapshot.map_points if only is None else only.values()) + event_mark_counts(snapshot, on)
    keys = (("normal", "map.key_normal"), ("attention", "common.attention"), ("critical", "common.critical"))
    without = [
        state
        for state in (FigureState.NO_DATA, FigureState.STALE, FigureState.ERROR, FigureState.OFF)
        if n[state.value]
    ]
    return h.fragment[
        h.ul(".map-legend")[
            (
                h.li(class_=f"map-key-{name}")[mark(name), " ", t(word, lang), " ", h.b[format_number(n[name])]]
                for name, word in keys
            ),
            (
                h.li[state_mark(state), " ", state_label(state, lang), " ", h.b[format_number(n[state.value])]]
                for state in without
            ),
            kpi_key is None and h.li[h.i(".map-tint"), " ", t("map.key_tint", lang)],
            event_legend(snapshot, lang, on),
        ],
        kpi_key is not None and _kpi_legend(snapshot, lang, kpi_key),
        h.p(".map-note")[
            h.strong[t("common.schematic", lang)] if layers.is_schematic else " · ".join(attributions(layers, on)),
        ],
    ]


def _kpi_legend(snapshot: Snapshot, lang: str, kpi_key: str) -> h.Element:
    """How the map shows this KPI: by hue, by numbers at stations, or not at all."""
    figure = snapshot.figures[kpi_key]
    if figure.values_by_place:
        return _scale(snapshot, lang, kpi_key)
    note_key = "map.city_only" if kpi_points(snapshot, kpi_key) is None else "map.at_stations"
    return h.p(".map-scale")[h.span[figure.kpi.short_name.get(lang), ": ", t(note_key, lang)]]


def _scale(snapshot: Snapshot, lang: str, kpi_key: str) -> h.Element:
    """The scale: one hue from the lowest to the highest value."""
    figure, span = snapshot.figures[kpi_key], kpi_range(snapshot, kpi_key)
    kpi = figure.kpi
    values = [figure.values_by_place.get(code) for code in snapshot.units]
    hidden = sum(map(is_suppressed, values))
    without = sum(value is None or value.value is None for value in values) - hidden
    ends = [format_number(bound, kpi.decimals) for bound in span] if span else ["", ""]
    return h.p(".map-scale")[
        h.span[kpi.short_name.get(lang)],
        span is not None
        and h.span[
            ends[0],
            " ",
            h.span(".map-hues")[(h.i(style=f"opacity:{step}") for step in OPACITY_STEPS)],
            " ",
            ends[1],
            " ",
            unit_text(kpi, lang),
        ],
        hidden > 0 and _key("map-hidden", t("map.key_suppressed", lang), hidden),
        without > 0 and _key("map-empty", t("map.key_without", lang), without),
    ]


def _key(look: str, word: str, count: int) -> h.Element:
    return h.span[h.i(class_=["map-tint", look]), " ", word, " ", h.b[format_number(count)]]
