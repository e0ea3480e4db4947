"""The map of the city: one drawing for the overview, its own page, the wall and paper."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.format import number
from components.icons import mark
from components.map_points import (
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
)
from components.map_style import credits, style
from components.panel import Panel
from components.shell import Shown
from components.states import badge, state_mark, state_word
from components.text import catalogue, say
from components.tile import unit
from domain.kpi import State
from domain.map_layers import MapLayers
from domain.snapshot import Snapshot

Json = dict[str, Any]
Frame = dict[str, dict[str, object]]
GROUND = ("water", "roads", "facilities")  # switches of the ground; each kind of station has one of its own
OFF_AT_FIRST = frozenset({"roads", "facilities"})
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
    tips = [Panel(f"{id}-{part}", className="map-carried") for part in ("names", "values")] if hover else []
    data: dict[str, Any] = {"data-map": id, "data-tap": tap}
    return html.Div(
        [
            Panel(f"{id}-head", className="map-head"),
            html.Div([graph, *tips, *inside], className="map-canvas", **data),
            Panel(f"{id}-legend", className="map-foot"),
        ],
        className="map",
    )


def pace(id: str) -> dict[str, float]:
    """For `dash.register_page(pace=…)`: how often a map's parts are drawn anew at most."""
    return {id: PACE, f"{id}-head": PACE, f"{id}-legend": PACE, f"{id}-names": TIPS_PACE, f"{id}-values": TIPS_PACE}


def switches(snapshot: Snapshot) -> tuple[str, ...]:
    """Everything that can be shown or hidden."""
    return (*GROUND, *(f"kind-{kind}" for kind in kinds(snapshot)))


def shown(snapshot: Snapshot, params: Mapping[str, str]) -> frozenset[str]:
    """The switches that are on: `lop` names those that were turned the other way from how they stand at first."""
    turned = set(params.get("lop", "").split("."))
    return frozenset(one for one in switches(snapshot) if (one not in OFF_AT_FIRST) != (one in turned))


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
        *point_traces(snapshot, on),
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


def map_frame(view: Seen, id: str, *, hover: bool = True) -> Frame:
    """What the map `id` holds now, by the parameters `lop` (layers), `chi-so` (KPI) and `don-vi` (unit)."""
    snapshot, lang, layers, params = view.snapshot, view.lang, view.layers, view.params
    kpi_key = chosen_kpi(snapshot, params)
    on = shown(snapshot, params)
    chosen = params.get("don-vi", "")
    parts: dict[str, Callable[[], dict[str, object]]] = {
        id: lambda: {"figure": map_figure(snapshot, lang, layers, kpi_key, on, chosen)},
        f"{id}-head": lambda: {"markup": str(_head(snapshot, lang))},
        f"{id}-legend": lambda: {"markup": str(_legend(snapshot, lang, layers, kpi_key, on))},
    }
    if hover:
        parts[f"{id}-names"] = lambda: {"markup": str(tip_names(snapshot, lang))}
        parts[f"{id}-values"] = lambda: {"markup": str(tip_values(snapshot, lang))}
    return {key: draw() for key, draw in parts.items() if key not in view.held}


def overview_map_frame(view: Seen, id: str = "overview-map", *, hover: bool = True) -> Frame:
    """The same for the overview and the wall, whose addresses choose nothing on their map."""
    return map_frame(_Plain(view.snapshot, view.lang, view.layers, view.held), id, hover=hover)


class _Plain:
    def __init__(self, snapshot: Snapshot, lang: str, layers: MapLayers, held: Collection[str]) -> None:
        self.snapshot, self.lang, self.layers, self.held = snapshot, lang, layers, held
        self.params: Mapping[str, str] = {}


def chosen_kpi(snapshot: Snapshot, params: Mapping[str, str]) -> str | None:
    """The KPI whose values by place colour the units, None for none."""
    key = params.get("chi-so", "")
    return key if key in snapshot.figures and snapshot.figures[key].places else None


def _head(snapshot: Snapshot, lang: str) -> h.Fragment:
    beyond = len(unit_severities(snapshot))
    return h.fragment[
        h.h2[say("map.title", lang)],
        h.p[
            say("map.units", lang, n=number(len(snapshot.units))),
            " · ",
            say("map.points", lang, n=number(len(snapshot.points))),
            bool(beyond) and f" · {say('map.beyond', lang, n=number(beyond))}",
        ],
        any(one.simulated for one in snapshot.points) and badge(lang),
    ]


def _legend(snapshot: Snapshot, lang: str, layers: MapLayers, kpi_key: str | None, on: Collection[str]) -> h.Fragment:
    n = counts(snapshot.points)
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
        ],
        kpi_key is not None and _scale(snapshot, lang, kpi_key),
        h.p(".map-note")[
            h.strong[say("common.schematic", lang)] if layers.schematic else " · ".join(credits(layers, on)),
        ],
    ]


def _scale(snapshot: Snapshot, lang: str, kpi_key: str) -> h.Element:
    """One hue from the lowest to the highest value."""
    kpi, span = snapshot.figures[kpi_key].kpi, kpi_span(snapshot, kpi_key)
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
    ]
