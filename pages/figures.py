"""Nhập số liệu, một kỳ: the figures of a period are entered by form, or sent as a file; with what happened to it.

Who sent them may withdraw them until somebody has decided on them.
"""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.submissions.entry import (
    Entry,
    SentForm,
    ShownPeriod,
    back_link,
    entry_answer,
    entry_outputs,
    entry_state,
    figures_form,
    file_box,
    form_alert,
    page_parts,
    read_entry,
    reason_box,
    refused_entry,
)
from components.submissions.figure_fields import fault_list, fault_texts, figure_texts
from components.submissions.period_view import history_box, period_header
from components.ui.dialogs import act_button, confirm_dialog
from components.ui.error_messages import describe
from components.ui.format import format_moment
from components.ui.forms import USED_FILE
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import opens_dialog, page_callback
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.files import SentFile, SentFiles
from ioc.dash_kit.form_keys import form_key, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.domain.access.permissions import Action, PermissionDeniedError
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import ParsedForm, parse_texts
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.forms import PeriodRecord
from ioc.submissions.service import NewSubmission, SubmissionService
from ioc.submissions.uploads import parse_file


def layout(key: str = "", ky: str = "", **params: str) -> Component:
    """The page of an obligation. `ky`: key of the period, by default the one that ended last."""
    now, record, notice = lang(), None, ""
    try:
        record = service(SubmissionService).submission_form(key, ky or None, principal()) if key else None
    except SubmissionError as error:
        notice = describe(error.failure, now)
    except PermissionDeniedError:
        notice = t("submissions.nobody_may", now)
    parts = [
        dbc.Alert(notice, color="warning", is_open=bool(notice)),
        Panel(id="figures-period"),
        _withdrawal(now),
        html.Div(_form(record, now), id="figures-entry", hidden=record is None or record.status.pending is not None),
        Panel(id="figures-history"),
        dcc.Store(id="figures-opened", data={"key": key, "period": record.period.key if record else ky}),
        dcc.Store(id="figures-pending"),
        form_key("figures-form"),
    ]
    return page_parts(back_link("/nhap-so-lieu", "submissions.desk", now), parts)


def _withdrawal(now: str) -> Component:
    """The button that takes figures back, with its question; shown to who sent what waits for release."""
    parts = [
        html.P(t("submissions.withdraw_hint", now), className="quiet"),
        html.Div(act_button("figures-withdraw", t("submissions.withdraw", now), is_danger=True)),
        confirm_dialog("figures-ask", t("submissions.withdraw_ask", now), t("submissions.withdraw", now), now),
    ]
    return html.Section(parts, id="figures-withdrawal", className="box form-stack", hidden=True)


def _form(record: PeriodRecord | None, now: str) -> Component:
    is_correction = record is not None and record.status.effective is not None
    why = [t(f"submissions.{key}", now) for key in ("why_field", "why_hint")]
    key, period = (record.obligation.key, record.period.key) if record else ("", "")
    return figures_form(
        "figures", record, principal().name, now, begun=record.status.latest if record else None,
        reason=reason_box("figures", *why, is_hidden=not is_correction, class_name="box form-stack"),
        after=[file_box("figures", key, period, now)], send=_send_label(record, now),
    )  # fmt: skip


def _send_label(record: PeriodRecord | None, now: str) -> str:
    is_correction = record is not None and record.status.effective is not None
    return t("submissions.send_correction" if is_correction else "submissions.send", now)


register_working_page(
    __name__, path="/nhap-so-lieu/<key>", name="figures", title="Nhập số liệu", label_key="submissions.desk",
    rail="submit", action=Action.SUBMIT, topics=("submissions",),
)  # fmt: skip


opens_dialog("figures-withdraw", "figures-ask")


@page_callback(
    {
        "period": Output("figures-period", "markup"),
        "history": Output("figures-history", "markup"),
        "kept": Output("figures-withdrawal", "hidden"),
        "pending": Output("figures-pending", "data"),
        "ask": Output("figures-ask-body", "children"),
    },
    inputs={"_version": DATA_VERSION},
    state={"opened": State("figures-opened", "data")},
    action=Action.SUBMIT,
)
def show_period(_version: object, opened: ShownPeriod) -> dict[str, Any]:
    """What is owed, what happened to it, and whether what was sent may be withdrawn."""
    record, now = _record(opened), lang()
    pending = record.status.pending
    target = service(SubmissionService).entry_target(pending) if pending else None
    is_own = target is not None and may(Action.WITHDRAW_SUBMISSION, target)
    return {
        "period": period_header(service(SnapshotCache).snapshot(), record, now),
        "history": history_box(record, now),
        "kept": not is_own,
        "pending": pending.id if pending else None,
        "ask": t("submissions.withdraw_final", now),
    }


@page_callback(
    {
        "hidden": Output("figures-entry", "hidden"),
        "reason_hidden": Output("figures-reason-box", "hidden"),
        "send": Output("figures-send", "children"),
        "alert": Output("figures-alert", "children", allow_duplicate=True),
    },
    inputs={"_version": DATA_VERSION},
    state={"opened": State("figures-opened", "data"), "version": State("figures-form", "data-version")},
    action=Action.SUBMIT,
    prevent_initial_call=True,
)
def follow_status(_version: object, opened: ShownPeriod, version: str | None) -> dict[str, Any]:
    """What the form offers after a decision. It is not taken away from somebody who is typing.

    `version`: of the figures that the form is about; that there are others says it at once.
    """
    record = _record(opened)
    latest, alert = record.status.latest, None
    if latest and latest.actor != principal().name and version != record.status.version:
        alert = form_alert(t("submissions.others_sent", lang(), at=format_moment(latest.clock_time)))
    return {
        "alert": alert or no_update,
        "hidden": no_update if record.status.pending else False,
        "reason_hidden": record.status.effective is None,
        "send": _send_label(record, lang()),
    }


@page_callback(
    Output("figures-ask", "is_open", allow_duplicate=True),
    inputs={"_clicks": Input("figures-ask-go", "n_clicks")},
    state={"pending": State("figures-pending", "data")},
    action=Action.WITHDRAW_SUBMISSION,
    prevent_initial_call=True,
    running=[(Output("figures-ask-go", "disabled"), True, False)],
)
def withdraw(_clicks: int, pending: int | None) -> bool:
    """Takes back what was shown as waiting, once the question was answered."""
    service(SubmissionService).withdraw(pending or 0, principal())
    show_toast(t("submissions.done_withdrawn", lang()))
    return False


@page_callback(
    {
        **entry_outputs("figures"),
        "faults": Output("figures-faults", "markup"),
        "handle": Output("figures-file", "handle"),
        "hidden": Output("figures-entry", "hidden", allow_duplicate=True),
    },
    inputs={"_clicks": [Input("figures-send", "n_clicks"), Input("figures-send-file", "n_clicks")]},
    state={
        "opened": State("figures-opened", "data"),
        "form": entry_state("figures"),
        "handle": State("figures-file", "handle"),
    },
    action=Action.SUBMIT,
    prevent_initial_call=True,
    running=[
        (Output("figures-send", "disabled"), True, False),
        (Output("figures-send-file", "disabled"), True, False),
        (Output("figures-file", "checking"), True, False),
    ],
)
def send(
    _clicks: list[int | None], opened: ShownPeriod, form: SentForm, handle: str | None
) -> dict[str, Any]:  # fmt: skip
    """Submits what was typed, or the file; what is wrong is said at its field."""
    entry, record, now = read_entry(form), _record(opened), lang()
    is_file = ctx.triggered_id == "figures-send-file"
    file = _sent_file(handle) if is_file else None
    more = {"faults": "", "handle": None if is_file else no_update, "hidden": no_update}
    done = more | ({"handle": USED_FILE} if is_file else {})
    parsed = _parse_file(record, file) if file else parse_texts(record.obligation, entry.texts)
    if parsed.faults:
        faults = fault_list(parsed.faults, file.name, now) if file else ""
        return entry_answer(entry, errors=fault_texts(parsed.faults, now)) | more | {"faults": faults}
    if is_file:
        entry = entry._replace(texts=figure_texts(record.obligation, parsed.values))
    try:
        return _submit(entry, record, parsed, is_file) | done | {"hidden": record.obligation.requires_approval}
    except SubmissionError as error:
        # The file, as what was typed, waits for the same button.
        return refused_entry(entry, error, _record(opened), now) | more | {"handle": no_update}


def _submit(entry: Entry, record: PeriodRecord, parsed: ParsedForm, is_file: bool) -> dict[str, Any]:
    channel = SubmissionChannel.FILE if is_file else SubmissionChannel.FORM
    obligation = record.obligation
    submission = NewSubmission(
        obligation, record.period, parsed.values, channel, entry.reason, entry.version, entry.form_key
    )
    event = service(SubmissionService).submit(submission, principal())
    show_toast(t(f"submissions.done_{'waiting' if obligation.requires_approval else 'sent'}", lang()))
    sent: dict[str, Any] = {"version": str(event.id), "saved": str(event.id), "key": new_key()}
    return entry_answer(entry, texts=figure_texts(obligation, parsed.values), reason="", **sent)


def _sent_file(handle: str | None) -> SentFile:
    """The file that was sent before. SubmissionError."""
    if handle == USED_FILE:
        raise SubmissionError(SubmissionCode.FILE_TAKEN)
    file = service(SentFiles).read(handle or "", principal())
    if file is None:
        raise SubmissionError(SubmissionCode.FILE_MISSING)
    return file


def _parse_file(record: PeriodRecord, file: SentFile) -> ParsedForm:
    return parse_file(record.obligation, record.period, principal().name, file.name, file.body)


def _record(opened: ShownPeriod) -> PeriodRecord:
    return service(SubmissionService).submission_form(opened.key, opened.period, principal())
