"""What the submission pages have in common: layout, one period of an obligation, its history, errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.labels import agency_name, format_full_datetime, period_name, status_mark
from components.ui.format import NO_VALUE
from components.ui.i18n import catalogue
from components.ui.icons import mark
from components.ui.status_badges import badges
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionError
from ioc.domain.submissions.form_workbook import format_city_number
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEvent, SubmissionEventType, SubmissionStatus
from ioc.web.views import submission_fields as cells
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.widgets import table

SUBMISSION_PAGES = (
    (Action.SUBMIT, "/nhap-so-lieu", "submissions.desk"),
    (Action.APPROVE_SUBMISSION, "/duyet-so-lieu", "submissions.release"),
    (Action.ENTER_PHONE_REPORT, "/bao-qua-dien-thoai", "submissions.call"),
)
_TABS = (*SUBMISSION_PAGES, (Action.VIEW, "/cham-so-lieu", "submissions.page"))


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One period of an obligation. `history`: its events; `values`: the figures of each submission, by event id."""

    snapshot: Snapshot
    obligation: Obligation
    period: ReportingPeriod
    agency: str | None
    submission_status: SubmissionStatus
    history: Sequence[SubmissionEvent]
    values: Mapping[int, Mapping[str, float | None]]


def submission_page(title: str, *body: h.Node, status: int = 200) -> Response:
    """A page with tabs of the submission pages that the principal may open, and a notice of what was just done."""
    context, current_path = page_context(), request.path
    tabs = (
        h.a(".chip", href=path, aria_current="true" if current_path.startswith(path) else None)[context.t(key)]
        for action, path, key in _TABS
        if is_allowed(context.principal, action)
    )
    nav_key = next((action.value for action, path, _ in SUBMISSION_PAGES if current_path.startswith(path)), "sources")
    return render_page(
        context.t(title), h.nav(".chips")[tabs], _done_notice(context), *body, status=status, nav_key=nav_key
    )


def _done_notice(context: PageContext) -> h.Element | None:
    key = f"submissions.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t(key)]]


def error_page(error: SubmissionError) -> Response:
    """A page that holds nothing but the error."""
    return submission_page("submissions.desk", error_notice(page_context(), error), status=http_status(error))


def obligation_header(context: PageContext, snapshot: Snapshot, obligation: Obligation) -> h.Element:
    """Name, badges and legal basis of an obligation."""
    is_drill = any(view.source.is_drill for view in snapshot.sources if view.source.key == obligation.key)
    return h.div(".box-head")[
        h.h2(".box-title")[
            obligation.name.get(context.lang), badges(context.lang, simulated=obligation.is_simulated, drill=is_drill)
        ],
        obligation.basis.vi and h.small(".quiet")[obligation.basis.get(context.lang)],
    ]


def period_header(context: PageContext, view: PeriodView) -> h.Element:
    """Agency, period, due time and status of a period; and why a submission was rejected."""
    obligation, status = view.obligation, view.submission_status
    if obligation.cadence is ReportingCadence.AD_HOC:
        return h.section(".box.form-box")[obligation_header(context, view.snapshot, obligation)]
    facts = (
        ("agency", agency_name(view.snapshot, view.agency, context.lang)),
        ("period", period_name(obligation, view.period, context.lang)),
        ("due", format_full_datetime(status.due)),
        ("status", status_mark(status.state, context.lang)),
    )
    decision = status.decision
    return h.section(".box.form-box")[
        obligation_header(context, view.snapshot, obligation),
        h.dl(".facts")[((h.dt[context.t(f"submissions.{key}")], h.dd[value]) for key, value in facts)],
        decision is not None
        and decision.event_type is SubmissionEventType.REJECTED
        and _rejection_notice(context, decision),
    ]


def _rejection_notice(context: PageContext, decision: SubmissionEvent) -> h.Element:
    return h.div(".said.said-wrong")[
        mark("attention"),
        h.p[
            context.t("submissions.status_returned"),
            ": ",
            decision.reason,
            " ",
            h.small(".quiet")[format_full_datetime(decision.at)],
        ],
    ]


def history_box(context: PageContext, view: PeriodView) -> h.Element:
    """The history of the period: every event."""
    heads = [context.t(f"submissions.{head}") for head in ("when", "who", "what", "values", "why")]
    rows = (
        [
            format_full_datetime(event.at),
            event.actor,
            _event_label(context, event),
            _event_values(context, view, event),
            event.reason,
        ]
        for event in view.history
    )
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("submissions.course")],
        table(heads, rows, has_actions=False)
        if view.history
        else h.p(".nothing")[context.t("submissions.course_none")],
    ]


def _event_label(context: PageContext, event: SubmissionEvent) -> str:
    if event.event_type is SubmissionEventType.SUBMITTED:
        if event.channel is SubmissionChannel.PHONE:
            return context.t("submissions.did_phone")
        if event.refers_to:
            return context.t("submissions.did_corrected")
    return context.t(f"submissions.did_{event.event_type.value}")


def _event_values(context: PageContext, view: PeriodView, event: SubmissionEvent) -> str:
    values = view.values.get(event.id, {})
    return " · ".join(
        f"{cells.cell_label(cell, context.lang)}: {_format_value(values[cell.series.key])}"
        for cell in view.obligation.cells
        if cell.series.key in values
    )


def _format_value(value: float | None) -> str:
    return NO_VALUE if value is None else format_city_number(value)
