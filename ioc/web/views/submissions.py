"""Handing in, releasing, putting down calls, reminding: what each form does. How they look: figure_forms.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, request

from components.submissions.workbook_files import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from components.ui.i18n import t
from ioc.auth import audit_log
from ioc.auth.permissions import Action, is_allowed
from ioc.auth.principal import Principal
from ioc.domain.submissions import form_workbook
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import FormFault, ParsedForm
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.storage.db.store import Conn
from ioc.submissions.service import Actor, NewSubmission, SubmissionService
from ioc.submissions.uploads import read_rows
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import current_principal, require, requires
from ioc.web.views import submission_pages as pages
from ioc.web.views.submission_layout import PeriodView, error_page
from ioc.web.views.submission_review import PendingSubmission, reminder_page, review_page
from ioc.web.views.submission_review import phone_reports_page as call_list

SUBMIT_PATH, REVIEW_PATH, PHONE_PATH, REMIND_PATH = "/nhap-so-lieu", "/duyet-so-lieu", "/bao-qua-dien-thoai", "/don-doc"
_FILE_TYPES: dict[str, tuple[str, Callable[[list[list[str | float | None]]], bytes]]] = {
    "csv": (CSV_TYPE, as_csv),
    "xlsx": (XLSX_TYPE, lambda table: as_xlsx(table, form_workbook.SHEET_NAME, form_workbook.HEAD_ROW)),
}


@dataclass(frozen=True, slots=True)
class SubmissionViews:
    """What all the forms work with."""

    submissions: SubmissionService
    reads: ReadModel


def blueprint(views: SubmissionViews) -> Blueprint:
    """All of them."""
    forms = Blueprint("figures", __name__)
    _add_submit_routes(forms, views)
    _add_review_routes(forms, views)
    _add_phone_routes(forms, views)
    _add_reminder_routes(forms, views)
    forms.register_error_handler(SubmissionError, error_page)
    return forms


def _add_submit_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(SUBMIT_PATH)
    @requires(Action.SUBMIT)
    def desk() -> Response:
        return pages.obligations_page(
            views.reads.snapshot(), _own_obligations(views, current_principal()), current_principal()
        )

    @forms.get(f"{SUBMIT_PATH}/<key>")
    @requires(Action.SUBMIT)
    def form(key: str) -> Response:
        duty, period = _require_obligation(views, key, Action.SUBMIT, request.args.get("ky", ""))
        return pages.submission_form_page(_period_view(views, duty, period), {}, ())

    @forms.post(f"{SUBMIT_PATH}/<key>")
    @requires(Action.SUBMIT)
    def typed(key: str) -> Response:
        duty, period = _require_obligation(views, key, Action.SUBMIT, request.form.get("ky", ""))
        return _submit(views, duty, period, _read_form(duty), SubmissionChannel.FORM)

    @forms.post(f"{SUBMIT_PATH}/<key>/tep")
    @requires(Action.SUBMIT)
    def uploaded(key: str) -> Response:
        duty, period = _require_obligation(views, key, Action.SUBMIT, request.form.get("ky", ""))
        file = request.files.get("tep")
        try:
            rows = read_rows(file.filename or "", file.read()) if file else read_rows("", b"")
        except SubmissionError as error:
            return pages.submission_form_page(_period_view(views, duty, period), {}, (), error)
        return _submit(views, duty, period, form_workbook.parse_sheet(duty, period, rows), SubmissionChannel.FILE)

    @forms.get(f"{SUBMIT_PATH}/<key>/mau.<kind>")
    @requires(Action.SUBMIT)
    def template(key: str, kind: str) -> Response:
        duty, period = _require_obligation(views, key, Action.SUBMIT, request.args.get("ky", ""))
        if kind not in _FILE_TYPES:
            raise SubmissionError(SubmissionCode.FILE_TYPE)
        agency = views.reads.snapshot().agency_names[views.submissions.responsible_agency(duty) or duty.agency].vi
        mime, make = _FILE_TYPES[kind]
        table = form_workbook.blank_sheet(duty, period, agency, t("submissions.template_advice", "vi"))
        return file_response(make(table), mime, f"{duty.key}-{period.key}.{kind}")


def _submit(
    views: SubmissionViews, duty: Obligation, period: ReportingPeriod, filled: ParsedForm, channel: SubmissionChannel
) -> Response:  # fmt: skip
    """What was filled in is kept, or the form comes back with what is wrong."""
    about, typed = _period_view(views, duty, period), request.form.to_dict()
    if filled.faults:
        return pages.submission_form_page(about, typed, filled.faults)
    try:
        views.submissions.submit(
            NewSubmission(duty, period, filled.values, channel, request.form.get("vi-sao", "")),
            _actor(current_principal()),
        )
    except SubmissionError as error:
        return pages.submission_form_page(about, typed, (), error)
    return _redirect_done(f"{SUBMIT_PATH}/{duty.key}?ky={period.key}", "waiting" if duty.requires_approval else "sent")


def _read_form(duty: Obligation, *, is_partial: bool = False) -> ParsedForm:
    """What was typed; `partly`: empty fields are left out."""
    values, wrong = dict[str, float | None](), list[FormFault]()
    for cell in duty.cells:
        text = request.form.get(f"v-{cell.series.key}", "")[:60]
        if is_partial and not text.strip():
            continue
        found = form_workbook.parse_figure(text, cell)
        if isinstance(found, FormFault):
            wrong.append(found)
        else:
            values[cell.series.key] = found
    return ParsedForm(values, tuple(wrong))


def _add_review_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(REVIEW_PATH)
    @requires(Action.APPROVE_SUBMISSION)
    def waiting() -> Response:
        return _review_page(views)

    @forms.post(f"{REVIEW_PATH}/<int:number>")
    @requires(Action.APPROVE_SUBMISSION)
    def decided(number: int) -> Response:
        sent = next((one for one in _pending_submissions(views) if one.submission.id == number), None)
        if sent is None:
            return _review_page(views, SubmissionError(SubmissionCode.NOT_AWAITING_APPROVAL))
        who = require(Action.APPROVE_SUBMISSION, agency=sent.submission.agency)
        released = request.form.get("viec") == "duyet"
        try:
            if released:
                views.submissions.approve(number, _actor(who))
            else:
                views.submissions.reject(number, _actor(who), request.form.get("vi-sao", ""))
        except SubmissionError as error:
            return _review_page(views, error)
        return _redirect_done(REVIEW_PATH, "released" if released else "returned")


def _pending_submissions(views: SubmissionViews) -> list[PendingSubmission]:
    """What waits and the visitor may decide on."""
    desk = views.submissions
    found = []
    for sent in desk.awaiting_approval():
        duty = desk.obligations[sent.obligation]
        if is_allowed(current_principal(), Action.APPROVE_SUBMISSION, agency=sent.agency):
            period = desk.find_period(duty, sent.period)
            good = desk.status(duty, period).effective
            before = good or desk.status(duty, desk.previous_period(duty, period)).effective
            values = desk.values(before.id) if before else {}
            found.append(PendingSubmission(duty, period, sent, desk.values(sent.id), values, good is not None))
    return found


def _review_page(views: SubmissionViews, error: SubmissionError | None = None) -> Response:
    return review_page(views.reads.snapshot(), _pending_submissions(views), current_principal(), error)


def _add_phone_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(PHONE_PATH)
    @requires(Action.ENTER_PHONE_REPORT)
    def calls() -> Response:
        return call_list(
            views.reads.snapshot(), [one for one in views.submissions.obligations.values() if one.may_phone]
        )

    @forms.get(f"{PHONE_PATH}/<key>")
    @requires(Action.ENTER_PHONE_REPORT)
    def call(key: str) -> Response:
        duty, period = _phone_obligation(views, key, request.args.get("ky", ""))
        return pages.phone_report_page(_period_view(views, duty, period), {}, ())

    @forms.post(f"{PHONE_PATH}/<key>")
    @requires(Action.ENTER_PHONE_REPORT)
    def put_down(key: str) -> Response:
        duty, period = _phone_obligation(views, key, request.form.get("ky", ""))
        about, typed = _period_view(views, duty, period), request.form.to_dict()
        filled = _read_form(duty, is_partial=duty.cadence is ReportingCadence.AD_HOC)
        if filled.faults:
            return pages.phone_report_page(about, typed, filled.faults)
        try:
            if not filled.values:
                raise SubmissionError(SubmissionCode.NO_FIGURES)
            given = NewSubmission(duty, period, filled.values, SubmissionChannel.PHONE, request.form.get("vi-sao", ""))
            views.submissions.submit(given, _actor(current_principal()))
        except SubmissionError as error:
            return pages.phone_report_page(about, typed, (), error)
        return _redirect_done(PHONE_PATH, "phoned")


def _phone_obligation(views: SubmissionViews, key: str, period: str) -> tuple[Obligation, ReportingPeriod]:
    """The duty that a call is about, with its period; of one without periods the minute, this one if none is told."""
    duty = _find_obligation(views, key)
    if not duty.may_phone:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    if duty.cadence is ReportingCadence.AD_HOC:
        told = period.casefold().replace(":", "-")[:16]
        return duty, views.submissions.open_period(duty, told or views.submissions.current_call_key())
    return duty, views.submissions.open_period(duty, period or views.submissions.last_ended_period(duty))


def _add_reminder_routes(forms: Blueprint, views: SubmissionViews) -> None:
    @forms.get(f"{REMIND_PATH}/<key>/<period>")
    @requires(Action.REMIND)
    def about(key: str, period: str) -> Response:
        return _reminder_page(views, key, period)

    @forms.post(f"{REMIND_PATH}/<key>/<period>")
    @requires(Action.REMIND)
    def urged(key: str, period: str) -> Response:
        duty = _find_obligation(views, key)
        try:
            which = views.submissions.open_period(duty, period)
            views.submissions.remind(duty, which, _actor(current_principal()), request.form.get("noi-dung", ""))
        except SubmissionError as error:
            return _reminder_page(views, key, period, error)
        return _redirect_done(f"{REMIND_PATH}/{key}/{period}", "reminder-sent")


def _reminder_page(views: SubmissionViews, key: str, period: str, error: SubmissionError | None = None) -> Response:
    duty = _find_obligation(views, key)
    return reminder_page(
        _period_view(views, duty, views.submissions.open_period(duty, period)),
        views.submissions.recent_reminders(),
        error,
    )


def _find_obligation(views: SubmissionViews, key: str) -> Obligation:
    found = views.submissions.obligations.get(key)
    if found is None:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    return found


def _require_obligation(
    views: SubmissionViews, key: str, action: Action, period: str
) -> tuple[Obligation, ReportingPeriod]:
    """The duty and the period that are asked for, if the visitor acts for the agency that owes them."""
    duty = _find_obligation(views, key)
    require(action, agency=views.submissions.responsible_agency(duty) or "-")
    if duty.cadence is ReportingCadence.AD_HOC:
        raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
    return duty, views.submissions.open_period(duty, period or views.submissions.last_ended_period(duty))


def _own_obligations(views: SubmissionViews, principal: Principal) -> list[Obligation]:
    """The duties for which `who` may hand in."""
    periodic = (one for one in views.submissions.obligations.values() if one.cadence is not ReportingCadence.AD_HOC)
    return [
        one
        for one in periodic
        if is_allowed(principal, Action.SUBMIT, agency=views.submissions.responsible_agency(one) or "-")
    ]


def _period_view(views: SubmissionViews, duty: Obligation, period: ReportingPeriod) -> PeriodView:
    desk = views.submissions
    how = desk.status(duty, period)
    course = desk.history(duty, period)
    values = {one.id: desk.values(one.id) for one in course if one.event_type.value == "submitted"}
    return PeriodView(views.reads.snapshot(), duty, period, desk.responsible_agency(duty), how, course, values)


def _actor(principal: Principal) -> Actor:
    """Who acts, with the line of the trail that stands beside each act."""

    def beside(conn: Conn, action: str, about: str, after: str, why: str, now: datetime) -> None:
        audit_log.write(conn, audit_log.entry_by(principal, action, about, after=after, reason=why), now)

    return Actor(principal.name, beside)


def _redirect_done(path: str, done: str) -> Response:
    """On to a page, once the form is done: loading it again sends nothing twice."""
    answer = redirect(f"{path}{'&' if '?' in path else '?'}xong={done}", 303)
    assert isinstance(answer, Response)
    return answer


def file_response(body: bytes, mime: str, name: str) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, mimetype=mime, headers=headers)
