"""The map of the city: one drawing for the overview, its own page, the wall and paper."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.events.kinds import kinds as event_kinds
from components.kpi.tile import unit
from components.map.events import (
    PREFIX,
    event_legend,
    event_switches,
    heard,
    marked,
    moving,
    on_map,
    standing,
    tips,
)
from components.map.kpi_layer import kpi_points, numbers
from components.map.points import (
    STEPS,
    chosen_trace,
    counts,
    kinds,
    kpi_span,
    point_traces,
    tip_names,
    tip_values,
    unit_severities,
    unit_trace,
    untold,
)
from components.map.style import credits, style
from components.screens.shell import Shown
from components.ui.format import number
from components.ui.i18n import catalogue, say
from components.ui.icons import mark
from components.ui.panel import Panel
from components.ui.status_badges import marks, state_mark, state_word
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import Snapshot

Json = dict[str, Any]
Frame = dict[str, dict[str, object]]
GROUND = ("water", "roads", "facilities")  # switches of the ground; each kind of station has one of its own
OFF_AT_FIRST = frozenset({"roads", "facilities", "event-press"})
QUIET = OFF_AT_FIRST | {
    "event-vehicle",
    "event-camera",
}  # off where nothing can be switched: on the overview and the wall
PACE = 5.0  # seconds: no map moves more often
TIPS_PACE = 15.0  # values of tips come with their own time, and seldom does anyone look


class Seen(Shown, Protocol):
    """What a map needs of a view."""

    @property
    def layers(self) -> MapLayers: ...
    @property
    def held(self) -> Collection[str]: ...


def city_map(id: str, tap: str = "page", *, hover: bool = True, inside: Sequence[Component] = ()) -> Component:
    """The map, empty: heading, picture, legend. Its frame is `map_frame(view, id)`.

    `tap`: "page" opens the tapped unit on the map's page, "here" puts it into this page's address, "" does nothing.
    `hover` False, for a wall: no tips, and nothing is sent for them. `inside`: what stands over the picture.
    """
    graph = dcc.Graph(
        id=id,
        className="map-graph",
        figure={"data": [], "layout": {}},
        config={"displayModeBar": False, "responsive": True, "scrollZoom": tap == "here", "doubleClick": False},
    )
    parts = ("events", "moving", "numbers", *(("names", "values", "told", "heard") if hover else ()))
    carried = [Panel(f"{id}-{part}", className="map-carried") for part in parts]
    data: dict[str, Any] = {"data-map": id, "data-tap": tap}
    return html.Div(
        [
            Panel(f"{id}-head", className="map-head"),
            html.Div([graph, *carried, *inside], className="map-canvas", **data),
            Panel(f"{id}-legend", className="map-foot"),
        ],
        className="map",
    )


def pace(id: str) -> dict[str, float]:
    """For `dash.register_page(pace=…)`: how often a map's parts are drawn anew at most."""
    slow = {f"{id}-{part}": TIPS_PACE for part in ("names", "values", "told", "heard")}
    return {id: PACE, **{f"{id}-{part}": PACE for part in ("head", "legend", "events", "moving", "numbers")}, **slow}


def switches(snapshot: Snapshot) -> tuple[str, ...]:
    """Everything that can be shown or hidden."""
    return (*GROUND, *(f"kind-{kind}" for kind in kinds(snapshot)), *event_switches(snapshot))


def shown(snapshot: Snapshot, params: Mapping[str, str], off: Collection[str] = OFF_AT_FIRST) -> frozenset[str]:
    """The switches that are on: `lop` names those that were turned the other way from how they stand at first."""
    turned = set(params.get("lop", "").split("."))
    return frozenset(one for one in switches(snapshot) if (one not in off) != (one in turned))


def switch_word(switch: str, snapshot: Snapshot, lang: str) -> str:
    """What a switch is called: a kind of events as its source names it."""
    if switch.startswith(PREFIX):
        return event_kinds(snapshot, lang).get(switch.removeprefix(PREFIX), switch)
    return kinds_word(switch, lang)


def kinds_word(switch: str, lang: str) -> str:
    """What a switch is called; a kind of station without a word of ours by its own name."""
    key = f"map.{switch.replace('kind-', 'kind_')}"
    return say(key, lang) if key in catalogue() else switch.removeprefix("kind-")


def map_figure(
    snapshot: Snapshot,
    lang: str,
    layers: MapLayers,
    kpi_key: str | None = None,
    visible: Collection[str] | None = None,
    selected: str = "",
) -> Json:
    """The figure: it moves only when a mark or a unit's level does, for values travel beside it.

    Geometry is fetched by address, once. `layout.meta` tells the screen what to fit: assets/40-map.js.
    """
    on = shown(snapshot, {}) if visible is None else visible
    west, south, east, north = layers.bounds
    data = [
        unit_trace(snapshot, layers, kpi_key),
        chosen_trace(snapshot, layers, selected),
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


def map_frame(view: Seen, id: str, *, hover: bool = True, off: Collection[str] = OFF_AT_FIRST) -> Frame:
    """What the map `id` holds now, by the parameters `lop` (layers), `chi-so` (KPI) and `don-vi` (unit)."""
    snapshot, lang, layers, params = view.snapshot, view.lang, view.layers, view.params
    kpi_key = chosen_kpi(snapshot, params)
    on = shown(snapshot, params, off)
    chosen = params.get("don-vi", "")
    parts: dict[str, Callable[[], dict[str, object]]] = {
        id: lambda: {"figure": map_figure(snapshot, lang, layers, kpi_key, on, chosen)},
        f"{id}-head": lambda: {"markup": str(_head(snapshot, lang, on))},
        f"{id}-legend": lambda: {"markup": str(_legend(snapshot, lang, layers, kpi_key, on))},
        f"{id}-events": lambda: {"markup": standing(snapshot, lang, on, taps=hover)},
        f"{id}-moving": lambda: {"markup": moving(snapshot, lang, on, taps=hover)},
        f"{id}-numbers": lambda: {"markup": numbers(snapshot, lang, kpi_key)},
    }
    if hover:
        parts[f"{id}-told"] = lambda: {"markup": tips(snapshot, lang, on)}
        parts[f"{id}-heard"] = lambda: {"markup": heard(snapshot, lang)}
        parts[f"{id}-names"] = lambda: {"markup": str(tip_names(snapshot, lang))}
        parts[f"{id}-values"] = lambda: {"markup": str(tip_values(snapshot, lang))}
    return {key: draw() for key, draw in parts.items() if key not in view.held}


def overview_map_frame(view: Seen, id: str = "overview-map", *, hover: bool = True) -> Frame:
    """The same for the overview and the wall, whose addresses choose nothing on their map."""
    return map_frame(_Plain(view.snapshot, view.lang, view.layers, view.held), id, hover=hover, off=QUIET)


class _Plain:
    def __init__(self, snapshot: Snapshot, lang: str, layers: MapLayers, held: Collection[str]) -> None:
        self.snapshot, self.lang, self.layers, self.held = snapshot, lang, layers, held
        self.params: Mapping[str, str] = {}


def chosen_kpi(snapshot: Snapshot, params: Mapping[str, str]) -> str | None:
    """The KPI that the map is of, None for none."""
    key = params.get("chi-so", "")
    return key if key in snapshot.figures else None


def _head(snapshot: Snapshot, lang: str, on: Collection[str]) -> h.Fragment:
    beyond, views = len(unit_severities(snapshot)), on_map(snapshot, on)
    real = sum(not one.drill for one in views)
    made_up = any(one.simulated for one in snapshot.points) or any(one.simulated for one in views)
    drill = any(one.drill for one in views) or any(seen.drill for one in snapshot.points for seen in one.series)
    return h.fragment[
        h.h2[say("map.title", lang)],
        h.p[
            say("map.units", lang, n=number(len(snapshot.units))),
            " · ",
            say("map.points", lang, n=number(len(snapshot.points))),
            bool(views) and f" · {say('map.events_count', lang, n=number(real))}",
            bool(beyond) and f" · {say('map.beyond', lang, n=number(beyond))}",
        ],
        h.span(".map-marks")[marks(lang, simulated=made_up, drill=drill)],
    ]


def _legend(snapshot: Snapshot, lang: str, layers: MapLayers, kpi_key: str | None, on: Collection[str]) -> h.Fragment:
    only = kpi_points(snapshot, kpi_key)
    n = counts(snapshot.points if only is None else only.values()) + marked(snapshot, on)
    keys = (("normal", "map.key_normal"), ("attention", "common.attention"), ("critical", "common.critical"))
    without = [one for one in (State.NO_DATA, State.STALE, State.ERROR, State.OFF) if n[one.value]]
    return h.fragment[
        h.ul(".map-legend")[
            (
                h.li(class_=f"map-key-{name}")[mark(name), " ", say(word, lang), " ", h.b[number(n[name])]]
                for name, word in keys
            ),
            (h.li[state_mark(one), " ", state_word(one, lang), " ", h.b[number(n[one.value])]] for one in without),
            kpi_key is None and h.li[h.i(".map-tint"), " ", say("map.key_tint", lang)],
            event_legend(snapshot, lang, on),
        ],
        kpi_key is not None and _key_of(snapshot, lang, kpi_key),
        h.p(".map-note")[
            h.strong[say("common.schematic", lang)] if layers.schematic else " · ".join(credits(layers, on)),
        ],
    ]


def _key_of(snapshot: Snapshot, lang: str, kpi_key: str) -> h.Element:
    """How the map tells this KPI: by hue, by numbers, or not at all."""
    figure = snapshot.figures[kpi_key]
    if figure.places:
        return _scale(snapshot, lang, kpi_key)
    told = "map.city_only" if kpi_points(snapshot, kpi_key) is None else "map.at_stations"
    return h.p(".map-scale")[h.span[figure.kpi.short.said(lang), ": ", say(told, lang)]]


def _scale(snapshot: Snapshot, lang: str, kpi_key: str) -> h.Element:
    """One hue from the lowest to the highest value."""
    figure, span = snapshot.figures[kpi_key], kpi_span(snapshot, kpi_key)
    kpi = figure.kpi
    values = [figure.places.get(code) for code in snapshot.units]
    hidden = sum(map(untold, values))
    without = sum(one is None or one.value is None for one in values) - hidden
    ends = [number(one, kpi.decimals) for one in span] if span else ["", ""]
    return h.p(".map-scale")[
        h.span[kpi.short.said(lang)],
        span is not None
        and h.span[
            ends[0],
            " ",
            h.span(".map-hues")[(h.i(style=f"opacity:{step}") for step in STEPS)],
            " ",
            ends[1],
            " ",
            unit(kpi, lang),
        ],
        hidden > 0 and _key("map-hidden", say("map.key_few", lang), hidden),
        without > 0 and _key("map-empty", say("map.key_without", lang), without),
    ]


def _key(look: str, word: str, count: int) -> h.Element:
    return h.span[h.i(class_=["map-tint", look]), " ", word, " ", h.b[number(count)]]
