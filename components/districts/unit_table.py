"""All units compared: every KPI by unit and their open events, grouped by former province."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

import htpy as h

from components.districts.unit_card import unit_name
from components.districts.unit_counts import UnitCount, no_events, real_events, unit_event_counts, unplaced_count
from components.events.event_kinds import kind_names
from components.kpi.tile import unit_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.live_table import matches
from components.ui.status_badges import (
    drill_badge,
    missing_value_text,
    severity_mark,
    simulated_badge,
    state_label,
    state_mark,
    suppression_label,
)
from ioc.domain.base.slug import slugify
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import FigureState, SuppressionReason
from ioc.domain.snapshot import KpiFigure, Snapshot


class UnitCell(NamedTuple):
    """What is drawn in a cell; `order` is what it is sorted by, None where no number is told. `at`: of its data."""

    content: h.Node
    order: float | None = None
    is_quiet: bool = False
    title: str = ""
    at: datetime | None = None

    def td(self) -> h.Element:
        """The cell of a drawn table."""
        return h.td(class_=["n", self.is_quiet and "quiet"], title=self.title or None)[self.content]


def unit_table(snapshot: Snapshot, lang: str, order: str, words: str = "") -> h.Element:
    """The table of walls and paper: a row for each unit that `words` find, grouped by former province.

    `order`: key of the KPI that sorts the units of a group, with "-" before it the highest first.
    """
    figures = unit_figures(snapshot)
    by = next((figure for figure in figures if figure.kpi.key == order.removeprefix("-")), None)
    simulated = any(value.is_simulated for figure in figures for value in figure.values_by_place.values())
    groups = unit_groups(snapshot)
    return h.section(".box")[
        h.h2(".box-title")[
            t("admin_units.compare", lang),
            h.small[t("admin_units.compare_line", lang)],
            simulated and simulated_badge(lang),
        ],
        not snapshot.units and h.p(".nothing")[t("admin_units.none", lang)],
        words and h.p(".quiet")[t("table.search", lang), ": ", h.b[words]],
        h.div(".wide")[
            h.table(".units")[
                _head(figures, by, order, snapshot, lang),
                (
                    _group(former, units, sort_units(found, by, is_descending=order.startswith("-")), snapshot, lang)
                    for former, units in groups.items()
                    if (found := found_units(units, words))
                ),
            ]
        ],
        bool(groups) and legend(lang),
    ]


def unit_figures(snapshot: Snapshot) -> list[KpiFigure]:
    """The KPIs that are computed by unit."""
    return [figure for figure in snapshot.figures.values() if figure.values_by_place]


def unit_groups(snapshot: Snapshot) -> dict[str, list[AdminUnit]]:
    """Former province -> its units, by name."""
    groups: dict[str, list[AdminUnit]] = {}
    for unit in sort_units(list(snapshot.units.values()), None):
        groups.setdefault(unit.former_province, []).append(unit)
    return groups


def unit_search_text(unit: AdminUnit) -> str:
    """The text of a unit that is searched."""
    return f"{unit_name(unit)} {unit.former_province}"


def found_units(units: Sequence[AdminUnit], words: str) -> list[AdminUnit]:
    """The units that `words` find."""
    return [unit for unit in units if matches(words, unit_search_text(unit))]


def sort_units(
    units: Sequence[AdminUnit], sort_figure: KpiFigure | None, *, is_descending: bool = False
) -> list[AdminUnit]:  # fmt: skip
    """Units by name, or by the value of a KPI; those without a value last."""
    if sort_figure is None:
        return sorted(units, key=lambda unit: (unit.kind, slugify(unit.name)))

    def rank(unit: AdminUnit) -> tuple[bool, float]:
        unit_value = sort_figure.values_by_place.get(unit.code)
        value = unit_value.value if unit_value is not None and unit_value.state is FigureState.OK else None
        return (value is None, 0.0 if value is None else -value if is_descending else value)

    return sorted(units, key=rank)


def _head(
    figures: Sequence[KpiFigure], sort_figure: KpiFigure | None, order: str, snapshot: Snapshot, lang: str
) -> h.Element:  # fmt: skip
    direction = "descending" if order.startswith("-") else "ascending"
    return h.thead[
        h.tr[
            h.th[t("admin_units.unit", lang)],
            (
                h.th(".n", aria_sort=direction if figure is sort_figure else None)[figure_head(figure, lang)]
                for figure in figures
            ),
            (h.th(".n")[kind_head(kind, name, snapshot, lang)] for kind, name in kind_names(snapshot, lang).items()),
        ]
    ]


def figure_head(figure: KpiFigure, lang: str) -> h.Fragment:
    """Name, unit of measurement and exercise badge of a KPI."""
    return h.fragment[
        figure.kpi.short_name.get(lang),
        h.small(".quiet")[" ", unit_text(figure.kpi, lang)],
        figure.is_drill and drill_badge(lang),
    ]


def kind_head(kind: str, name: str, snapshot: Snapshot, lang: str) -> h.Fragment:
    """Name of a kind of events, with what keeps its counts from being complete."""
    return h.fragment[
        name,
        (state := kind_state(snapshot, kind)) is not FigureState.OK and _state_note(state, lang),
        (n := unplaced_count(kind, snapshot)) > 0
        and h.small(".quiet")[t("admin_units.events_without_unit", lang, n=format_number(n))],
    ]


def _state_note(state: FigureState, lang: str) -> h.Element:
    return h.small(".quiet")[state_mark(state), " ", state_label(state, lang)]


def _group(
    former: str, units: Sequence[AdminUnit], shown: Sequence[AdminUnit], snapshot: Snapshot, lang: str
) -> h.Element:
    """The units `shown`, below the medians and totals of the whole group: those of a part would disclose counts."""
    figures = unit_figures(snapshot)
    columns = [event_column(kind, units, snapshot, lang) for kind in kind_names(snapshot, lang)]
    return h.tbody[
        h.tr(".group")[
            h.th(scope="rowgroup")[group_name(former, len(units), lang)],
            (h.th(".n")[median_cell(figure, units, lang).content] for figure in figures),
            (h.th(".n")[total.content] for total, _ in columns),
        ],
        (_row(unit, figures, [cells[unit.code] for _, cells in columns], lang) for unit in shown),
    ]


def group_name(former: str, unit_count: int, lang: str) -> h.Fragment:
    """The former province, with its number of units."""
    name = t("admin_units.former", lang, name=former) if former else t("admin_units.former_none", lang)
    return h.fragment[name, h.small[" ", t("admin_units.group_count", lang, n=unit_count)]]


def median_cell(figure: KpiFigure, units: Sequence[AdminUnit], lang: str) -> UnitCell:
    """The median of the units that have a value; robust against outliers."""
    unit_values = [figure.values_by_place[unit.code] for unit in units if unit.code in figure.values_by_place]
    values = [value.value for value in unit_values if value.state is FigureState.OK and value.value is not None]
    if not values:
        return UnitCell(None if unit_values else "·", is_quiet=True)
    middle = median(values)
    return UnitCell(
        h.fragment[format_number(middle, figure.kpi.decimals), h.small[t("admin_units.median", lang)]], middle
    )


def event_column(
    kind: str, units: Sequence[AdminUnit], snapshot: Snapshot, lang: str
) -> tuple[UnitCell, Mapping[str, UnitCell]]:  # fmt: skip
    """The group's total of events of a kind (each counted once however many units it names), and a cell per unit."""
    codes = {unit.code for unit in units}
    total = sum(not codes.isdisjoint(event.unit_codes) for event in real_events(kind, snapshot))
    cells = {
        code: _count_cell(count, lang) for code, count in unit_event_counts(kind, codes, snapshot).items()
    }  # fmt: skip
    none = no_events(kind, snapshot)
    if isinstance(none, FigureState) and not total:
        return UnitCell(_state_note(none, lang), is_quiet=True), cells
    if none is None and not total:
        return UnitCell("·", is_quiet=True), cells
    return UnitCell(h.fragment[format_number(total), h.small[t("admin_units.total", lang)]], total), cells


def _row(unit: AdminUnit, figures: Sequence[KpiFigure], events: Sequence[UnitCell], lang: str) -> h.Element:
    return h.tr[
        h.td[h.a(".row-link", href=f"/don-vi/{unit.code}")[unit_name(unit)]],
        (figure_cell(figure, unit.code, lang).td() for figure in figures),
        (cell.td() for cell in events),
    ]


def _count_cell(count: UnitCount, lang: str) -> UnitCell:
    if isinstance(count, SuppressionReason):
        return UnitCell(suppression_label(count, lang), is_quiet=True)
    if isinstance(count, FigureState):
        return UnitCell(state_mark(count), is_quiet=True, title=state_label(count, lang))
    if count is None:
        return UnitCell("·", is_quiet=True)
    return UnitCell(format_number(count), count, is_quiet=not count)


def figure_cell(figure: KpiFigure, code: str, lang: str) -> UnitCell:
    """The value of a KPI in a unit, or why there is none."""
    value = figure.values_by_place.get(code)
    if value is None:
        return UnitCell("·", is_quiet=True)
    if value.suppression is not None:
        return UnitCell(missing_value_text(value, lang), is_quiet=True, at=value.data_time)
    if value.state is not FigureState.OK:
        label = state_label(value.state, lang)
        return UnitCell(state_mark(value.state), is_quiet=True, title=label, at=value.data_time)
    number = h.fragment[severity_mark(value.severity), " ", format_number(value.value, figure.kpi.decimals)]
    return UnitCell(number, value.value, at=value.data_time)


def legend(lang: str) -> h.Element:
    """The legend: signs used in cells without a number, and the first row of a group."""
    lost = (FigureState.NO_DATA, FigureState.STALE, FigureState.ERROR, FigureState.OFF)
    words = (("0", "admin_units.key_zero"), ("·", "admin_units.key_not_applicable"))
    hidden = (
        ("common.suppressed_primary", "admin_units.key_suppressed_primary"),
        ("common.suppressed_secondary", "admin_units.key_suppressed_secondary"),
    )
    return h.div(".legend.unit-legend")[
        (h.span[h.b[sign], " ", t(key, lang)] for sign, key in words),
        (h.span[state_mark(state), " ", state_label(state, lang)] for state in lost),
        (h.span[h.b[t(word, lang)], " ", t(why, lang)] for word, why in hidden),
        h.span[h.b[t("admin_units.median", lang)], " ", t("admin_units.key_median", lang)],
        h.span[h.b[t("admin_units.total", lang)], " ", t("admin_units.key_total", lang)],
    ]
