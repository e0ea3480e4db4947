"""Nguồn dữ liệu: every source with its health, most severe first, and the newest rejected items."""

import dash
from dash import html
from dash.development.base_component import Component

from components.sources.rejected_table import rejected_table
from components.sources.source_table import chips, filter_by_status, source_table
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """Chips and tables, empty."""
    return html.Div(
        [Panel(id="sources-chips"), Panel(id="sources-table"), Panel(id="sources-rejected")], className="list"
    )


def frame(view: View) -> Frame:
    """The panels' current content; parameter `trang-thai` selects a status."""
    chosen = view.params.get("trang-thai", "")
    rejected = rejected_table(view.snapshot, filter_by_status(view.snapshot, chosen), view.lang)
    return {
        "sources-rejected": {"markup": str(rejected or "")},
        "sources-chips": {"markup": str(chips(view.snapshot, view.lang, chosen))},
        "sources-table": {"markup": str(source_table(view.snapshot, view.lang, chosen))},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/nguon",
    name="sources",
    title="Nguồn dữ liệu",
    order=50,
    frame=frame,
    action=Action.VIEW,
    params=("trang-thai",),
)
