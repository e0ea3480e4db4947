"""Beside the map while no unit is chosen: what is beyond a limit, what is not heard, how many stations there are."""

from collections import Counter
from collections.abc import Mapping

import htpy as h

from components.kpi.redundancy import apart_badge, apart_words
from components.kpi.tile import unit as unit_of
from components.map.event_rows import serious
from components.map.figure import kinds_word
from components.map.link import go
from components.map.points import group, lead, unit_severities, value_text
from components.ui.format import number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import marks, severity_mark, state_mark, state_word
from ioc.domain.kpis.kpi import RANK, Severity, State
from ioc.domain.snapshot import Figure, MapPoint, Snapshot

_MOST = 12


def whole_city(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """How to see one unit, what stands out now, and the stations by kind."""
    return h.div[
        h.p(".quiet.map-hint")[say("map.hint", lang)],
        h.h3(".detail-part")[say("map.standing_out", lang)],
        _standing_out(snapshot, lang, params),
        serious(snapshot, lang, params),
        h.h3(".detail-part")[say("map.by_kind", lang), _worn(snapshot, lang)],
        h.ul(".detail-list")[(_kind(kind, points, lang) for kind, points in _kinds(snapshot).items())]
        if snapshot.points
        else h.p(".nothing")[say("map.no_points", lang)],
    ]


def _worn(snapshot: Snapshot, lang: str) -> h.Node:
    drill = any(seen.drill for one in snapshot.points for seen in one.series)
    return marks(lang, simulated=any(one.simulated for one in snapshot.points), drill=drill)


def _standing_out(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """What needs attention among the figures of the city, then units and stations beyond a limit; worst first."""
    figures = [
        _figure(one.key, snapshot, lang)
        for one in snapshot.attention
        if one.kind == "kpi" and one.key in snapshot.figures
    ]
    units = [_unit(code, severity, snapshot, lang, params) for code, severity in unit_severities(snapshot).items()]
    points = [
        _point(one, snapshot, lang, params)
        for one in snapshot.points
        if one.state is State.OK and (one.severity is not Severity.NORMAL or any(seen.apart for seen in one.series))
    ]
    rows = [row for _, row in sorted([*figures, *units, *points], key=lambda pair: -pair[0])]
    if not rows:
        return h.p(".nothing")[mark("normal"), " ", say("map.calm", lang)]
    rest = len(rows) - _MOST
    return h.ul(".detail-list")[rows[:_MOST], rest > 0 and h.li[h.span(".quiet")[say("overview.others", lang, n=rest)]]]


def _figure(key: str, snapshot: Snapshot, lang: str) -> tuple[int, h.Element]:
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    limit = next((one.name.said(lang) for one in kpi.limits if one.key == value.level), "")
    return RANK[value.severity], h.li[
        h.a(href=f"/chi-so/{key}")[severity_mark(value.severity), " ", kpi.short.said(lang)],
        h.b[f"{number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}".strip()],
        h.small[
            " · ".join(filter(None, (limit, say("map.of_city", lang)))),
            marks(lang, simulated=value.simulated, drill=figure.drill, short=True, phoned=value.phoned),
            " ",
            apart_badge(figure.pairs, snapshot, lang),
        ],
    ]


def _unit(
    code: str, severity: Severity, snapshot: Snapshot, lang: str, params: Mapping[str, str]
) -> tuple[int, h.Element]:
    figure = next(one for one in snapshot.figures.values() if _holds(one, code, severity))
    unit, kpi, value = snapshot.units[code], figure.kpi, figure.places[code]
    return RANK[severity], h.li[
        go("don-vi", code, params)[severity_mark(severity), " ", f"{unit.kind.capitalize()} {unit.name}"],
        h.b[f"{number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}"],
        h.small[
            kpi.short.said(lang),
            marks(lang, simulated=value.simulated, drill=figure.drill, short=True, phoned=value.phoned),
        ],
    ]


def _holds(figure: Figure, code: str, severity: Severity) -> bool:
    return code in figure.places and figure.places[code].severity is severity


def _point(point: MapPoint, snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> tuple[int, h.Element]:
    seen, name = lead(point), point.station.name.said(lang)
    words: h.Node = [severity_mark(point.severity), " ", name]
    return RANK[point.severity], h.li[
        go("don-vi", point.station.place, params)[words] if point.station.place else h.span[words],
        h.b[value_text(seen, lang)],
        h.small[
            seen.series.name.said(lang),
            marks(lang, simulated=seen.simulated, drill=seen.drill, short=True, phoned=seen.phoned),
            [h.span(".apart")["≠ ", words] for one in point.series if (words := apart_words(one, snapshot, lang))],
        ],
    ]


def _kinds(snapshot: Snapshot) -> dict[str, list[MapPoint]]:
    found: dict[str, list[MapPoint]] = {}
    for one in snapshot.points:
        found.setdefault(one.station.kind, []).append(one)
    return dict(sorted(found.items()))


def _kind(kind: str, points: list[MapPoint], lang: str) -> h.Element:
    """How many stations of a kind there are, and how many of them tell nothing now, by why."""
    without = Counter(one.state for one in points if one.state is not State.OK)
    beyond = Counter(group(one) for one in points if one.state is State.OK)
    return h.li[
        h.span[kinds_word(f"kind-{kind}", lang)],
        h.b[number(len(points))],
        h.small[
            (
                h.span(".kind-count")[mark(name), " ", say(f"common.{name}", lang), " ", number(beyond[name])]
                for name in ("critical", "attention")
                if beyond[name]
            ),
            (
                h.span(".kind-count")[state_mark(one), " ", state_word(one, lang), " ", number(count)]
                for one, count in without.items()
            ),
        ],
    ]
