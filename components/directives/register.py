"""The register's panels: filters, agencies, what is overdue and for how long, what waits for a transfer."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import htpy as h

from components.directives.counters import register_counters
from components.directives.progress_bars import agency_rows
from components.directives.task_widgets import agency_name
from components.ui.format import format_date
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.filters import STATE_FILTERS, RegisterFilter, document_years
from ioc.domain.directives.progress import (
    RegisterAssessment,
    count_overdue_buckets,
    overdue_tasks,
    tasks_without_holder,
)
from ioc.domain.directives.rollup import TaskView

_STATE_KEYS = {
    "qua-han": "overdue", "sap-den-han": "soon", "trong-han": "in-time", "khong-thoi-han": "no-deadline",
    "cho-xac-nhan": "waiting", "hoan-thanh": "done", "chua-bao-cao": "no_report",
}  # fmt: skip


def filters(assessment: RegisterAssessment, choice: RegisterFilter, lang: str) -> h.Element:
    """Links that narrow the register by year, agency and state; each keeps the others."""
    agencies = sorted(
        {key for one in assessment.tasks if (key := one.assignment.holder if choice.by_holder else one.task.lead)},
        key=lambda key: agency_name(assessment.register, key, lang),
    )
    return h.nav(".filters")[
        _filter(
            "nam", t("directives.filter_year", lang), [(one, one) for one in document_years(assessment)], choice, lang
        ),
        _filter(
            "co-quan",
            t("directives.filter_agency", lang),
            [(key, agency_name(assessment.register, key, lang)) for key in agencies],
            choice,
            lang,
        ),
        _filter(
            "trang-thai",
            t("directives.filter_state", lang),
            [(one, t(f"directives.{_STATE_KEYS[one]}", lang)) for one in STATE_FILTERS],
            choice,
            lang,
        ),
    ]


def register_link(choice: RegisterFilter, **changes: str) -> str:
    """The register's address for `choice` with `changes`."""
    now = {
        "nam": choice.year, "co-quan": choice.agency, "trang-thai": choice.state,
        "theo": "" if choice.by_holder else "duoc-giao",
    } | changes  # fmt: skip
    return "/chi-dao?" + urlencode({key: value for key, value in now.items() if value})


def _filter(name: str, words: str, options: list[tuple[str, str]], choice: RegisterFilter, lang: str) -> h.Element:
    chosen = {"nam": choice.year, "co-quan": choice.agency, "trang-thai": choice.state}[name]
    shown = dict(options).get(chosen, chosen) or t("directives.all", lang)
    every = [("", t("directives.all", lang)), *options]
    return h.details(".filter", id=f"filter-{name}")[
        h.summary(class_=["chip", "filter-on" if chosen else None])[words, ": ", h.b[shown]],
        h.div(".filter-list")[
            (
                h.a(
                    ".filter-item",
                    href=register_link(choice, **{name: key}),
                    aria_current="true" if key == chosen else None,
                )[label]
                for key, label in every
            )
        ],
    ]


def agency_table(assessment: RegisterAssessment, choice: RegisterFilter, lang: str) -> h.Element:
    """Open tasks with a due date by agency, as held or as assigned; a table whose bars are its numbers."""
    rows = agency_rows(assessment, choice.by_holder)
    most = max((one.in_time + one.due_soon + one.overdue for _, one in rows), default=1)
    return h.div(".register-box")[
        h.div(".box-head")[
            h.h2(".box-title")[
                t("directives.by_agency", lang), bool(rows) and assessment.is_simulated and simulated_badge(lang)
            ],
            h.nav(".chips")[_basis_chip(choice, True, lang), _basis_chip(choice, False, lang)],
        ],
        bool(rows)
        and h.table(".agency-table")[
            h.thead[
                h.tr[
                    h.th[t("directives.agency", lang)],
                    h.th(".agency-track"),
                    (h.th(".n")[t(f"directives.{name}", lang)] for name in ("in-time", "soon", "overdue")),
                ]
            ],
            h.tbody[(_agency(assessment, key, one, most, lang) for key, one in rows)],
        ],
        not rows and h.p(".nothing")[t("directives.none_due", lang)],
    ]


def _basis_chip(choice: RegisterFilter, as_held: bool, lang: str) -> h.Element:
    words = t("directives.as_held" if as_held else "directives.as_assigned", lang)
    href = register_link(RegisterFilter(choice.year, "", choice.state, as_held))
    return h.a(".chip", href=href, aria_current="true" if choice.by_holder is as_held else None)[words]


def _agency(assessment: RegisterAssessment, key: str | None, counts: TaskCounts, most: int, lang: str) -> h.Element:
    parts = (("in-time", counts.in_time), ("soon", counts.due_soon), ("overdue", counts.overdue))
    width = 100 * sum(count for _, count in parts) / most
    return h.tr[
        h.td[agency_name(assessment.register, key, lang)],
        h.td(".agency-track")[
            h.span(".stack.stack-thin", style=f"width:{width:.1f}%", aria_hidden="true")[
                (h.i(class_=["seg", f"seg-{name}"], style=f"flex:{count}") for name, count in parts if count)
            ]
        ],
        (h.td(class_=["n", f"n-{name}" if count else "n-none"])[str(count)] for name, count in parts),
    ]


def overdue_list(assessment: RegisterAssessment, lang: str, limit: int = 12) -> h.Element:
    """The overdue tasks, longest first, by their current lead."""
    late = overdue_tasks(assessment.tasks)
    rest = len(late) - limit
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.todo", lang),
            h.small[t("directives.todo_line", lang), ", ", t("directives.as_held", lang)],
            bool(late) and assessment.is_simulated and simulated_badge(lang),
        ],
        h.div(".rows")[(_overdue_row(one, assessment, lang) for one in late[:limit])],
        rest > 0
        and h.details(".chart-table")[
            h.summary[t("directives.todo_more", lang, n=rest)],
            h.div(".rows")[(_overdue_row(one, assessment, lang) for one in late[limit:])],
        ],
        not late and h.p(".nothing")[mark("normal"), " ", t("directives.todo_none", lang)],
    ]


def _overdue_row(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Element:
    who = agency_name(assessment.register, task.assignment.holder, lang)
    return h.a(".row", href=f"/chi-dao/{task.document.key}")[
        h.span(".row-title")[task.task.title.get(lang)],
        h.span(".row-right.row-bad")[
            mark("critical"), " ", t("directives.over_days", lang, n=task.status.days_overdue)
        ],
        h.span(".row-line")[f"{who} · {task.document.number}"],
        h.span(".row-right.row-line")[_overdue_note(task, lang)],
    ]  # fmt: skip


def _overdue_note(task: TaskView, lang: str) -> str:
    if task.status.extensions:
        return t("directives.extended", lang, n=task.status.extensions)
    if task.status.last_reported is None:
        return t("directives.no_report", lang)
    return t("directives.last_report", lang, day=format_date(task.status.last_reported))


def overdue_ages(assessment: RegisterAssessment, lang: str) -> h.Element:
    """How many are overdue for how long."""
    sizes = count_overdue_buckets(assessment.tasks)
    most = max(sizes) or 1
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.ages", lang),
            h.small[t("directives.ages_line", lang)],
            any(sizes) and assessment.is_simulated and simulated_badge(lang),
        ],
        h.table(".buckets")[
            h.tbody[
                (
                    h.tr[
                        h.th(scope="row")[t(f"directives.bucket_{n}", lang)],
                        h.td[h.span(class_=["bucket", f"bucket-{n}"], style=f"width:{100 * size / most:.1f}%")],
                        h.td(".n")[h.b[str(size)]],
                    ]
                    for n, size in enumerate(sizes)
                )
            ]
        ],
    ]


def exception_queue(assessment: RegisterAssessment, lang: str) -> h.Element | None:
    """Open tasks that nobody holds, each with the reason; nothing when there are none."""
    stuck = tasks_without_holder(assessment.tasks)
    if not stuck:
        return None
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.queue", lang), h.small[t("directives.queue_line", lang, n=len(stuck))],
            assessment.is_simulated and simulated_badge(lang),
        ],
        h.div(".rows")[(_exception_row(one, assessment, lang) for one in stuck)],
    ]  # fmt: skip


def _exception_row(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Element:
    return h.a(".row", href=f"/chi-dao/{task.document.key}")[
        h.span(".row-title")[task.task.title.get(lang)],
        h.span(".row-right")[task.document.number],
        h.span(".row-line.row-whole")[unassigned_reason(task, assessment, lang)],
    ]


def unassigned_reason(task: TaskView, assessment: RegisterAssessment, lang: str) -> str:
    """Why nobody holds the task."""
    last = agency_name(assessment.register, task.assignment.last_agency, lang)
    return t(f"directives.queue_{task.assignment.no_holder_reason or 'none'}", lang, agency=last)


def register_panels(
    unfiltered: RegisterAssessment, filtered: RegisterAssessment, choice: RegisterFilter, lang: str
) -> Sequence[tuple[str, h.Node]]:
    """The register's panels but the stacked bars, by name; true and simulated documents each for themselves."""
    late = _parts_with(filtered, lambda one: bool(overdue_tasks(one.tasks)))
    return (
        ("filters", filters(unfiltered, choice, lang)),
        ("counters", register_counters(filtered, lang)),
        (
            "agencies",
            _draw_parts(_parts_with(filtered, _has_due_tasks(choice)), lambda one: agency_table(one, choice, lang)),
        ),
        ("todo", _draw_parts(late, lambda one: overdue_list(one, lang))),
        ("ages", _draw_parts(late, lambda one: overdue_ages(one, lang))),
        ("queue", _draw_parts(filtered.split_simulated(), lambda one: exception_queue(one, lang))),
    )


def _parts_with(
    assessment: RegisterAssessment, predicate: Callable[[RegisterAssessment], bool]
) -> Sequence[RegisterAssessment]:
    """The parts that hold what a panel shows; all of it where none does, for the panel to say so once."""
    return [one for one in assessment.split_simulated() if predicate(one)] or [assessment]


def _has_due_tasks(choice: RegisterFilter) -> Callable[[RegisterAssessment], bool]:
    return lambda one: bool(agency_rows(one, choice.by_holder))


def _draw_parts(
    parts: Sequence[RegisterAssessment], draw: Callable[[RegisterAssessment], h.Element | None]
) -> h.Fragment:
    return h.fragment[(draw(one) for one in parts)]
