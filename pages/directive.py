"""Một văn bản chỉ đạo: its tasks with their states, its progress over time, its assignments."""

from datetime import datetime
from functools import lru_cache

import dash
import htpy as h
from dash import dcc, html
from dash.development.base_component import Component

from components.directives.directive_card import document_counters, document_facts, task_table
from components.directives.timeline_chart import timeline_figure, timeline_table
from components.screens.shell import header_title, missing_header
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.status_badges import simulated_badge
from ioc.domain.access.permissions import Action
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, assess_register
from ioc.domain.directives.timeline import ProgressTimeline, progress_timeline
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View

EMPTY: dict[str, object] = {"data": [], "layout": {}}
PARTS = ("counters", "timeline-head", "timeline-table", "about", "tasks")


def layout(key: str = "", **params: str) -> Component:
    """The page, empty."""
    graph = dcc.Graph(
        id="directive-progress",
        figure=EMPTY,
        config={"displayModeBar": False, "responsive": True},
    )
    # A responsive Graph fills its parent's height, so the parent must have one.
    holder = html.Div(graph, className="chart")
    chart = [Panel(id="directives-timeline-head"), holder, Panel(id="directives-timeline-table")]
    return html.Div(
        [
            Panel(id="directives-counters", className="directive-counters"),
            html.Section(chart, className="box directive-timeline"),
            Panel(id="directives-about", className="box directive-about", tag="section"),
            Panel(id="directives-tasks", className="box directive-tasks", tag="section"),
        ],
        className="directive",
    )


def exists(snapshot: Snapshot, key: str) -> bool:
    """Whether there is such a document at the moment shown."""
    return any(document.key == key for document in snapshot.register.documents)


def _find_document(assessment: RegisterAssessment, key: str) -> DocumentView | None:
    return next((candidate for candidate in assessment.documents if candidate.document.key == key), None)


def frame(view: View) -> Frame:
    """The panels' current content, or a message for an unknown key."""
    key, lang, snapshot = view.params.get("key", ""), view.lang, view.snapshot
    assessment = assess_register(snapshot.register, snapshot.at)
    document_view = _find_document(assessment, key)
    if document_view is None:
        return _missing(view)
    timeline, parts = _render_panels(assessment, document_view.document.key, lang, _CacheNeutralTime(snapshot.at))
    figure = timeline_figure(timeline, key, lang, simulated=document_view.document.is_simulated)
    short = document_view.document.short if document_view.document.short.vi else None
    name = f"{document_view.document.number} · {short.get(lang)}" if short else document_view.document.number
    return {
        "shell-title": {"markup": header_title(snapshot, lang, name)},
        **{f"directives-{part}": {"markup": markup} for part, markup in zip(PARTS, parts, strict=True)},
        "directive-progress": {"figure": figure},
    }


class _CacheNeutralTime:
    """A time that is ignored in a cache key: the assessment is a new object whenever anything changed."""

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
    candidate = next(view for view in assessment.documents if view.document.key == key)
    timeline = progress_timeline(assessment, candidate, now.at)
    tasks = (
        task_table(candidate, assessment, lang)
        if candidate.tasks
        else h.p(".nothing")[t("directives.no_task_yet", lang)]
    )
    parts = (
        document_counters(candidate, lang),
        _head(candidate, timeline, lang),
        _foot(timeline, lang),
        document_facts(candidate.document, assessment, lang),
        tasks,
    )
    return timeline, tuple(str(part) for part in parts)


def _head(view: DocumentView, timeline: ProgressTimeline, lang: str) -> h.Element:
    empty = not timeline.actual
    return h.div(class_="timeline-empty" if empty else None)[
        h.h2(".box-title")[
            t("directives.timeline", lang),
            not empty and h.small[t("directives.timeline_line", lang)],
            view.document.is_simulated and simulated_badge(lang),
        ],
        empty and h.p(".nothing")[t("directives.timeline_none", lang)],
    ]


def _foot(timeline: ProgressTimeline, lang: str) -> h.Node:
    if not timeline.actual:
        return ""
    words = t("directives.forecast_basis" if timeline.forecast else "directives.forecast_few", lang)
    return h.fragment[h.p(".about-note")[words], timeline_table(timeline, lang)]


def _missing(view: View) -> Frame:
    words = h.div(".nothing")[
        h.p[t("directives.no_such", view.lang)],
        h.p[h.a(".link", href="/chi-dao")[t("directives.back", view.lang)]],
    ]
    empty: Frame = {f"directives-{name}": {"markup": ""} for name in PARTS}
    return {
        **missing_header(view, "directive"),
        **empty,
        "directives-about": {"markup": str(words)},
        "directive-progress": {"figure": EMPTY},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path_template="/chi-dao/<key>",
    name="directive",
    title="Văn bản chỉ đạo",
    order=42,
    frame=frame,
    exists=exists,
    action=Action.VIEW,
)
