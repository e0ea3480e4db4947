"""What stands on the map: points by how much they ask for eyes, units by their worst figure, and what a tip says."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import htpy as h
from markupsafe import Markup

from components.kpi.measurement_units import unit_label
from components.kpi.redundancy import disagreement_text, value_sources
from components.map.style import NAME_LAYER, UNIT_BORDER_LAYER
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.status_badges import state_label
from components.ui.theme import token
from ioc.domain.base.units import is_count_unit
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.kpis.kpi import RANK, FigureState, KpiValue, Severity
from ioc.domain.snapshot import MapPoint, SeriesView, Snapshot

Json = dict[str, Any]
MARK_ORDER = ("off", "no_data", "stale", "error", "normal", "attention", "critical")  # the later lies above the earlier
_MARKER_SIZES = {"normal": 7.5, "attention": 7.5, "critical": 10.0}
_SEVERITY_OPACITY = {Severity.NORMAL: 0.0, Severity.ATTENTION: 0.2, Severity.CRITICAL: 0.34}
OPACITY_STEPS = (0.12, 0.3, 0.48, 0.66, 0.85)  # of the one hue of a KPI
SUPPRESSED_OPACITY = 0.4  # of the grey of a unit whose count is kept back


def point_mark(point: MapPoint) -> str:
    """How it is marked: by its severity, or by why it has no value now."""
    return point.severity.value if point.state is FigureState.OK else point.state.value


def point_mark_counts(points: Iterable[MapPoint]) -> Counter[str]:
    """How many points each mark has."""
    return Counter(point_mark(one) for one in points)


def kinds(snapshot: Snapshot) -> list[str]:
    """The kinds of stations that there are."""
    return sorted({one.station.kind for one in snapshot.map_points})


def main_series(point: MapPoint) -> SeriesView:
    """The series that a tip tells: the most serious one that has a value, else the first."""
    return max(point.series, key=lambda one: (one.state is FigureState.OK, RANK[one.severity]))


def is_fresh(value: KpiValue, snapshot: Snapshot) -> bool:
    """Whether it stands at the snapshot's moment: a poller that died left its last values behind."""
    if value.state is not FigureState.OK:
        return False
    return value.data_time is None or not value.age_limit or snapshot.at - value.data_time <= value.age_limit


def unit_severities(snapshot: Snapshot) -> dict[str, Severity]:
    """The worst of each unit's figures, for the units that are beyond a limit."""
    worst: dict[str, Severity] = {}
    for figure in snapshot.figures.values():
        for code, value in figure.values_by_place.items():
            alarming = value.severity is not Severity.NORMAL and code in snapshot.units
            if alarming and is_fresh(value, snapshot) and RANK[value.severity] > RANK[worst.get(code, Severity.NORMAL)]:
                worst[code] = value.severity
    return worst


def unit_trace(snapshot: Snapshot, layers: MapLayers, kpi_key: str | None) -> Json:
    """All units: tinted where something is beyond a limit, or by the values of one KPI."""
    codes, address = list(snapshot.units), next((one.href for one in layers.by_role("units")), None)
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
    }


def chosen_trace(snapshot: Snapshot, layers: MapLayers, selected: str) -> Json:
    """The outline of the unit that was tapped."""
    address = next((one.href for one in layers.by_role("units")), None)
    codes = [selected] if address and selected in snapshot.units else []
    return {
        "type": "choroplethmap",
        "geojson": address or {"type": "FeatureCollection", "features": []},
        "featureidkey": "properties.code",
        "locations": codes,
        "z": [1] * len(codes),
        "colorscale": [[0, token("data")], [1, token("data")]],
        "showscale": False,
        "marker": {"opacity": 0.18, "line": {"width": 2.5, "color": token("ink")}},
        "hoverinfo": "skip",
        "name": "chosen",
    }


def _severity_fill(snapshot: Snapshot, codes: Sequence[str]) -> tuple[list[Any], list[int], list[float]]:
    worst = unit_severities(snapshot)
    found = [worst.get(code, Severity.NORMAL) for code in codes]
    colours = [[0, token("land")], [0.5, token("attention")], [1, token("critical")]]
    return colours, [RANK[one] for one in found], [_SEVERITY_OPACITY[one] for one in found]


def kpi_range(snapshot: Snapshot, kpi_key: str) -> tuple[float, float] | None:
    """Lowest and highest value by place, None while there is none."""
    places = snapshot.figures[kpi_key].values_by_place.values() if kpi_key in snapshot.figures else ()
    known = [one.value for one in places if one.value is not None]
    return (min(known), max(known)) if known else None


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
    """Whether a count is withheld because it is, or would disclose, a count of too few people."""
    return value is not None and value.suppression is not None


def value_opacity(value: float, value_range: tuple[float, float]) -> float:
    """How full the one hue is for `value` within `span`; where all are the same, full for anything but nothing."""
    low, high = value_range
    share = (value - low) / (high - low) if high > low else float(value != 0)
    return OPACITY_STEPS[min(len(OPACITY_STEPS) - 1, int(share * len(OPACITY_STEPS)))]


def point_traces(
    snapshot: Snapshot, visible_switches: Iterable[str], only: Mapping[int, MapPoint] | None = None
) -> list[Json]:  # fmt: skip
    """One trace for each mark. `customdata`: where the point stands in `names` and `values`.

    `only`: these stand whatever is switched, and no others.
    """
    seen = set(visible_switches)
    points = only if only is not None else {
        n: one for n, one in enumerate(snapshot.map_points) if f"kind-{one.station.kind}" in seen
    }  # fmt: skip
    traces = []
    for name in MARK_ORDER:
        here = [(n, one.station) for n, one in points.items() if point_mark(one) == name]
        marker: Json = {"size": _MARKER_SIZES.get(name, 7.5), "opacity": 1, "color": token("data")}
        if name != "normal":
            marker |= {"size": 10, "symbol": f"ioc-{name}", "allowoverlap": True}
        traces.append({
            "type": "scattermap",
            "mode": "markers",
            "name": name,
            "lon": [round(one.lon, 4) for _, one in here],
            "lat": [round(one.lat, 4) for _, one in here],
            "customdata": [n for n, _ in here],
            "marker": marker,
            "hoverinfo": "none",
            **({"below": NAME_LAYER} if name not in ("attention", "critical") else {}),
        })  # fmt: skip
    return traces


def tip_names(snapshot: Snapshot, lang: str) -> h.Element:
    """For each point what of its tip stands still, and the names of the units; read by assets/40-map.js."""
    points = [_tooltip_row(one, snapshot, lang) for one in snapshot.map_points]
    units = {code: f"{one.kind.capitalize()} {one.name}" for code, one in snapshot.units.items()}
    marks = {"simulated": t("common.simulated_short", lang), "drill": t("common.drill", lang)}
    return json_element({"points": points, "units": units, "words": marks})


def _tooltip_row(point: MapPoint, snapshot: Snapshot, lang: str) -> list[object]:
    seen, others = main_series(point), len(point.series) - 1
    name = seen.series.name.get(lang)
    more = t("map.more_series", lang, n=others) if others else ""
    place = point.station.place
    return [
        point.station.name.get(lang),
        name,
        " · ".join(filter(None, (value_sources(seen, snapshot, lang), disagreement_text(seen, snapshot, lang)))),
        int(seen.is_simulated) + 2 * int(seen.is_drill),
        more,
        place,
    ]


def tip_values(snapshot: Snapshot, lang: str) -> h.Element:
    """For each point, in the same order, what its tip tells now: value with unit or why there is none, and its time."""
    seen = [main_series(one) for one in snapshot.map_points]
    told = [value_text(one, lang) for one in seen]
    times = [format_datetime(one.data_time, snapshot.at) if one.data_time else "" for one in seen]
    return json_element({"values": told, "times": times})


def value_text(view: SeriesView, lang: str) -> str:
    """ "1,86 m", or why there is no value."""
    if view.state is not FigureState.OK or view.value is None:
        return state_label(view.state, lang) or t("common.no_value", lang)
    decimals = 0 if is_count_unit(view.series.unit) else view.decimals
    return f"{format_number(view.value, decimals)} {unit_label(view.series.unit, lang, view.value)}".strip()


def json_element(payload: Json) -> h.Element:
    """JSON as text of an element: what HTML would read is written as JSON's own escapes, so quotes stay short."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return h.data(hidden=True)[Markup(safe)]  # no character that HTML reads is left # nosec B704
