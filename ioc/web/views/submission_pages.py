"""The reporter's desk, the form of one period, and the form for a call."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import htpy as h
from flask import Response

from components.submissions.labels import agency_name, format_full_datetime, period_name, status_mark
from components.ui.error_messages import describe
from components.ui.icons import mark
from ioc.auth.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import FormFault
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionState, SubmissionStatus, obligation_periods
from ioc.web.middleware.csrf import FIELD, token
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.submission_layout import (
    PeriodView,
    error_notice,
    history_box,
    http_status,
    obligation_header,
    period_header,
    submission_page,
)
from ioc.web.views.widgets import button, field, table
from ioc.web.views.widgets import form as posting

_OPEN_STATUSES = (SubmissionState.OVERDUE, SubmissionState.REJECTED, SubmissionState.DUE_SOON, SubmissionState.NOT_DUE)
_AWAITING_APPROVAL = Failure(SubmissionCode.ALREADY_AWAITING_APPROVAL)
_RECENT_PERIODS = 3  # periods of each duty that the desk shows even when nothing is to be done


def obligations_page(snapshot: Snapshot, obligations: Sequence[Obligation], principal: Principal) -> Response:
    """What the visitor's agency owes: what is to be done first, then what was sent lately."""
    said = page_context()
    if not obligations:
        key = "submissions.desk_none" if principal.agency else "submissions.desk_no_agency"
        return submission_page("submissions.desk", h.section(".box.form-box")[h.p(".form-lead")[said.t(key)]])
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    boxes = []
    for duty in obligations:
        periods = [one for one in every if one.obligation.key == duty.key]
        shown = [one for one in periods[:-_RECENT_PERIODS] if one.status.state in _OPEN_STATUSES] + periods[
            -_RECENT_PERIODS:
        ]
        rows = [_period_row(said, duty, one.period, one.status) for one in reversed(shown)]
        heads = [said.t(f"submissions.{one}") for one in ("period", "due", "status")]
        boxes.append(h.section(".box.form-box")[obligation_header(said, snapshot, duty), table([*heads, ""], rows)])
    lead = said.t("submissions.desk_line", agency=agency_name(snapshot, principal.agency, said.lang))
    return submission_page("submissions.desk", h.p(".form-lead")[lead], *boxes)


def _period_row(
    context: PageContext, duty: Obligation, period: ReportingPeriod, submission_status: SubmissionStatus
) -> list[h.Node]:
    word = (
        "see_form"
        if submission_status.latest and submission_status.state is not SubmissionState.REJECTED
        else "open_form"
    )
    main = submission_status.state in _OPEN_STATUSES
    return [
        h.b[period_name(duty, period, context.lang)],
        format_full_datetime(submission_status.due),
        status_mark(submission_status.state, context.lang),
        h.a(class_=["tool", "tool-main" if main else ""], href=_form_path(duty, period))[
            context.t(f"submissions.{word}")
        ],
    ]


def _form_path(duty: Obligation, period: ReportingPeriod) -> str:
    return f"/nhap-so-lieu/{duty.key}?ky={quote(period.key)}"


def submission_form_page(
    view: PeriodView, typed: Mapping[str, str], errors: Sequence[FormFault], error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """The form of one period: its cells, a file instead, and what was done so far."""
    said, duty, how = page_context(), view.duty, view.submission_status
    action = f"/nhap-so-lieu/{duty.key}"
    correcting, blocked = how.effective is not None, how.pending is not None
    filling = posting(
        action,
        h.input(type="hidden", name="ky", value=view.period.key),
        cells.cell_fields(said, duty, cells.field_values(view.values, how, typed), errors),
        correcting and _reason_field(said, typed),
        h.div(".form-row")[
            button(said.t("submissions.send_correction" if correcting else "submissions.send"), is_primary=True)
        ],
    )
    body = [
        period_header(said, view),
        error_notice(said, error),
        cells.error_list(said, duty, errors),
        blocked and h.div(".said")[mark("late"), h.p[describe(_AWAITING_APPROVAL, said.lang)]],
        not blocked and h.section(".box.form-box")[h.h2(".box-title")[said.t("submissions.values")], filling],
        not blocked and _upload_box(said, view, correcting),
        history_box(said, view),
    ]
    return submission_page("submissions.desk", *body, status=422 if errors else http_status(error))


def _reason_field(context: PageContext, typed: Mapping[str, str]) -> h.Element:
    return field(
        context.t("submissions.why_field"), "vi-sao", typed.get("vi-sao", "")[:1000], hint=context.t("submissions.why_hint"),
        max_length=1000,
    )  # fmt: skip


def _upload_box(context: PageContext, view: PeriodView, is_correction: bool) -> h.Element:
    path = f"/nhap-so-lieu/{view.duty.key}"
    query = f"?ky={quote(view.period.key)}"
    inside = h.form(".form", method="post", action=f"{path}/tep", enctype="multipart/form-data")[
        h.input(type="hidden", name=FIELD, value=token()),
        h.input(type="hidden", name="ky", value=view.period.key),
        h.label(".field")[
            h.span[context.t("submissions.upload_field")],
            h.input(type="file", name="tep", required=True, accept=".xlsx,.csv"),
        ],
        is_correction and _reason_field(context, {}),
        h.div(".form-row")[button(context.t("submissions.upload_send"), is_primary=True)],
    ]
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("submissions.upload")],
        h.p(".quiet")[context.t("submissions.upload_line")],
        h.div(".form-row")[
            (
                h.a(".tool", href=f"{path}/mau.{kind}{query}")[context.t(f"submissions.template_{kind}")]
                for kind in ("xlsx", "csv")
            )
        ],
        inside,
    ]


def phone_report_page(
    view: PeriodView, typed: Mapping[str, str], errors: Sequence[FormFault], error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """The form for a call."""
    said, duty = page_context(), view.duty
    minute = f"{view.period.key[:10]}T{view.period.key[11:].replace('-', ':')}"
    moment = (
        field(said.t("submissions.call_at"), "ky", typed.get("ky", minute)[:20], kind="datetime-local")
        if duty.cadence is ReportingCadence.AD_HOC
        else h.input(type="hidden", name="ky", value=view.period.key)
    )
    filling = posting(
        f"/bao-qua-dien-thoai/{duty.key}",
        moment,
        cells.cell_fields(
            said,
            duty,
            cells.field_values(view.values, view.submission_status, typed),
            errors,
            is_partial=duty.cadence is ReportingCadence.AD_HOC,
        ),
        field(said.t("submissions.call_who"), "vi-sao", typed.get("vi-sao", "")[:1000], max_length=1000),
        h.div(".form-row")[button(said.t("submissions.call_send"), is_primary=True)],
    )
    body = (
        period_header(said, view),
        error_notice(said, error),
        cells.error_list(said, duty, errors),
        h.section(".box.form-box")[filling],
    )
    return submission_page("submissions.call", *body, status=422 if errors else http_status(error))
