"""The register's panels: filters, agencies, overdue tasks and their ages, tasks without a holder."""

from collections.abc import Callable, Mapping, Sequence

import htpy as h

from components.directives.counters import register_counters
from components.directives.grounds import Grounds
from components.directives.progress_bars import agency_rows
from components.directives.task_widgets import agency_name
from components.ui.format import format_date
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.live_table import page_link
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import OVERDUE_BUCKETS, TaskCounts
from ioc.domain.directives.directive import Register
from ioc.domain.directives.filters import (
    AGENCY,
    BASIS,
    BY_LEAD,
    STATE,
    STATE_FILTERS,
    YEAR,
    document_years,
    register_filter,
)
from ioc.domain.directives.progress import (
    RegisterAssessment,
    count_overdue_buckets,
    overdue_tasks,
    tasks_without_holder,
)
from ioc.domain.directives.rollup import TaskView

_STATE_NAMES = {"on_track": "trong-han", "due_soon": "sap-den-han", "overdue": "qua-han"}
_STATE_KEYS = {
    "qua-han": "overdue", "sap-den-han": "due_soon", "trong-han": "on_track", "khong-thoi-han": "no_deadline",
    "cho-xac-nhan": "awaiting_acceptance", "hoan-thanh": "done", "chua-bao-cao": "no_report",
}  # fmt: skip


def filters(assessment: RegisterAssessment, params: Mapping[str, str], lang: str) -> h.Element:
    """Filter links by year, agency and state; each keeps the other parameters of the address."""
    choice = register_filter(params)
    agencies = sorted(
        {key for task in assessment.tasks if (key := task.assignment.holder if choice.by_holder else task.task.lead)},
        key=lambda key: agency_name(assessment.register, key, lang),
    )
    return h.nav(".filters", aria_label=t("directives.filters", lang))[
        _filter(
            YEAR,
            t("directives.filter_year", lang),
            [(year, year) for year in document_years(assessment)],
            params,
            lang,
        ),
        _filter(
            AGENCY,
            t("directives.filter_agency", lang),
            [(key, agency_name(assessment.register, key, lang)) for key in agencies],
            params,
            lang,
        ),
        _filter(
            STATE,
            t("directives.filter_state", lang),
            [(state, t(f"directives.{_STATE_KEYS[state]}", lang)) for state in STATE_FILTERS],
            params,
            lang,
        ),
    ]


def _filter(name: str, words: str, options: list[tuple[str, str]], params: Mapping[str, str], lang: str) -> h.Element:
    chosen = params.get(name, "")
    chosen_label = dict(options).get(chosen, chosen) or t("directives.all", lang)
    choices = [("", t("directives.all", lang)), *options]
    return h.details(".filter", id=f"filter-{name}")[
        h.summary(class_=["chip", "filter-on" if chosen else None])[words, ": ", h.b[chosen_label]],
        h.div(".filter-list")[
            (
                h.a(
                    ".filter-item",
                    href=page_link(params, **{name: key}),
                    aria_current="true" if key == chosen else None,
                )[label]
                for key, label in choices
            )
        ],
    ]


def agency_table(assessment: RegisterAssessment, params: Mapping[str, str], lang: str) -> h.Element:
    """Open tasks with a due date by agency, by current or by original agency, with bars."""
    rows = agency_rows(assessment, register_filter(params).by_holder)
    return h.div(".register-box")[
        h.div(".box-head")[
            h.h2(".box-title")[
                t("directives.by_agency", lang), bool(rows) and assessment.is_simulated and simulated_badge(lang)
            ],
            h.nav(".chips", aria_label=t("directives.basis", lang))[
                _basis_chip(params, True, lang), _basis_chip(params, False, lang)
            ],
        ],
        counts_table(rows, assessment.register, lang),
    ]


def counts_table(
    rows: Sequence[tuple[str | None, TaskCounts]], register: Register, lang: str, grounds: Grounds | None = None
) -> h.Element:
    """Open tasks with a due date by agency, with bars to one scale; that there are none where there are no rows."""
    if not rows:
        return h.p(".nothing")[t("directives.none_due", lang)]
    max_count = max(counts.open_with_due for _, counts in rows)
    return h.table(".agency-table")[
        h.thead[
            h.tr[
                h.th[t("directives.agency", lang)],
                h.td(".agency-track"),
                (h.th(".n")[t(f"directives.{name}", lang)] for name in ("on_track", "due_soon", "overdue")),
            ]
        ],
        h.tbody[
            (_agency(key, agency_name(register, key, lang), counts, max_count, lang, grounds) for key, counts in rows)
        ],
    ]


def _basis_chip(params: Mapping[str, str], as_held: bool, lang: str) -> h.Element:
    words = t("directives.as_held" if as_held else "directives.as_assigned", lang)
    href = page_link(params, **{AGENCY: "", BASIS: "" if as_held else BY_LEAD})
    is_current = register_filter(params).by_holder is as_held
    return h.a(".chip", href=href, aria_current="true" if is_current else None)[words]


def _agency(
    key: str | None, name: str, counts: TaskCounts, max_count: int, lang: str, grounds: Grounds | None
) -> h.Element:
    parts = (("on_track", counts.in_time), ("due_soon", counts.due_soon), ("overdue", counts.overdue))

    def link(state: str, count: int) -> h.Node:
        if not (grounds and key and count):
            return None
        words = f"{name}: {count} {t(f'directives.{state}', lang)}"
        return grounds.link(words, lang, agency=key, state=_STATE_NAMES[state])

    width = 100 * sum(count for _, count in parts) / max_count
    return h.tr[
        h.td[name],
        h.td(".agency-track")[
            h.span(".stack.stack-thin", style=f"width:{width:.1f}%", aria_hidden="true")[
                (h.i(class_=["seg", f"seg-{name}"], style=f"flex:{count}") for name, count in parts if count)
            ]
        ],
        (
            h.td(class_=["n", f"n-{state}" if count else "n-none"])[str(count), link(state, count)]
            for state, count in parts
        ),
    ]


def overdue_list(assessment: RegisterAssessment, lang: str, limit: int = 12) -> h.Element:
    """The overdue tasks, longest overdue first, with their current holder."""
    late = overdue_tasks(assessment.tasks)
    rest = len(late) - limit
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.overdue_list", lang),
            h.small[t("directives.overdue_list_line", lang), ", ", t("directives.as_held", lang)],
            bool(late) and assessment.is_simulated and simulated_badge(lang),
        ],
        h.div(".rows")[(_overdue_row(task, assessment, lang) for task in late[:limit])],
        rest > 0
        and h.details(".chart-table")[
            h.summary[t("directives.overdue_list_more", lang, n=rest)],
            h.div(".rows")[(_overdue_row(task, assessment, lang) for task in late[limit:])],
        ],
        not late and h.p(".nothing")[mark("normal"), " ", t("directives.overdue_list_none", lang)],
    ]


def _overdue_row(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Element:
    agency = agency_name(assessment.register, task.assignment.holder, lang)
    return h.a(".row", href=f"/chi-dao/{task.document.key}")[
        h.span(".row-title")[task.task.title.get(lang)],
        h.span(".row-right.row-bad")[
            mark("critical"), " ", t("directives.over_days", lang, n=task.status.days_overdue)
        ],
        h.span(".row-line")[f"{agency} · {task.document.number}"],
        h.span(".row-right.row-line")[_overdue_note(task, lang)],
    ]  # fmt: skip


def _overdue_note(task: TaskView, lang: str) -> str:
    if task.status.extensions:
        return t("directives.extended", lang, n=task.status.extensions)
    if task.status.last_reported is None:
        return t("directives.no_report", lang)
    return t("directives.last_report", lang, day=format_date(task.status.last_reported))


def overdue_ages(assessment: RegisterAssessment, lang: str) -> h.Element:
    """The overdue tasks counted by how long they are overdue."""
    return ages_box(count_overdue_buckets(assessment.tasks), assessment.is_simulated, lang)


def ages_box(sizes: Sequence[int], simulated: bool, lang: str, grounds: Grounds | None = None) -> h.Element:
    """Overdue tasks by OVERDUE_BUCKETS. `grounds`: where they are."""
    max_size = max(sizes) or 1

    def link(n: int, size: int) -> h.Node:
        words = f"{size} {t('directives.overdue', lang)}, {t(f'directives.bucket_{n}', lang)}"
        first = OVERDUE_BUCKETS[n][0]
        return grounds.link(words, lang, handling=f"qua-han-{first}") if grounds and size else None

    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.overdue_ages", lang),
            h.small[t("directives.overdue_ages_line", lang)],
            any(sizes) and simulated and simulated_badge(lang),
        ],
        h.table(".buckets")[
            h.tbody[
                (
                    h.tr[
                        h.th(scope="row")[t(f"directives.bucket_{n}", lang)],
                        h.td[h.span(class_=["bucket", f"bucket-{n}"], style=f"width:{100 * size / max_size:.1f}%")],
                        h.td(".n")[h.b[str(size)], link(n, size)],
                    ]
                    for n, size in enumerate(sizes)
                )
            ]
        ],
    ]


def exception_queue(assessment: RegisterAssessment, lang: str) -> h.Element | None:
    """Open tasks without a holder, each with the reason; None when there are none."""
    stuck = tasks_without_holder(assessment.tasks)
    if not stuck:
        return None
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.exceptions", lang), h.small[t("directives.exceptions_line", lang, n=len(stuck))],
            assessment.is_simulated and simulated_badge(lang),
        ],
        h.div(".rows")[(_exception_row(task, assessment, lang) for task in stuck)],
    ]  # fmt: skip


def _exception_row(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Element:
    return h.a(".row", href=f"/chi-dao/{task.document.key}")[
        h.span(".row-title")[task.task.title.get(lang)],
        h.span(".row-right")[task.document.number],
        h.span(".row-line.row-whole")[unassigned_reason(task, assessment, lang)],
    ]


def unassigned_reason(task: TaskView, assessment: RegisterAssessment, lang: str) -> str:
    """Why the task has no holder."""
    last = agency_name(assessment.register, task.assignment.last_agency, lang)
    return t(f"directives.exceptions_{task.assignment.no_holder_reason or 'none'}", lang, agency=last)


def register_panels(
    unfiltered: RegisterAssessment, filtered: RegisterAssessment, params: Mapping[str, str], lang: str
) -> Sequence[tuple[str, h.Node]]:
    """(name, markup) of the register's panels except the stacked bars; official and simulated documents separately."""
    late = _parts_with(filtered, lambda part: bool(overdue_tasks(part.tasks)))
    return (
        ("filters", filters(unfiltered, params, lang)),
        ("counters", register_counters(filtered, lang)),
        (
            "agencies",
            _draw_parts(_parts_with(filtered, _has_due_tasks(params)), lambda part: agency_table(part, params, lang)),
        ),
        ("overdue", _draw_parts(late, lambda part: overdue_list(part, lang))),
        ("overdue-ages", _draw_parts(late, lambda part: overdue_ages(part, lang))),
        ("exceptions", _draw_parts(filtered.split_simulated(), lambda part: exception_queue(part, lang))),
    )


def _parts_with(
    assessment: RegisterAssessment, predicate: Callable[[RegisterAssessment], bool]
) -> Sequence[RegisterAssessment]:
    """The parts that satisfy `predicate`; the whole assessment if none does, so that its panel says so once."""
    return [part for part in assessment.split_simulated() if predicate(part)] or [assessment]


def _has_due_tasks(params: Mapping[str, str]) -> Callable[[RegisterAssessment], bool]:
    return lambda part: bool(agency_rows(part, register_filter(params).by_holder))


def _draw_parts(
    parts: Sequence[RegisterAssessment], draw: Callable[[RegisterAssessment], h.Element | None]
) -> h.Fragment:
    return h.fragment[(draw(part) for part in parts)]
