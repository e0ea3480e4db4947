"""What waits for release, the list of calls, and the form for a reminder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.labels import agency_name, format_full_datetime, period_name
from components.ui.error_messages import describe
from components.ui.status_badges import badges
from ioc.auth.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import Reminder, SubmissionChannel, SubmissionEvent, SubmissionState
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.submission_layout import PeriodView, error_notice, http_status, obligation_header, submission_page
from ioc.web.views.widgets import button, field, table
from ioc.web.views.widgets import form as posting


@dataclass(frozen=True, slots=True)
class PendingSubmission:
    """Something that waits, and the figures in use, of the period before where it is the first."""

    duty: Obligation
    period: ReportingPeriod
    submission: SubmissionEvent
    values: Mapping[str, float | None]
    values_in_use: Mapping[str, float | None]
    is_correction: bool


def review_page(
    snapshot: Snapshot, pending: Sequence[PendingSubmission], principal: Principal, error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """What waits: the figures sent beside those in use."""
    said = page_context()
    lead = h.p(".form-lead")[said.t("submissions.release_line" if pending else "submissions.release_none")]
    boxes = [_review_box(said, snapshot, one, principal) for one in pending]
    return submission_page("submissions.release", lead, error_notice(said, error), *boxes, status=http_status(error))


def _review_box(
    context: PageContext, snapshot: Snapshot, pending: PendingSubmission, principal: Principal
) -> h.Element:
    action = f"/duyet-so-lieu/{pending.submission.id}"
    keys = ("figure", "value_new", "value_before" if pending.is_correction else "value_last")
    heads = [context.t(f"submissions.{key}") for key in keys]
    rows = [
        [
            cells.cell_label(each, context.lang),
            h.b[cells.cell_value(pending.values, each)],
            cells.cell_value(pending.values_in_use, each),
        ]
        for each in pending.duty.cells
    ]
    mine = pending.submission.actor == principal.name
    return h.section(".box.form-box")[
        obligation_header(context, snapshot, pending.duty),
        h.p[
            h.b[agency_name(snapshot, pending.submission.agency, context.lang)],
            " · ",
            period_name(pending.duty, pending.period, context.lang),
            " · ",
            context.t(
                "submissions.sent_by", who=pending.submission.actor, time=format_full_datetime(pending.submission.at)
            ),
            pending.submission.channel is SubmissionChannel.PHONE
            and badges(context.lang, simulated=False, drill=False, phoned=True),
        ],
        pending.submission.reason
        and h.p(".quiet")[context.t("submissions.why_field"), ": ", pending.submission.reason],
        table(heads, rows, has_actions=False),
        h.p(".quiet")[context.t("submissions.own")]
        if mine
        else [
            posting(
                action,
                _button_row(button(context.t("submissions.release_do"), is_primary=True, name="viec", value="duyet")),
            ),
            posting(
                action,
                field(context.t("submissions.return_field"), "vi-sao", max_length=1000),
                _button_row(button(context.t("submissions.return_do"), is_danger=True, name="viec", value="tra-lai")),
            ),
        ],
    ]


def _button_row(inside: h.Element) -> h.Element:
    return h.div(".form-row")[inside]


def phone_reports_page(snapshot: Snapshot, duties: Sequence[Obligation]) -> Response:
    """The figures that may be told by telephone."""
    said = page_context()
    rows: list[list[h.Node]] = [
        [
            h.b[duty.name.get(said.lang)],
            agency_name(snapshot, duty.agency, said.lang),
            h.a(".tool.tool-main", href=f"/bao-qua-dien-thoai/{duty.key}")[said.t("submissions.open_form")],
        ]
        for duty in sorted(duties, key=lambda one: one.cadence is not ReportingCadence.AD_HOC)
    ]
    heads = [said.t("submissions.duty"), said.t("submissions.agency"), ""]
    body = table(heads, rows) if rows else h.p(".nothing")[said.t("submissions.call_none")]
    return submission_page(
        "submissions.call", h.section(".box.form-box")[h.p(".quiet")[said.t("submissions.call_line")], body]
    )


def reminder_page(view: PeriodView, reminders: Sequence[Reminder], error: SubmissionError | None = None) -> Response:
    """The form for a reminder, with those before it."""
    said, duty = page_context(), view.duty
    parts = {
        "agency": agency_name(view.snapshot, view.agency, said.lang), "duty": duty.name.get(said.lang),
        "period": period_name(duty, view.period, said.lang), "due": format_full_datetime(view.submission_status.due),
    }  # fmt: skip
    mine = [one for one in reminders if (one.obligation, one.period) == (duty.key, view.period.key)]
    late = view.submission_status.state is SubmissionState.OVERDUE
    filling = posting(
        request.path,
        h.label(".field")[h.span[said.t("submissions.urge_why")], h.textarea(name="noi-dung", maxlength="1000")],
        h.div(".form-row")[button(said.t("submissions.urge_do"), is_primary=True)],
    )
    rows = ([format_full_datetime(one.at), one.actor, one.reason] for one in mine)
    heads = [said.t(f"submissions.{one}") for one in ("when", "who", "urge_why")]
    return submission_page(
        "submissions.urge_title",
        error_notice(said, error),
        h.section(".box.form-box")[
            obligation_header(said, view.snapshot, duty),
            h.p(".form-lead")[
                said.t("submissions.urge_line", **parts)
                if late
                else describe(Failure(SubmissionCode.NOT_OVERDUE), said.lang)
            ],
            late and h.p(".quiet")[said.t("submissions.urge_counts", n=_agency_reminder_count(view, reminders))],
            late and filling,
        ],
        bool(mine) and h.section(".box.form-box")[
            h.h2(".box-title")[said.t("submissions.urge_before")], table(heads, rows, has_actions=False)
        ],
        status=http_status(error),
    )  # fmt: skip


def _agency_reminder_count(view: PeriodView, reminders: Sequence[Reminder]) -> int:
    return sum(one.agency == view.agency for one in reminders)
