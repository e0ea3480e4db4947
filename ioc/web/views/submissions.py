"""Handing in, releasing, putting down calls, reminding: what each form does. How they look: figure_forms.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, request

from components.submissions.workbook_files import CSV, XLSX, as_csv, as_xlsx
from components.ui.i18n import say
from ioc.auth import audit_log
from ioc.auth.permissions import Action, may
from ioc.auth.principal import Visitor
from ioc.domain.submissions.form_workbook import HEAD_ROW, SHEET, Filled, Wrong, blank, figure, read
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import How
from ioc.storage.db.store import Conn
from ioc.submissions.service import Desk, Given, Person, Refused
from ioc.submissions.uploads import rows_of
from ioc.web.live.read_model import Reads
from ioc.web.middleware.authorization import demand, names, visitor
from ioc.web.views import submission_pages as pages
from ioc.web.views.submission_layout import About, refused
from ioc.web.views.submission_review import Waiting, releases, urge
from ioc.web.views.submission_review import calls as call_list

HAND_IN, RELEASE, CALL, URGE = "/nhap-so-lieu", "/duyet-so-lieu", "/bao-qua-dien-thoai", "/don-doc"
_KINDS: dict[str, tuple[str, Callable[[list[list[str | float | None]]], bytes]]] = {
    "csv": (CSV, as_csv),
    "xlsx": (XLSX, lambda table: as_xlsx(table, SHEET, HEAD_ROW)),
}


@dataclass(frozen=True, slots=True)
class Counter:
    """What all the forms work with."""

    desk: Desk
    reads: Reads


def blueprint(counter: Counter) -> Blueprint:
    """All of them."""
    forms = Blueprint("figures", __name__)
    _reporting(forms, counter)
    _releasing(forms, counter)
    _calling(forms, counter)
    _urging(forms, counter)
    forms.register_error_handler(Refused, refused)
    return forms


def _reporting(forms: Blueprint, counter: Counter) -> None:
    @forms.get(HAND_IN)
    @names(Action.REPORT)
    def desk() -> Response:
        return pages.desk(counter.reads.snapshot(), _mine(counter, visitor()), visitor())

    @forms.get(f"{HAND_IN}/<key>")
    @names(Action.REPORT)
    def form(key: str) -> Response:
        duty, period = _asked(counter, key, Action.REPORT, request.args.get("ky", ""))
        return pages.form(_about(counter, duty, period), {}, ())

    @forms.post(f"{HAND_IN}/<key>")
    @names(Action.REPORT)
    def typed(key: str) -> Response:
        duty, period = _asked(counter, key, Action.REPORT, request.form.get("ky", ""))
        return _taken(counter, duty, period, _typed(duty), How.FORM)

    @forms.post(f"{HAND_IN}/<key>/tep")
    @names(Action.REPORT)
    def uploaded(key: str) -> Response:
        duty, period = _asked(counter, key, Action.REPORT, request.form.get("ky", ""))
        file = request.files.get("tep")
        try:
            rows = rows_of(file.filename or "", file.read()) if file else rows_of("", b"")
        except Refused as error:
            return pages.form(_about(counter, duty, period), {}, (), error)
        return _taken(counter, duty, period, read(duty, period, rows), How.FILE)

    @forms.get(f"{HAND_IN}/<key>/mau.<kind>")
    @names(Action.REPORT)
    def template(key: str, kind: str) -> Response:
        duty, period = _asked(counter, key, Action.REPORT, request.args.get("ky", ""))
        if kind not in _KINDS:
            raise Refused("file_kind")
        agency = counter.reads.snapshot().agency_names[counter.desk.holder(duty) or duty.agency].vi
        mime, make = _KINDS[kind]
        table = blank(duty, period, agency, say("handed.template_advice", "vi"))
        return file_of(make(table), mime, f"{duty.key}-{period.key}.{kind}")


def _taken(
    counter: Counter, duty: Duty, period: Period, filled: Filled, how: How
) -> Response:  # fmt: skip
    """What was filled in is kept, or the form comes back with what is wrong."""
    about, typed = _about(counter, duty, period), request.form.to_dict()
    if filled.wrong:
        return pages.form(about, typed, filled.wrong)
    try:
        counter.desk.hand_in(
            Given(duty, period, filled.values, how, request.form.get("vi-sao", "")), _person(visitor())
        )
    except Refused as error:
        return pages.form(about, typed, (), error)
    return _on(f"{HAND_IN}/{duty.key}?ky={period.key}", "waiting" if duty.release else "sent")


def _typed(duty: Duty, *, partly: bool = False) -> Filled:
    """What was typed; `partly`: empty fields are left out."""
    values, wrong = dict[str, float | None](), list[Wrong]()
    for cell in duty.cells:
        text = request.form.get(f"v-{cell.series.key}", "")[:60]
        if partly and not text.strip():
            continue
        found = figure(text, cell)
        if isinstance(found, Wrong):
            wrong.append(found)
        else:
            values[cell.series.key] = found
    return Filled(values, tuple(wrong))


def _releasing(forms: Blueprint, counter: Counter) -> None:
    @forms.get(RELEASE)
    @names(Action.RELEASE)
    def waiting() -> Response:
        return _waiting(counter)

    @forms.post(f"{RELEASE}/<int:number>")
    @names(Action.RELEASE)
    def decided(number: int) -> Response:
        sent = next((one for one in _waits(counter) if one.sent.id == number), None)
        if sent is None:
            return _waiting(counter, Refused("not_waiting"))
        who = demand(Action.RELEASE, agency=sent.sent.agency)
        released = request.form.get("viec") == "duyet"
        try:
            if released:
                counter.desk.release(number, _person(who))
            else:
                counter.desk.send_back(number, _person(who), request.form.get("vi-sao", ""))
        except Refused as error:
            return _waiting(counter, error)
        return _on(RELEASE, "released" if released else "returned")


def _waits(counter: Counter) -> list[Waiting]:
    """What waits and the visitor may decide on."""
    desk = counter.desk
    found = []
    for sent in desk.waiting():
        duty = desk.duties[sent.duty]
        if may(visitor(), Action.RELEASE, agency=sent.agency):
            period = desk.named(duty, sent.period)
            good = desk.standing(duty, period).good
            before = good or desk.standing(duty, desk.before(duty, period)).good
            values = desk.values(before.id) if before else {}
            found.append(Waiting(duty, period, sent, desk.values(sent.id), values, good is not None))
    return found


def _waiting(counter: Counter, error: Refused | None = None) -> Response:
    return releases(counter.reads.snapshot(), _waits(counter), visitor(), error)


def _calling(forms: Blueprint, counter: Counter) -> None:
    @forms.get(CALL)
    @names(Action.PHONE)
    def calls() -> Response:
        return call_list(counter.reads.snapshot(), [one for one in counter.desk.duties.values() if one.phone])

    @forms.get(f"{CALL}/<key>")
    @names(Action.PHONE)
    def call(key: str) -> Response:
        duty, period = _called(counter, key, request.args.get("ky", ""))
        return pages.call(_about(counter, duty, period), {}, ())

    @forms.post(f"{CALL}/<key>")
    @names(Action.PHONE)
    def put_down(key: str) -> Response:
        duty, period = _called(counter, key, request.form.get("ky", ""))
        about, typed = _about(counter, duty, period), request.form.to_dict()
        filled = _typed(duty, partly=duty.cadence is Cadence.ANY)
        if filled.wrong:
            return pages.call(about, typed, filled.wrong)
        try:
            if not filled.values:
                raise Refused("call_empty")
            given = Given(duty, period, filled.values, How.PHONE, request.form.get("vi-sao", ""))
            counter.desk.hand_in(given, _person(visitor()))
        except Refused as error:
            return pages.call(about, typed, (), error)
        return _on(CALL, "phoned")


def _called(counter: Counter, key: str, period: str) -> tuple[Duty, Period]:
    """The duty that a call is about, with its period; of one without periods the minute, this one if none is told."""
    duty = _duty(counter, key)
    if not duty.phone:
        raise Refused("no_duty")
    if duty.cadence is Cadence.ANY:
        told = period.casefold().replace(":", "-")[:16]
        return duty, counter.desk.period(duty, told or counter.desk.minute())
    return duty, counter.desk.period(duty, period or counter.desk.newest(duty))


def _urging(forms: Blueprint, counter: Counter) -> None:
    @forms.get(f"{URGE}/<key>/<period>")
    @names(Action.REMIND)
    def about(key: str, period: str) -> Response:
        return _urge_page(counter, key, period)

    @forms.post(f"{URGE}/<key>/<period>")
    @names(Action.REMIND)
    def urged(key: str, period: str) -> Response:
        duty = _duty(counter, key)
        try:
            which = counter.desk.period(duty, period)
            counter.desk.urge(duty, which, _person(visitor()), request.form.get("noi-dung", ""))
        except Refused as error:
            return _urge_page(counter, key, period, error)
        return _on(f"{URGE}/{key}/{period}", "urged")


def _urge_page(counter: Counter, key: str, period: str, error: Refused | None = None) -> Response:
    duty = _duty(counter, key)
    return urge(_about(counter, duty, counter.desk.period(duty, period)), counter.desk.urged(), error)


def _duty(counter: Counter, key: str) -> Duty:
    found = counter.desk.duties.get(key)
    if found is None:
        raise Refused("no_duty")
    return found


def _asked(counter: Counter, key: str, action: Action, period: str) -> tuple[Duty, Period]:
    """The duty and the period that are asked for, if the visitor acts for the agency that owes them."""
    duty = _duty(counter, key)
    demand(action, agency=counter.desk.holder(duty) or "-")
    if duty.cadence is Cadence.ANY:
        raise Refused("no_duty")
    return duty, counter.desk.period(duty, period or counter.desk.newest(duty))


def _mine(counter: Counter, who: Visitor) -> list[Duty]:
    """The duties for which `who` may hand in."""
    periodic = (one for one in counter.desk.duties.values() if one.cadence is not Cadence.ANY)
    return [one for one in periodic if may(who, Action.REPORT, agency=counter.desk.holder(one) or "-")]


def _about(counter: Counter, duty: Duty, period: Period) -> About:
    desk = counter.desk
    how = desk.standing(duty, period)
    course = desk.course(duty, period)
    values = {one.id: desk.values(one.id) for one in course if one.did.value == "sent"}
    return About(counter.reads.snapshot(), duty, period, desk.holder(duty), how, course, values)


def _person(who: Visitor) -> Person:
    """Who acts, with the line of the trail that stands beside each act."""

    def beside(conn: Conn, action: str, about: str, after: str, why: str, now: datetime) -> None:
        audit_log.write(conn, audit_log.by(who, action, about, after=after, why=why), now)

    return Person(who.name, beside)


def _on(path: str, done: str) -> Response:
    """On to a page, once the form is done: loading it again sends nothing twice."""
    answer = redirect(f"{path}{'&' if '?' in path else '?'}xong={done}", 303)
    assert isinstance(answer, Response)
    return answer


def file_of(body: bytes, mime: str, name: str) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, mimetype=mime, headers=headers)
