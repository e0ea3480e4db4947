"""A KPI as text: definition card, values by unit, history table, and its row in the list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

import htpy as h

from components.kpi.limits import limit_label, limit_texts, target_text, value_status
from components.kpi.redundancy import disagreement_badge, redundancy_text
from components.kpi.tile import duration_text, last_value_text, unit_text
from components.sources.provenance import kpi_provenance, kpi_source_names
from components.ui.format import NO_VALUE, format_datetime, format_number, format_time
from components.ui.i18n import t
from components.ui.live_table import LiveCell
from components.ui.status_badges import badges, missing_value_text, severity_mark
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.kpis.kpi import RANK, FigureState, Kpi, KpiValue, SuppressionReason
from ioc.domain.snapshot import KpiFigure, Line, Snapshot


def definition(kpi: Kpi, snapshot: Snapshot, lang: str) -> h.Element:
    """The definition card; an empty field of the configuration says that it is unknown."""
    names = snapshot.agency_names
    redundancy = redundancy_text(snapshot.figures[kpi.key], snapshot, lang) if kpi.key in snapshot.figures else ""
    owner = names[kpi.owner].get(lang) if kpi.owner in names else kpi.owner
    rows = (
        ("kpi.definition", kpi.definition.get(lang)),
        ("kpi.formula", _formula(kpi, lang)),
        ("kpi.unit", unit_text(kpi, lang)),
        ("kpi.owner", owner),
        ("kpi.source", ", ".join(kpi_source_names(kpi, snapshot, lang))),
        *((("redundancy.comparison", redundancy),) if redundancy else ()),
        (
            "kpi.target",
            " · ".join(filter(None, (target_text(kpi), *(limit_label(each, kpi, lang) for each in kpi.limits)))),
        ),
        *((("kpi.verdict", verdict),) if (verdict := _verdict(kpi, snapshot, lang)) else ()),
        ("kpi.legal_basis", kpi.legal_basis.get(lang)),
        ("kpi.version", kpi.version),
        ("kpi.cadence", t("kpi.every", lang, span=duration_text(kpi.cadence.total_seconds(), lang))),
    )
    return h.div[
        h.h2(".box-title")[t("kpi.card", lang)],
        h.dl(".card")[((h.dt[t(key, lang)], h.dd[text or t("kpi.unknown", lang)]) for key, text in rows)],
    ]


def _verdict(kpi: Kpi, snapshot: Snapshot, lang: str) -> h.Node:
    """What the value means, for a KPI with a target and a value; None for any other."""
    figure = snapshot.figures.get(kpi.key)
    return value_status(kpi, figure.value, lang) if figure and figure.value.is_target_met is not None else None


def _formula(kpi: Kpi, lang: str) -> str:
    formula = kpi.formula
    text = t(f"kpi.op_{formula.op.value}", lang, n=len(formula.inputs), m=len(formula.denominator))
    if formula.window is not None:
        text += t("kpi.window", lang, span=duration_text(formula.window.total_seconds(), lang))
    return text


def values_by_unit(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element:
    """Values by unit with bars, highest first. Suppressed counts are small but not 0: they stand before the zeros."""
    rows = sorted(figure.values_by_place.items(), key=lambda pair: (*_rank(pair[1]), pair[0]))
    top = max((abs(value.value) for _, value in rows if value.value), default=1.0)
    return h.div[
        h.h2(".box-title")[
            t("kpi.places", lang),
            h.small[t("kpi.places_note", lang, unit=unit_text(figure.kpi, lang), n=len(rows))],
            badges(lang, simulated=any(value.is_simulated for _, value in rows), drill=figure.is_drill),
        ],
        h.table(".places")[h.tbody[(_place(code, value, figure.kpi, snapshot, top, lang) for code, value in rows)]],
    ]


def _rank(value: KpiValue) -> tuple[int, float]:
    if value.value:
        return 0, -value.value
    if value.value == 0:
        return 2, 0.0
    return (1 if value.reason in set(SuppressionReason) else 3), 0.0


def _place(code: str, value: KpiValue, kpi: Kpi, snapshot: Snapshot, top: float, lang: str) -> h.Element:
    place = snapshot.units.get(code)
    share = 0.0 if value.value is None else abs(value.value) / top * 100
    return h.tr[
        h.td[
            severity_mark(value.severity),
            " ",
            f"{place.kind} {place.name}" if place else code,
            badges(lang, simulated=False, drill=False, phoned=value.is_phoned),
        ],
        h.td(".n")[
            format_number(value.value, kpi.decimals)
            if value.state is FigureState.OK
            else missing_value_text(value, lang)
        ],
        h.td(".places-bar")[h.span(class_=["bar", f"bar-{value.severity.value}"])[h.i(style=f"width:{share:.0f}%")]],
    ]


def history_table(kpi: Kpi, line: Line, rows: int, lang: str, *, simulated: bool, drill: bool = False) -> h.Element:
    """The chart's table: `rows` spans of equal length with lowest, highest and last value, newest first."""
    return h.details(".chart-table")[
        h.summary[t("kpi.table", lang)],
        h.div(".wide")[
            h.table[
                h.thead[
                    h.tr[
                        h.th[t("kpi.until", lang)],
                        (h.th(".n")[t(key, lang)] for key in ("kpi.lowest", "kpi.highest", "kpi.last")),
                        h.th[unit_text(kpi, lang), badges(lang, simulated=simulated, drill=drill)],
                    ]
                ],
                h.tbody[(_span_row(kpi, part, lang) for part in reversed(_spans(line, rows)))],
            ]
        ],
    ]


def _spans(line: Line, rows: int) -> list[Line]:
    if not line:
        return []
    start, whole_span = line[0][0], (line[-1][0] - line[0][0]).total_seconds() or 1.0

    def part(point: tuple[datetime, float | None]) -> int:
        return min(rows - 1, int((point[0] - start).total_seconds() / whole_span * rows))

    return [tuple(points) for _, points in groupby(line, part)]


def _span_row(kpi: Kpi, part: Line, lang: str) -> h.Element:
    values = [value for _, value in part if value is not None]
    at = part[-1][0]
    pick: Sequence[Callable[[list[float]], float]] = (min, max, lambda numbers: numbers[-1])
    return h.tr[
        h.td[f"{format_time(at)} {at.astimezone(CITY_ZONE):%d/%m/%Y}"],
        (h.td(".n")[format_number(statistic(values), kpi.decimals) if values else NO_VALUE] for statistic in pick),
        h.td[None if values else t("common.no_value", lang)],
    ]


KPI_COLUMNS = ("name", "value", "target", "state", "age")


def kpi_cells(figure: KpiFigure, snapshot: Snapshot, lang: str) -> tuple[LiveCell, ...]:
    """The cells of a KPI in a list, by KPI_COLUMNS."""
    kpi, value = figure.kpi, figure.value
    is_ok = value.state is FigureState.OK
    targets = " · ".join(limit_texts(kpi, value, lang))
    gravity = RANK[value.severity] + (0 if is_ok else len(RANK))
    return (
        LiveCell(_name(figure, snapshot, lang), kpi.name.get(lang)),
        LiveCell(_value(figure, snapshot, lang), value.value if is_ok else None),
        LiveCell(targets or NO_VALUE, targets or None),
        LiveCell(value_status(kpi, value, lang), gravity),
        LiveCell(_age(value.data_time, snapshot.at), value.data_time.timestamp() if value.data_time else None),
    )


def _name(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Fragment:
    kpi, value = figure.kpi, figure.value
    return h.fragment[
        h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.get(lang)],
        badges(lang, simulated=value.is_simulated, drill=figure.is_drill, phoned=value.is_phoned),
        " ",
        disagreement_badge(figure.redundant_series, snapshot, lang),
        kpi_provenance(kpi, snapshot, lang),
    ]


def _value(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Fragment:
    kpi, value = figure.kpi, figure.value
    is_ok = value.state is FigureState.OK
    last = not is_ok and value.last_value is not None
    return h.fragment[
        h.b[format_number(value.value, kpi.decimals)] if is_ok else NO_VALUE,
        " ",
        is_ok and h.span(".quiet")[unit_text(kpi, lang, value.value)],
        last and h.small(".quiet")[last_value_text(kpi, value, lang, snapshot.at)],
    ]


def kpi_row(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element:
    """A row of the drawn list. `data-label` names the column on narrow screens."""
    name, *others = (cell.content for cell in kpi_cells(figure, snapshot, lang))
    looks = ("n row-value", "", "row-state", "n")
    return h.tr(class_=f"sev-row-{figure.value.severity.value}")[
        h.td[name],
        (
            h.td(class_=look or None, data_label=t(f"kpi.{key}", lang))[content]
            for key, look, content in zip(KPI_COLUMNS[1:], looks, others, strict=True)
        ),
    ]


def _age(at: datetime | None, now: datetime) -> h.Fragment | str:
    if at is None:
        return NO_VALUE
    return h.fragment[h.time(".age", data_age=at.isoformat()), h.span(".age-at")[format_datetime(at, now)]]
