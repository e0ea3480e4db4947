"""Beside the map while no unit is selected: values that need attention, severe events, counts of stations."""

from collections import Counter
from collections.abc import Mapping

import htpy as h

from components.kpi.limits import active_limit, missed_target_text
from components.kpi.redundancy import disagreement_badge, disagreement_text
from components.kpi.tile import unit_text
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
    """A hint, the city's highlights, and the stations by kind."""
    return h.div[
        h.p(".quiet.map-hint")[t("map.selection_hint", lang)],
        h.h3(".detail-part")[t("map.highlights", lang)],
        _highlights(snapshot, lang, params),
        serious_events(snapshot, lang, params),
        h.h3(".detail-part")[t("map.by_kind", lang), _badges(snapshot, lang)],
        h.ul(".detail-list")[(_kind(kind, points, lang) for kind, points in _kinds(snapshot).items())]
        if snapshot.map_points
        else h.p(".nothing")[t("map.no_points", lang)],
    ]


def _badges(snapshot: Snapshot, lang: str) -> h.Node:
    drill = any(series_view.is_drill for point in snapshot.map_points for series_view in point.series)
    return badges(lang, simulated=any(point.is_simulated for point in snapshot.map_points), drill=drill)


def _highlights(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """KPIs, units and stations beyond a limit, short of a target or with a disagreement; worst first."""
    figures = [
        _figure(item.key, snapshot, lang)
        for item in snapshot.attention
        if item.kind is AttentionKind.KPI and item.key in snapshot.figures
    ]
    units = [_unit(code, severity, snapshot, lang, params) for code, severity in unit_severities(snapshot).items()]
    points = [
        _station_row(point, snapshot, lang, params)
        for point in snapshot.map_points
        if point.state is FigureState.OK
        and (point.severity is not Severity.NORMAL or any(series_view.disagreement for series_view in point.series))
    ]
    rows = [row for _, row in sorted([*figures, *units, *points], key=lambda pair: -pair[0])]
    if not rows:
        return h.p(".nothing")[mark("normal"), " ", t("map.nothing_beyond", lang)]
    rest = len(rows) - _MAX_ROWS
    return h.ul(".detail-list")[
        rows[:_MAX_ROWS], rest > 0 and h.li[h.span(".quiet")[t("overview.others", lang, n=rest)]]
    ]


def _figure(key: str, snapshot: Snapshot, lang: str) -> tuple[int, h.Element]:
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    limit = active_limit(kpi, value)
    reasons = (limit.name.get(lang) if limit else "", missed_target_text(kpi, value, lang))
    return RANK[value.severity], h.li[
        h.a(href=f"/chi-so/{key}")[severity_mark(value.severity), " ", kpi.short_name.get(lang)],
        h.b[f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()],
        h.small[
            " · ".join(filter(None, (*reasons, t("map.of_city", lang)))),
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill, short=True, phoned=value.is_phoned),
            " ",
            disagreement_badge(figure.redundant_series, snapshot, lang),
        ],
    ]


def _unit(
    code: str, severity: Severity, snapshot: Snapshot, lang: str, params: Mapping[str, str]
) -> tuple[int, h.Element]:
    candidate = next(figure for figure in snapshot.figures.values() if _has_severity(figure, code, severity))
    unit, kpi, value = snapshot.units[code], candidate.kpi, candidate.values_by_place[code]
    return RANK[severity], h.li[
        map_link("don-vi", code, params)[severity_mark(severity), " ", f"{unit.kind.capitalize()} {unit.name}"],
        h.b[f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}"],
        h.small[
            kpi.short_name.get(lang),
            badges(lang, simulated=value.is_simulated, drill=candidate.is_drill, short=True, phoned=value.is_phoned),
        ],
    ]


def _has_severity(figure: KpiFigure, code: str, severity: Severity) -> bool:
    return code in figure.values_by_place and figure.values_by_place[code].severity is severity


def _station_row(point: MapPoint, snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> tuple[int, h.Element]:
    main, name = main_series(point), point.station.name.get(lang)
    words: h.Node = [severity_mark(point.severity), " ", name]
    return RANK[point.severity], h.li[
        map_link("don-vi", point.station.place, params)[words] if point.station.place else h.span[words],
        h.b[value_text(main, lang)],
        h.small[
            main.series.name.get(lang),
            badges(lang, simulated=main.is_simulated, drill=main.is_drill, short=True, phoned=main.is_phoned),
            [
                h.span(".disagreement")["≠ ", words]
                for series_view in point.series
                if (words := disagreement_text(series_view, snapshot, lang))
            ],
        ],
    ]


def _kinds(snapshot: Snapshot) -> dict[str, list[MapPoint]]:
    groups: dict[str, list[MapPoint]] = {}
    for point in snapshot.map_points:
        groups.setdefault(point.station.kind, []).append(point)
    return dict(sorted(groups.items()))


def _kind(kind: str, points: list[MapPoint], lang: str) -> h.Element:
    """The number of stations of a kind, those beyond a limit, and those without a value by reason."""
    without = Counter(point.state for point in points if point.state is not FigureState.OK)
    beyond = Counter(point_mark(point) for point in points if point.state is FigureState.OK)
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
                h.span(".kind-count")[state_mark(state), " ", state_label(state, lang), " ", format_number(count)]
                for state, count in without.items()
            ),
        ],
    ]
