"""Đôn đốc: a reminder to an agency of figures that are late is put down."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.submissions.entry import ShownPeriod, back_link, page_parts
from components.submissions.period_view import reminder_header, reminder_list
from components.ui.dialogs import confirm_dialog
from components.ui.error_messages import describe
from components.ui.forms import draft_form, error_id, text_area
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import opens_dialog, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.submission import SubmissionState
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.forms import PeriodRecord
from ioc.submissions.service import SubmissionService


def layout(key: str = "", period: str = "", **params: str) -> Component:
    """The page of a period of an obligation."""
    now, record, notice = lang(), None, ""
    try:
        record = service(SubmissionService).reminder_form(key, period, principal()) if key else None
    except SubmissionError as error:
        notice = describe(error.failure, now)
    draft = f"remind {key} {period}" if record else ""
    fields = [
        text_area("remind-text", t("submissions.urge_why", now), max_length=1000),
        html.P(id="remind-done", className="field-hint", role="status"),
        html.Div(dbc.Button(t("submissions.urge_do", now), id="remind-send", color="primary", disabled=True)),
    ]
    parts = [
        dbc.Alert(notice, color="warning", is_open=bool(notice)),
        Panel(id="remind-period"),
        html.Section(
            draft_form("remind-form", fields, draft=draft, person=principal().name), id="remind-entry", hidden=True,
            className="box",
        ),
        Panel(id="remind-earlier"),
        confirm_dialog("remind-ask", t("submissions.urge_ask", now), t("submissions.urge_do", now), now),
        dcc.Store(id="remind-opened", data={"key": key, "period": period}),
    ]  # fmt: skip
    return page_parts(back_link("/cham-so-lieu", "submissions.page", now), parts)


register_working_page(
    __name__, path="/don-doc/<key>/<period>", name="remind", title="Đôn đốc gửi số liệu",
    label_key="submissions.urge_title", rail="sources", action=Action.REMIND, topics=("submissions",),
)  # fmt: skip

opens_dialog("remind-send", "remind-ask")


@page_callback(
    {
        "period": Output("remind-period", "markup"),
        "hidden": Output("remind-entry", "hidden"),
        "earlier": Output("remind-earlier", "markup"),
        "done": Output("remind-done", "children"),
        "disabled": Output("remind-send", "disabled"),
        "ask": Output("remind-ask-body", "children"),
    },
    inputs={"_version": DATA_VERSION},
    state={"opened": State("remind-opened", "data")},
    action=Action.REMIND,
)
def show_period(_version: object, opened: ShownPeriod) -> dict[str, Any]:
    """What is late, the reminders so far, and whether today's is among them."""
    record, now, submissions = _record(opened), lang(), service(SubmissionService)
    reminders = submissions.recent_reminders()
    is_done = submissions.is_reminded_today(record.obligation, record.period)
    of_period = (record.obligation.key, record.period.key)
    count = sum(each.agency == record.agency for each in reminders)
    earlier = [each for each in reminders if (each.obligation, each.period) == of_period]
    return {
        "period": reminder_header(service(SnapshotCache).snapshot(), record, count, now),
        "hidden": record.status.state is not SubmissionState.OVERDUE,
        "earlier": reminder_list(earlier, now),
        "done": describe(Failure(SubmissionCode.ALREADY_REMINDED), now) if is_done else "",
        "disabled": is_done,
        "ask": t("submissions.urge_final", now),
    }


@page_callback(
    {
        "text": Output("remind-text", "value"),
        "error": Output(error_id("remind-text"), "children"),
        "saved": Output("remind-form", "data-saved"),
        "is_asked": Output("remind-ask", "is_open", allow_duplicate=True),
        "disabled": Output("remind-send", "disabled", allow_duplicate=True),
    },
    inputs={"_clicks": Input("remind-ask-go", "n_clicks")},
    state={"opened": State("remind-opened", "data"), "text": State("remind-text", "value")},
    action=Action.REMIND,
    prevent_initial_call=True,
    running=[(Output("remind-ask-go", "disabled"), True, False)],
)
def put_down(_clicks: int, opened: ShownPeriod, text: str | None) -> dict[str, Any]:
    """Logs the reminder, once the question was answered; an empty one is refused at its field."""
    record, kept = _record(opened), no_update
    try:
        reminder = service(SubmissionService).remind(record.obligation, record.period, principal(), text or "")
    except SubmissionError as error:
        if error.failure.code != SubmissionCode.REMINDER_TEXT_MISSING:
            raise
        missing = describe(error.failure, lang())
        return {"text": kept, "error": missing, "saved": kept, "is_asked": False, "disabled": kept}
    show_toast(t("submissions.done_urged", lang()))
    saved = str(reminder.clock_time.timestamp())
    return {"text": "", "error": "", "saved": saved, "is_asked": False, "disabled": True}


def _record(opened: ShownPeriod) -> PeriodRecord:
    return service(SubmissionService).reminder_form(opened.key, opened.period, principal())
