"""Sổ văn bản chỉ đạo: counters, tasks by document and agency, overdue tasks and their ages."""

from collections.abc import Collection
from functools import lru_cache

import dash
from dash import html
from dash.development.base_component import Component

from components.directives.register import register_panels
from components.directives.stacked_bar import document_stack
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.directives.filters import (
    BY_LEAD,
    STATE_FILTERS,
    RegisterFilter,
    apply_filter,
    document_year,
    register_filter,
)
from ioc.domain.directives.progress import RegisterAssessment, assess_register
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View, one_of

COLUMNS = (("stack", "agencies"), ("overdue-ages", "overdue", "exceptions"))


def layout(**params: str) -> Component:
    """The page, empty."""
    return html.Div(
        [
            Panel(id="directives-filters"),
            Panel(id="directives-counters"),
            html.Div(
                [html.Div([_box(name) for name in column], className="register-column") for column in COLUMNS],
                className="register-grid",
            ),
        ],
        className="register",
    )


def _box(name: str) -> Component:
    return Panel(id=f"directives-{name}", className=f"box area-{name}", tag="section")


def frame(view: View) -> Frame:
    """The panels' current content, cached until the register changes, the day ends, or the filter differs."""
    assessment = assess_register(view.snapshot.register, view.snapshot.at)
    return {
        key: {"markup": markup} for key, markup in _render_panels(assessment, register_filter(view.params), view.lang)
    }


def _agencies(snapshot: Snapshot) -> Collection[str]:
    register = snapshot.register
    return register.agencies.keys() | {task.lead for document in register.documents for task in document.tasks}


@lru_cache(maxsize=64)
def _render_panels(assessment: RegisterAssessment, choice: RegisterFilter, lang: str) -> tuple[tuple[str, str], ...]:
    filtered = apply_filter(assessment, choice)
    panels = (("stack", document_stack(filtered, lang)), *register_panels(assessment, filtered, choice, lang))
    return tuple((f"directives-{name}", str(markup) if markup is not None else "") for name, markup in panels)


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/chi-dao",
    name="directives",
    title="Sổ văn bản chỉ đạo",
    order=20,
    frame=frame,
    action=Action.VIEW,
    params={
        "nam": one_of(lambda snapshot: set(map(document_year, snapshot.register.documents))),
        "co-quan": one_of(_agencies),
        "trang-thai": one_of(lambda _: STATE_FILTERS),
        "theo": one_of(lambda _: {BY_LEAD}),
    },
)
