"""Shared parts of directives: the bar with its plan tick, agency names, labels of task states."""

import htpy as h

from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import severity_mark
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Register
from ioc.domain.directives.rollup import Rollup, TaskView
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState
from ioc.domain.kpis.kpi import Severity

_SIGNS = {"done": "✓", "critical": "◆", "attention": "▲", "normal": "●", "none": "◌"}  # of a mark, as a text


def plan_bar(
    percent: float | None, planned: float | None, severity: Severity | None, lang: str, *, missing: str = ""
) -> h.Element:
    """A bar of `percent` (0 to 100) with a tick at `planned`; hatched and empty when `percent` is None.

    `missing`: why it is None, by default that nothing was reported.
    """
    if percent is None:
        label = missing or t("directives.no_report", lang)
        return h.span(".plan-bar.plan-bar-none", role="img", aria_label=label)
    label = f"{format_number(percent)} %" + (
        f", {t('directives.plan', lang, n=format_number(planned))}" if planned else ""
    )
    return h.span(class_=["plan-bar", f"bar-{(severity or Severity.NORMAL).value}"], role="img", aria_label=label)[
        h.i(style=f"width:{percent:.1f}%"), planned is not None and h.b(style=f"left:{min(planned, 99.4):.1f}%")
    ]


def plan_tick(status: TaskStatus, planned: float | None) -> float | None:
    """Where the tick of the bar of a task stands, in per cent: at the plan, as long as the work is not done."""
    return None if status.work_state is WorkState.DONE else planned


def severity_sign(severity: Severity) -> str:
    """The sign of the severity of a bar, as a text; "" for normal."""
    return "" if severity is Severity.NORMAL else _SIGNS[severity.value]


def agency_name(register: Register, key: str | None, lang: str) -> str:
    """The short name of agency `key`; a label for None (no holder)."""
    if key is None:
        return t("directives.no_holder", lang)
    agency = register.agencies.get(key)
    return agency.short_name.get(lang) if agency else key


def holder_name(key: str, agencies: Agencies, lang: str) -> str:
    """The short name of the agency that holds a task, its key where there is none; a label for "" (no holder)."""
    if not key:
        return t("directives.no_holder", lang)
    return agencies[key].short_name.get(lang) if key in agencies else key


def plan_gap_text(rollup: Rollup, lang: str) -> str:
    """How many percentage points a roll-up is behind or ahead of plan."""
    if rollup.gap is None:
        return t("directives.no_plan", lang)
    word = "behind" if rollup.gap > 0 else "ahead"
    return t(f"directives.{word}", lang, n=format_number(abs(rollup.gap), 1))


def reported_part(rollup: Rollup, lang: str) -> str:
    """How many of the tasks of a roll-up reported."""
    return t("directives.k_of_n", lang, k=rollup.reported_count, n=rollup.total)


def task_state(view: TaskView, lang: str) -> h.Element:
    """Mark and label of a task's work and deadline states; the severity of its percent is shown by the bar."""
    name, tone = _state_mark(view.status)
    return h.span(class_=["task-state", f"is-{tone}"])[mark(name), h.span[status_label(view.status, lang)]]


def status_sign(status: TaskStatus) -> tuple[str, str]:
    """The sign and the tone of a status in a cell of a table."""
    name, tone = _state_mark(status)
    return _SIGNS[name], {"done": "on", "none": "off"}.get(tone, tone)


def _state_mark(status: TaskStatus) -> tuple[str, str]:
    work, when = status.work_state, status.deadline_state
    if work is WorkState.DONE:
        return "done", "attention" if when is DeadlineState.DONE_LATE else "done"
    if when is DeadlineState.OVERDUE:
        return "critical", "critical"
    if when is DeadlineState.DUE_SOON:
        return "attention", "attention"
    return ("normal", "normal") if status.is_counted and status.percent is not None else ("none", "none")


def status_label(status: TaskStatus, lang: str) -> str:
    """The words of a status: of the work, and of its due date."""
    if not status.is_counted:
        return t(f"directives.{status.work_state.value}", lang)
    if status.deadline_state is DeadlineState.OVERDUE:
        return t("directives.overdue_days", lang, n=status.days_overdue)
    if status.work_state is WorkState.DONE:
        return _done_label(status, lang)
    if status.work_state is WorkState.AWAITING_ACCEPTANCE:
        return t("directives.waiting_from", lang, day=status.judged_on.strftime("%d/%m/%Y"))
    if status.deadline_state is DeadlineState.DUE_SOON and status.days_left is not None:
        return t("directives.soon_left", lang, n=status.days_left)
    if status.percent is None:
        return percent_missing(status, lang)
    if status.days_left is None:
        return configured_work(status, lang)
    return t("directives.days_left", lang, n=status.days_left)


def configured_work(status: TaskStatus, lang: str) -> str:
    """The state of work of a configured task: of one without progress no receipt is known, reports alone."""
    if status.work_state is WorkState.NOT_STARTED:
        return t("directives.unstarted" if status.percent is not None else "directives.no_report", lang)
    return t(f"directives.{status.work_state.value}", lang)


def percent_missing(status: TaskStatus, lang: str) -> str:
    """Why a task has no percentage: nothing was reported, or a report without one; completion is a report too."""
    is_waiting = status.work_state is WorkState.AWAITING_ACCEPTANCE
    is_reported = status.last_reported or status.is_submitted or is_waiting
    return t("tasks.no_percent" if is_reported else "directives.no_report", lang)


def _done_label(status: TaskStatus, lang: str) -> str:
    if status.deadline_state is DeadlineState.DONE_LATE:
        return t("directives.done_days_late", lang, n=status.days_overdue)
    return t(
        "directives.done_on_time_long"
        if status.deadline_state is DeadlineState.DONE_ON_TIME
        else "directives.done_no_deadline_long",
        lang,
    )


def fallen_mark(percent: float | None, lang: str) -> h.Node:
    """That a report states less progress than the one before, which stated `percent`; nothing for None."""
    if percent is None:
        return None
    text = t("tasks.fallen_from", lang, n=format_number(percent))
    return h.fragment[" · ", severity_mark(Severity.ATTENTION), f" {text}"]
