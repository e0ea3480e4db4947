"""Views of submissions: submitting, approving, figures by telephone, reminding. Layout: submission_pages.py."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from components.submissions.workbook_files import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from components.ui.i18n import t
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal
from ioc.domain.submissions import form_workbook
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import ParsedForm
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType
from ioc.submissions.service import NewSubmission, SubmissionService
from ioc.submissions.uploads import read_rows
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import current_principal, require, requires
from ioc.web.views import submission_fields as cells
from ioc.web.views import submission_pages as pages
from ioc.web.views.services import redirect_to
from ioc.web.views.submission_layout import PeriodView, error_page
from ioc.web.views.submission_review import PendingSubmission, phone_reports_page, reminder_page, review_page
from ioc.web.views.widgets import submitted_version

SUBMIT_PATH, REVIEW_PATH, PHONE_PATH, REMIND_PATH = "/nhap-so-lieu", "/duyet-so-lieu", "/bao-qua-dien-thoai", "/don-doc"
_FILE_TYPES: dict[str, tuple[str, Callable[[list[list[str | float | None]]], bytes]]] = {
    "csv": (CSV_TYPE, as_csv),
    "xlsx": (XLSX_TYPE, lambda table: as_xlsx(table, form_workbook.SHEET_NAME, form_workbook.HEAD_ROW)),
}


@dataclass(frozen=True, slots=True)
class SubmissionViews:
    """Services of the submission views."""

    submissions: SubmissionService
    reads: ReadModel


def blueprint(views: SubmissionViews) -> Blueprint:
    """The routes of submissions."""
    forms = Blueprint("submissions", __name__)
    _add_submit_routes(forms, views)
    _add_review_routes(forms, views)
    _add_phone_routes(forms, views)
    _add_reminder_routes(forms, views)
    forms.register_error_handler(SubmissionError, error_page)
    return forms


def _add_submit_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(SUBMIT_PATH)
    @requires(Action.SUBMIT)
    def show_obligations() -> Response:
        return pages.obligations_page(
            views.reads.snapshot(), _own_obligations(views, current_principal()), current_principal()
        )

    @forms.get(f"{SUBMIT_PATH}/<key>")
    @requires(Action.SUBMIT)
    def show_form(key: str) -> Response:
        obligation, period = _require_obligation(views, key, Action.SUBMIT, request.args.get("ky", ""))
        return pages.submission_form_page(_period_view(views, obligation, period), {}, ())

    @forms.post(f"{SUBMIT_PATH}/<key>")
    @requires(Action.SUBMIT)
    def submit_form(key: str) -> Response:
        obligation, period = _require_obligation(views, key, Action.SUBMIT, request.form.get("ky", ""))
        return _submit(views, obligation, period, cells.read_fields(obligation), SubmissionChannel.FORM)

    @forms.post(f"{SUBMIT_PATH}/<key>/tep")
    @requires(Action.SUBMIT)
    def submit_file(key: str) -> Response:
        obligation, period = _require_obligation(views, key, Action.SUBMIT, request.form.get("ky", ""))
        file = request.files.get("tep")
        try:
            rows = read_rows(file.filename or "", file.read()) if file else read_rows("", b"")
        except SubmissionError as error:
            typed = request.form.to_dict()
            return pages.submission_form_page(_period_view(views, obligation, period), typed, (), error)
        parsed = form_workbook.parse_sheet(obligation, period, rows)
        return _submit(views, obligation, period, parsed, SubmissionChannel.FILE)

    @forms.get(f"{SUBMIT_PATH}/<key>/mau.<kind>")
    @requires(Action.SUBMIT)
    def template(key: str, kind: str) -> Response:
        obligation, period = _require_obligation(views, key, Action.SUBMIT, request.args.get("ky", ""))
        if kind not in _FILE_TYPES:
            raise SubmissionError(SubmissionCode.FILE_TYPE)
        agency = views.submissions.responsible_agency(obligation) or obligation.agency
        agency_name = views.reads.snapshot().agency_names[agency].vi
        mime, make = _FILE_TYPES[kind]
        rows = form_workbook.blank_sheet(obligation, period, agency_name, t("submissions.template_advice", "vi"))
        headers = {
            "Content-Disposition": f'attachment; filename="{obligation.key}-{period.key}.{kind}"',
            "Cache-Control": "no-store",
        }
        return Response(make(rows), mimetype=mime, headers=headers)


def _submit(
    views: SubmissionViews, obligation: Obligation, period: ReportingPeriod, parsed: ParsedForm,
    channel: SubmissionChannel,
) -> Response:  # fmt: skip
    """Saves a submission, or shows the form again with its errors."""
    view, typed = _period_view(views, obligation, period), request.form.to_dict()
    if parsed.faults:
        return pages.submission_form_page(view, typed, parsed.faults)
    try:
        reason = request.form.get("vi-sao", "")
        submission = NewSubmission(obligation, period, parsed.values, channel, reason, submitted_version())
        views.submissions.submit(submission, current_principal())
    except SubmissionError as error:
        figures = {f"v-{key}": cells.figure_text(value) for key, value in parsed.values.items()}  # of a file too
        return pages.submission_form_page(_period_view(views, obligation, period), figures | typed, (), error)
    done = "waiting" if obligation.requires_approval else "sent"
    return _redirect_done(f"{SUBMIT_PATH}/{obligation.key}?ky={period.key}", done)


def _add_review_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(REVIEW_PATH)
    @requires(Action.APPROVE_SUBMISSION)
    def show_pending() -> Response:
        return _review_page(views)

    @forms.post(f"{REVIEW_PATH}/<int:number>")
    @requires(Action.APPROVE_SUBMISSION)
    def decide(number: int) -> Response:
        principal = current_principal()
        is_approval = request.form.get("viec") == "duyet"
        try:
            if is_approval:
                views.submissions.approve(number, principal)
            else:
                views.submissions.reject(number, principal, request.form.get("vi-sao", ""))
        except SubmissionError as error:
            return _review_page(views, error)
        return _redirect_done(REVIEW_PATH, "released" if is_approval else "returned")


def _pending_submissions(views: SubmissionViews) -> list[PendingSubmission]:
    """The submissions that the principal sees for approval."""
    service, pending = views.submissions, []
    for event in service.awaiting_approval(current_principal()):
        obligation = service.obligations[event.obligation]
        period = service.find_period(obligation, event.period)
        effective = service.status(obligation, period).effective
        in_use = effective or service.status(obligation, service.previous_period(obligation, period)).effective
        values = service.values(in_use.id) if in_use else {}
        is_correction = effective is not None
        pending.append(PendingSubmission(obligation, period, event, service.values(event.id), values, is_correction))
    return pending


def _review_page(views: SubmissionViews, error: SubmissionError | None = None) -> Response:
    return review_page(views.reads.snapshot(), _pending_submissions(views), current_principal(), error)


def _add_phone_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(PHONE_PATH)
    @requires(Action.ENTER_PHONE_REPORT)
    def show_phone_reports() -> Response:
        obligations = [obligation for obligation in views.submissions.obligations.values() if obligation.may_phone]
        return phone_reports_page(views.reads.snapshot(), obligations)

    @forms.get(f"{PHONE_PATH}/<key>")
    @requires(Action.ENTER_PHONE_REPORT)
    def show_phone_form(key: str) -> Response:
        obligation, period = _phone_obligation(views, key, request.args.get("ky", ""))
        return pages.phone_report_page(_period_view(views, obligation, period), {}, ())

    @forms.post(f"{PHONE_PATH}/<key>")
    @requires(Action.ENTER_PHONE_REPORT)
    def submit_phone_report(key: str) -> Response:
        obligation, period = _phone_obligation(views, key, request.form.get("ky", ""))
        view, typed = _period_view(views, obligation, period), request.form.to_dict()
        parsed = cells.read_fields(obligation, is_partial=obligation.cadence is ReportingCadence.AD_HOC)
        if parsed.faults:
            return pages.phone_report_page(view, typed, parsed.faults)
        try:
            if not parsed.values:
                raise SubmissionError(SubmissionCode.NO_FIGURES)
            note = request.form.get("vi-sao", "")
            submission = NewSubmission(
                obligation, period, parsed.values, SubmissionChannel.PHONE, note, submitted_version()
            )
            views.submissions.submit(submission, current_principal())
        except SubmissionError as error:
            return pages.phone_report_page(_period_view(views, obligation, period), typed, (), error)
        return _redirect_done(PHONE_PATH, "phoned")


def _phone_obligation(views: SubmissionViews, key: str, period: str) -> tuple[Obligation, ReportingPeriod]:
    """The obligation of a telephone report and its period; for an ad-hoc one the minute, by default the current one."""
    obligation = _find_obligation(views, key)
    if not obligation.may_phone:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    if obligation.cadence is ReportingCadence.AD_HOC:
        minute = period.casefold().replace(":", "-")[:16]
        return obligation, views.submissions.open_period(obligation, minute or views.submissions.current_call_key())
    service = views.submissions
    return obligation, service.open_period(obligation, period or service.last_ended_period(obligation))


def _add_reminder_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(f"{REMIND_PATH}/<key>/<period>")
    @requires(Action.REMIND)
    def show_reminder(key: str, period: str) -> Response:
        return _reminder_page(views, key, period)

    @forms.post(f"{REMIND_PATH}/<key>/<period>")
    @requires(Action.REMIND)
    def remind(key: str, period: str) -> Response:
        obligation = _find_obligation(views, key)
        try:
            open_period = views.submissions.open_period(obligation, period)
            note = request.form.get("noi-dung", "")
            views.submissions.remind(obligation, open_period, current_principal(), note)
        except SubmissionError as error:
            return _reminder_page(views, key, period, error)
        return _redirect_done(f"{REMIND_PATH}/{key}/{period}", "reminder-sent")


def _reminder_page(views: SubmissionViews, key: str, period: str, error: SubmissionError | None = None) -> Response:
    obligation = _find_obligation(views, key)
    view = _period_view(views, obligation, views.submissions.open_period(obligation, period))
    return reminder_page(view, views.submissions.recent_reminders(), error)


def _find_obligation(views: SubmissionViews, key: str) -> Obligation:
    obligation = views.submissions.obligations.get(key)
    if obligation is None:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    return obligation


def _require_obligation(
    views: SubmissionViews, key: str, action: Action, period: str
) -> tuple[Obligation, ReportingPeriod]:
    """The obligation and its period, for a principal who may act for the agency that reports on it."""
    obligation = _find_obligation(views, key)
    require(action, views.submissions.target(obligation))
    if obligation.cadence is ReportingCadence.AD_HOC:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    service = views.submissions
    return obligation, service.open_period(obligation, period or service.last_ended_period(obligation))


def _own_obligations(views: SubmissionViews, principal: Principal) -> list[Obligation]:
    """The obligations for which the principal may submit."""
    service = views.submissions
    return [
        obligation
        for obligation in service.obligations.values()
        if obligation.cadence is not ReportingCadence.AD_HOC
        and is_allowed(principal, Action.SUBMIT, service.target(obligation))
    ]


def _period_view(views: SubmissionViews, obligation: Obligation, period: ReportingPeriod) -> PeriodView:
    service = views.submissions
    status, history = service.status(obligation, period), service.history(obligation, period)
    submitted = (event for event in history if event.event_type is SubmissionEventType.SUBMITTED)
    values = {event.id: service.values(event.id) for event in submitted}
    agency = service.responsible_agency(obligation)
    return PeriodView(views.reads.snapshot(), obligation, period, agency, status, history, values)


def _redirect_done(path: str, done: str) -> Response:
    """Redirects after a form was sent, with a notice of what was done."""
    return redirect_to(f"{path}{'&' if '?' in path else '?'}xong={done}")
