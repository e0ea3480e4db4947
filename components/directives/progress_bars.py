"""Progress bars on the overview: of the most urgent documents, and of the agencies."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import htpy as h

from components.directives.followed_bars import followed_rows
from components.directives.task_numbers import counted_briefly
from components.directives.task_widgets import agency_name, plan_bar, plan_gap_text, reported_part
from components.sources.provenance import register_provenance
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import severity_mark, simulated_badge
from ioc.domain.directives.counts import TaskCounts, add_counts
from ioc.domain.directives.followed import FollowedPart
from ioc.domain.directives.progress import (
    DocumentView,
    RegisterAssessment,
    assess_register,
    count_tasks,
    group_by_agency,
    without_documents,
)
from ioc.domain.directives.rollup import Rollup, roll_up
from ioc.domain.directives.task_numbers import TaskNumbers, add_numbers
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import Snapshot


def directive_bars(snapshot: Snapshot, lang: str, limit: int = 3) -> h.Element:
    """What is followed in the program, the most urgent other documents, then one row for all others.

    Rows of the first two: at most `limit`.
    """
    followed, assessment = snapshot.followed.parts, _other_documents(snapshot)
    first, parts = sort_by_urgency(assessment), assessment.split_simulated()
    limit = max(limit - len(followed), 1)
    tasked = sum(bool(view.tasks) for view in first)
    cut = len(first) if len(first) <= limit and tasked == len(first) else min(limit, tasked)
    kinds = _kinds(snapshot)
    mixed = len(kinds) > 1
    return h.div(".progress-box")[
        h.h2(".box-title")[
            t("directives.progress", lang),
            kinds == {True} and simulated_badge(lang),
        ],
        followed_rows(followed, mixed, lang),
        (_document(view, mixed, lang) for view in first[:cut]),
        (_other_documents_bar(part, first[cut:], mixed, lang) for part in reversed(parts)),
        not (first or followed) and h.p(".nothing")[t("directives.none", lang)],
        register_provenance(lang),
    ]


def agency_bars(snapshot: Snapshot, lang: str, limit: int = 5) -> h.Element:
    """Open tasks with a due date by the agency that holds them, most overdue first."""
    register, open_rows = snapshot.register, _held_rows(snapshot)
    # Where official and simulated documents are separate, the bars above take one more row.
    rows = sorted(open_rows, key=lambda row: _overdue_key(row[0], row[1]))[: limit - (len(_kinds(snapshot)) > 1)]
    max_count = max((counts.open_with_due for _, counts, _ in rows), default=0)
    all_simulated = bool(rows) and all(simulated for *_, simulated in rows)
    return h.div(".progress-box")[
        h.h2(".box-title", title=t("directives.agencies_which", lang))[
            t("directives.agencies_short", lang), all_simulated and simulated_badge(lang, short=True)
        ],
        h.div(".agencies")[
            (
                _agency(
                    agency_name(register, key, lang),
                    counts,
                    max_count,
                    simulated and not all_simulated,
                    lang,
                )
                for key, counts, simulated in rows
            )
        ],
        not rows and h.p(".nothing")[t("directives.none_due", lang)],
        register_provenance(lang),
    ]


def _other_documents(snapshot: Snapshot) -> RegisterAssessment:
    """The documents of the configuration that are not followed in the program."""
    return without_documents(assess_register(snapshot.register, snapshot.at), snapshot.followed.documents)


def _kinds(snapshot: Snapshot) -> set[bool]:
    """Whether what the boxes count is simulated: both where there is both."""
    parts = _other_documents(snapshot).split_simulated()
    return {part.is_simulated for part in parts} | {part.is_simulated for part in snapshot.followed.parts}


def _held_rows(snapshot: Snapshot) -> list[tuple[str | None, TaskCounts, bool]]:
    """Agencies with what they hold of all open tasks with a due date: key, counts, whether these are simulated."""
    found = defaultdict[tuple[str | None, bool], list[TaskCounts]](list)
    for part in _other_documents(snapshot).split_simulated():
        for key, counts in agency_rows(part, as_held=True):
            found[key, part.is_simulated].append(counts)
    for followed in snapshot.followed.parts:
        for key, counts in followed_agency_rows(followed):
            found[key, followed.is_simulated].append(counts)
    return [(key, add_counts(counts), simulated) for (key, simulated), counts in found.items()]


def sort_by_urgency(assessment: RegisterAssessment) -> list[DocumentView]:
    """Documents by severity, then by overdue tasks; those that cannot be judged after these, without tasks last."""
    return sorted(assessment.documents, key=_urgency)


def _urgency(view: DocumentView) -> tuple[bool, int, int, float, str]:
    rollup = view.rollup
    rank = -1 if rollup.severity is None else RANK[rollup.severity]
    return not view.tasks, -rank, -view.counts.overdue, -(rollup.gap or 0.0), view.document.number


def agency_rows(assessment: RegisterAssessment, as_held: bool) -> list[tuple[str | None, TaskCounts]]:
    """Agencies with open tasks that have a due date, most overdue first; the key None: tasks without a holder."""
    groups = group_by_agency(assessment.tasks, as_held).items()
    return _with_due((key, count_tasks(tasks)) for key, tasks in groups)


def followed_agency_rows(part: FollowedPart) -> list[tuple[str | None, TaskCounts]]:
    """The same of tasks that people act on, as held."""
    return _with_due((key or None, counts) for key, counts in part.statistics.by_agency.items())


def _with_due(rows: Iterable[tuple[str | None, TaskCounts]]) -> list[tuple[str | None, TaskCounts]]:
    return sorted((row for row in rows if row[1].open_with_due), key=lambda row: _overdue_key(*row))


def _overdue_key(key: str | None, counts: TaskCounts) -> tuple[int, int, int, str]:
    return -counts.overdue, -counts.due_soon, -counts.in_time, key or ""


def _document(view: DocumentView, mixed: bool, lang: str) -> h.Element:
    document, rollup = view.document, view.rollup
    short = document.short if document.short.vi else document.title
    return h.a(".progress-row", href=f"/chi-dao/{document.key}")[
        _head(document.number, rollup, mixed and document.is_simulated, lang), _line(short.get(lang), rollup, lang),
        *_bar(rollup, view.counts, view.numbers, lang),
    ]  # fmt: skip


def _other_documents_bar(
    part: RegisterAssessment, remaining: Sequence[DocumentView], mixed: bool, lang: str
) -> h.Element | None:
    """The documents of `part` among `remaining` as one row; without a bar if nothing was reported."""
    rest = [view for view in part.documents if view in remaining]
    if not rest:
        return None
    tasks = [task for view in rest for task in view.tasks]
    rollup, counts = roll_up(tasks, part.tolerance), count_tasks(tasks)
    numbers = add_numbers(view.numbers for view in rest)
    head = _head(_other_documents_title(part, len(rest), mixed, lang), rollup, mixed and part.is_simulated, lang)
    if rollup.percent is None:
        line = [t("directives.others_all", lang, n=len(rest)), *_task_summary(rollup, counts, numbers, lang)]
        return h.a(".progress-row.progress-others", href="/chi-dao")[head, h.span(".progress-foot")[" · ".join(line)]]
    return h.a(".progress-row.progress-others", href="/chi-dao")[
        head, _line(t("directives.others_all", lang, n=len(rest)), rollup, lang), *_bar(rollup, counts, numbers, lang),
    ]  # fmt: skip


def _other_documents_title(part: RegisterAssessment, count: int, mixed: bool, lang: str) -> str:
    if not mixed:
        return t("directives.others", lang)
    kind = "simulated" if part.is_simulated else "official"
    return t(f"directives.{kind}" if count == len(part.documents) else f"directives.other_{kind}", lang)


def _head(name: str, rollup: Rollup, simulated: bool, lang: str) -> h.Element:
    value: h.Node = t("directives.no_report", lang)
    if rollup.percent is not None:
        value = h.fragment[h.b[format_number(rollup.percent)], h.small["%"]]
    mark = severity_mark(rollup.severity) if rollup.severity else None
    return h.span(".progress-head")[
        mark, h.span(".progress-name")[name, simulated and simulated_badge(lang, short=True)],
        h.span(class_=["progress-value", "progress-unknown" if rollup.percent is None else None])[value],
    ]  # fmt: skip


def _line(words: str, rollup: Rollup, lang: str) -> h.Element:
    """The subject, and the number of reporting tasks where not all report."""
    reported = rollup.is_partial and h.span(".progress-part")[reported_part(rollup, lang)]
    return h.span(".progress-line")[h.span[words], reported]


def _task_summary(rollup: Rollup, counts: TaskCounts, numbers: TaskNumbers, lang: str) -> list[str]:
    """The number of tasks, and the most important fact about them."""
    parts = [counted_briefly(numbers, counts.total, lang)] if counts.total else [t("directives.no_tasks", lang)]
    if counts.overdue:
        parts.append(t("directives.overdue_n", lang, n=counts.overdue))
    elif rollup.gap is not None and rollup.severity is Severity.NORMAL:
        parts.append(t("directives.on_plan", lang))
    return parts


def _bar(rollup: Rollup, counts: TaskCounts, numbers: TaskNumbers, lang: str) -> tuple[h.Node, h.Element]:
    words = " · ".join(_task_summary(rollup, counts, numbers, lang))
    right = (
        t("directives.plan", lang, n=format_number(rollup.planned_percent))
        if rollup.planned_percent is not None
        else ""
    )
    title = plan_gap_text(rollup, lang) if rollup.percent is not None else None
    return (
        counts.total > 0 and plan_bar(rollup.percent, rollup.planned_percent, rollup.severity, lang),
        h.span(".progress-foot", title=title)[h.span[words], h.span[right]],
    )


def _agency(name: str, counts: TaskCounts, max_count: int, simulated: bool, lang: str) -> h.Element:
    parts = (("on_track", counts.in_time), ("due_soon", counts.due_soon), ("overdue", counts.overdue))
    width = 100 * sum(count for _, count in parts) / max_count if max_count else 0
    return h.div(".agency")[
        h.span(".agency-name")[name, simulated and h.fragment[" ", simulated_badge(lang, short=True)]],
        h.span(".agency-bar")[
            h.span(".stack", style=f"width:{width:.1f}%", aria_hidden="true")[
                (h.i(class_=f"seg seg-{name}", style=f"flex:{count}") for name, count in parts if count)
            ]
        ],
        h.span(".agency-counts")[
            (
                h.fragment["·" if n else None, h.span(title=t(f"directives.{name}", lang))[str(count)]]
                for n, (name, count) in enumerate(parts)
            )
        ],
    ]
