"""Duyệt số liệu: what waits for release is approved, or returned with a reason, by somebody else than who sent it."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.screens.shell import RailPlace
from components.submissions.tables import pending_columns, pending_figures, pending_row
from components.ui.dialogs import act_button, side_panel
from components.ui.error_messages import describe
from components.ui.forms import draft_form, error_id, text_area
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import filters_table, page_callback
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.pages import SUBMISSIONS, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked
from ioc.domain.access.permissions import Action
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    return html.Div(
        [
            section_tabs(SUBMISSIONS, "release", now),
            html.P(id="release-lead", className="quiet"),
            html.Div([search_field("release-search", t("submissions.search_release", now), tim)], className="page-bar"),
            data_table("release-table", t("submissions.release", now), pending_columns(now), lang=now),
            side_panel("release-one", _decision_form(now)),
            dcc.Store(id="release-opened"),
        ],
        className="working",
    )


def _decision_form(now: str) -> Component:
    acts = [
        dbc.Button(t("submissions.release_do", now), id="release-approve", color="primary"),
        act_button("release-return", t("submissions.return_do", now), is_danger=True),
    ]
    fields = [
        text_area("release-reason", t("submissions.return_field", now), hint=t("submissions.return_hint", now)),
        html.Div(acts, className="page-bar"),
    ]
    return html.Div(
        [
            Panel(id="release-figures"),
            html.P(t("submissions.own", now), id="release-own", className="quiet"),
            html.Div(draft_form("release-form", fields, draft="", person=principal().name), id="release-decide"),
        ],
        className="form-stack",
    )


register_working_page(
    __name__, path="/duyet-so-lieu", name="release", title="Duyệt số liệu", label_key="submissions.release",
    section=SUBMISSIONS, order=2, rail=RailPlace("submissions.release_short", "approval", 20, counts_waiting=True),
    action=Action.APPROVE_SUBMISSION,
    topics=("submissions",), has_grid=True,
)  # fmt: skip

filters_table("release-search", "release-table")


@page_callback(
    {"rows": Output("release-table", "rowData"), "lead": Output("release-lead", "children")},
    inputs={"_version": DATA_VERSION},
    action=Action.APPROVE_SUBMISSION,
)
def list_pending(_version: object) -> dict[str, Any]:
    """The rows of the table."""
    pending, now = service(SubmissionService).pending_submissions(principal()), lang()
    snapshot = service(SnapshotCache).snapshot()
    lead = t("submissions.release_line" if pending else "submissions.release_none", now)
    return {"rows": [pending_row(each, snapshot, now) for each in pending], "lead": lead}


@page_callback(
    {
        "is_open": Output("release-one", "is_open"),
        "title": Output("release-one-title", "children"),
        "figures": Output("release-figures", "markup"),
        "own_hidden": Output("release-own", "hidden"),
        "decide_hidden": Output("release-decide", "hidden"),
        "draft": Output("release-form", "data-draft"),
        "reason": Output("release-reason", "value"),
        "error": Output(error_id("release-reason"), "children"),
        "opened": Output("release-opened", "data"),
    },
    inputs={"clicked": Input("release-table", "cellRendererData")},
    action=Action.APPROVE_SUBMISSION,
    prevent_initial_call=True,
)
def open_submission(clicked: Clicked) -> dict[str, Any]:
    """Opens the panel of one submission."""
    number, now = clicked.value, lang()
    pending = service(SubmissionService).pending_submissions(principal())
    item = next((each for each in pending if str(each.submission.id) == number), None)
    if item is None:
        raise SubmissionError(SubmissionCode.NOT_AWAITING_APPROVAL)
    may_decide = may(Action.APPROVE_SUBMISSION, service(SubmissionService).entry_target(item.submission))
    return {
        "is_open": True,
        "title": t("submissions.release", now),
        "figures": pending_figures(item, service(SnapshotCache).snapshot(), now),
        "own_hidden": may_decide,
        "decide_hidden": not may_decide,
        "draft": f"release {number}",
        "reason": "",
        "error": "",
        "opened": item.submission.id,
    }


@page_callback(
    {
        "is_open": Output("release-one", "is_open", allow_duplicate=True),
        "error": Output(error_id("release-reason"), "children", allow_duplicate=True),
        "saved": Output("release-form", "data-saved"),
    },
    inputs={"_clicks": [Input("release-approve", "n_clicks"), Input("release-return", "n_clicks")]},
    state={"opened": State("release-opened", "data"), "reason": State("release-reason", "value")},
    action=Action.APPROVE_SUBMISSION,
    prevent_initial_call=True,
    running=[(Output("release-approve", "disabled"), True, False), (Output("release-return", "disabled"), True, False)],
)
def decide(_clicks: list[int | None], opened: int | None, reason: str | None) -> dict[str, Any]:
    """Approves the submission in the panel, or returns it."""
    submissions, by, is_approval = service(SubmissionService), principal(), ctx.triggered_id == "release-approve"
    number = opened or 0
    try:
        event = submissions.approve(number, by) if is_approval else submissions.reject(number, by, reason or "")
    except SubmissionError as error:
        if error.failure.code != SubmissionCode.REJECTION_REASON_MISSING:
            raise
        return {"is_open": True, "error": describe(error.failure, lang()), "saved": ""}
    show_toast(t(f"submissions.done_{'released' if is_approval else 'returned'}", lang()))
    return {"is_open": False, "error": "", "saved": str(event.id)}
