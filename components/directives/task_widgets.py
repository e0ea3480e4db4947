"""Small parts that every drawing of directives shares: a bar with its plan tick, names, words of a state."""

import htpy as h

from components.ui.format import number
from components.ui.i18n import say
from components.ui.icons import mark
from ioc.domain.directives.directive import Register
from ioc.domain.directives.rollup import Rollup, TaskView
from ioc.domain.directives.task_status import Time, Work
from ioc.domain.kpis.kpi import Severity


def plan_bar(percent: float | None, planned: float | None, severity: Severity | None, lang: str) -> h.Element:
    """A bar of `percent` with a tick at `planned`; hatched and empty when it cannot be judged."""
    if percent is None:
        return h.span(".plan-bar.plan-bar-none", role="img", aria_label=say("directives.not_judged", lang))
    said = f"{number(percent)} %" + (f", {say('directives.plan', lang, n=number(planned))}" if planned else "")
    return h.span(class_=["plan-bar", f"bar-{(severity or Severity.NORMAL).value}"], role="img", aria_label=said)[
        h.i(style=f"width:{percent:.1f}%"), planned is not None and h.b(style=f"left:{min(planned, 99.4):.1f}%")
    ]


def agency_name(register: Register, key: str | None, lang: str) -> str:
    """The short name of agency `key`; in words when nobody holds it."""
    if key is None:
        return say("directives.no_holder", lang)
    found = register.agencies.get(key)
    return found.short.said(lang) if found else key


def gap_text(rollup: Rollup, lang: str) -> str:
    """How far from plan a roll-up is, in words."""
    if rollup.gap is None:
        return say("directives.no_plan", lang)
    word = "behind" if rollup.gap > 0 else "ahead"
    return say(f"directives.{word}", lang, n=number(abs(rollup.gap), 1))


def state_of(view: TaskView, lang: str) -> h.Element:
    """Mark and word of a task's two axes; a reported percent's own state is told by its bar."""
    name, tone = _state_mark(view)
    return h.span(class_=["duty-state", f"is-{tone}"])[mark(name), h.span[_state_word(view, lang)]]


def _state_mark(view: TaskView) -> tuple[str, str]:
    work, when = view.status.work, view.status.time
    if work is Work.DONE:
        return "done", "done"
    if when is Time.OVERDUE:
        return "critical", "critical"
    if when is Time.SOON:
        return "attention", "attention"
    return ("none", "none") if work is Work.WITHDRAWN or view.status.percent is None else ("normal", "normal")


def _state_word(view: TaskView, lang: str) -> str:
    found = view.status
    if found.work is Work.WITHDRAWN:
        return say("directives.withdrawn", lang)
    if found.time is Time.OVERDUE:
        return say("directives.overdue_days", lang, n=found.days_over)
    if found.work is Work.DONE:
        return _done_word(view, lang)
    if found.work is Work.WAITING:
        return say("directives.waiting_from", lang, day=found.judged.strftime("%d/%m/%Y"))
    if found.time is Time.SOON:
        return say("directives.soon_left", lang, n=found.days_left)
    if found.percent is None:
        return say("directives.no_report", lang)
    if found.time is Time.NO_DEADLINE:
        return say(f"directives.{found.work.value}", lang)
    return say("directives.days_left", lang, n=found.days_left)


def _done_word(view: TaskView, lang: str) -> str:
    if view.status.time is Time.LATE:
        return say("directives.done_late", lang, n=view.status.days_over)
    return say("directives.done_on_time" if view.status.time is Time.ON_TIME else "directives.done_free_long", lang)
