"""All units compared: every KPI by unit and their open events, grouped by former province."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import htpy as h

from components.districts.unit_card import unit_name
from components.events.event_kinds import kind_names
from components.kpi.tile import unit_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.icons import icon
from components.ui.status_badges import (
    drill_badge,
    missing_value_text,
    severity_mark,
    simulated_badge,
    state_label,
    state_mark,
)
from ioc.domain.base.slug import slugify
from ioc.domain.events.event import Event
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.kpis.suppression import suppressed_units
from ioc.domain.snapshot import KpiFigure, Snapshot


def unit_table(snapshot: Snapshot, lang: str, order: str) -> h.Element:
    """A row for each unit; `order` is the key of the KPI that sorts the units of a group, worst first.

    A phone shows one column: that KPI's, or the first one's, with each value's age and links to the other columns.
    """
    figures = [figure for figure in snapshot.figures.values() if figure.values_by_place]
    groups: dict[str, list[AdminUnit]] = {}
    for unit in snapshot.units.values():
        groups.setdefault(unit.former_province, []).append(unit)
    by = next((figure for figure in figures if figure.kpi.key == order), None)
    picked = by or next(iter(figures), None)
    simulated = any(value.is_simulated for figure in figures for value in figure.values_by_place.values())
    return h.section(".box")[
        h.h2(".box-title")[
            t("admin_units.compare", lang),
            h.small[t("admin_units.compare_line", lang)],
            simulated and simulated_badge(lang),
        ],
        not snapshot.units and h.p(".nothing")[t("admin_units.none", lang)],
        picked is not None and _column_picker(figures, picked, lang),
        h.div(".wide")[
            h.table(".units")[
                _head(figures, by, picked, snapshot, lang),
                (
                    _group(former, sort_units(units, by), figures, picked, snapshot, lang)
                    for former, units in groups.items()
                ),
            ]
        ],
        bool(groups) and _legend(lang),
    ]


def sort_units(units: Sequence[AdminUnit], sort_figure: KpiFigure | None) -> list[AdminUnit]:
    """Units by name, or by the value of a KPI: worst first, those without a value last."""
    if sort_figure is None:
        return sorted(units, key=lambda unit: (unit.kind, slugify(unit.name)))
    low_is_bad = any(not limit.is_upper for limit in sort_figure.kpi.limits)

    def rank(unit: AdminUnit) -> tuple[bool, float]:
        unit_value = sort_figure.values_by_place.get(unit.code)
        value = unit_value.value if unit_value is not None and unit_value.state is FigureState.OK else None
        return (value is None, 0.0 if value is None else value if low_is_bad else -value)

    return sorted(units, key=rank)


def _column_picker(figures: Sequence[KpiFigure], picked: KpiFigure, lang: str) -> h.Element:
    """Links that choose the column shown on a phone."""
    return h.details(".filter.unit-pick", id="unit-pick")[
        h.summary(".chip")[t("kpi.name", lang), ": ", h.b[picked.kpi.short_name.get(lang)]],
        h.div(".filter-list")[
            (
                h.a(".filter-item", href=f"?xep={figure.kpi.key}", aria_current="true" if figure is picked else None)[
                    figure.kpi.short_name.get(lang)
                ]
                for figure in figures
            )
        ],
    ]


def _number_class(picked: bool, extra: str = "") -> str:
    """The CSS class of a cell of numbers."""
    return " ".join(filter(None, ("n", extra, "picked" if picked else "")))


def _head(
    figures: Sequence[KpiFigure], sort_figure: KpiFigure | None, picked: KpiFigure | None, snapshot: Snapshot, lang: str
) -> h.Element:  # fmt: skip
    return h.thead[
        h.tr[
            h.th[h.a(".row-link", href="?")[t("admin_units.unit", lang)]],
            (
                h.th(class_=_number_class(figure is picked), aria_sort="descending" if figure is sort_figure else None)[
                    h.a(".row-link", href=f"?xep={figure.kpi.key}")[figure.kpi.short_name.get(lang)],
                    h.small(".quiet")[" ", unit_text(figure.kpi, lang)],
                    figure.is_drill and drill_badge(lang),
                    _map_link(figure, lang),
                ]
                for figure in figures
            ),
            (
                h.th(".n")[
                    name,
                    (state := kind_state(snapshot, kind)) is not FigureState.OK and _state_note(state, lang),
                    (n := _unplaced_count(kind, snapshot)) > 0
                    and h.small(".quiet")[t("admin_units.events_without_unit", lang, n=format_number(n))],
                ]
                for kind, name in kind_names(snapshot, lang).items()
            ),
        ]
    ]


def _map_link(figure: KpiFigure, lang: str) -> h.Element:
    label = f"{t('map.show_on_map', lang)}: {figure.kpi.short_name.get(lang)}"
    return h.a(".col-map", href=f"/ban-do?chi-so={figure.kpi.key}", title=label, aria_label=label)[icon("map")]


def _real_events(kind: str, snapshot: Snapshot) -> list[Event]:
    """The open events of a kind, without exercises."""
    return [view.event for view in snapshot.events if view.event.kind == kind and not view.is_drill]


def _unplaced_count(kind: str, snapshot: Snapshot) -> int:
    """Events of a kind that name no known unit; while there are any, a unit's count is a lower bound."""
    return sum(snapshot.units.keys().isdisjoint(event.unit_codes) for event in _real_events(kind, snapshot))


def _state_note(state: FigureState, lang: str) -> h.Element:
    return h.small(".quiet")[state_mark(state), " ", state_label(state, lang)]


def _group(
    former: str,
    units: Sequence[AdminUnit],
    figures: Sequence[KpiFigure],
    picked: KpiFigure | None,
    snapshot: Snapshot,
    lang: str,
) -> h.Element:
    columns = [_event_column(kind, units, snapshot, lang) for kind in kind_names(snapshot, lang)]
    return h.tbody[
        h.tr(".group")[
            h.th(scope="rowgroup")[
                t("admin_units.former", lang, name=former) if former else t("admin_units.former_none", lang),
                h.small[" ", t("admin_units.group_count", lang, n=len(units))],
            ],
            (h.th(class_=_number_class(figure is picked))[_median_cell(figure, units, lang)] for figure in figures),
            (h.th(".n")[total] for total, _ in columns),
        ],
        (_row(unit, figures, picked, [cells[unit.code] for _, cells in columns], lang) for unit in units),
    ]


def _median_cell(figure: KpiFigure, units: Sequence[AdminUnit], lang: str) -> h.Node:
    """The median of the units that have a value; robust against outliers."""
    unit_values = [figure.values_by_place[unit.code] for unit in units if unit.code in figure.values_by_place]
    values = [value.value for value in unit_values if value.state is FigureState.OK and value.value is not None]
    if not values:
        return h.span(".quiet")["·"] if not unit_values else None
    return h.fragment[format_number(median(values), figure.kpi.decimals), h.small[t("admin_units.median", lang)]]


def _event_column(
    kind: str, units: Sequence[AdminUnit], snapshot: Snapshot, lang: str
) -> tuple[h.Node, Mapping[str, h.Element]]:  # fmt: skip
    """The group's total of events of a kind (each counted once however many units it names), and a cell per unit."""
    codes = {unit.code for unit in units}
    events = [event for event in _real_events(kind, snapshot) if not codes.isdisjoint(event.unit_codes)]
    state = kind_state(snapshot, kind)
    none = (
        "0"
        if state is FigureState.OK and not _unplaced_count(kind, snapshot)
        else "·"
        if state is FigureState.OK
        else state
    )
    unit_counts = Counter(code for event in events for code in event.unit_codes)
    counts = {code: unit_counts[code] for code in codes}
    cells = _cells(counts, kind in _citizen_kinds(snapshot), lang, none)
    if not events and none != "0":
        return _state_note(state, lang) if isinstance(none, FigureState) else h.span(".quiet")[none], cells
    return h.fragment[format_number(len(events)), h.small[t("admin_units.total", lang)]], cells


def _row(
    unit: AdminUnit, figures: Sequence[KpiFigure], picked: KpiFigure | None, events: Sequence[h.Element], lang: str
) -> h.Element:  # fmt: skip
    return h.tr[
        h.td[h.a(".row-link", href=f"/don-vi/{unit.code}")[unit_name(unit)]],
        (_cell(figure, unit.code, lang, picked=figure is picked) for figure in figures),
        events,
    ]


def _citizen_kinds(snapshot: Snapshot) -> set[str]:
    """The kinds of events that citizens report."""
    return {kind.key for view in snapshot.sources for kind in view.source.events if kind.is_from_people}


def _cells(
    counts: Mapping[str, int], is_citizen_data: bool, lang: str, zero_text: FigureState | str = "0"
) -> dict[str, h.Element]:
    """The count of each unit of a group. Of citizen data, small cells and their complements are suppressed.

    `zero_text`: what stands for none; "0" only where the sources are live and every event has a known unit.
    """
    small = {code for code, count in counts.items() if is_citizen_data and is_small_cell(count)}
    visible = {code: count for code, count in counts.items() if code not in small}
    complementary = suppressed_units(sum(counts.values()), visible, small)
    words = {
        **dict.fromkeys(small, t("common.suppressed_primary", lang)),
        **dict.fromkeys(complementary, t("common.suppressed_secondary", lang)),
    }
    return {
        code: h.td(".n.quiet")[words[code]] if code in words else _count_cell(count, zero_text, lang)
        for code, count in counts.items()
    }


def _count_cell(count: int, zero_text: FigureState | str, lang: str) -> h.Element:
    if count:
        return h.td(".n")[format_number(count)]
    if isinstance(zero_text, FigureState):
        return h.td(".n.quiet", title=state_label(zero_text, lang))[state_mark(zero_text)]
    return h.td(".n.quiet")[zero_text]


def _cell(figure: KpiFigure, code: str, lang: str, *, picked: bool) -> h.Element:
    value = figure.values_by_place.get(code)
    if value is None:
        return h.td(class_=_number_class(picked, "quiet"))["·"]
    heard = value.data_time if picked else None
    age = heard is not None and h.small(".unit-age.quiet")[h.time(data_age=heard.isoformat())]
    if value.state is not FigureState.OK:
        text = missing_value_text(value, lang) if value.suppression is not None else state_mark(value.state)
        return h.td(class_=_number_class(picked, "quiet"))[text, age]
    return h.td(class_=_number_class(picked))[
        severity_mark(value.severity), " ", format_number(value.value, figure.kpi.decimals), age
    ]


def _legend(lang: str) -> h.Element:
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
