"""All units beside each other: every figure by unit, their open events, grouped by the province they belonged to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import htpy as h

from components.districts.unit_card import unit_name
from components.events.event_kinds import kind_names
from components.kpi.tile import unit_text as unit_text
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
from ioc.domain.events.event import Event
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import AdminUnit
from ioc.domain.ingest.parsing import slugify
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.kpis.suppression import suppressed_units
from ioc.domain.snapshot import KpiFigure, Snapshot


def unit_table(snapshot: Snapshot, lang: str, order: str) -> h.Element:
    """A row for each unit; `order`: the KPI by whose value the units of a group stand, the worst first.

    A phone has room for one column: that KPI's, or the first one's, with each value's age, and a way to the others.
    """
    figures = [one for one in snapshot.figures.values() if one.values_by_place]
    groups: dict[str, list[AdminUnit]] = {}
    for unit in snapshot.units.values():
        groups.setdefault(unit.former_province, []).append(unit)
    by = next((one for one in figures if one.kpi.key == order), None)
    picked = by or next(iter(figures), None)
    simulated = any(value.is_simulated for one in figures for value in one.values_by_place.values())
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
    """By name; or by the value of a KPI, the one that needs eyes first, those without a value last."""
    if sort_figure is None:
        return sorted(units, key=lambda one: (one.kind, slugify(one.name)))
    low_is_bad = any(not limit.is_upper for limit in sort_figure.kpi.limits)

    def rank(one: AdminUnit) -> tuple[bool, float]:
        held = sort_figure.values_by_place.get(one.code)
        value = held.value if held is not None and held.state is FigureState.OK else None
        return (value is None, 0.0 if value is None else value if low_is_bad else -value)

    return sorted(units, key=rank)


def _column_picker(figures: Sequence[KpiFigure], picked: KpiFigure, lang: str) -> h.Element:
    """Which column a phone shows."""
    return h.details(".filter.unit-pick", id="unit-pick")[
        h.summary(".chip")[t("kpi.name", lang), ": ", h.b[picked.kpi.short_name.get(lang)]],
        h.div(".filter-list")[
            (
                h.a(".filter-item", href=f"?xep={one.kpi.key}", aria_current="true" if one is picked else None)[
                    one.kpi.short_name.get(lang)
                ]
                for one in figures
            )
        ],
    ]


def _number_class(picked: bool, extra: str = "") -> str:
    """The class of a column of numbers."""
    return " ".join(filter(None, ("n", extra, "picked" if picked else "")))


def _head(
    figures: Sequence[KpiFigure], sort_figure: KpiFigure | None, picked: KpiFigure | None, snapshot: Snapshot, lang: str
) -> h.Element:  # fmt: skip
    return h.thead[
        h.tr[
            h.th[h.a(".row-link", href="?")[t("admin_units.unit", lang)]],
            (
                h.th(class_=_number_class(one is picked), aria_sort="descending" if one is sort_figure else None)[
                    h.a(".row-link", href=f"?xep={one.kpi.key}")[one.kpi.short_name.get(lang)],
                    h.small(".quiet")[" ", unit_text(one.kpi, lang)],
                    one.is_drill and drill_badge(lang),
                    _map_link(one, lang),
                ]
                for one in figures
            ),
            (
                h.th(".n")[
                    name,
                    (state := kind_state(snapshot, kind)) is not FigureState.OK and _state_note(state, lang),
                    (n := _unplaced_count(kind, snapshot)) > 0
                    and h.small(".quiet")[t("admin_units.unplaced", lang, n=format_number(n))],
                ]
                for kind, name in kind_names(snapshot, lang).items()
            ),
        ]
    ]


def _map_link(figure: KpiFigure, lang: str) -> h.Element:
    said = f"{t('map.of_kpi', lang)}: {figure.kpi.short_name.get(lang)}"
    return h.a(".col-map", href=f"/ban-do?chi-so={figure.kpi.key}", title=said, aria_label=said)[icon("map")]


def _real_events(kind: str, snapshot: Snapshot) -> list[Event]:
    """The events of a kind that stand, without those of exercises."""
    return [one.event for one in snapshot.events if one.event.kind == kind and not one.is_drill]


def _unplaced_count(kind: str, snapshot: Snapshot) -> int:
    """How many of them concern no unit that is known: any unit may have more than its own number."""
    return sum(snapshot.units.keys().isdisjoint(one.unit_codes) for one in _real_events(kind, snapshot))


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
                h.small[" ", t("admin_units.middle", lang, n=len(units))],
            ],
            (h.th(class_=_number_class(one is picked))[_median_cell(one, units, lang)] for one in figures),
            (h.th(".n")[total] for total, _ in columns),
        ],
        (_row(one, figures, picked, [cells[one.code] for _, cells in columns], lang) for one in units),
    ]


def _median_cell(figure: KpiFigure, units: Sequence[AdminUnit], lang: str) -> h.Node:
    """The median of the units that have a value: an outlier says nothing about a province."""
    held = [figure.values_by_place[one.code] for one in units if one.code in figure.values_by_place]
    values = [one.value for one in held if one.state is FigureState.OK and one.value is not None]
    if not values:
        return h.span(".quiet")["·"] if not held else None
    return h.fragment[format_number(median(values), figure.kpi.decimals), h.small[t("admin_units.median", lang)]]


def _event_column(
    kind: str, units: Sequence[AdminUnit], snapshot: Snapshot, lang: str
) -> tuple[h.Node, Mapping[str, h.Element]]:  # fmt: skip
    """How many events of a kind concern a group, each counted once however many units it names; and how many each."""
    codes = {one.code for one in units}
    here = [one for one in _real_events(kind, snapshot) if not codes.isdisjoint(one.unit_codes)]
    state = kind_state(snapshot, kind)
    none = (
        "0"
        if state is FigureState.OK and not _unplaced_count(kind, snapshot)
        else "·"
        if state is FigureState.OK
        else state
    )
    found = Counter(code for one in here for code in one.unit_codes)
    counts = {code: found[code] for code in codes}
    cells = _cells(counts, kind in _citizen_kinds(snapshot), lang, none)
    if not here and none != "0":
        return _state_note(state, lang) if isinstance(none, FigureState) else h.span(".quiet")[none], cells
    return h.fragment[format_number(len(here)), h.small[t("admin_units.total", lang)]], cells


def _row(
    unit: AdminUnit, figures: Sequence[KpiFigure], picked: KpiFigure | None, events: Sequence[h.Element], lang: str
) -> h.Element:  # fmt: skip
    return h.tr[
        h.td[h.a(".row-link", href=f"/don-vi/{unit.code}")[unit_name(unit)]],
        (_cell(one, unit.code, lang, picked=one is picked) for one in figures),
        events,
    ]


def _citizen_kinds(snapshot: Snapshot) -> set[str]:
    """The kinds that people send."""
    return {kind.key for view in snapshot.sources for kind in view.source.events if kind.is_from_people}


def _cells(
    counts: Mapping[str, int], is_citizen_data: bool, lang: str, zero_text: FigureState | str = "0"
) -> dict[str, h.Element]:
    """How many each unit of a group has; of people nothing that, with the group's total, tells of too few.

    `none`: what stands for none of them: 0 only where the sources are heard and it is known where all events are.
    """
    small = {code for code, count in counts.items() if is_citizen_data and is_small_cell(count)}
    told = {code: count for code, count in counts.items() if code not in small}
    also = suppressed_units(sum(counts.values()), told, small)
    words = {**dict.fromkeys(small, t("common.few", lang)), **dict.fromkeys(also, t("common.kept", lang))}
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
        shown = missing_value_text(value, lang) if value.suppression is not None else state_mark(value.state)
        return h.td(class_=_number_class(picked, "quiet"))[shown, age]
    return h.td(class_=_number_class(picked))[
        severity_mark(value.severity), " ", format_number(value.value, figure.kpi.decimals), age
    ]


def _legend(lang: str) -> h.Element:
    """What stands in a cell that is no number, and what the first row of a group is."""
    lost = (FigureState.NO_DATA, FigureState.STALE, FigureState.ERROR, FigureState.OFF)
    words = (("0", "admin_units.key_zero"), ("·", "admin_units.key_dot"))
    hidden = (("common.few", "admin_units.key_few"), ("common.kept", "admin_units.key_kept"))
    return h.div(".legend.unit-legend")[
        (h.span[h.b[sign], " ", t(key, lang)] for sign, key in words),
        (h.span[state_mark(one), " ", state_label(one, lang)] for one in lost),
        (h.span[h.b[t(word, lang)], " ", t(why, lang)] for word, why in hidden),
        h.span[h.b[t("admin_units.median", lang)], " ", t("admin_units.key_median", lang)],
        h.span[h.b[t("admin_units.total", lang)], " ", t("admin_units.key_total", lang)],
    ]
