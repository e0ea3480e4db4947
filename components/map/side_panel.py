"""Beside the map while no unit is chosen: what is beyond a limit, what is not heard, how many stations there are."""

from collections import Counter
from collections.abc import Mapping

import htpy as h

from components.kpi.redundancy import disagreement_badge, disagreement_text
from components.kpi.tile import unit_text as unit_of
from components.map.event_rows import serious_events
from components.map.figure import layer_label
from components.map.link import map_link
from components.map.points import main_series, point_mark, unit_severities, value_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges, severity_mark, state_label, state_mark
from ioc.domain.kpis.kpi import RANK, FigureState, Severity
from ioc.domain.snapshot import AttentionKind, KpiFigure, MapPoint, Snapshot

_MAX_ROWS = 12


def whole_city(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """How to see one unit, what stands out now, and the stations by kind."""
    return h.div[
        h.p(".quiet.map-hint")[t("map.hint", lang)],
        h.h3(".detail-part")[t("map.standing_out", lang)],
        _highlights(snapshot, lang, params),
        serious_events(snapshot, lang, params),
        h.h3(".detail-part")[t("map.by_kind", lang), _badges(snapshot, lang)],
        h.ul(".detail-list")[(_kind(kind, points, lang) for kind, points in _kinds(snapshot).items())]
        if snapshot.map_points
        else h.p(".nothing")[t("map.no_points", lang)],
    ]


def _badges(snapshot: Snapshot, lang: str) -> h.Node:
    drill = any(seen.is_drill for one in snapshot.map_points for seen in one.series)
    return badges(lang, simulated=any(one.is_simulated for one in snapshot.map_points), drill=drill)


def _highlights(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """What needs attention among the figures of the city, then units and stations beyond a limit; worst first."""
    figures = [
        _figure(one.key, snapshot, lang)
        for one in snapshot.attention
        if one.kind is AttentionKind.KPI and one.key in snapshot.figures
    ]
    units = [_unit(code, severity, snapshot, lang, params) for code, severity in unit_severities(snapshot).items()]
    points = [
        _station_row(one, snapshot, lang, params)
        for one in snapshot.map_points
        if one.state is FigureState.OK
        and (one.severity is not Severity.NORMAL or any(seen.disagreement for seen in one.series))
    ]
    rows = [row for _, row in sorted([*figures, *units, *points], key=lambda pair: -pair[0])]
    if not rows:
        return h.p(".nothing")[mark("normal"), " ", t("map.calm", lang)]
    rest = len(rows) - _MAX_ROWS
    return h.ul(".detail-list")[
        rows[:_MAX_ROWS], rest > 0 and h.li[h.span(".quiet")[t("overview.others", lang, n=rest)]]
    ]


def _figure(key: str, snapshot: Snapshot, lang: str) -> tuple[int, h.Element]:
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    limit = next((one.name.get(lang) for one in kpi.limits if one.key == value.level), "")
    return RANK[value.severity], h.li[
        h.a(href=f"/chi-so/{key}")[severity_mark(value.severity), " ", kpi.short_name.get(lang)],
        h.b[f"{format_number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}".strip()],
        h.small[
            " · ".join(filter(None, (limit, t("map.of_city", lang)))),
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill, short=True, phoned=value.is_phoned),
            " ",
            disagreement_badge(figure.redundant_series, snapshot, lang),
        ],
    ]


def _unit(
    code: str, severity: Severity, snapshot: Snapshot, lang: str, params: Mapping[str, str]
) -> tuple[int, h.Element]:
    figure = next(one for one in snapshot.figures.values() if _has_severity(one, code, severity))
    unit, kpi, value = snapshot.units[code], figure.kpi, figure.values_by_place[code]
    return RANK[severity], h.li[
        map_link("don-vi", code, params)[severity_mark(severity), " ", f"{unit.kind.capitalize()} {unit.name}"],
        h.b[f"{format_number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}"],
        h.small[
            kpi.short_name.get(lang),
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill, short=True, phoned=value.is_phoned),
        ],
    ]


def _has_severity(figure: KpiFigure, code: str, severity: Severity) -> bool:
    return code in figure.values_by_place and figure.values_by_place[code].severity is severity


def _station_row(point: MapPoint, snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> tuple[int, h.Element]:
    seen, name = main_series(point), point.station.name.get(lang)
    words: h.Node = [severity_mark(point.severity), " ", name]
    return RANK[point.severity], h.li[
        map_link("don-vi", point.station.place, params)[words] if point.station.place else h.span[words],
        h.b[value_text(seen, lang)],
        h.small[
            seen.series.name.get(lang),
            badges(lang, simulated=seen.is_simulated, drill=seen.is_drill, short=True, phoned=seen.is_phoned),
            [
                h.span(".apart")["≠ ", words]
                for one in point.series
                if (words := disagreement_text(one, snapshot, lang))
            ],
        ],
    ]


def _kinds(snapshot: Snapshot) -> dict[str, list[MapPoint]]:
    found: dict[str, list[MapPoint]] = {}
    for one in snapshot.map_points:
        found.setdefault(one.station.kind, []).append(one)
    return dict(sorted(found.items()))


def _kind(kind: str, points: list[MapPoint], lang: str) -> h.Element:
    """How many stations of a kind there are, and how many of them tell nothing now, by why."""
    without = Counter(one.state for one in points if one.state is not FigureState.OK)
    beyond = Counter(point_mark(one) for one in points if one.state is FigureState.OK)
    return h.li[
        h.span[layer_label(f"kind-{kind}", lang)],
        h.b[format_number(len(points))],
        h.small[
            (
                h.span(".kind-count")[mark(name), " ", t(f"common.{name}", lang), " ", format_number(beyond[name])]
                for name in ("critical", "attention")
                if beyond[name]
            ),
            (
                h.span(".kind-count")[state_mark(one), " ", state_label(one, lang), " ", format_number(count)]
                for one, count in without.items()
            ),
        ],
    ]
