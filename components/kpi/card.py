"""A KPI in words: its definition card, its values by place, its history as a table, and its row in the list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

import htpy as h

from components.kpi.redundancy import apart_badge, figure_words
from components.kpi.tile import last_text, limit_text, span_of, target_text, unit
from components.sources.provenance import kpi_origin, source_names
from components.ui.format import NONE, clock, moment, number
from components.ui.i18n import say
from components.ui.status_badges import judged, marks, severity_mark, without
from ioc.domain.base.times import CITY
from ioc.domain.kpis.kpi import Kpi, KpiValue, Limit, State
from ioc.domain.snapshot import Figure, Line, Snapshot


def definition(kpi: Kpi, snapshot: Snapshot, lang: str) -> h.Element:
    """Everything that a definition card says; a field that the configuration leaves empty says so."""
    names = snapshot.agency_names
    told = figure_words(snapshot.figures[kpi.key], snapshot, lang) if kpi.key in snapshot.figures else ""
    owner = names[kpi.owner].said(lang) if kpi.owner in names else kpi.owner
    rows = (
        ("kpi.definition", kpi.definition.said(lang)),
        ("kpi.formula", _formula(kpi, lang)),
        ("kpi.unit", unit(kpi, lang)),
        ("kpi.owner", owner),
        ("kpi.source", ", ".join(source_names(kpi, snapshot, lang))),
        *((("twins.told", told),) if told else ()),
        ("kpi.target", f"{target_text(kpi)}" or " · ".join(_limit(one, kpi, lang) for one in kpi.limits)),
        ("kpi.legal_basis", kpi.legal_basis.said(lang)),
        ("kpi.version", kpi.version),
        ("kpi.cadence", say("kpi.every", lang, span=span_of(kpi.cadence.total_seconds(), lang))),
    )
    return h.div[
        h.h2(".box-title")[say("kpi.card", lang)],
        h.dl(".card")[((h.dt[say(key, lang)], h.dd[text or say("kpi.unknown", lang)]) for key, text in rows)],
    ]


def _limit(limit: Limit, kpi: Kpi, lang: str) -> str:
    return f"{limit.name.said(lang)} {number(limit.value, kpi.decimals)}"


def _formula(kpi: Kpi, lang: str) -> str:
    formula = kpi.formula
    text = say(f"kpi.op_{formula.op.value}", lang, n=len(formula.inputs), m=len(formula.to))
    if formula.window is not None:
        text += say("kpi.over", lang, span=span_of(formula.window.total_seconds(), lang))
    return text


def places(figure: Figure, snapshot: Snapshot, lang: str) -> h.Element:
    """Its values by unit, highest first, those without one last; a bar beside each."""
    rows = sorted(figure.places.items(), key=lambda pair: (pair[1].value is None, -(pair[1].value or 0), pair[0]))
    top = max((abs(value.value) for _, value in rows if value.value), default=1.0)
    return h.div[
        h.h2(".box-title")[
            say("kpi.places", lang),
            h.small[say("kpi.places_note", lang, unit=unit(figure.kpi, lang), n=len(rows))],
            marks(lang, simulated=any(value.simulated for _, value in rows), drill=figure.drill),
        ],
        h.table(".places")[h.tbody[(_place(code, value, figure.kpi, snapshot, top, lang) for code, value in rows)]],
    ]


def _place(code: str, value: KpiValue, kpi: Kpi, snapshot: Snapshot, top: float, lang: str) -> h.Element:
    place = snapshot.units.get(code)
    share = 0.0 if value.value is None else abs(value.value) / top * 100
    return h.tr[
        h.td[
            severity_mark(value.severity),
            " ",
            f"{place.kind} {place.name}" if place else code,
            marks(lang, simulated=False, drill=False, phoned=value.phoned),
        ],
        h.td(".n")[number(value.value, kpi.decimals) if value.state is State.OK else without(value, lang)],
        h.td(".places-bar")[h.span(class_=["bar", f"bar-{value.severity.value}"])[h.i(style=f"width:{share:.0f}%")]],
    ]


def history_table(kpi: Kpi, line: Line, rows: int, lang: str, *, simulated: bool, drill: bool = False) -> h.Element:
    """The chart's table: `rows` spans of equal length with lowest, highest and last value. Newest first."""
    return h.details(".chart-table")[
        h.summary[say("kpi.table", lang)],
        h.div(".wide")[
            h.table[
                h.thead[
                    h.tr[
                        h.th[say("kpi.until", lang)],
                        (h.th(".n")[say(key, lang)] for key in ("kpi.lowest", "kpi.highest", "kpi.last")),
                        h.th[unit(kpi, lang), marks(lang, simulated=simulated, drill=drill)],
                    ]
                ],
                h.tbody[(_span_row(kpi, part, lang) for part in reversed(_spans(line, rows)))],
            ]
        ],
    ]


def _spans(line: Line, rows: int) -> list[Line]:
    if not line:
        return []
    start, whole = line[0][0], (line[-1][0] - line[0][0]).total_seconds() or 1.0

    def part(point: tuple[datetime, float | None]) -> int:
        return min(rows - 1, int((point[0] - start).total_seconds() / whole * rows))

    return [tuple(points) for _, points in groupby(line, part)]


def _span_row(kpi: Kpi, part: Line, lang: str) -> h.Element:
    values = [value for _, value in part if value is not None]
    at = part[-1][0]
    pick: Sequence[Callable[[list[float]], float]] = (min, max, lambda known: known[-1])
    return h.tr[
        h.td[f"{clock(at)} {at.astimezone(CITY):%d/%m/%Y}"],
        (h.td(".n")[number(one(values), kpi.decimals) if values else NONE] for one in pick),
        h.td[None if values else say("common.no_value", lang)],
    ]


def kpi_row(figure: Figure, snapshot: Snapshot, lang: str) -> h.Element:
    """One KPI in the list: name, value, target, state, data time; with labels for where no heads have room."""
    kpi, value = figure.kpi, figure.value
    shown = h.b[number(value.value, kpi.decimals)] if value.state is State.OK else NONE
    last = value.state is not State.OK and value.last_value is not None
    return h.tr(class_=f"sev-row-{value.severity.value}")[
        h.td[
            h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.said(lang)],
            marks(lang, simulated=value.simulated, drill=figure.drill, phoned=value.phoned),
            " ",
            apart_badge(figure.pairs, snapshot, lang),
            kpi_origin(kpi, snapshot, lang),
        ],
        h.td(".n.row-value", data_label=say("kpi.value", lang))[
            shown,
            " ",
            value.state is State.OK and h.span(".quiet")[unit(kpi, lang, value.value)],
            last and h.small(".quiet")[last_text(kpi, value, lang, snapshot.at)],
        ],
        h.td(data_label=say("kpi.target", lang))[limit_text(kpi, value, lang) or NONE],
        h.td(".row-state", data_label=say("kpi.state", lang))[judged(value, lang)],
        h.td(".n", data_label=say("kpi.age", lang))[_age(value.data_time, snapshot.at)],
    ]


def _age(at: datetime | None, now: datetime) -> h.Fragment | str:
    if at is None:
        return NONE
    return h.fragment[h.time(".age", data_age=at.isoformat()), h.span(".age-at")[moment(at, now)]]
