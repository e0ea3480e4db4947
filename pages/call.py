"""Báo qua điện thoại, một biểu: figures that somebody told by telephone are put down."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
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
    page_parts,
    read_entry,
    reason_box,
    refused_entry,
)
from components.submissions.figure_fields import fault_texts
from components.submissions.period_view import call_box, own_figures_notice, period_header
from components.ui.error_messages import describe
from components.ui.forms import error_id, text_field
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.form_keys import form_key, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.domain.access.permissions import Action
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import parse_texts
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.forms import PeriodRecord, minute_text
from ioc.submissions.service import NewSubmission, SubmissionService, caller_fault

_AT_THE_TIME = (SubmissionCode.CALL_TIME_UNREADABLE, SubmissionCode.CALL_TIME_OUT_OF_RANGE)


def layout(key: str = "", ky: str = "", **params: str) -> Component:
    """The page of an obligation. `ky`: key of the period, by default the one that ended last; or this minute."""
    now, record, notice = lang(), None, ""
    try:
        record = service(SubmissionService).phone_form(key, ky or None, principal()) if key else None
    except SubmissionError as error:
        notice = describe(error.failure, now)
    parts = [
        dbc.Alert(notice, color="warning", is_open=bool(notice)),
        Panel(id="call-period"),
        Panel(id="call-own"),
        html.Div(_form(record, now), id="call-entry", hidden=record is None or _is_closed(record)),
        Panel(id="call-history"),
        dcc.Store(id="call-opened", data={"key": key, "period": record.period.key if record else ky}),
        form_key("call-form"),
    ]
    return page_parts(back_link("/bao-qua-dien-thoai", "submissions.call", now), parts)


def _form(record: PeriodRecord | None, now: str) -> Component:
    moment = text_field(
        "call-at", t("submissions.call_at", now), minute_text(record.period) if record else "",
        hint=t("submissions.call_at_hint", now), max_length=20,
    )  # fmt: skip
    return figures_form(
        "call", record, principal().name, now,
        begun=record.status.effective if record else None,  # no figures that were returned: nobody told these
        others=[html.Div(moment, hidden=record is None or not record.obligation.is_ad_hoc)],
        reason=reason_box("call", t("submissions.call_who", now), t("submissions.call_who_hint", now), is_hidden=False),
        send=t("submissions.call_send", now),
    )  # fmt: skip


def _is_closed(record: PeriodRecord) -> bool:
    """Whether nothing may be put down: the agency sent its own figures, or some await approval."""
    return record.status.own_figures is not None or record.status.pending is not None


register_working_page(
    __name__, path="/bao-qua-dien-thoai/<key>", name="call", title="Ghi số báo qua điện thoại",
    label_key="submissions.call", rail="phone", action=Action.ENTER_PHONE_REPORT, topics=("submissions",),
)  # fmt: skip


@page_callback(
    {
        "period": Output("call-period", "markup"),
        "own": Output("call-own", "markup"),
        "history": Output("call-history", "markup"),
        "hidden": Output("call-entry", "hidden"),
    },
    inputs={"_version": DATA_VERSION},
    state={"opened": State("call-opened", "data")},
    action=Action.ENTER_PHONE_REPORT,
)
def show_period(_version: object, opened: ShownPeriod) -> dict[str, Any]:
    """What the figures are for, what the agency itself sent, and what was put down; the form once it is open again.

    It is not taken away from somebody who is typing.
    """
    record, now = _record(opened, None), lang()
    return {
        "period": period_header(service(SnapshotCache).snapshot(), record, now),
        "own": own_figures_notice(record, now),
        "history": call_box(service(SubmissionService).call_record(record), now),
        "hidden": no_update if _is_closed(record) else False,
    }


@page_callback(
    {
        **entry_outputs("call"),
        "at": Output("call-at", "value"),
        "at_error": Output(error_id("call-at"), "children"),
        "hidden": Output("call-entry", "hidden", allow_duplicate=True),
    },
    inputs={"_clicks": Input("call-send", "n_clicks")},
    state={"opened": State("call-opened", "data"), "form": entry_state("call"), "at": State("call-at", "value")},
    action=Action.ENTER_PHONE_REPORT,
    prevent_initial_call=True,
    running=[(Output("call-send", "disabled"), True, False)],
)
def put_down(_clicks: int, opened: ShownPeriod, form: SentForm, at: str | None) -> dict[str, Any]:
    """Submits the report; what is wrong is said at its field."""
    entry, now = read_entry(form), lang()
    more = {"at": no_update, "at_error": "", "hidden": no_update}
    this_minute = _record(opened, None)
    obligation = this_minute.obligation
    parsed = parse_texts(obligation, entry.texts, is_partial=obligation.may_be_partial)
    errors = fault_texts(parsed.faults, now)
    nameless = describe(fault.failure, now) if (fault := caller_fault(entry.reason)) else ""
    try:
        record = _record(opened, at or "")
    except SubmissionError as error:
        if error.failure.code not in _AT_THE_TIME:
            raise
        more["at_error"] = describe(error.failure, now)
        return entry_answer(entry, errors=errors, reason_error=nameless) | more
    if errors:
        return entry_answer(entry, errors=errors, reason_error=nameless) | more
    try:
        sent = _submit(entry, record, parsed.values) | {"at": minute_text(this_minute.period)}
        return more | sent | {"hidden": obligation.requires_approval and not record.obligation.is_ad_hoc}
    except SubmissionError as error:
        return refused_entry(entry, error, _record(opened, at or ""), now) | more


def _submit(entry: Entry, record: PeriodRecord, values: dict[str, float | None]) -> dict[str, Any]:
    if not values:
        raise SubmissionError(SubmissionCode.NO_FIGURES)
    submission = NewSubmission(
        record.obligation, record.period, values, SubmissionChannel.PHONE, entry.reason, entry.version, entry.form_key
    )
    event = service(SubmissionService).submit(submission, principal())
    done = "submissions.done_phoned_waiting" if record.obligation.requires_approval else "submissions.done_phoned"
    show_toast(t(done, lang()))
    # An empty form without periods is about no moment that has figures.
    version = "0" if record.obligation.is_ad_hoc else str(event.id)
    sent: dict[str, Any] = {"version": version, "saved": str(event.id), "key": new_key()}
    return entry_answer(entry, texts=dict.fromkeys(entry.keys, ""), reason="", **sent)


def _record(opened: ShownPeriod, at: str | None) -> PeriodRecord:
    """The period that the page shows; of an obligation without periods the minute `at`, None for this one."""
    submissions = service(SubmissionService)
    obligation = submissions.obligations.get(opened.key)
    is_ad_hoc = obligation is not None and obligation.is_ad_hoc
    return submissions.phone_form(opened.key, at if is_ad_hoc else opened.period, principal())
