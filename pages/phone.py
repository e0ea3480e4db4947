"""Báo qua điện thoại: the forms whose figures may be told by telephone, first those without figures."""

from typing import Any

from dash import Output, html
from dash.development.base_component import Component

from components.screens.shell import RailPlace
from components.submissions.tables import phone_columns, phone_row
from components.ui.i18n import t
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import filters_table, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import SUBMISSIONS, register_working_page, section_tabs
from ioc.domain.access.permissions import Action
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    return html.Div(
        [
            section_tabs(SUBMISSIONS, "phone", now),
            html.P(id="phone-lead", className="quiet"),
            html.Div([search_field("phone-search", t("submissions.search_phone", now), tim)], className="page-bar"),
            data_table("phone-table", t("submissions.call", now), phone_columns(now), lang=now),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/bao-qua-dien-thoai", name="phone", title="Ghi số báo qua điện thoại", label_key="submissions.call",
    section=SUBMISSIONS, order=3, rail=RailPlace("submissions.phone_short", "phone", 30),
    action=Action.ENTER_PHONE_REPORT, topics=("submissions",),
    has_grid=True,
)  # fmt: skip

filters_table("phone-search", "phone-table")


@page_callback(
    {"rows": Output("phone-table", "rowData"), "lead": Output("phone-lead", "children")},
    inputs={"_version": DATA_VERSION},
    action=Action.ENTER_PHONE_REPORT,
)
def list_forms(_version: object) -> dict[str, Any]:
    """The rows of the table."""
    snapshot, now = service(SnapshotCache).snapshot(), lang()
    reports = service(SubmissionService).phone_reports(snapshot.submissions, principal())
    lead = t("submissions.call_line" if reports else "submissions.call_none", now)
    return {"rows": [phone_row(each, snapshot, now) for each in reports], "lead": lead}
