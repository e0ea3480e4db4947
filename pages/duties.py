"""Chậm cập nhật số liệu: who has not sent the figures that are owed, and what the year adds up to."""

import dash
from dash import html
from dash.development.base_component import Component

from components.screens.shell import header_title
from components.submissions.compliance_table import compliance_summary, overdue_section, upcoming_section, year_section
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.auth.permissions import Action
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from ioc.snapshot.view import Frame, View

# A year of a daily duty of each of 103 units takes 0.8 s to go through.
MIN_INTERVAL = 15.0
_UPCOMING = (SubmissionState.REJECTED, SubmissionState.AWAITING_APPROVAL, SubmissionState.DUE_SOON)
_IDS = ("duties-summary", "duties-missing", "duties-coming", "duties-year")


def layout(**params: str) -> Component:
    """Numbers and tables, empty."""
    return html.Div([Panel(id=one) for one in _IDS], className="list")


def frame(view: View) -> Frame:
    """What it holds now, or at the moment that is looked back on: the logs tell it alike."""
    snapshot, lang = view.snapshot, view.lang
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    late = [one for one in every if one.status.state is SubmissionState.OVERDUE]
    soon = [one for one in every if one.status.state in _UPCOMING]
    found = compliance_records(snapshot.submissions, every, snapshot.at)
    drawn = (
        compliance_summary(snapshot, every, found, lang),
        overdue_section(snapshot, sorted(late, key=lambda one: (one.status.due, one.obligation.key)), lang),
        upcoming_section(snapshot, sorted(soon, key=lambda one: (one.status.due, one.obligation.key)), lang),
        year_section(snapshot, found, lang),
    )
    return {
        "shell-title": {"markup": header_title(snapshot, lang, t("submissions.page", lang))},
        **{key: {"markup": str(one)} for key, one in zip(_IDS, drawn, strict=True)},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/cham-so-lieu",
    name="duties",
    title="Chậm cập nhật số liệu",
    order=51,
    frame=frame,
    action=Action.VIEW,
    pace=dict.fromkeys(_IDS, MIN_INTERVAL),
)
