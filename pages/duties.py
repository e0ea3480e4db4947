"""Chậm cập nhật số liệu: who has not sent the figures that are owed, and what the year adds up to."""

import dash
from dash import html
from dash.development.base_component import Component

from components.screens.shell import title
from components.submissions.compliance_table import coming, missing, summary, year
from components.ui.i18n import say
from components.ui.panel import Panel
from ioc.auth.permissions import Action
from ioc.domain.submissions.compliance import records
from ioc.domain.submissions.submission import Status, everything
from ioc.snapshot.view import Frame, View

# A year of a daily duty of each of 103 units takes 0.8 s to go through.
PACE = 15.0
_COMING = (Status.RETURNED, Status.WAITING, Status.SOON)
_IDS = ("duties-summary", "duties-missing", "duties-coming", "duties-year")


def layout(**params: str) -> Component:
    """Numbers and tables, empty."""
    return html.Div([Panel(id=one) for one in _IDS], className="list")


def frame(view: View) -> Frame:
    """What it holds now, or at the moment that is looked back on: the logs tell it alike."""
    snapshot, lang = view.snapshot, view.lang
    every = everything(snapshot.handed, snapshot.register.agencies, snapshot.at)
    late = [one for one in every if one.standing.status is Status.LATE]
    soon = [one for one in every if one.standing.status in _COMING]
    found = records(snapshot.handed, every, snapshot.at)
    drawn = (
        summary(snapshot, every, found, lang),
        missing(snapshot, sorted(late, key=lambda one: (one.standing.due, one.duty.key)), lang),
        coming(snapshot, sorted(soon, key=lambda one: (one.standing.due, one.duty.key)), lang),
        year(snapshot, found, lang),
    )
    return {
        "shell-title": {"markup": title(snapshot, lang, say("handed.page", lang))},
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
    pace=dict.fromkeys(_IDS, PACE),
)
