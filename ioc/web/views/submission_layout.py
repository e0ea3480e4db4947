"""What all the forms for figures have in common: one period of a duty, its head, its course, sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.labels import agency_name, format_full_datetime, period_name, status_mark
from components.ui.error_messages import describe
from components.ui.format import NO_VALUE
from components.ui.i18n import catalogue
from components.ui.icons import mark
from components.ui.status_badges import badges
from ioc.auth.permissions import Action, is_allowed
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import format_city_number
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEvent, SubmissionEventType, SubmissionStatus
from ioc.web.errors.denials import DENIAL_REASONS, mark_denied
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.widgets import table

SUBMISSION_PAGES = (
    (Action.SUBMIT, "/nhap-so-lieu", "submissions.desk"),
    (Action.APPROVE_SUBMISSION, "/duyet-so-lieu", "submissions.release"),
    (Action.ENTER_PHONE_REPORT, "/bao-qua-dien-thoai", "submissions.call"),
)
# What was mistyped or left out: 422. What the state of the period forbids: 409.
_HTTP_STATUS: Mapping[str, int] = {
    SubmissionCode.UNKNOWN_OBLIGATION: 404,
    SubmissionCode.UNKNOWN_PERIOD: 404,
    SubmissionCode.NO_RESPONSIBLE_AGENCY: 404,
    SubmissionCode.CORRECTION_REASON_MISSING: 422,
    SubmissionCode.REJECTION_REASON_MISSING: 422,
    SubmissionCode.UNCHANGED: 422,
    SubmissionCode.NO_FIGURES: 422,
    SubmissionCode.CALL_TIME_OUT_OF_RANGE: 422,
    SubmissionCode.FILE_MISSING: 422,
    SubmissionCode.FILE_UNREADABLE: 422,
    SubmissionCode.FILE_TYPE: 415,
    SubmissionCode.FILE_CONTENT: 415,
    SubmissionCode.FILE_MACROS: 415,
    SubmissionCode.FILE_TOO_LARGE: 413,
    SubmissionCode.QUEUE_FULL: 503,
}
_TABS = (*SUBMISSION_PAGES, (Action.VIEW, "/cham-so-lieu", "submissions.page"))


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One period of a duty. `values`: of each submission of its course."""

    snapshot: Snapshot
    duty: Obligation
    period: ReportingPeriod
    agency: str | None
    submission_status: SubmissionStatus
    history: Sequence[SubmissionEvent]
    values: Mapping[int, Mapping[str, float | None]]


def submission_page(title: str, *body: h.Node, status: int = 200) -> Response:
    """A page with ways to the other forms that the visitor may use, and what the form before it has done."""
    said = page_context()
    here = request.path
    tabs = (
        h.a(".chip", href=path, aria_current="true" if here.startswith(path) else None)[said.t(key)]
        for action, path, key in _TABS
        if is_allowed(said.principal, action)
    )
    desk = next((action.value for action, path, _ in SUBMISSION_PAGES if here.startswith(path)), "sources")
    return render_page(said.t(title), h.nav(".chips")[tabs], _done_notice(said), *body, status=status, nav_key=desk)


def _done_notice(context: PageContext) -> h.Element | None:
    key = f"submissions.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t(key)]]


def error_notice(context: PageContext, error: SubmissionError | None) -> h.Element | None:
    """Why it was refused; a refusal is also marked for the audit log."""
    if error is None:
        return None
    code = error.failure.code
    # An unreadable file may have been made to do harm.
    if http_status(error) in DENIAL_REASONS or code == SubmissionCode.FILE_UNREADABLE:
        mark_denied(code.removeprefix("submissions."))
    text = describe(error.failure, context.lang)
    return h.div(".said.said-wrong", role="alert")[mark("attention"), h.p[text]]


def http_status(error: SubmissionError | None) -> int:
    """The status of a form that comes back with `error`, and of a page that shows nothing else."""
    return 200 if error is None else _HTTP_STATUS.get(error.failure.code, 409)


def error_page(error: SubmissionError) -> Response:
    """What cannot be done, by itself on a page."""
    return submission_page("submissions.desk", error_notice(page_context(), error), status=http_status(error))


def obligation_header(context: PageContext, snapshot: Snapshot, duty: Obligation) -> h.Element:
    """What the figures are called, and by which act they are owed."""
    drill = any(one.source.is_drill for one in snapshot.sources if one.source.key == duty.key)
    return h.div(".box-head")[
        h.h2(".box-title")[duty.name.get(context.lang), badges(context.lang, simulated=duty.is_simulated, drill=drill)],
        duty.basis.vi and h.small(".quiet")[duty.basis.get(context.lang)],
    ]


def period_header(context: PageContext, view: PeriodView) -> h.Element:
    """Whose, for when, by when, how it stands; and why it came back."""
    duty, how = view.duty, view.submission_status
    if duty.cadence is ReportingCadence.AD_HOC:
        return h.section(".box.form-box")[obligation_header(context, view.snapshot, duty)]
    facts = (
        ("agency", agency_name(view.snapshot, view.agency, context.lang)),
        ("period", period_name(duty, view.period, context.lang)),
        ("due", format_full_datetime(how.due)),
        ("status", status_mark(how.state, context.lang)),
    )
    verdict = how.decision
    return h.section(".box.form-box")[
        obligation_header(context, view.snapshot, duty),
        h.dl(".facts")[((h.dt[context.t(f"submissions.{key}")], h.dd[value]) for key, value in facts)],
        verdict is not None
        and verdict.event_type is SubmissionEventType.REJECTED
        and _rejection_notice(context, verdict),
    ]


def _rejection_notice(context: PageContext, verdict: SubmissionEvent) -> h.Element:
    return h.div(".said.said-wrong")[
        mark("attention"),
        h.p[
            context.t("submissions.status_returned"),
            ": ",
            verdict.reason,
            " ",
            h.small(".quiet")[format_full_datetime(verdict.at)],
        ],
    ]


def history_box(context: PageContext, view: PeriodView) -> h.Element:
    """Everything that was done about the period."""
    heads = [context.t(f"submissions.{one}") for one in ("when", "who", "what", "values", "why")]
    rows = (
        [
            format_full_datetime(act.at),
            act.actor,
            _event_label(context, act),
            _event_values(context, view, act),
            act.reason,
        ]
        for act in view.history
    )
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("submissions.course")],
        table(heads, rows, has_actions=False)
        if view.history
        else h.p(".nothing")[context.t("submissions.course_none")],
    ]


def _event_label(context: PageContext, event: SubmissionEvent) -> str:
    if event.event_type is SubmissionEventType.SUBMITTED and event.channel is SubmissionChannel.PHONE:
        return context.t("submissions.did_phone")
    return context.t(
        "submissions.did_corrected"
        if event.event_type is SubmissionEventType.SUBMITTED and event.refers_to
        else f"submissions.did_{event.event_type.value}"
    )


def _event_values(context: PageContext, view: PeriodView, event: SubmissionEvent) -> str:
    given = view.values.get(event.id, {})
    return " · ".join(
        f"{cells.cell_label(one, context.lang)}: {_format_value(given[one.series.key])}"
        for one in view.duty.cells
        if one.series.key in given
    )


def _format_value(value: float | None) -> str:
    return NO_VALUE if value is None else format_city_number(value)
