"""Một phường, xã: its KPIs, events, tasks and sources."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.directives.instruction import instruction_link
from components.directives.instruction_list import issued_instructions
from components.districts.unit_card import event_section, kpi_section, source_section, task_section, unit_name
from components.screens.shell import header_title, missing_header
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View

_PARTS = {"figures": kpi_section, "events": event_section, "tasks": task_section, "sources": source_section}


def layout(key: str = "", **params: str) -> Component:
    """The page, empty."""
    return html.Div([Panel(id="unit-head"), *(Panel(id=f"unit-{part}") for part in _PARTS)], className="list unit")


def exists(snapshot: Snapshot, key: str) -> bool:
    """Whether there is a unit of this code."""
    return key in snapshot.units


def frame(view: View) -> Frame:
    """The panels' current content, or a message for an unknown code."""
    code, lang, snapshot = view.params.get("key", ""), view.lang, view.snapshot
    unit = snapshot.units.get(code)
    if unit is None:
        return _missing(view)
    name = unit_name(unit)
    description = t(
        "admin_units.line", lang, former=unit.former_province, area=format_number(unit.area_km2, 2), code=code
    )
    back = h.a(".link", href="/don-vi")[t("admin_units.all", lang)]
    given = issued_instructions(view.instructions_on(f"/don-vi/{code}"), snapshot.register.agencies, lang)
    return {
        "shell-title": {"markup": header_title(snapshot, lang, name[:1].upper() + name[1:])},
        "unit-head": {
            "markup": str(
                h.fragment[h.p(".quiet")[description, " · ", back], instruction_link(f"/don-vi/{code}", lang), given]
            )
        },
        **{f"unit-{part}": {"markup": str(draw(snapshot, code, lang))} for part, draw in _PARTS.items()},
    }


def _missing(view: View) -> Frame:
    lang = view.lang
    message = h.div(".nothing")[
        h.p[t("admin_units.no_such", lang)], h.p[h.a(".link", href="/don-vi")[t("admin_units.all", lang)]]
    ]
    empty: Frame = {f"unit-{part}": {"markup": ""} for part in _PARTS}
    return {**missing_header(view, "unit"), "unit-head": {"markup": str(message)}, **empty}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path_template="/don-vi/<key>",
    name="unit",
    title="Phường, xã",
    order=47,
    frame=frame,
    exists=exists,
    action=Action.VIEW,
)
