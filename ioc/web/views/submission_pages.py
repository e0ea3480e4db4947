"""Pages of the reporter (obligations, the form of a period) and the form for figures by telephone."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import htpy as h
from flask import Response

from components.submissions.labels import agency_name, format_full_datetime, period_name, status_mark
from components.ui.error_messages import describe
from components.ui.icons import mark
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import FormFault
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionState, SubmissionStatus, obligation_periods
from ioc.web.views import submission_fields as cells
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.submission_layout import PeriodView, history_box, obligation_header, period_header, submission_page
from ioc.web.views.widgets import VERSION_FIELD, button, field, form, table, version_field

_OPEN_STATUSES = (SubmissionState.OVERDUE, SubmissionState.REJECTED, SubmissionState.DUE_SOON, SubmissionState.NOT_DUE)
_AWAITING_APPROVAL = Failure(SubmissionCode.ALREADY_AWAITING_APPROVAL)
_RECENT_PERIODS = 3  # of each obligation; listed even when nothing is to be done


def obligations_page(snapshot: Snapshot, obligations: Sequence[Obligation], principal: Principal) -> Response:
    """The obligations of the principal's agency: per obligation the open periods and the most recent ones."""
    context = page_context()
    if not obligations:
        key = "submissions.desk_none" if principal.agency else "submissions.desk_no_agency"
        return submission_page("submissions.desk", h.section(".box.form-box")[h.p(".form-lead")[context.t(key)]])
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    boxes = []
    for obligation in obligations:
        periods = [entry for entry in every if entry.obligation.key == obligation.key]
        older, recent = periods[:-_RECENT_PERIODS], periods[-_RECENT_PERIODS:]
        listed = [entry for entry in older if entry.status.state in _OPEN_STATUSES] + recent
        rows = [_period_row(context, obligation, entry.period, entry.status) for entry in reversed(listed)]
        heads = [context.t(f"submissions.{head}") for head in ("period", "due", "status")]
        boxes.append(
            h.section(".box.form-box")[obligation_header(context, snapshot, obligation), table([*heads, ""], rows)]
        )
    lead = context.t("submissions.desk_line", agency=agency_name(snapshot, principal.agency, context.lang))
    return submission_page("submissions.desk", h.p(".form-lead")[lead], *boxes)


def _period_row(
    context: PageContext, obligation: Obligation, period: ReportingPeriod, submission_status: SubmissionStatus
) -> list[h.Node]:
    is_submitted = submission_status.latest and submission_status.state is not SubmissionState.REJECTED
    key = "see_form" if is_submitted else "open_form"
    is_open = submission_status.state in _OPEN_STATUSES
    return [
        h.b[period_name(obligation, period, context.lang)],
        format_full_datetime(submission_status.due),
        status_mark(submission_status.state, context.lang),
        h.a(class_=["tool", "tool-main" if is_open else ""], href=_form_path(obligation, period))[
            context.t(f"submissions.{key}")
        ],
    ]


def _form_path(obligation: Obligation, period: ReportingPeriod) -> str:
    return f"/nhap-so-lieu/{obligation.key}?ky={quote(period.key)}"


def submission_form_page(
    view: PeriodView, typed: Mapping[str, str], errors: Sequence[FormFault], error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """The form of one period, the upload of a file instead, and the history."""
    context, obligation, status = page_context(), view.obligation, view.submission_status
    action = f"/nhap-so-lieu/{obligation.key}"
    is_correction, is_pending = status.effective is not None, status.pending is not None
    entry_form = form(
        action,
        h.input(type="hidden", name="ky", value=view.period.key),
        _version_field(view, typed, error),
        _figure_fields(context, view, typed, errors, error),
        is_correction and _reason_field(context, typed),
        h.div(".form-row")[
            button(context.t("submissions.send_correction" if is_correction else "submissions.send"), is_primary=True)
        ],
    )
    body = [
        period_header(context, view),
        error_notice(context, error),
        cells.error_list(context, obligation, errors),
        is_pending and h.div(".said")[mark("late"), h.p[describe(_AWAITING_APPROVAL, context.lang)]],
        (typed or not is_pending) and _form_box(context, entry_form),  # nothing that was typed is lost
        not is_pending and _upload_box(context, view, is_correction, typed, error),
        history_box(context, view),
    ]
    return submission_page("submissions.desk", *body, status=422 if errors else http_status(error))


def _version_field(view: PeriodView, typed: Mapping[str, str], error: SubmissionError | None) -> h.VoidElement:
    """The version of what the form was made from. It is the present one only once the differences to it are shown."""
    present = view.submission_status.version
    return version_field(present if _is_changed(error) else typed.get(VERSION_FIELD, present))


def _figure_fields(
    context: PageContext, view: PeriodView, typed: Mapping[str, str], errors: Sequence[FormFault],
    error: SubmissionError | None,
) -> h.Element:  # fmt: skip
    """The fields; where somebody else has submitted meanwhile, those that differ are marked."""
    obligation, status = view.obligation, view.submission_status
    texts = cells.field_values(view.values, status, typed)
    present = view.values.get(status.latest.id, {}) if status.latest else {}
    differing = cells.differing_figures(obligation, texts, present) if _is_changed(error) else {}
    is_partial = obligation.cadence is ReportingCadence.AD_HOC
    return cells.cell_fields(context, obligation, texts, errors, differing, is_partial=is_partial)


def _is_changed(error: SubmissionError | None) -> bool:
    return error is not None and error.failure.code == SubmissionCode.SUBMISSION_CHANGED


def _form_box(context: PageContext, entry_form: h.Element) -> h.Element:
    return h.section(".box.form-box")[h.h2(".box-title")[context.t("submissions.values")], entry_form]


def _reason_field(context: PageContext, typed: Mapping[str, str]) -> h.Element:
    return field(
        context.t("submissions.why_field"), "vi-sao", typed.get("vi-sao", "")[:1000],
        hint=context.t("submissions.why_hint"), max_length=1000,
    )  # fmt: skip


def _upload_box(
    context: PageContext, view: PeriodView, is_correction: bool, typed: Mapping[str, str], error: SubmissionError | None
) -> h.Element:  # fmt: skip
    path = f"/nhap-so-lieu/{view.obligation.key}"
    query = f"?ky={quote(view.period.key)}"
    upload_form = h.form(".form", method="post", action=f"{path}/tep", enctype="multipart/form-data")[
        h.input(type="hidden", name="ky", value=view.period.key),
        _version_field(view, typed, error),
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
        upload_form,
    ]


def phone_report_page(
    view: PeriodView, typed: Mapping[str, str], errors: Sequence[FormFault], error: SubmissionError | None = None
) -> Response:  # fmt: skip
    """The form for figures that were reported by telephone."""
    context, obligation = page_context(), view.obligation
    minute = f"{view.period.key[:10]}T{view.period.key[11:].replace('-', ':')}"
    moment = (
        field(context.t("submissions.call_at"), "ky", typed.get("ky", minute)[:20], kind="datetime-local")
        if obligation.cadence is ReportingCadence.AD_HOC
        else h.input(type="hidden", name="ky", value=view.period.key)
    )
    entry_form = form(
        f"/bao-qua-dien-thoai/{obligation.key}",
        moment,
        _version_field(view, typed, error),
        _figure_fields(context, view, typed, errors, error),
        field(context.t("submissions.call_who"), "vi-sao", typed.get("vi-sao", "")[:1000], max_length=1000),
        h.div(".form-row")[button(context.t("submissions.call_send"), is_primary=True)],
    )
    body = (
        period_header(context, view),
        error_notice(context, error),
        cells.error_list(context, obligation, errors),
        h.section(".box.form-box")[entry_form],
    )
    return submission_page("submissions.call", *body, status=422 if errors else http_status(error))
