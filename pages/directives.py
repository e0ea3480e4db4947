"""Sổ văn bản chỉ đạo: counters, tasks by document and agency, overdue tasks and their ages."""

from collections.abc import Mapping
from functools import lru_cache

import dash
from dash import html
from dash.development.base_component import Component

from components.directives.register import register_panels
from components.directives.stacked_bar import document_stack
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.directives.filters import STATE_FILTERS, RegisterFilter, apply_filter
from ioc.domain.directives.progress import RegisterAssessment, assess_register
from ioc.snapshot.view import Frame, View

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
    return {key: {"markup": markup} for key, markup in _render_panels(assessment, _choice(view.params), view.lang)}


def _choice(params: Mapping[str, str]) -> RegisterFilter:
    state = params.get("trang-thai", "")
    return RegisterFilter(
        params.get("nam", ""),
        params.get("co-quan", ""),
        state if state in STATE_FILTERS else "",
        params.get("theo", "") != "duoc-giao",
    )


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
    params=("nam", "co-quan", "trang-thai", "theo"),
)
