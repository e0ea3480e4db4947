"""Chậm cập nhật số liệu: overdue and upcoming submissions, and each agency's compliance over the year."""

import dash
from dash import html
from dash.development.base_component import Component

from components.screens.shell import header_title
from components.submissions.compliance_table import compliance_summary, overdue_section, upcoming_section, year_section
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from ioc.snapshot.view import Frame, View

# A year of a daily obligation of each of 103 units takes 0.8 s to assess.
MIN_INTERVAL = 15.0
_UPCOMING = (SubmissionState.REJECTED, SubmissionState.AWAITING_APPROVAL, SubmissionState.DUE_SOON)
_IDS = ("compliance-summary", "compliance-overdue", "compliance-upcoming", "compliance-year")


def layout(**params: str) -> Component:
    """Numbers and tables, empty."""
    return html.Div([Panel(id=panel_id) for panel_id in _IDS], className="list")


def frame(view: View) -> Frame:
    """The panels' content at the snapshot's moment, present or past."""
    snapshot, lang = view.snapshot, view.lang
    periods = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    late = [period for period in periods if period.status.state is SubmissionState.OVERDUE]
    soon = [period for period in periods if period.status.state in _UPCOMING]
    records = compliance_records(snapshot.submissions, periods, snapshot.at)
    sections = (
        compliance_summary(snapshot, periods, records, lang),
        overdue_section(snapshot, sorted(late, key=lambda period: (period.status.due, period.obligation.key)), lang),
        upcoming_section(snapshot, sorted(soon, key=lambda period: (period.status.due, period.obligation.key)), lang),
        year_section(snapshot, records, lang),
    )
    return {
        "shell-title": {"markup": header_title(snapshot, lang, t("submissions.page", lang))},
        **{key: {"markup": str(section)} for key, section in zip(_IDS, sections, strict=True)},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/cham-so-lieu",
    name="obligations",
    title="Chậm cập nhật số liệu",
    order=51,
    frame=frame,
    action=Action.VIEW,
    pace=dict.fromkeys(_IDS, MIN_INTERVAL),
)
