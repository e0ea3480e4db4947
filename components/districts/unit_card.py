"""One phường or xã: its KPIs, events, tasks and sources."""

from collections.abc import Sequence

import htpy as h

from components.events.event_kinds import count_text, kind_names, unavailable_sources
from components.events.event_table import event_table, personal_data_link
from components.kpi.limits import value_status
from components.kpi.tile import unit_text
from components.ui.format import NO_VALUE, format_date, format_datetime, format_number
from components.ui.i18n import t
from components.ui.status_badges import (
    badges,
    drill_badge,
    missing_value_text,
    simulated_badge,
    source_status,
    source_status_badge,
    state_mark,
)
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_status import task_status
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import AdminUnit
from ioc.domain.ingest.health import LOST_STATES, SourceState
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import KpiFigure, Snapshot, SourceView, people_series

NOT_LIVE_STATES = LOST_STATES | {SourceState.LATE}


def unit_name(unit: AdminUnit) -> str:
    """The unit's kind and name: "phường Ninh Kiều"."""
    return f"{unit.kind} {unit.name}"


def kpi_section(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """Every KPI that is computed by unit, beside the value of the whole city."""
    rows = [
        (figure, figure.values_by_place[code]) for figure in snapshot.figures.values() if code in figure.values_by_place
    ]
    return h.section(".box")[
        h.h2(".box-title")[
            t("admin_units.figures", lang),
            _badges(rows, lang),
            bool(people_series(snapshot, code)) and personal_data_link("don-vi", code, "counts_link", lang),
        ],
        h.div(".wide")[
            h.table(".kpis")[
                h.thead[
                    h.tr[
                        h.th[t("kpi.name", lang)],
                        h.th(".n")[t("kpi.value", lang)],
                        h.th(".n")[t("admin_units.city", lang)],
                        h.th[t("kpi.state", lang)],
                        h.th(".n")[t("kpi.age", lang)],
                    ]
                ],
                h.tbody[(_figure(figure, value, snapshot, lang) for figure, value in rows)],
            ]
        ]
        if rows
        else h.p(".nothing")[t("admin_units.no_figures", lang)],
    ]


def _figure(figure: KpiFigure, value: KpiValue, snapshot: Snapshot, lang: str) -> h.Element:
    kpi = figure.kpi
    return h.tr(class_=f"sev-row-{value.severity.value}")[
        h.td[h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.get(lang)], figure.is_drill and drill_badge(lang)],
        h.td(".n.row-value", data_label=t("kpi.value", lang))[
            value_or_reason(figure, value, lang),
            value.state is FigureState.OK and h.fragment[" ", h.span(".quiet")[unit_text(kpi, lang, value.value)]],
        ],
        h.td(".n", data_label=t("admin_units.city", lang))[value_or_reason(figure, figure.value, lang)],
        h.td(".row-state", data_label=t("kpi.state", lang))[value_status(kpi, value, lang)],
        h.td(".n", data_label=t("kpi.age", lang))[
            format_datetime(value.data_time, snapshot.at) if value.data_time else NO_VALUE
        ],
    ]


def value_or_reason(figure: KpiFigure, value: KpiValue, lang: str) -> h.Node:
    """The value as a number, or the reason why there is none."""
    return (
        format_number(value.value, figure.kpi.decimals)
        if value.state is FigureState.OK
        else missing_value_text(value, lang)
    )


def event_section(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """The unit's open events."""
    views = [view for view in snapshot.events if code in view.event.unit_codes]
    unknown = {
        kind: name
        for kind, name in kind_names(snapshot, lang).items()
        if kind_state(snapshot, kind) is not FigureState.OK
    }
    real, is_least = sum(not view.is_drill for view in views), not snapshot.has_all_events
    return h.section(".box")[
        h.h2(".box-title")[
            t("admin_units.events", lang),
            bool(views or not unknown) and h.small[t("events.count", lang, n=count_text(real, is_least=is_least))],
            real < len(views) and h.small[drill_badge(lang), " ", format_number(len(views) - real)],
        ],
        bool(views) and h.div(".wide")[event_table(views, snapshot, lang)],
        not views and not unknown and h.p(".nothing")[t("events.more" if is_least else "admin_units.no_events", lang)],
        (_unknown_events(kind, name, snapshot, lang) for kind, name in unknown.items()),
    ]  # fmt: skip


def _unknown_events(kind: str, name: str, snapshot: Snapshot, lang: str) -> h.Element:
    """A note that there may be more events of a kind than are known, with the sources that are not available."""
    return h.p(".quiet.unknown-events")[
        state_mark(kind_state(snapshot, kind)), " ", name, " – ", t("admin_units.unknown_events", lang),
        unavailable_sources(snapshot, kind, lang),
    ]  # fmt: skip


def task_section(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """The tasks of its own committee, with their status."""
    agencies = {key for key, agency in snapshot.register.agencies.items() if agency.place == code}
    tasks = [
        (document, task)
        for document in snapshot.register.documents
        for task in document.tasks
        if task.lead in agencies and task.withdrawn_at is None
    ]
    return h.section(".box")[
        h.h2(".box-title")[t("admin_units.tasks", lang), h.small[t("admin_units.tasks_count", lang, n=len(tasks))]],
        h.ul(".rows")[
            (
                h.li[
                    h.a(".row-link", href=f"/chi-dao/{document.key}")[task.title.get(lang)],
                    h.small(".quiet")[
                        f" {document.number} · ", _time(task, snapshot, lang),
                    ],
                    document.is_simulated and simulated_badge(lang),
                ]
                for document, task in tasks
            )
        ]
        if tasks
        else h.p(".nothing")[t("admin_units.no_tasks", lang)],
    ]  # fmt: skip


def _time(task: Task, snapshot: Snapshot, lang: str) -> str:
    status = task_status(task, snapshot.at, snapshot.register.due_soon_days)
    due = t("admin_units.due", lang, day=format_date(status.due)) if status.due else ""
    return " · ".join(
        filter(None, (t(f"directives.{status.deadline_state.value}", lang) if status.deadline_state else "", due))
    )


def source_section(snapshot: Snapshot, code: str, lang: str) -> h.Element:
    """The sources of the unit's series, late ones first."""
    views = [view for view in snapshot.sources if any(series.place == code for series in view.source.series)]
    views.sort(key=lambda view: (view.health.state not in NOT_LIVE_STATES, view.source.name.get(lang)))
    late = sum(view.health.state in NOT_LIVE_STATES for view in views)
    return h.section(".box")[
        h.h2(".box-title")[
            t("admin_units.sources", lang), h.small[t("admin_units.late", lang, n=late, all=len(views))]
        ],
        h.ul(".rows")[(_source(view, code, snapshot, lang) for view in views)]
        if views
        else h.p(".nothing")[t("admin_units.no_sources", lang)],
    ]


def _source(view: SourceView, code: str, snapshot: Snapshot, lang: str) -> h.Element:
    count = sum(series.place == code for series in view.source.series)
    data = view.health.data_time
    return h.li[
        source_status_badge(source_status(view.health), lang), " · ", view.source.name.get(lang), " ",
        badges(lang, simulated=view.source.is_simulated, drill=view.source.is_drill),
        h.small(".quiet")[
            " ", t("admin_units.series", lang, n=count), " · ",
            t("events.data_time", lang, time=format_datetime(data, snapshot.at))
            if data
            else t("common.no_value", lang),
        ],
    ]  # fmt: skip


def _badges(rows: Sequence[tuple[KpiFigure, KpiValue]], lang: str) -> h.Node:
    """Simulated if any row is; an exercise only if all rows are, otherwise the row itself has the badge."""
    drill = bool(rows) and all(figure.is_drill for figure, _ in rows)
    return badges(lang, simulated=any(value.is_simulated for _, value in rows), drill=drill)
