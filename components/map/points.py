"""What stands on the map: points by how much they ask for eyes, units by their worst figure, and what a tip says."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import htpy as h
from markupsafe import Markup

from components.kpi.redundancy import apart_words, tellers
from components.kpi.units import unit_word
from components.map.style import OVER_POINTS, OVER_UNITS
from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.status_badges import state_word
from components.ui.theme import token
from ioc.domain.base.units import counted
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.kpis.kpi import RANK, UNTOLD, KpiValue, Severity, State
from ioc.domain.snapshot import MapPoint, SeriesView, Snapshot

Json = dict[str, Any]
GROUPS = ("off", "no_data", "stale", "error", "normal", "attention", "critical")  # the later lies above the earlier
_SIZES = {"normal": 7.5, "attention": 7.5, "critical": 10.0}
_TINTS = {Severity.NORMAL: 0.0, Severity.ATTENTION: 0.2, Severity.CRITICAL: 0.34}
STEPS = (0.12, 0.3, 0.48, 0.66, 0.85)  # of the one hue of a KPI
HIDDEN = 0.4  # of the grey of a unit whose count is kept back


def group(point: MapPoint) -> str:
    """How it is marked: by its severity, or by why it has no value now."""
    return point.severity.value if point.state is State.OK else point.state.value


def counts(points: Iterable[MapPoint]) -> Counter[str]:
    """How many points each mark has."""
    return Counter(group(one) for one in points)


def kinds(snapshot: Snapshot) -> list[str]:
    """The kinds of stations that there are."""
    return sorted({one.station.kind for one in snapshot.points})


def lead(point: MapPoint) -> SeriesView:
    """The series that a tip tells: the most serious one that has a value, else the first."""
    return max(point.series, key=lambda one: (one.state is State.OK, RANK[one.severity]))


def fresh(value: KpiValue, snapshot: Snapshot) -> bool:
    """Whether it stands at the snapshot's moment: a poller that died left its last values behind."""
    if value.state is not State.OK:
        return False
    return value.data_time is None or not value.age_limit or snapshot.at - value.data_time <= value.age_limit


def unit_severities(snapshot: Snapshot) -> dict[str, Severity]:
    """The worst of each unit's figures, for the units that are beyond a limit."""
    worst: dict[str, Severity] = {}
    for figure in snapshot.figures.values():
        for code, value in figure.places.items():
            alarming = value.severity is not Severity.NORMAL and code in snapshot.units
            if alarming and fresh(value, snapshot) and RANK[value.severity] > RANK[worst.get(code, Severity.NORMAL)]:
                worst[code] = value.severity
    return worst


def unit_trace(snapshot: Snapshot, layers: MapLayers, kpi_key: str | None) -> Json:
    """All units: tinted where something is beyond a limit, or by the values of one KPI."""
    codes, address = list(snapshot.units), next((one.href for one in layers.of("units")), None)
    if address is None:
        codes = []
    colours, levels, opacity = _by_kpi(snapshot, kpi_key, codes) if kpi_key else _by_severity(snapshot, codes)
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
        "below": OVER_UNITS if address else "",
        "hoverinfo": "none",
        "name": "units",
    }


def chosen_trace(snapshot: Snapshot, layers: MapLayers, selected: str) -> Json:
    """The outline of the unit that was tapped."""
    address = next((one.href for one in layers.of("units")), None)
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


def _by_severity(snapshot: Snapshot, codes: Sequence[str]) -> tuple[list[Any], list[int], list[float]]:
    worst = unit_severities(snapshot)
    found = [worst.get(code, Severity.NORMAL) for code in codes]
    colours = [[0, token("land")], [0.5, token("attention")], [1, token("critical")]]
    return colours, [RANK[one] for one in found], [_TINTS[one] for one in found]


def kpi_span(snapshot: Snapshot, kpi_key: str) -> tuple[float, float] | None:
    """Lowest and highest value by place, None while there is none."""
    places = snapshot.figures[kpi_key].places.values() if kpi_key in snapshot.figures else ()
    known = [one.value for one in places if one.value is not None]
    return (min(known), max(known)) if known else None


def _by_kpi(snapshot: Snapshot, kpi_key: str, codes: Sequence[str]) -> tuple[list[Any], list[int], list[float]]:
    span = kpi_span(snapshot, kpi_key)
    places = snapshot.figures[kpi_key].places if kpi_key in snapshot.figures else {}
    levels, opacity = [], []
    for code in codes:
        value = places[code].value if code in places else None
        hidden = untold(places.get(code))
        levels.append(2 if hidden else 1)
        opacity.append(HIDDEN if hidden else 0.0 if value is None or span is None else hue(value, span))
    return [[0, token("data")], [0.5, token("data")], [1, token("muted")]], levels, opacity


def untold(value: KpiValue | None) -> bool:
    """Whether a count is kept back, for it is, or would give away, one of too few."""
    return value is not None and value.state is not State.OK and value.reason in UNTOLD


def hue(value: float, span: tuple[float, float]) -> float:
    """How full the one hue is for `value` within `span`; where all are the same, full for anything but nothing."""
    low, high = span
    share = (value - low) / (high - low) if high > low else float(value != 0)
    return STEPS[min(len(STEPS) - 1, int(share * len(STEPS)))]


def point_traces(
    snapshot: Snapshot, shown: Iterable[str], only: Mapping[int, MapPoint] | None = None
) -> list[Json]:  # fmt: skip
    """One trace for each mark. `customdata`: where the point stands in `names` and `values`.

    `only`: these stand whatever is switched, and no others.
    """
    seen = set(shown)
    points = only if only is not None else {
        n: one for n, one in enumerate(snapshot.points) if f"kind-{one.station.kind}" in seen
    }  # fmt: skip
    traces = []
    for name in GROUPS:
        here = [(n, one.station) for n, one in points.items() if group(one) == name]
        marker: Json = {"size": _SIZES.get(name, 7.5), "opacity": 1, "color": token("data")}
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
            **({"below": OVER_POINTS} if name not in ("attention", "critical") else {}),
        })  # fmt: skip
    return traces


def tip_names(snapshot: Snapshot, lang: str) -> h.Element:
    """For each point what of its tip stands still, and the names of the units; read by assets/40-map.js."""
    points = [_names_of(one, snapshot, lang) for one in snapshot.points]
    units = {code: f"{one.kind.capitalize()} {one.name}" for code, one in snapshot.units.items()}
    marks = {"simulated": say("common.simulated_short", lang), "drill": say("common.drill", lang)}
    return carried({"points": points, "units": units, "words": marks})


def _names_of(point: MapPoint, snapshot: Snapshot, lang: str) -> list[object]:
    seen, others = lead(point), len(point.series) - 1
    name = seen.series.name.said(lang)
    more = say("map.more_series", lang, n=others) if others else ""
    place = point.station.place
    return [
        point.station.name.said(lang),
        name,
        " · ".join(filter(None, (tellers(seen, snapshot, lang), apart_words(seen, snapshot, lang)))),
        int(seen.simulated) + 2 * int(seen.drill),
        more,
        place,
    ]


def tip_values(snapshot: Snapshot, lang: str) -> h.Element:
    """For each point, in the same order, what its tip tells now: value with unit or why there is none, and its time."""
    seen = [lead(one) for one in snapshot.points]
    told = [value_text(one, lang) for one in seen]
    times = [moment(one.data_time, snapshot.at) if one.data_time else "" for one in seen]
    return carried({"values": told, "times": times})


def value_text(seen: SeriesView, lang: str) -> str:
    """ "1,86 m", or why there is no value."""
    if seen.state is not State.OK or seen.value is None:
        return state_word(seen.state, lang) or say("common.no_value", lang)
    decimals = 0 if counted(seen.series.unit) else seen.decimals
    return f"{number(seen.value, decimals)} {unit_word(seen.series.unit, lang, seen.value)}".strip()


def carried(what: Json) -> h.Element:
    """JSON as text of an element: what HTML would read is written as JSON's own escapes, so quotes stay short."""
    text = json.dumps(what, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return h.data(hidden=True)[Markup(safe)]  # no character that HTML reads is left # nosec B704
