"""A map of any KPI: by unit, at the stations that it is worked out from, or plainly of the whole city only."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import htpy as h

from components.kpi.tile import unit
from components.map.points import carried, value_text
from components.ui.format import number
from components.ui.i18n import say
from components.ui.status_badges import judged, marks, severity_mark, state_mark
from ioc.domain.kpis.evaluation import level
from ioc.domain.kpis.kpi import RANK, Kpi, Severity, State
from ioc.domain.snapshot import Figure, MapPoint, SeriesView, Snapshot

_PLAIN = frozenset({"last", "mean", "max", "min"})  # of one series each its limits hold as they do for all


class Reach(StrEnum):
    """What a map can show of a KPI."""

    UNITS = "units"
    STATIONS = "stations"
    CITY = "city"


def stationed(snapshot: Snapshot) -> frozenset[str]:
    """The series that stand at a point of the map."""
    return frozenset(seen.series.key for one in snapshot.points for seen in one.series)


def reach(figure: Figure, at_points: frozenset[str]) -> Reach:
    """By unit where it is worked out so, else by station where any of its inputs has one."""
    if figure.places:
        return Reach.UNITS
    formula = figure.kpi.formula
    return Reach.STATIONS if at_points & {*formula.inputs, *formula.to} else Reach.CITY


def kpi_points(snapshot: Snapshot, key: str | None) -> Mapping[int, MapPoint] | None:
    """The stations of the KPI by their place among all, judged by its limits; None where all stand as they are."""
    figure = snapshot.figures.get(key or "")
    if figure is None or figure.places:
        return None
    wanted = {*figure.kpi.formula.inputs, *figure.kpi.formula.to}
    found = {}
    for n, one in enumerate(snapshot.points):
        if series := tuple(_judged(seen, figure) for seen in one.series if seen.series.key in wanted):
            worst = max((seen.severity for seen in series), key=RANK.__getitem__)
            state = State.OK if any(seen.state is State.OK for seen in series) else series[0].state
            found[n] = replace(one, series=series, state=state, severity=worst)
    return found or None


def _judged(seen: SeriesView, figure: Figure) -> SeriesView:
    """By the limits of this KPI; one that reads this series alone is judged as its tile is."""
    kpi, value = figure.kpi, figure.value
    if seen.value is None or not _holds(kpi, seen):
        return replace(seen, severity=Severity.NORMAL)
    if len(kpi.formula.inputs) == 1:
        return replace(seen, severity=value.severity if value.state is State.OK else Severity.NORMAL)
    limit = level(kpi.limits, seen.value, "")
    return replace(seen, severity=limit.severity if limit else Severity.NORMAL)


def _holds(kpi: Kpi, seen: SeriesView) -> bool:
    formula = kpi.formula
    own = formula.window is None and formula.scale == 1 and not formula.to and formula.op.value in _PLAIN
    return own and seen.series.unit == kpi.unit


def numbers(snapshot: Snapshot, lang: str, key: str | None) -> str:
    """What stands beside each of its stations: the value in the series' own unit; read by assets/41-events.js."""
    told = [
        [round(one.station.lon, 4), round(one.station.lat, 4), value_text(seen, lang), RANK[seen.severity]]
        for one in (kpi_points(snapshot, key) or {}).values()
        for seen in [max(one.series, key=lambda each: (each.state is State.OK, RANK[each.severity]))]
    ]
    return str(carried({"numbers": told})) if told else ""


def chooser(snapshot: Snapshot, lang: str, chosen: str) -> h.Element | None:
    """Every KPI, by what a map can show of it."""
    if not snapshot.figures:
        return None
    at_points = stationed(snapshot)
    groups: dict[Reach, list[Figure]] = {one: [] for one in Reach}
    for figure in snapshot.figures.values():
        groups[reach(figure, at_points)].append(figure)
    return h.label[
        h.span[say("map.colour_by", lang)],
        h.select(data_map_select="chi-so")[
            h.option(value="", selected=not chosen)[say("map.colour_none", lang)],
            (
                h.optgroup(label=say(f"map.reach_{name.value}", lang))[
                    (h.option(value=one.kpi.key, selected=one.kpi.key == chosen)[one.kpi.short.said(lang)]
                     for one in figures)
                ]
                for name, figures in groups.items()
                if figures
            ),
        ],
    ]  # fmt: skip


def told(snapshot: Snapshot, lang: str, key: str) -> h.Element:
    """Beside the map: the KPI's own value, and that of each of its stations, or that there is none but the city's."""
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    points = kpi_points(snapshot, key)
    shown = (
        f"{number(value.value, kpi.decimals)} {unit(kpi, lang, value.value)}".strip() if value.state is State.OK else ""
    )
    rows = sorted(
        ((one, seen) for one in (points or {}).values() for seen in one.series),
        key=lambda pair: (-RANK[pair[1].severity], pair[1].state is not State.OK, pair[0].station.key),
    )
    return h.div[
        h.h2(".box-title")[
            h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.said(lang)],
            marks(lang, simulated=value.simulated, drill=figure.drill),
        ],
        h.p[say("map.whole_city", lang), " ", h.b[shown], " ", judged(value, lang)],
        points is None and h.p(".quiet")[say("map.city_only", lang)],
        h.ul(".detail-list")[(_row(one, seen, lang) for one, seen in rows)],
    ]


def _row(point: MapPoint, seen: SeriesView, lang: str) -> h.Element:
    sign = severity_mark(seen.severity) if seen.state is State.OK else state_mark(seen.state)
    return h.li[
        h.span[sign, " ", point.station.name.said(lang)],
        h.b[value_text(seen, lang)],
        h.small[seen.series.name.said(lang), marks(lang, simulated=seen.simulated, drill=seen.drill, short=True)],
    ]
