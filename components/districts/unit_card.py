"""One phường or xã: its figures, its events, its tasks, the sources that tell of it and what they bring late."""

from collections.abc import Sequence

import htpy as h

from components.events.kinds import kinds, silent
from components.events.list import personal_link, rows
from components.kpi.tile import unit as unit_text
from components.ui.format import NONE, day, moment, number
from components.ui.i18n import say
from components.ui.status_badges import badge, drill_badge, judged, marks, sight, source_state, state_mark, without
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_status import status
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import Unit
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import KpiValue, State
from ioc.domain.snapshot import Figure, Snapshot, SourceView

LATE = (SourceState.LATE, SourceState.STALE, SourceState.DOWN, SourceState.REFUSED)


def name(unit: Unit) -> str:
    """As it is called: phường Ninh Kiều."""
    return f"{unit.kind} {unit.name}"


def figures(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """Every KPI that is worked out by unit, with the city's own value beside it."""
    found = [(one, one.places[code]) for one in snapshot.figures.values() if code in one.places]
    return h.section(".box")[
        h.h2(".box-title")[
            say("communes.figures", lang), _worn(found, lang),
            any(one.kpi.small_cells for one, _ in found) and personal_link(f"don-vi/{code}", "counts_link", lang),
        ],
        h.div(".wide")[
            h.table(".kpis")[
                h.thead[
                    h.tr[
                        h.th[say("kpi.name", lang)], h.th(".n")[say("kpi.value", lang)],
                        h.th(".n")[say("communes.city", lang)], h.th[say("kpi.state", lang)],
                        h.th(".n")[say("kpi.age", lang)],
                    ]
                ],
                h.tbody[(_figure(one, value, snapshot, lang) for one, value in found)],
            ]
        ]
        if found
        else h.p(".nothing")[say("communes.no_figures", lang)],
    ]  # fmt: skip


def _figure(figure: Figure, value: KpiValue, snapshot: Snapshot, lang: str) -> h.Element:
    kpi = figure.kpi
    return h.tr(class_=f"sev-row-{value.severity.value}")[
        h.td[h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.said(lang)], figure.drill and drill_badge(lang)],
        h.td(".n.row-value", data_label=say("kpi.value", lang))[
            shown(figure, value, lang),
            value.state is State.OK and h.fragment[" ", h.span(".quiet")[unit_text(kpi, lang, value.value)]],
        ],
        h.td(".n", data_label=say("communes.city", lang))[shown(figure, figure.value, lang)],
        h.td(".row-state", data_label=say("kpi.state", lang))[judged(value, lang)],
        h.td(".n", data_label=say("kpi.age", lang))[moment(value.data_time, snapshot.at) if value.data_time else NONE],
    ]


def shown(figure: Figure, value: KpiValue, lang: str) -> h.Node:
    """The value as a number, or why there is none."""
    return number(value.value, figure.kpi.decimals) if value.state is State.OK else without(value, lang)


def events(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """What stands in it now."""
    found = [one for one in snapshot.events if code in one.event.units]
    unknown = {kind: name for kind, name in kinds(snapshot, lang).items() if kind_state(snapshot, kind) is not State.OK}
    real = sum(not one.drill for one in found)
    return h.section(".box")[
        h.h2(".box-title")[
            say("communes.events", lang),
            bool(found or not unknown) and h.small[say("events.count", lang, n=number(real))],
            real < len(found) and h.small[drill_badge(lang), " ", number(len(found) - real)],
        ],
        bool(found) and h.div(".wide")[rows(found, snapshot, lang)],
        not found and not unknown and h.p(".nothing")[say("communes.no_events", lang)],
        (_unknown(kind, name, snapshot, lang) for kind, name in unknown.items()),
    ]  # fmt: skip


def _unknown(kind: str, name: str, snapshot: Snapshot, lang: str) -> h.Element:
    """That more of a kind may stand than is known, and by whose silence."""
    return h.p(".quiet.unheard")[
        state_mark(kind_state(snapshot, kind)), " ", name, " – ", say("communes.unheard", lang),
        silent(snapshot, kind, lang),
    ]  # fmt: skip


def tasks(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """The tasks of its own committee, with their status."""
    agencies = {key for key, one in snapshot.register.agencies.items() if one.place == code}
    found = [
        (document, task)
        for document in snapshot.register.documents
        for task in document.tasks
        if task.lead in agencies and task.withdrawn is None
    ]
    return h.section(".box")[
        h.h2(".box-title")[say("communes.tasks", lang), h.small[say("communes.tasks_count", lang, n=len(found))]],
        h.ul(".rows")[
            (
                h.li[
                    h.a(".row-link", href=f"/chi-dao/{document.key}")[task.title.said(lang)],
                    h.small(".quiet")[
                        f" {document.number} · ", _time(task, snapshot, lang),
                    ],
                    document.simulated and badge(lang),
                ]
                for document, task in found
            )
        ]
        if found
        else h.p(".nothing")[say("communes.no_tasks", lang)],
    ]  # fmt: skip


def _time(task: Task, snapshot: Snapshot, lang: str) -> str:
    found = status(task, snapshot.at, snapshot.register.soon_days)
    due = say("communes.due", lang, day=day(found.due)) if found.due else ""
    return " · ".join(filter(None, (say(f"directives.{found.time.value}", lang) if found.time else "", due)))


def sources(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """The sources that bring its series, those that are late first."""
    found = [view for view in snapshot.sources if any(one.place == code for one in view.source.series)]
    found.sort(key=lambda one: (one.health.state not in LATE, one.source.name.said(lang)))
    late = sum(one.health.state in LATE for one in found)
    return h.section(".box")[
        h.h2(".box-title")[say("communes.sources", lang), h.small[say("communes.late", lang, n=late, all=len(found))]],
        h.ul(".rows")[(_source(view, code, snapshot, lang) for view in found)]
        if found
        else h.p(".nothing")[say("communes.no_sources", lang)],
    ]


def _source(view: SourceView, code: str, snapshot: Snapshot, lang: str) -> h.Element:
    count = sum(one.place == code for one in view.source.series)
    data = view.health.data_time
    return h.li[
        source_state(sight(view.health), lang), " · ", view.source.name.said(lang), " ",
        marks(lang, simulated=view.source.simulated, drill=view.source.drill),
        h.small(".quiet")[
            " ", say("communes.series", lang, n=count), " · ",
            say("events.heard", lang, time=moment(data, snapshot.at)) if data else say("common.no_value", lang),
        ],
    ]  # fmt: skip


def _worn(found: Sequence[tuple[Figure, KpiValue]], lang: str) -> h.Node:
    """Made up, where any is; of an exercise only where all are: one alone wears it in its own row."""
    drill = bool(found) and all(one.drill for one, _ in found)
    return marks(lang, simulated=any(value.simulated for _, value in found), drill=drill)
