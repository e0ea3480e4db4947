"""Một phường, xã: its figures, events, tasks, sources and what comes late."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.districts.unit_card import events, figures, name, sources, tasks
from components.screens.shell import title
from components.ui.format import number
from components.ui.i18n import say
from components.ui.panel import Panel
from ioc.auth.permissions import Action
from ioc.snapshot.view import Frame, View

_PARTS = {"figures": figures, "events": events, "tasks": tasks, "sources": sources}


def layout(key: str = "", **params: str) -> Component:
    """The page, empty."""
    return html.Div([Panel(id="unit-head"), *(Panel(id=f"unit-{part}") for part in _PARTS)], className="list unit")


def frame(view: View) -> Frame:
    """What it holds now; a code that no unit has is said in words."""
    code, lang, snapshot = view.params.get("key", ""), view.lang, view.snapshot
    unit = snapshot.units.get(code)
    if unit is None:
        return _missing(code[:40], lang)
    called = name(unit)
    said = say("communes.line", lang, former=unit.former, area=number(unit.area_km2, 2), code=code)
    back = h.a(".link", href="/don-vi")[say("communes.all", lang)]
    return {
        "shell-title": {"markup": title(snapshot, lang, called[:1].upper() + called[1:])},
        "unit-head": {"markup": str(h.p(".quiet")[said, " · ", back])},
        **{f"unit-{part}": {"markup": str(draw(snapshot, code, lang))} for part, draw in _PARTS.items()},
    }


def _missing(code: str, lang: str) -> Frame:
    said = h.div(".nothing")[
        h.p[say("communes.no_such", lang, code=code)], h.p[h.a(".link", href="/don-vi")[say("communes.all", lang)]]
    ]
    return {"unit-head": {"markup": str(said)}, **{f"unit-{part}": {"markup": ""} for part in _PARTS}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path_template="/don-vi/<key>", name="unit", title="Phường, xã", order=47, frame=frame, action=Action.VIEW
)
