"""Một văn bản chỉ đạo: how its tasks stand, how it came this far, who has what."""

from datetime import datetime
from functools import lru_cache

import dash
import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.directives.directive_card import document_counters, document_facts, task_table
from components.directives.timeline_chart import timeline_figure, timeline_table
from components.screens.shell import header_title
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.status_badges import simulated_badge
from ioc.auth.permissions import Action
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, assess_register
from ioc.domain.directives.timeline import ProgressTimeline, progress_timeline
from ioc.snapshot.view import Frame, View

EMPTY: dict[str, object] = {"data": [], "layout": {}}
PARTS = ("counters", "course-head", "course-table", "about", "tasks")


def layout(key: str = "", **params: str) -> Component:
    """The page, empty."""
    graph = dcc.Graph(
        id="directive-progress",
        figure=EMPTY,
        config={"displayModeBar": False, "responsive": True},
    )
    # A responsive Graph takes the whole height of what holds it, so something with a height must.
    holder = html.Div(graph, className="chart")
    chart = [Panel(id="directives-course-head"), holder, Panel(id="directives-course-table")]
    return html.Div(
        [
            Panel(id="directives-counters", className="directive-counters"),
            html.Section(chart, className="box directive-course"),
            Panel(id="directives-about", className="box directive-about", tag="section"),
            Panel(id="directives-tasks", className="box directive-tasks", tag="section"),
        ],
        className="directive",
    )


def frame(view: View) -> Frame:
    """What it holds now; a key that no document has is said in words."""
    key, lang, snapshot = view.params.get("key", ""), view.lang, view.snapshot
    found = assess_register(snapshot.register, snapshot.at)
    shown = next((one for one in found.documents if one.document.key == key), None)
    if shown is None:
        return _missing(view, key)
    way, parts = _render_panels(found, shown.document.key, lang, _CacheNeutralTime(snapshot.at))
    figure = timeline_figure(way, key, lang, simulated=shown.document.is_simulated)
    short = shown.document.short if shown.document.short.vi else None
    name = f"{shown.document.number} · {short.get(lang)}" if short else shown.document.number
    return {
        "shell-title": {"markup": header_title(snapshot, lang, name)},
        **{f"directives-{part}": {"markup": markup} for part, markup in zip(PARTS, parts, strict=True)},
        "directive-progress": {"figure": figure},
    }


class _CacheNeutralTime:
    """The moment of a drawing; the assessment tells whether anything happened since, so all moments are alike."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _CacheNeutralTime)


@lru_cache(maxsize=64)
def _render_panels(
    assessment: RegisterAssessment, key: str, lang: str, now: _CacheNeutralTime
) -> tuple[ProgressTimeline, tuple[str, ...]]:
    view = next(one for one in assessment.documents if one.document.key == key)
    way = progress_timeline(assessment, view, now.at)
    tasks = task_table(view, assessment, lang) if view.tasks else h.p(".nothing")[t("directives.no_task_yet", lang)]
    parts = (
        document_counters(view, lang),
        _head(view, way, lang),
        _foot(way, lang),
        document_facts(view.document, assessment, lang),
        tasks,
    )
    return way, tuple(str(part) for part in parts)


def _head(view: DocumentView, timeline: ProgressTimeline, lang: str) -> h.Element:
    empty = not timeline.actual
    return h.div(class_="course-none" if empty else None)[
        h.h2(".box-title")[
            t("directives.course", lang),
            not empty and h.small[t("directives.course_line", lang)],
            view.document.is_simulated and simulated_badge(lang),
        ],
        empty and h.p(".nothing")[t("directives.course_none", lang)],
    ]


def _foot(timeline: ProgressTimeline, lang: str) -> h.Node:
    if not timeline.actual:
        return ""
    words = t("directives.forecast_basis" if timeline.forecast else "directives.forecast_few", lang)
    return h.fragment[h.p(".about-note")[words], timeline_table(timeline, lang)]


def _missing(view: View, key: str) -> Frame:
    words = h.div(".nothing")[
        h.p[t("directives.no_such", view.lang, name=key)],
        h.p[h.a(".link", href="/chi-dao")[t("directives.back", view.lang)]],
    ]
    empty: Frame = {f"directives-{name}": {"markup": ""} for name in PARTS}
    return {**empty, "directives-about": {"markup": str(words)}, "directive-progress": {"figure": EMPTY}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path_template="/chi-dao/<key>",
    name="directive",
    title="Văn bản chỉ đạo",
    order=42,
    frame=frame,
    action=Action.VIEW,
)
