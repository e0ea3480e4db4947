"""All units beside each other: every figure by unit, their open events, grouped by the province they belonged to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import htpy as h

from components.districts.unit_card import name
from components.events.kinds import kinds
from components.kpi.tile import unit as unit_text
from components.ui.format import number
from components.ui.i18n import say
from components.ui.icons import icon
from components.ui.status_badges import badge, drill_badge, severity_mark, state_mark, state_word, without
from ioc.domain.events.event import Event
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import Unit
from ioc.domain.ingest.parsing import slug
from ioc.domain.kpis.evaluation import few
from ioc.domain.kpis.kpi import UNTOLD, State
from ioc.domain.kpis.suppression import kept
from ioc.domain.snapshot import Figure, Snapshot


def unit_table(snapshot: Snapshot, lang: str, order: str) -> h.Element:
    """A row for each unit; `order`: the KPI by whose value the units of a group stand, the worst first.

    A phone has room for one column: that KPI's, or the first one's, with each value's age, and a way to the others.
    """
    figures = [one for one in snapshot.figures.values() if one.places]
    groups: dict[str, list[Unit]] = {}
    for unit in snapshot.units.values():
        groups.setdefault(unit.former, []).append(unit)
    by = next((one for one in figures if one.kpi.key == order), None)
    picked = by or next(iter(figures), None)
    simulated = any(value.simulated for one in figures for value in one.places.values())
    return h.section(".box")[
        h.h2(".box-title")[
            say("communes.compare", lang), h.small[say("communes.compare_line", lang)], simulated and badge(lang)
        ],
        not snapshot.units and h.p(".nothing")[say("communes.none", lang)],
        picked is not None and _picker(figures, picked, lang),
        h.div(".wide")[
            h.table(".units")[
                _head(figures, by, picked, snapshot, lang),
                (
                    _group(former, ordered(units, by), figures, picked, snapshot, lang)
                    for former, units in groups.items()
                ),
            ]
        ],
        bool(groups) and _legend(lang),
    ]


def ordered(units: Sequence[Unit], by: Figure | None) -> list[Unit]:
    """By name; or by the value of a KPI, the one that needs eyes first, those without a value last."""
    if by is None:
        return sorted(units, key=lambda one: (one.kind, slug(one.name)))
    low_is_bad = any(not limit.above for limit in by.kpi.limits)

    def rank(one: Unit) -> tuple[bool, float]:
        held = by.places.get(one.code)
        value = held.value if held is not None and held.state is State.OK else None
        return (value is None, 0.0 if value is None else value if low_is_bad else -value)

    return sorted(units, key=rank)


def _picker(figures: Sequence[Figure], picked: Figure, lang: str) -> h.Element:
    """Which column a phone shows."""
    return h.details(".filter.unit-pick", id="unit-pick")[
        h.summary(".chip")[say("kpi.name", lang), ": ", h.b[picked.kpi.short.said(lang)]],
        h.div(".filter-list")[
            (
                h.a(".filter-item", href=f"?xep={one.kpi.key}", aria_current="true" if one is picked else None)[
                    one.kpi.short.said(lang)
                ]
                for one in figures
            )
        ],
    ]


def _n(picked: bool, more: str = "") -> str:
    """The class of a column of numbers."""
    return " ".join(filter(None, ("n", more, "picked" if picked else "")))


def _head(
    figures: Sequence[Figure], by: Figure | None, picked: Figure | None, snapshot: Snapshot, lang: str
) -> h.Element:  # fmt: skip
    return h.thead[
        h.tr[
            h.th[h.a(".row-link", href="?")[say("communes.unit", lang)]],
            (
                h.th(class_=_n(one is picked), aria_sort="descending" if one is by else None)[
                    h.a(".row-link", href=f"?xep={one.kpi.key}")[one.kpi.short.said(lang)],
                    h.small(".quiet")[" ", unit_text(one.kpi, lang)],
                    one.drill and drill_badge(lang),
                    _map_link(one, lang),
                ]
                for one in figures
            ),
            (
                h.th(".n")[
                    name,
                    (state := kind_state(snapshot, kind)) is not State.OK and _lost(state, lang),
                    (n := _unplaced(kind, snapshot)) > 0
                    and h.small(".quiet")[say("communes.unplaced", lang, n=number(n))],
                ]
                for kind, name in kinds(snapshot, lang).items()
            ),
        ]
    ]


def _map_link(figure: Figure, lang: str) -> h.Element:
    said = f"{say('map.of_kpi', lang)}: {figure.kpi.short.said(lang)}"
    return h.a(".col-map", href=f"/ban-do?chi-so={figure.kpi.key}", title=said, aria_label=said)[icon("map")]


def _real(kind: str, snapshot: Snapshot) -> list[Event]:
    """The events of a kind that stand, without those of exercises."""
    return [one.event for one in snapshot.events if one.event.kind == kind and not one.drill]


def _unplaced(kind: str, snapshot: Snapshot) -> int:
    """How many of them concern no unit that is known: any unit may have more than its own number."""
    return sum(snapshot.units.keys().isdisjoint(one.units) for one in _real(kind, snapshot))


def _lost(state: State, lang: str) -> h.Element:
    return h.small(".quiet")[state_mark(state), " ", state_word(state, lang)]


def _group(
    former: str, units: Sequence[Unit], figures: Sequence[Figure], picked: Figure | None, snapshot: Snapshot, lang: str
) -> h.Element:  # fmt: skip
    columns = [_column(kind, units, snapshot, lang) for kind in kinds(snapshot, lang)]
    return h.tbody[
        h.tr(".group")[
            h.th(scope="rowgroup")[
                say("communes.former", lang, name=former) if former else say("communes.former_none", lang),
                h.small[" ", say("communes.middle", lang, n=len(units))],
            ],
            (h.th(class_=_n(one is picked))[_middle(one, units, lang)] for one in figures),
            (h.th(".n")[total] for total, _ in columns),
        ],
        (_row(one, figures, picked, [cells[one.code] for _, cells in columns], lang) for one in units),
    ]


def _middle(figure: Figure, units: Sequence[Unit], lang: str) -> h.Node:
    """The median of the units that have a value: an outlier says nothing about a province."""
    held = [figure.places[one.code] for one in units if one.code in figure.places]
    values = [one.value for one in held if one.state is State.OK and one.value is not None]
    if not values:
        return h.span(".quiet")["·"] if not held else None
    return h.fragment[number(median(values), figure.kpi.decimals), h.small[say("communes.median", lang)]]


def _column(
    kind: str, units: Sequence[Unit], snapshot: Snapshot, lang: str
) -> tuple[h.Node, Mapping[str, h.Element]]:  # fmt: skip
    """How many events of a kind concern a group, each counted once however many units it names; and how many each."""
    codes = {one.code for one in units}
    here = [one for one in _real(kind, snapshot) if not codes.isdisjoint(one.units)]
    state = kind_state(snapshot, kind)
    none = "0" if state is State.OK and not _unplaced(kind, snapshot) else "·" if state is State.OK else state
    found = Counter(code for one in here for code in one.units)
    counts = {code: found[code] for code in codes}
    cells = _cells(counts, kind in _of_people(snapshot), lang, none)
    if not here and none != "0":
        return _lost(state, lang) if isinstance(none, State) else h.span(".quiet")[none], cells
    return h.fragment[number(len(here)), h.small[say("communes.total", lang)]], cells


def _row(
    unit: Unit, figures: Sequence[Figure], picked: Figure | None, events: Sequence[h.Element], lang: str
) -> h.Element:  # fmt: skip
    return h.tr[
        h.td[h.a(".row-link", href=f"/don-vi/{unit.code}")[name(unit)]],
        (_cell(one, unit.code, lang, picked=one is picked) for one in figures),
        events,
    ]


def _of_people(snapshot: Snapshot) -> set[str]:
    """The kinds that people send."""
    return {kind.key for view in snapshot.sources for kind in view.source.events if kind.people}


def _cells(counts: Mapping[str, int], people: bool, lang: str, none: State | str = "0") -> dict[str, h.Element]:
    """How many each unit of a group has; of people nothing that, with the group's total, tells of too few.

    `none`: what stands for none of them: 0 only where the sources are heard and it is known where all events are.
    """
    small = {code for code, count in counts.items() if people and few(count)}
    told = {code: count for code, count in counts.items() if code not in small}
    also = kept(sum(counts.values()), told, small)
    words = {**dict.fromkeys(small, say("common.few", lang)), **dict.fromkeys(also, say("common.kept", lang))}
    return {
        code: h.td(".n.quiet")[words[code]] if code in words else _counted(count, none, lang)
        for code, count in counts.items()
    }


def _counted(count: int, none: State | str, lang: str) -> h.Element:
    if count:
        return h.td(".n")[number(count)]
    if isinstance(none, State):
        return h.td(".n.quiet", title=state_word(none, lang))[state_mark(none)]
    return h.td(".n.quiet")[none]


def _cell(figure: Figure, code: str, lang: str, *, picked: bool) -> h.Element:
    value = figure.places.get(code)
    if value is None:
        return h.td(class_=_n(picked, "quiet"))["·"]
    heard = value.data_time if picked else None
    age = heard is not None and h.small(".unit-age.quiet")[h.time(data_age=heard.isoformat())]
    if value.state is not State.OK:
        shown = without(value, lang) if value.reason in UNTOLD else state_mark(value.state)
        return h.td(class_=_n(picked, "quiet"))[shown, age]
    return h.td(class_=_n(picked))[severity_mark(value.severity), " ", number(value.value, figure.kpi.decimals), age]


def _legend(lang: str) -> h.Element:
    """What stands in a cell that is no number, and what the first row of a group is."""
    lost = (State.NO_DATA, State.STALE, State.ERROR, State.OFF)
    words = (("0", "communes.key_zero"), ("·", "communes.key_dot"))
    hidden = (("common.few", "communes.key_few"), ("common.kept", "communes.key_kept"))
    return h.div(".legend.unit-legend")[
        (h.span[h.b[sign], " ", say(key, lang)] for sign, key in words),
        (h.span[state_mark(one), " ", state_word(one, lang)] for one in lost),
        (h.span[h.b[say(word, lang)], " ", say(why, lang)] for word, why in hidden),
        h.span[h.b[say("communes.median", lang)], " ", say("communes.key_median", lang)],
        h.span[h.b[say("communes.total", lang)], " ", say("communes.key_total", lang)],
    ]
