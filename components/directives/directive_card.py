"""One directive: its counters, its facts, and the table of its tasks with assignment, deadline, progress and state."""

from collections.abc import Sequence
from datetime import date

import htpy as h

from components.directives.register import unassigned_reason
from components.directives.task_numbers import states_note
from components.directives.task_widgets import (
    agency_name,
    percent_missing,
    plan_bar,
    plan_tick,
    reported_part,
    task_state,
)
from components.sources.provenance import register_provenance
from components.ui.format import NO_VALUE, format_date, format_number
from components.ui.i18n import catalogue, t
from components.ui.icons import mark
from components.ui.status_badges import severity_mark, simulated_badge
from ioc.domain.base.slug import slugify
from ioc.domain.directives.assignment import AssignmentStep
from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import (
    DocumentView,
    MultiAgencyOrder,
    RegisterAssessment,
    child_documents,
    parent_keys,
)
from ioc.domain.directives.rollup import Rollup, TaskView
from ioc.domain.directives.task_status import WorkState
from ioc.domain.kpis.kpi import Severity


def document_counters(view: DocumentView, lang: str) -> h.Element:
    """Five counters of one document."""
    counts, rollup = view.counts, view.rollup
    last = max((task.status.last_reported for task in view.tasks if task.status.last_reported), default=None)
    withdrawn = t("directives.count_withdrawn", lang, n=counts.withdrawn) if counts.withdrawn else ""
    numbers = view.numbers
    note = "; ".join(filter(None, (withdrawn, states_note(numbers, counts.total, lang))))
    words = t("directives.tasks_word", lang, n=numbers.tasks)
    return h.div(".counters.counters-5")[
        _counter(str(numbers.tasks), words, note),
        _counter(str(counts.done), t("directives.count_done", lang, n=counts.on_time)),
        _counter(str(counts.open), t("directives.count_active", lang, n=counts.no_deadline)),
        _counter(str(counts.overdue), _overdue_label(view, lang), is_bad=counts.overdue > 0),
        _counter(
            format_date(last)[:5] if last else NO_VALUE,
            t("directives.count_reported", lang, k=rollup.reported_count, n=rollup.total)
            if last
            else t("directives.no_report", lang),
        ),
        register_provenance(lang),
    ]


def _overdue_label(view: DocumentView, lang: str) -> str:
    counts = view.counts
    if counts.overdue_percent_of_due is None:
        return t("directives.of_total_none", lang)
    return t(
        "directives.of_total",
        lang,
        a=format_number(counts.overdue_percent, 1),
        b=format_number(counts.overdue_percent_of_due, 1),
    )


def _counter(value: str, words: str, note: str = "", *, is_bad: bool = False) -> h.Element:
    return h.div(class_=["box", "counter", "counter-bad" if is_bad else None])[
        h.span(".counter-value")[h.b[value]],
        h.span(".counter-words")[is_bad and mark("critical"), is_bad and " ", words],
        note and h.span(".counter-small")[note],
    ]


def document_facts(document: Document, assessment: RegisterAssessment, lang: str) -> h.Element:
    """The document's facts with its parents and children; an unknown date says so."""
    return h.div[
        h.h2(".box-title")[document.number, document.is_simulated and simulated_badge(lang)],
        h.p[document.title.get(lang)],
        bool(document.summary.vi) and h.p(".quiet")[document.summary.get(lang)],
        h.dl(".about-list")[
            _fact("kind", kind_name(document.kind, lang), lang),
            _fact("issuer", agency_name(assessment.register, document.issuer, lang), lang),
            _fact("issued", _date_or_unknown(document.issued_on, lang), lang),
            _fact("published", _date_or_unknown(document.published_on, lang), lang),
            _fact("parents", _links(parent_keys(document), assessment, lang), lang),
            _fact(
                "children",
                _links([child.key for child in child_documents(assessment, document.key)], assessment, lang),
                lang,
            ),
        ],
        not document.is_simulated and h.p(".about-note")[t("directives.official_note", lang)],
    ]


def kind_name(kind: str, lang: str) -> str:
    """The label of a kind of document; an unknown kind as the configuration writes it."""
    key = f"directives.kind_{slugify(kind)}"
    return t(key, lang) if key in catalogue() else kind


def _fact(name: str, value: h.Node, lang: str) -> h.Fragment:
    return h.fragment[h.dt[t(f"directives.{name}", lang)], h.dd[value]]


def _date_or_unknown(when: date | None, lang: str) -> str:
    return format_date(when) if when else t("directives.unknown", lang)


def _number(key: str, assessment: RegisterAssessment) -> str:
    return next((view.document.number for view in assessment.documents if view.document.key == key), key)


def _links(keys: Sequence[str], assessment: RegisterAssessment, lang: str) -> h.Node:
    if not keys:
        return h.span(".quiet")[NO_VALUE]
    return h.fragment[(h.a(".link", href=f"/chi-dao/{key}")[_number(key, assessment)] for key in keys)]


def task_table(view: DocumentView, assessment: RegisterAssessment, lang: str) -> h.Element:
    """The tasks, overdue and due first; an order to several agencies precedes the tasks that carry it out."""
    heads = ("task_table", "task_due", "task_percent", "task_state")
    own = [task for task in view.tasks if task.task.part_of not in {order.task.key for order in view.orders}]
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.task_table", lang),
            h.small[t("directives.task_line", lang)],
            view.document.is_simulated and simulated_badge(lang),
        ],
        h.table(".task-table")[
            h.thead[h.tr[(h.th[t(f"directives.{name}", lang)] for name in heads)]],
            h.tbody[
                (_task(task, assessment, lang) for task in sorted(own, key=task_sort_key)),
                (
                    [
                        _order(order, lang),
                        *(_task(task, assessment, lang) for task in sorted(order.tasks, key=task_sort_key)),
                    ]
                    for order in view.orders
                ),
            ],
        ],
    ]


def task_sort_key(task: TaskView) -> tuple[bool, bool, int, date, str]:
    due = task.status.due or date.max
    return (
        not task.status.is_counted,
        task.status.work_state is WorkState.DONE,
        -task.status.days_overdue,
        due,
        task.task.key,
    )


def _task(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Element:
    classes = [
        "task-part" if task.task.part_of else None,
        "task-withdrawn" if task.status.deadline_state is None else None,
    ]
    return h.tr(class_=classes)[
        h.td[
            h.span(".task-title")[task.task.title.get(lang)],
            h.small[_agencies_line(task, assessment, lang)],
            _assignment_lines(task, assessment, lang),
        ],
        h.td[task_due(task, lang)],
        h.td[task_progress(task, lang)],
        h.td[task_state(task, lang)],
    ]


def _order(order: MultiAgencyOrder, lang: str) -> h.Element:
    rollup, done = order.rollup, sum(task.status.work_state is WorkState.DONE for task in order.tasks)
    line = t("directives.order_line", lang, n=rollup.total, done=done, k=rollup.reported_count)
    return h.tr[
        h.td[h.span(".task-title")[order.task.title.get(lang)], h.small[line]],
        h.td,
        h.td[progress_bar(rollup.percent, rollup.planned_percent, rollup.severity, lang)],
        h.td,
    ]


def _agencies_line(task: TaskView, assessment: RegisterAssessment, lang: str) -> str:
    assignment = task.assignment
    parts = [agency_name(assessment.register, assignment.holder, lang)]
    if assignment.holder != assignment.original_agency:
        parts.append(
            t("directives.assigned_to", lang, agency=agency_name(assessment.register, assignment.original_agency, lang))
        )
    if task.task.coordinating:
        names = ", ".join(agency_name(assessment.register, key, lang) for key in task.task.coordinating)
        parts.append(t("directives.with", lang, agencies=names))
    if task.task.parents:
        parts.append(
            t("directives.carries_out", lang, numbers=", ".join(_number(k, assessment) for k in task.task.parents))
        )
    return " · ".join(parts)


def _assignment_lines(task: TaskView, assessment: RegisterAssessment, lang: str) -> h.Node:
    """The transfers that led to its holder, with their legal basis; or why it has none."""
    lines = [_assignment_line(step, assessment, lang) for step in task.assignment.steps]
    if task.assignment.holder is None:
        lines.append(unassigned_reason(task, assessment, lang))
    return h.fragment[(h.small[line] for line in lines)]


def _assignment_line(step: AssignmentStep, assessment: RegisterAssessment, lang: str) -> str:
    name = agency_name(assessment.register, step.agency, lang)
    return t(
        "directives.transferred", lang, agency=name, day=format_date(step.effective_on), basis=step.basis.get(lang)
    )


def task_due(task: TaskView, lang: str) -> h.Node:
    status = task.status
    if status.due is None:
        return h.span(".quiet")[t("directives.no_deadline", lang)]
    if not status.extensions or status.original_due is None:
        return format_date(status.due)
    moved_text = t("directives.due_moved", lang, n=status.extensions, day=format_date(status.original_due))
    return h.fragment[format_date(status.due), h.small[moved_text]]


def task_progress(task: TaskView, lang: str) -> h.Node:
    if task.status.deadline_state is None:
        return None
    tick = plan_tick(task.status, task.planned_percent)
    return progress_bar(task.status.percent, tick, task.severity, lang, missing=percent_missing(task.status, lang))


def rollup_bar(rollup: Rollup, lang: str) -> h.Fragment:
    """The bar of an order or a document; where not all of its tasks report, of how many it is the mean."""
    return h.fragment[
        progress_bar(rollup.percent, rollup.planned_percent, rollup.severity, lang),
        rollup.is_partial and h.small(".quiet")[reported_part(rollup, lang)],
    ]


def progress_bar(
    percent: float | None, planned: float | None, severity: Severity | None, lang: str, *, missing: str = ""
) -> h.Element:
    """A `plan_bar` with its number."""
    bar = plan_bar(percent, planned, severity, lang, missing=missing)
    if percent is None:
        return h.span(".task-progress")[bar]
    title = (
        t("directives.plan", lang, n=format_number(planned)) if planned is not None else t("directives.no_plan", lang)
    )
    severity_icon = severity_mark(severity) if severity else None
    return h.span(".task-progress", title=title)[bar, h.span[severity_icon, " ", f"{format_number(percent)} %"]]
