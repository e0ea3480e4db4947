"""A test page with a variable in its path; the key "broken" raises an error."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View


def layout(**_params: str) -> Component:
    """One panel."""
    return html.Div(Panel(id="detail"))


def frame(view: View) -> Frame:
    """Its own key, escaped."""
    if view.params.get("key") == "broken":
        raise ZeroDivisionError("requested by the test")
    return {"detail": {"markup": str(h.p[view.params.get("key", ""), " ", view.lang])}}


def exists(snapshot: Snapshot, key: str) -> bool:
    """Everything but the key "none"."""
    return snapshot.version > 0 and key != "none"


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path_template="/chi-so/<key>",
    name="detail",
    frame=frame,
    exists=exists,
    action=Action.VIEW,
    title="Một chỉ số",
    order=1,
)
