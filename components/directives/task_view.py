"""One task that people work in: its facts, what is open in it, its parts, and all that happened to it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlencode

import htpy as h

from components.directives.act_presets import KnownTaskView
from components.directives.task_widgets import fallen_mark, holder_name, plan_bar, plan_tick
from components.districts.unit_card import unit_name
from components.ui.format import format_date, format_moment, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import severity_mark, simulated_badge
from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import Act, ActFields, ItemKind
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.evidence import DraftEvidence, StoredEvidence
from ioc.domain.directives.rollup import TaskProgress
from ioc.domain.directives.task_fold import fallen_from
from ioc.domain.directives.task_state import OpenItem, TaskState
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import Severity

TASK_PARAMETER = "nhiem-vu"  # of the address of the form that corrects
_REPORTS = (Act.REPORT, Act.SUBMIT_COMPLETION)
_SIGNS = {
    DeadlineState.OVERDUE: "critical", DeadlineState.DUE_SOON: "attention", DeadlineState.DONE_ON_TIME: "done",
    DeadlineState.DONE_LATE: "late",
}  # fmt: skip


class PartView(Protocol):
    """What is shown of a part of an order."""

    @property
    def key(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def holder(self) -> str: ...
    @property
    def status(self) -> TaskStatus: ...


class ReturnView(Protocol):
    """What is shown of the return of a draft: the position that returned it, and its remark."""

    @property
    def position(self) -> str: ...
    @property
    def text(self) -> str: ...


class AgencyDraftView(Protocol):
    """What is shown of a draft within an agency."""

    @property
    def act(self) -> Act: ...
    @property
    def at(self) -> datetime: ...
    @property
    def position(self) -> str: ...
    @property
    def stated(self) -> ActFields: ...
    @property
    def files(self) -> Sequence[DraftEvidence]: ...
    @property
    def returned(self) -> ReturnView | None: ...


class TaskDetailView(KnownTaskView, Protocol):
    """What is shown of a task."""

    @property
    def document(self) -> Document: ...
    @property
    def holder(self) -> str: ...
    @property
    def parts(self) -> Sequence[PartView]: ...
    @property
    def titles(self) -> Mapping[str, str]: ...
    @property
    def evidence(self) -> Mapping[int, Sequence[StoredEvidence]]: ...
    @property
    def unit(self) -> AdminUnit | None: ...
    @property
    def drafts(self) -> Sequence[AgencyDraftView]: ...
    @property
    def ended_drafts(self) -> Sequence[AgencyDraftView]: ...


def document_path(key: str) -> str:
    """The address of the page of a document that is followed in the program."""
    return f"/van-ban/{quote(key)}"


def task_path(key: str) -> str:
    """The address of the task "document/task"."""
    return f"/nhiem-vu/{quote(key)}"


def correction_path(document: str, task: str = "") -> str:
    """The address of the form that corrects a document, or one of its tasks."""
    query = f"?{urlencode({TASK_PARAMETER: task})}" if task else ""
    return f"/dinh-chinh/{quote(document)}{query}"


def agency_name(agencies: Agencies, key: str, lang: str) -> str:
    """The short name of an agency; its key where there is none."""
    return agencies[key].short_name.get(lang) if key in agencies else key


def addressee(key: str, agencies: Agencies, titles: Mapping[str, str], lang: str) -> str:
    """Whom an item goes to: an agency, a position, or a kind of positions."""
    if key in agencies:
        return agency_name(agencies, key, lang)
    word = t(f"tasks.kind_{key}", lang) if key in ("chairman", "vice_chairman") else key
    return titles.get(key) or word


def status_label(status: TaskStatus, lang: str) -> h.Element:
    """Mark and words of work state and deadline state; never by colour alone."""
    sign = _SIGNS.get(status.deadline_state or DeadlineState.NO_DEADLINE)
    if sign is None:
        sign = "normal" if status.is_open and status.work_state is not WorkState.NOT_STARTED else "none"
    shape, tone = ("done", "attention") if sign == "late" else (sign, sign)
    return h.span(class_=["task-state", f"is-{tone}"])[mark(shape), h.span[status_text(status, lang)]]


def status_text(status: TaskStatus, lang: str) -> str:
    """The words of a task's states."""
    words = [t(f"directives.{status.work_state.value}", lang)]
    match status.deadline_state:
        case DeadlineState.OVERDUE:
            words.append(t("directives.overdue_days", lang, n=status.days_overdue))
        case DeadlineState.DUE_SOON if status.days_left is not None:
            words.append(t("directives.soon_left", lang, n=status.days_left))
        case DeadlineState.ON_TRACK if status.days_left is not None:
            words.append(t("directives.days_left", lang, n=status.days_left))
        case DeadlineState.DONE_ON_TIME | DeadlineState.DONE_LATE as state:
            words.append(t(f"directives.{state.value}", lang))
    return " · ".join(words)


def task_head(detail: TaskDetailView, lang: str) -> str:
    """The markup of number, title and badges."""
    task, document = detail.task, detail.document
    number = t("tasks.number_line", lang, number=document.number or document.key, task=task.key.removeprefix("nv-"))
    is_starred = detail.state is not None and detail.state.is_starred
    return str(
        h.div(".task-head")[
            h.p(".quiet")[
                number,
                document.is_simulated and [" ", simulated_badge(lang)],
                is_starred and h.span(".task-star")[" ★ ", t("tasks.starred", lang)],
            ],
            h.h2(".task-title")[task.title.get(lang)],
        ]
    )


def task_facts(
    detail: TaskDetailView, status: TaskStatus | None, progress: TaskProgress | None, agencies: Agencies, lang: str, *,
    may_correct: bool = False, given: h.Node = None,
) -> str:  # fmt: skip
    """The markup of facts that `may_correct`, what is open, parts, and `given`; no `status`: not assigned yet."""
    is_own = may_correct and not detail.document.master and detail.document.is_issued
    facts = [(t(f"tasks.{key}", lang), value) for key, value in _facts(detail, status, agencies, lang) if value]
    return str(
        h.div(".form-stack")[
            h.dl(".facts")[(h.fragment[h.dt[name], h.dd[value]] for name, value in facts)],
            is_own and _correction_link(detail, lang),
            _progress_bar(detail, status, progress, lang),
            _open_items(detail, agencies, lang),
            _parts(detail, agencies, lang),
            given,
        ]
    )


def _correction_link(detail: TaskDetailView, lang: str) -> h.Element:
    href = correction_path(detail.document.key, detail.task.key)
    return h.p[h.a(".cell-link", href=href)[t("correction.page", lang)]]


def _facts(
    detail: TaskDetailView, status: TaskStatus | None, agencies: Agencies, lang: str
) -> Iterator[tuple[str, h.Node]]:
    task, state = detail.task, detail.state
    holder = detail.holder if state else task.lead
    lead = holder_name(holder, agencies, lang)
    yield "lead", t("documents.parts", lang, n=len(detail.parts)) if detail.parts else lead
    yield "assigned", agency_name(agencies, task.lead, lang) if task.lead != holder else ""
    yield "coordinating", ", ".join(agency_name(agencies, key, lang) for key in detail.document.coordinating(task))
    yield "product", task.product.get(lang)
    yield "note", task.note.get(lang)
    yield "place", unit_name(detail.unit) if detail.unit else task.place
    yield "horizon", t(f"documents.horizon_{task.horizon}", lang) if task.horizon else ""
    yield "document", _document_link(detail.document, lang)
    if task.part_of:
        yield "order", _order_link(detail.document, task.part_of, lang)
    if status is None or state is None:
        yield "state", t("tasks.unassigned", lang)
        return
    yield "due", _due(task, status, state, lang)
    yield "state", h.fragment[status_label(status, lang), _received(state, lang)]
    yield "unit", " · ".join(filter(None, (state.unit, format_date(state.internal_due) if state.internal_due else "")))


def _document_link(document: Document, lang: str) -> h.Node:
    number = document.number or t("instruction.draft", lang)
    return h.fragment[h.a(".link", href=document_path(document.key))[number], " ", document.title.get(lang)]


def _order_link(document: Document, key: str, lang: str) -> h.Element:
    order = next((each for each in document.tasks if each.key == key), None)
    title = order.title.get(lang) if order else key
    return h.a(".link", href=task_path(f"{document.key}/{key}"))[title]


def _due(task: Task, status: TaskStatus, state: TaskState, lang: str) -> str:
    if status.due is None:
        return task.due_words or t("tasks.no_due", lang)
    text = format_date(status.due)
    if task.is_due_inferred and task.due == status.due:
        text = t("documents.due_inferred", lang, day=text, words=task.due_words)
    if status.original_due and status.original_due != status.due:
        text = t("tasks.first_due", lang, due=text, first=format_date(status.original_due))
    return " · ".join([text, *([t("tasks.extended", lang, n=state.extensions)] if state.extensions else [])])


def _received(state: TaskState, lang: str) -> h.Node:
    words = []
    if state.received_at and state.received_after is not None:
        days = (city_date(state.received_at) - city_date(state.received_at - state.received_after)).days
        words.append(t("tasks.received_after", lang, n=days) if days else t("tasks.received_same_day", lang))
    if state.paused_until:
        words.append(t("tasks.paused_until", lang, day=format_date(state.paused_until)))
    return words and h.span(".quiet")[" · ", " · ".join(words)]


def _progress_bar(
    detail: TaskDetailView, status: TaskStatus | None, progress: TaskProgress | None, lang: str
) -> h.Node:
    reports = [event for event in detail.history if event.act in _REPORTS]
    if status is None or progress is None or status.percent is None:
        return h.p(".quiet")[t("tasks.no_percent" if reports else "directives.no_report", lang)]
    stated = [each for each in reports if each.stated.percent is not None]
    fallen = fallen_from(stated[-1], stated) if stated and status.is_open else None
    plan, severity = plan_tick(status, progress.planned_percent), progress.severity or Severity.NORMAL
    planned = plan is not None and [" · ", t("directives.plan", lang, n=format_number(plan))]
    percent = h.b[f"{format_number(status.percent)} %"]
    return h.div(".task-progress")[
        plan_bar(status.percent, plan, severity, lang),
        h.span[severity_mark(severity), " ", percent, fallen_mark(fallen, lang), h.span(".quiet")[planned]],
    ]


def _open_items(detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Node:
    items = detail.state.items if detail.state else ()
    if not items:
        return None
    return h.section[
        h.h3(".box-title")[t("tasks.waits", lang)],
        h.ul(".plain-list")[(h.li[_item_line(item, agencies, detail.titles, lang)] for item in items)],
    ]


def _item_line(item: OpenItem, agencies: Agencies, titles: Mapping[str, str], lang: str) -> str:
    asked = t(f"tasks.item_{item.kind.value}", lang)
    if item.due:
        asked = t("tasks.item_until", lang, item=asked, day=format_date(item.due))
    parts = {"item": asked, "day": format_moment(item.since)}
    if not item.agency or item.kind is ItemKind.EXPLANATION_ANSWER:
        return t("tasks.waits_line", lang, **parts)
    return t("tasks.waits_for", lang, **parts, who=addressee(item.agency, agencies, titles, lang))


def _parts(detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Node:
    if not detail.parts:
        return None
    return h.section[
        h.h3(".box-title")[t("tasks.parts", lang), h.small[str(len(detail.parts))]],
        h.ul(".plain-list")[(h.li[_part(part, agencies, lang)] for part in detail.parts)],
    ]


def _part(part: PartView, agencies: Agencies, lang: str) -> h.Fragment:
    holder, lead = holder_name(part.holder, agencies, lang), agency_name(agencies, part.task.lead, lang)
    name = holder if part.holder == part.task.lead else t("register.assigned_to", lang, holder=holder, agency=lead)
    return h.fragment[h.a(".link", href=task_path(part.key))[name], " · ", status_label(part.status, lang)]
