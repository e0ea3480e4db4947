"""One directive: its counters, what it is, and its tasks: who has them, until when, how far, how they stand."""

from collections.abc import Sequence
from datetime import date

import htpy as h

from components.directives.register import reason
from components.directives.task_widgets import agency_name, plan_bar, state_of
from components.sources.provenance import register_origin
from components.ui.format import NONE, day, number
from components.ui.i18n import catalogue, say
from components.ui.icons import mark
from components.ui.status_badges import badge, severity_mark
from ioc.domain.directives.assignment import Step
from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import Assessment, DocumentView, Order, children, parents
from ioc.domain.directives.rollup import TaskView
from ioc.domain.directives.task_status import Work
from ioc.domain.ingest.parsing import slug
from ioc.domain.kpis.kpi import Severity


def counters(view: DocumentView, lang: str) -> h.Element:
    """Five numbers of one document."""
    one, rollup = view.counts, view.rollup
    last = max((task.status.reported for task in view.tasks if task.status.reported), default=None)
    withdrawn = say("directives.count_withdrawn", lang, n=one.withdrawn) if one.withdrawn else ""
    return h.div(".counters.counters-5")[
        _counter(str(one.total), say("directives.tasks_word", lang), withdrawn),
        _counter(str(one.done), say("directives.count_done", lang, n=one.on_time)),
        _counter(str(one.open), say("directives.count_active", lang, n=one.free)),
        _counter(str(one.overdue), _overdue_words(view, lang), bad=one.overdue > 0),
        _counter(
            day(last)[:5] if last else NONE,
            say("directives.count_reported", lang, k=rollup.reported, n=rollup.total)
            if last
            else say("directives.no_report", lang),
        ),
        register_origin(lang),
    ]


def _overdue_words(view: DocumentView, lang: str) -> str:
    one = view.counts
    if one.overdue_of_due is None:
        return say("directives.of_total_none", lang)
    return say("directives.of_total", lang, a=number(one.overdue_of_all, 1), b=number(one.overdue_of_due, 1))


def _counter(value: str, words: str, small: str = "", *, bad: bool = False) -> h.Element:
    return h.div(class_=["box", "counter", "counter-bad" if bad else None])[
        h.span(".counter-value")[h.b[value]],
        h.span(".counter-words")[bad and mark("critical"), bad and " ", words],
        small and h.span(".counter-small")[small],
    ]


def about(document: Document, found: Assessment, lang: str) -> h.Element:
    """What the document is, and what it stands under and over; what is not known is said."""
    return h.div[
        h.h2(".box-title")[document.number, document.simulated and badge(lang)],
        h.p[document.title.said(lang)],
        bool(document.summary.vi) and h.p(".quiet")[document.summary.said(lang)],
        h.dl(".about-list")[
            _fact("kind", _kind(document.kind, lang), lang),
            _fact("issuer", agency_name(found.register, document.issuer, lang), lang),
            _fact("issued", _day(document.issued, lang), lang),
            _fact("published", _day(document.published, lang), lang),
            _fact("parents", _links(parents(document), found, lang), lang),
            _fact("children", _links([one.key for one in children(found, document.key)], found, lang), lang),
        ],
        not document.simulated and h.p(".about-note")[say("directives.true_note", lang)],
    ]


def _kind(kind: str, lang: str) -> str:
    """A kind of document by its word; one without a word of ours as it is told."""
    key = f"directives.kind_{slug(kind)}"
    return say(key, lang) if key in catalogue() else kind


def _fact(name: str, value: h.Node, lang: str) -> h.Fragment:
    return h.fragment[h.dt[say(f"directives.{name}", lang)], h.dd[value]]


def _day(when: date | None, lang: str) -> str:
    return day(when) if when else say("directives.unknown", lang)


def _number(key: str, found: Assessment) -> str:
    return next((one.document.number for one in found.documents if one.document.key == key), key)


def _links(keys: Sequence[str], found: Assessment, lang: str) -> h.Node:
    if not keys:
        return h.span(".quiet")[NONE]
    return h.fragment[(h.a(".link", href=f"/chi-dao/{key}")[_number(key, found)] for key in keys)]


def task_table(view: DocumentView, found: Assessment, lang: str) -> h.Element:
    """The tasks: overdue and due first; an order stands above the tasks that carry it out."""
    heads = ("task_table", "task_due", "task_percent", "task_state")
    own = [one for one in view.tasks if one.task.part_of not in {order.task.key for order in view.orders}]
    return h.div(".register-box")[
        h.h2(".box-title")[
            say("directives.task_table", lang),
            h.small[say("directives.task_line", lang)],
            view.document.simulated and badge(lang),
        ],
        h.table(".task-table")[
            h.thead[h.tr[(h.th[say(f"directives.{name}", lang)] for name in heads)]],
            h.tbody[
                (_task(one, found, lang) for one in sorted(own, key=_first)),
                ([_order(order, lang), *(_task(one, found, lang) for one in sorted(order.children, key=_first))]
                 for order in view.orders),
            ],
        ],
    ]  # fmt: skip


def _first(one: TaskView) -> tuple[bool, bool, int, date, str]:
    due = one.status.due or date.max
    return one.status.work is Work.WITHDRAWN, one.status.work is Work.DONE, -one.status.days_over, due, one.task.key


def _task(one: TaskView, found: Assessment, lang: str) -> h.Element:
    classes = ["task-part" if one.task.part_of else None, "task-withdrawn" if one.status.time is None else None]
    return h.tr(class_=classes)[
        h.td[
            h.span(".task-title")[one.task.title.said(lang)], h.small[_who(one, found, lang)], _extra(one, found, lang)
        ],
        h.td[_due(one, lang)],
        h.td[_progress(one, lang)],
        h.td[state_of(one, lang)],
    ]


def _order(order: Order, lang: str) -> h.Element:
    rollup, done = order.rollup, sum(one.status.work is Work.DONE for one in order.children)
    line = say("directives.order_line", lang, n=rollup.total, done=done, k=rollup.reported)
    return h.tr[
        h.td[h.span(".task-title")[order.task.title.said(lang)], h.small[line]],
        h.td,
        h.td[_bar(rollup.percent, rollup.planned, rollup.severity, lang)],
        h.td,
    ]


def _who(one: TaskView, found: Assessment, lang: str) -> str:
    held = one.holding
    said = [agency_name(found.register, held.holder, lang)]
    if held.holder != held.original:
        said.append(say("directives.given_to", lang, agency=agency_name(found.register, held.original, lang)))
    if one.task.coordinating:
        names = ", ".join(agency_name(found.register, key, lang) for key in one.task.coordinating)
        said.append(say("directives.with", lang, agencies=names))
    if one.task.parents:
        said.append(say("directives.carries_out", lang, numbers=", ".join(_number(k, found) for k in one.task.parents)))
    return " · ".join(said)


def _extra(one: TaskView, found: Assessment, lang: str) -> h.Node:
    """How it came to its holder, with the legal basis; or why it has none."""
    lines = [_step(step, found, lang) for step in one.holding.steps]
    if one.holding.holder is None:
        lines.append(reason(one, found, lang))
    return h.fragment[(h.small[line] for line in lines)]


def _step(step: Step, found: Assessment, lang: str) -> str:
    name = agency_name(found.register, step.agency, lang)
    return say("directives.moved", lang, agency=name, day=day(step.on), basis=step.basis.said(lang))


def _due(one: TaskView, lang: str) -> h.Node:
    found = one.status
    if found.due is None:
        return h.span(".quiet")[say("directives.no-deadline", lang)]
    if not found.extensions or found.first_due is None:
        return day(found.due)
    moved = say("directives.due_moved", lang, n=found.extensions, day=day(found.first_due))
    return h.fragment[day(found.due), h.small[moved]]


def _progress(one: TaskView, lang: str) -> h.Node:
    if one.status.time is None:
        return None
    tick = None if one.status.work is Work.DONE else one.planned
    return _bar(one.status.percent, tick, one.severity, lang)


def _bar(percent: float | None, planned: float | None, severity: Severity | None, lang: str) -> h.Element:
    drawn = plan_bar(percent, planned, severity, lang)
    if percent is None:
        return h.span(".task-progress")[drawn]
    title = say("directives.plan", lang, n=number(planned)) if planned is not None else say("directives.no_plan", lang)
    seen = severity_mark(severity) if severity else None
    return h.span(".task-progress", title=title)[drawn, h.span[seen, " ", f"{number(percent)} %"]]
