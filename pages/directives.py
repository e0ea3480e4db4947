"""Sổ văn bản chỉ đạo: counters, documents and tasks, tasks by document and agency, overdue tasks and their ages."""

from collections.abc import Collection
from functools import lru_cache

import dash
from dash import html
from dash.development.base_component import Component

from components.directives.followed_documents import followed_section
from components.directives.followed_tasks import followed_panel
from components.directives.register import register_panels
from components.directives.stacked_bar import document_stack
from components.directives.task_grid import TASK_COLUMNS, task_columns, task_rows
from components.ui.i18n import t
from components.ui.live_table import (
    SEARCH,
    SORT,
    LiveRow,
    drawn_rows,
    draws_table,
    live_table,
    rows_json,
    table_tools,
)
from components.ui.panel import Panel
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS, shows_drawn_table, sort_param
from ioc.directives.context import DirectiveContext
from ioc.directives.document_register import FOLLOWED, list_documents
from ioc.domain.access.permissions import Action
from ioc.domain.directives.filters import (
    AGENCY,
    BASIS,
    BY_LEAD,
    STATE,
    STATE_FILTERS,
    YEAR,
    RegisterFilter,
    apply_filter,
    document_year,
    register_filter,
)
from ioc.domain.directives.progress import RegisterAssessment, assess_register, without_documents
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View, one_of

COLUMNS = (("stack", "agencies"), ("overdue-ages", "overdue", "exceptions"))
_FOLLOWED = 20  # rows of documents that are followed in the program


def layout(**params: str) -> Component:
    """The page, empty."""
    now = lang()
    table = (
        [Panel(id="directives-found")]
        if shows_drawn_table(params)
        else live_table("directives", t("directives.task_table", now), now, t("directives.task_none_found", now))
    )
    return html.Div(
        [
            Panel(id="directives-followed"),
            _followed_link(now),
            Panel(id="directives-filters"),
            Panel(id="directives-counters"),
            html.Div(table, className="register-table"),
            html.Div(
                [html.Div([_box(name) for name in column], className="register-column") for column in COLUMNS],
                className="register-grid",
            ),
            _followed_documents(now) if may(Action.ACT_ON_DIRECTIVES) and "luc" not in params else None,
        ],
        className="register",
    )


def _followed_link(now: str) -> Component:
    """What the page counts, and where the tasks are that people act on, for who may open it."""
    link = html.A(t("directives.followed_register", now), href="/so-nhiem-vu", className="link")
    words = html.Span([t("directives.counts_configured", now), " ", link, "."])
    return html.P(words, className="quiet needs needs-act_on_directives")


def _followed_documents(now: str) -> Component:
    """The documents that are followed in the program, by what the principal may see; those of today alone."""
    page = list_documents(service(DirectiveContext), {"loai": FOLLOWED}, principal(), limit=_FOLLOWED)
    return followed_section(page.rows, page.total, now)


def _box(name: str) -> Component:
    return Panel(id=f"directives-{name}", className=f"box area-{name}", tag="section")


def frame(view: View) -> Frame:
    """The panels' current content, cached until the register changes, the day ends, or the filter differs.

    Walls and paper have the panels, and the tasks only where the address searches or sorts them.
    """
    params, now, address = view.params, view.lang, tuple(sorted(view.params.items()))
    snapshot, choice = view.snapshot, register_filter(params)
    assessment = without_documents(assess_register(snapshot.register, snapshot.at), snapshot.followed.documents)
    panels: Frame = {key: {"markup": markup} for key, markup in _render_panels(assessment, address, now)}
    followed = followed_panel(snapshot.followed, snapshot.register, now, is_live=snapshot.is_live)
    panels["directives-followed"] = {"markup": str(followed or "")}
    if draws_table(params):
        words, sort = params.get(SEARCH, ""), params.get(SORT, "")
        found = drawn_rows(task_columns(now), _rows(assessment, choice, now), words, sort, now) if words or sort else ""
        return {**panels, "directives-found": {"markup": str(found)}}
    tools = str(table_tools("directives", params, now))
    return {
        **panels,
        "directives-tools": {"markup": tools},
        "directives-rows": {"markup": _grid(assessment, choice, now)},
    }


@lru_cache(maxsize=64)
def _grid(assessment: RegisterAssessment, choice: RegisterFilter, lang: str) -> str:
    return rows_json(task_columns(lang), _rows(assessment, choice, lang))


def _rows(assessment: RegisterAssessment, choice: RegisterFilter, lang: str) -> list[LiveRow]:
    return task_rows(apply_filter(assessment, choice), lang)


def _agencies(snapshot: Snapshot) -> Collection[str]:
    register = snapshot.register
    return register.agencies.keys() | {task.lead for document in register.documents for task in document.tasks}


@lru_cache(maxsize=64)
def _render_panels(
    assessment: RegisterAssessment, address: tuple[tuple[str, str], ...], lang: str
) -> tuple[tuple[str, str], ...]:
    """`address`: the parameters, which links keep."""
    params = dict(address)
    filtered = apply_filter(assessment, register_filter(params))
    panels = (("stack", document_stack(filtered, lang)), *register_panels(assessment, filtered, params, lang))
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
        **TABLE_PARAMS,
        SORT: sort_param(lambda _: TASK_COLUMNS),
        YEAR: one_of(lambda snapshot: set(map(document_year, snapshot.register.documents))),
        AGENCY: one_of(_agencies),
        STATE: one_of(lambda _: STATE_FILTERS),
        BASIS: one_of(lambda _: {BY_LEAD}),
    },
    suites=(GRID,),
)
