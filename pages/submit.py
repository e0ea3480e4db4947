"""Nhập số liệu: what the agency of a reporter owes, by date."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from components.screens.shell import RailPlace
from components.submissions.tables import owed_columns, owed_row
from components.ui.export_table import export_links
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import filters_table, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.directory import AgencyDirectory
from ioc.dash_kit.pages import SUBMISSIONS, register_working_page, section_tabs
from ioc.domain.access.permissions import Action
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    late = dbc.Button(
        t("submissions.page", now), href="/cham-so-lieu", color="secondary", outline=True, external_link=True
    )
    search = search_field("submit-search", t("submissions.search", now), tim)
    return html.Div(
        [
            section_tabs(SUBMISSIONS, "submit", now),
            html.P(id="submit-lead", className="quiet"),
            page_bar("submit", now, search=search, more=[*export_links("submissions", now), late]),
            data_table("submit-table", t("submissions.desk", now), owed_columns(now), lang=now),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/nhap-so-lieu", name="submit", title="Nhập số liệu", label_key="submissions.desk",
    section=SUBMISSIONS, order=1, rail=RailPlace("submissions.entry_short", "desk", 10),
    action=Action.SUBMIT, topics=("submissions",), has_grid=True,
)  # fmt: skip

filters_table("submit-search", "submit-table")


@page_callback(
    {"rows": Output("submit-table", "rowData"), "lead": Output("submit-lead", "children")},
    inputs={"_version": DATA_VERSION},
    action=Action.SUBMIT,
)
def list_owed(_version: object) -> dict[str, Any]:
    """The rows of the table, and whose they are."""
    reporter, now = principal(), lang()
    snapshot = service(SnapshotCache).snapshot()
    periods = service(SubmissionService).owed_periods(snapshot.submissions, reporter)
    if not periods:
        return {
            "rows": [],
            "lead": t("submissions.desk_none" if reporter.agency else "submissions.desk_no_agency", now),
        }
    agency = service(AgencyDirectory).name(reporter.agency, now)
    return {"rows": [owed_row(each, now) for each in periods], "lead": t("submissions.desk_line", now, agency=agency)}
