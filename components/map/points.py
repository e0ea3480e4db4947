"""Stations and units on the map: traces, and the data of tooltips."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import htpy as h
from markupsafe import Markup

from components.kpi.measurement_units import unit_label
from components.kpi.redundancy import disagreement_text, value_sources
from components.map.style import UNIT_BORDER_LAYER, Json, anchor_layer
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.status_badges import state_label
from components.ui.theme import token
from ioc.domain.base.units import is_count_unit
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.kpis.kpi import RANK, FigureState, KpiValue, Severity
from ioc.domain.snapshot import MapPoint, SeriesView, Snapshot

MARK_ORDER = ("off", "no_data", "stale", "error", "normal", "attention", "critical")  # later ones are drawn on top
_MARKER_SIZES = {"normal": 7.5, "attention": 7.5, "critical": 10.0}
_SEVERITY_OPACITY = {Severity.NORMAL: 0.0, Severity.ATTENTION: 0.2, Severity.CRITICAL: 0.34}
OPACITY_STEPS = (0.12, 0.3, 0.48, 0.66, 0.85)  # of the one hue of a KPI
SUPPRESSED_OPACITY = 0.4  # of the grey of a unit whose count is suppressed


def point_mark(point: MapPoint) -> str:
    """The mark of a point: its severity, or the state that explains a missing value."""
    return point.severity.value if point.state is FigureState.OK else point.state.value


def point_mark_counts(points: Iterable[MapPoint]) -> Counter[str]:
    """The number of points by mark."""
    return Counter(point_mark(point) for point in points)


def kinds(snapshot: Snapshot) -> list[str]:
    """The kinds of stations, sorted."""
    return sorted({point.station.kind for point in snapshot.map_points})


def main_series(point: MapPoint) -> SeriesView:
    """The series shown in a tooltip: the most severe one with a value, else the first."""
    return max(point.series, key=lambda view: (view.state is FigureState.OK, RANK[view.severity]))


def unit_severities(snapshot: Snapshot) -> dict[str, Severity]:
    """Unit code -> its worst severity, for units beyond a limit."""
    worst: dict[str, Severity] = {}
    for figure in snapshot.figures.values():
        for code, value in figure.values_by_place.items():
            if code in snapshot.units and RANK[value.severity] > RANK[worst.get(code, Severity.NORMAL)]:
                worst[code] = value.severity
    return worst


def unit_trace(snapshot: Snapshot, layers: MapLayers, kpi_key: str | None) -> Json:
    """The trace of all units, coloured by severity, or by the values of one KPI."""
    codes, address = list(snapshot.units), next((layer.href for layer in layers.by_role("units")), None)
    if address is None:
        codes = []
    colours, levels, opacity = _kpi_fill(snapshot, kpi_key, codes) if kpi_key else _severity_fill(snapshot, codes)
    return {
        "type": "choroplethmap",
        "geojson": address or {"type": "FeatureCollection", "features": []},
        "featureidkey": "properties.code",
        "locations": codes,
        "z": levels,
        "zmin": 0,
        "zmax": 2,
        "colorscale": colours,
        "showscale": False,
        "marker": {"opacity": opacity, "line": {"width": 0}},
        "below": UNIT_BORDER_LAYER if address else "",
        "hoverinfo": "none",
        "name": "units",
        "uid": "units",
    }


def chosen_traces(snapshot: Snapshot, layers: MapLayers, selected: str) -> list[Json]:
    """The outline of the selected unit; none without one."""
    address = next((layer.href for layer in layers.by_role("units")), None)
    if not address or selected not in snapshot.units:
        return []
    return [{
        "type": "choroplethmap",
        "geojson": address,
        "featureidkey": "properties.code",
        "locations": [selected],
        "z": [1],
        "colorscale": [[0, token("data")], [1, token("data")]],
        "showscale": False,
        "marker": {"opacity": 0.18, "line": {"width": 2.5, "color": token("ink")}},
        "below": anchor_layer("chosen"),
        "hoverinfo": "skip",
        "name": "chosen",
        "uid": "chosen",
    }]  # fmt: skip


def _severity_fill(snapshot: Snapshot, codes: Sequence[str]) -> tuple[list[Any], list[int], list[float]]:
    worst = unit_severities(snapshot)
    severities = [worst.get(code, Severity.NORMAL) for code in codes]
    colours = [[0, token("land")], [0.5, token("attention")], [1, token("critical")]]
    return (
        colours,
        [RANK[severity] for severity in severities],
        [_SEVERITY_OPACITY[severity] for severity in severities],
    )


def kpi_range(snapshot: Snapshot, kpi_key: str) -> tuple[float, float] | None:
    """Lowest and highest value by unit; None without values."""
    places = snapshot.figures[kpi_key].values_by_place.values() if kpi_key in snapshot.figures else ()
    values = [value.value for value in places if value.value is not None]
    return (min(values), max(values)) if values else None


def _kpi_fill(snapshot: Snapshot, kpi_key: str, codes: Sequence[str]) -> tuple[list[Any], list[int], list[float]]:
    span = kpi_range(snapshot, kpi_key)
    places = snapshot.figures[kpi_key].values_by_place if kpi_key in snapshot.figures else {}
    levels, opacity = [], []
    for code in codes:
        value = places[code].value if code in places else None
        hidden = is_suppressed(places.get(code))
        levels.append(2 if hidden else 1)
        opacity.append(
            SUPPRESSED_OPACITY if hidden else 0.0 if value is None or span is None else value_opacity(value, span)
        )
    return [[0, token("data")], [0.5, token("data")], [1, token("muted")]], levels, opacity


def is_suppressed(value: KpiValue | None) -> bool:
    """Whether a count is suppressed (statistical disclosure control)."""
    return value is not None and value.suppression is not None


def value_opacity(value: float, value_range: tuple[float, float]) -> float:
    """The opacity step of `value` within `value_range`; if all values are equal, full except for zero."""
    low, high = value_range
    share = (value - low) / (high - low) if high > low else float(value != 0)
    return OPACITY_STEPS[min(len(OPACITY_STEPS) - 1, int(share * len(OPACITY_STEPS)))]


def point_traces(
    snapshot: Snapshot, visible_switches: Iterable[str], only: Mapping[int, MapPoint] | None = None
) -> list[Json]:  # fmt: skip
    """One trace per mark that some point has. `customdata` is the point's index in the panels `names` and `values`.

    `only`: index -> point; shows these regardless of switches, and no others.
    """
    switches = set(visible_switches)
    points = only if only is not None else {
        n: point for n, point in enumerate(snapshot.map_points) if f"kind-{point.station.kind}" in switches
    }  # fmt: skip
    traces = []
    for name in MARK_ORDER:
        stations = [(n, point.station) for n, point in points.items() if point_mark(point) == name]
        if not stations:
            continue
        marker: Json = {"size": _MARKER_SIZES.get(name, 7.5), "opacity": 1, "color": token("data")}
        if name != "normal":
            marker |= {"size": 10, "symbol": f"ioc-{name}", "allowoverlap": True}
        traces.append({
            "type": "scattermap",
            "mode": "markers",
            "name": name,
            "uid": name,
            "lon": [round(station.lon, 4) for _, station in stations],
            "lat": [round(station.lat, 4) for _, station in stations],
            "customdata": [n for n, _ in stations],
            "marker": marker,
            "hoverinfo": "none",
            "below": anchor_layer(name),
        })  # fmt: skip
    return traces


def tip_names(snapshot: Snapshot, lang: str) -> h.Element:
    """The constant texts of each point's tooltip, and the names of the units; read by assets/40-map.js."""
    points = [_tooltip_row(point, snapshot, lang) for point in snapshot.map_points]
    units = {code: f"{unit.kind.capitalize()} {unit.name}" for code, unit in snapshot.units.items()}
    marks = {"simulated": t("common.simulated_short", lang), "drill": t("common.drill", lang)}
    return json_element({"points": points, "units": units, "labels": marks})


def _tooltip_row(point: MapPoint, snapshot: Snapshot, lang: str) -> list[object]:
    view, others = main_series(point), len(point.series) - 1
    name = view.series.name.get(lang)
    more = t("map.more_series", lang, n=others) if others else ""
    place = point.station.place
    return [
        point.station.name.get(lang),
        name,
        " · ".join(filter(None, (value_sources(view, snapshot, lang), disagreement_text(view, snapshot, lang)))),
        int(view.is_simulated) + 2 * int(view.is_drill),
        more,
        place,
    ]


def tip_values(snapshot: Snapshot, lang: str) -> h.Element:
    """Tooltip values by point index: value with unit (or why there is none), and its time."""
    views = [main_series(point) for point in snapshot.map_points]
    texts = [value_text(view, lang) for view in views]
    times = [format_datetime(view.data_time, snapshot.at) if view.data_time else "" for view in views]
    return json_element({"values": texts, "times": times})


def value_text(view: SeriesView, lang: str) -> str:
    """ "1,86 m", or the reason why there is no value."""
    if view.state is not FigureState.OK or view.value is None:
        return state_label(view.state, lang) or t("common.no_value", lang)
    decimals = 0 if is_count_unit(view.series.unit) else view.decimals
    return f"{format_number(view.value, decimals)} {unit_label(view.series.unit, lang, view.value)}".strip()


def json_element(payload: Json) -> h.Element:
    """A hidden element with JSON text; &, < and > are JSON escapes, so that no HTML escaping is needed."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return h.data(hidden=True)[Markup(safe)]  # escaped above # nosec B704
