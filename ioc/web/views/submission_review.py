"""Pages for approval, the list of figures by telephone, and the form for a reminder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.labels import agency_name, format_full_datetime, period_name
from components.ui.error_messages import describe
from components.ui.status_badges import badges
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import Reminder, SubmissionChannel, SubmissionEvent, SubmissionState
from ioc.submissions.service import entry_target
from ioc.web.views import submission_fields as cells
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.submission_layout import PeriodView, obligation_header, submission_page
from ioc.web.views.widgets import button, field, form, table


@dataclass(frozen=True, slots=True)
class PendingSubmission:
    """A submission that waits for approval. `values_in_use`: of its period, or of the one before for a first one."""

    obligation: Obligation
    period: ReportingPeriod
    submission: SubmissionEvent
    values: Mapping[str, float | None]
    values_in_use: Mapping[str, float | None]
    is_correction: bool


def review_page(
    snapshot: Snapshot, pending: Sequence[PendingSubmission], principal: Principal, error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """Submissions that wait for approval: their figures beside those in use."""
    context = page_context()
    lead = h.p(".form-lead")[context.t("submissions.release_line" if pending else "submissions.release_none")]
    boxes = [_review_box(context, snapshot, item, principal) for item in pending]
    return submission_page("submissions.release", lead, error_notice(context, error), *boxes, status=http_status(error))


def _review_box(
    context: PageContext, snapshot: Snapshot, pending: PendingSubmission, principal: Principal
) -> h.Element:
    action = f"/duyet-so-lieu/{pending.submission.id}"
    keys = ("figure", "value_new", "value_before" if pending.is_correction else "value_last")
    heads = [context.t(f"submissions.{key}") for key in keys]
    rows = [
        [
            cells.cell_label(cell, context.lang),
            h.b[cells.cell_value(pending.values, cell)],
            cells.cell_value(pending.values_in_use, cell),
        ]
        for cell in pending.obligation.cells
    ]
    may_decide = is_allowed(principal, Action.APPROVE_SUBMISSION, entry_target(pending.submission))
    return h.section(".box.form-box")[
        obligation_header(context, snapshot, pending.obligation),
        h.p[
            h.b[agency_name(snapshot, pending.submission.agency, context.lang)],
            " · ",
            period_name(pending.obligation, pending.period, context.lang),
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
        [
            form(
                action,
                _button_row(button(context.t("submissions.release_do"), is_primary=True, name="viec", value="duyet")),
            ),
            form(
                action,
                field(context.t("submissions.return_field"), "vi-sao", max_length=1000),
                _button_row(button(context.t("submissions.return_do"), is_danger=True, name="viec", value="tra-lai")),
            ),
        ]
        if may_decide
        else h.p(".quiet")[context.t("submissions.own")],
    ]


def _button_row(submit: h.Element) -> h.Element:
    return h.div(".form-row")[submit]


def phone_reports_page(snapshot: Snapshot, obligations: Sequence[Obligation]) -> Response:
    """The obligations whose figures may be reported by telephone."""
    context = page_context()
    rows: list[list[h.Node]] = [
        [
            h.b[obligation.name.get(context.lang)],
            agency_name(snapshot, obligation.agency, context.lang),
            h.a(".tool.tool-main", href=f"/bao-qua-dien-thoai/{obligation.key}")[context.t("submissions.open_form")],
        ]
        for obligation in sorted(obligations, key=lambda obligation: obligation.cadence is not ReportingCadence.AD_HOC)
    ]
    heads = [context.t("submissions.obligation"), context.t("submissions.agency"), ""]
    body = table(heads, rows) if rows else h.p(".nothing")[context.t("submissions.call_none")]
    return submission_page(
        "submissions.call", h.section(".box.form-box")[h.p(".quiet")[context.t("submissions.call_line")], body]
    )


def reminder_page(view: PeriodView, reminders: Sequence[Reminder], error: SubmissionError | None = None) -> Response:
    """The form for a reminder, with the earlier ones."""
    context, obligation = page_context(), view.obligation
    parts = {
        "agency": agency_name(view.snapshot, view.agency, context.lang),
        "obligation": obligation.name.get(context.lang),
        "period": period_name(obligation, view.period, context.lang),
        "due": format_full_datetime(view.submission_status.due),
    }
    sent = [item for item in reminders if (item.obligation, item.period) == (obligation.key, view.period.key)]
    is_overdue = view.submission_status.state is SubmissionState.OVERDUE
    reminder_form = form(
        request.path,
        h.label(".field")[h.span[context.t("submissions.urge_why")], h.textarea(name="noi-dung", maxlength="1000")],
        h.div(".form-row")[button(context.t("submissions.urge_do"), is_primary=True)],
    )
    reminder_count = sum(item.agency == view.agency for item in reminders)
    rows = ([format_full_datetime(item.at), item.actor, item.reason] for item in sent)
    heads = [context.t(f"submissions.{head}") for head in ("when", "who", "urge_why")]
    return submission_page(
        "submissions.urge_title",
        error_notice(context, error),
        h.section(".box.form-box")[
            obligation_header(context, view.snapshot, obligation),
            h.p(".form-lead")[
                context.t("submissions.urge_line", **parts)
                if is_overdue else describe(Failure(SubmissionCode.NOT_OVERDUE), context.lang)
            ],
            is_overdue and h.p(".quiet")[context.t("submissions.urge_counts", n=reminder_count)],
            is_overdue and reminder_form,
        ],
        bool(sent) and h.section(".box.form-box")[
            h.h2(".box-title")[context.t("submissions.urge_before")], table(heads, rows, has_actions=False)
        ],
        status=http_status(error),
    )  # fmt: skip
