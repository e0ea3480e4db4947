"""Thông tin cá nhân: disclosed once to those permitted, for a purpose that they state; each disclosure is audited.

Personal are: what a source states of the person behind an event, and counts of so few people that they are suppressed.
"""

from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.access.personal_data import (
    NOTE,
    PURPOSE,
    disclosed_counts,
    disclosed_event,
    event_head,
    purpose_form,
    unit_head,
)
from components.ui.format import format_moment
from components.ui.forms import chosen, error_outputs, error_texts
from components.ui.i18n import t
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.personal_data import MAX_PURPOSE_LENGTH, MIN_PURPOSE_LENGTH, PURPOSES, PersonalData, Purpose
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import typed_text
from ioc.domain.access.permissions import Action

_EVENT, _UNIT = "su-kien", "don-vi"  # parameters of the address: "source/key" of an event, or the code of a unit
_HIDDEN, _SHOWN = {"display": "none"}, None
_FIELDS = (PURPOSE, NOTE)


def layout(**params: str) -> Component:
    """The page, empty."""
    now = lang()
    about = {name: str(params.get(name) or "")[:400] for name in (_EVENT, _UNIT)}
    ask = purpose_form(PURPOSES, MIN_PURPOSE_LENGTH, MAX_PURPOSE_LENGTH, now)
    return html.Div(
        [
            html.Div(id="personal-head"),
            html.Div(ask, id="personal-ask", style=_HIDDEN),
            html.Div(id="personal-data", role="status", className="form-stack"),
            dcc.Store(id="personal-about", data=about),
            form_key("personal-ask"),
        ],
        className="working form-page",
    )


register_working_page(
    __name__, path="/chi-tiet", name="personal", title="Thông tin cá nhân", label_key="personal_data.title",
    action=Action.VIEW_PERSONAL, topics=("events",),
)  # fmt: skip


@page_callback(
    {"head": Output("personal-head", "children"), "ask": Output("personal-ask", "style")},
    inputs={"about": Input("personal-about", "data")},
    action=Action.VIEW_PERSONAL,
)
def show(about: dict[str, str] | None) -> dict[str, Any]:
    """What it is about; asks for the purpose only where something personal is kept."""
    event, unit = _of(about)
    data, now = service(PersonalData), lang()
    if event and (found := data.find_event(*event, principal())):
        return {"head": event_head(*found, now), "ask": _SHOWN if found[1] else _HIDDEN}
    if unit and (known := data.find_unit(unit, principal())):
        return {"head": unit_head(known[0], bool(known[1]), now), "ask": _SHOWN if known[1] else _HIDDEN}
    way_on = html.A(t("shell.events", now), href="/su-kien", className="cell-link")
    return {"head": html.Div([html.P(t("personal_data.unknown", now)), way_on]), "ask": _HIDDEN}


@page_callback(
    {
        "data": Output("personal-data", "children"),
        "ask": Output("personal-ask", "style", allow_duplicate=True),
        "errors": error_outputs(_FIELDS),
        "key": key_output("personal-ask"),
    },
    inputs={"_clicks": Input("personal-open", "n_clicks")},
    state={
        "about": State("personal-about", "data"),
        "purpose": State(PURPOSE, "value"),
        "note": State(NOTE, "value"),
        "key": key_state("personal-ask"),
    },
    action=Action.VIEW_PERSONAL,
    prevent_initial_call=True,
    running=[(Output("personal-open", "disabled"), True, False)],
)
def disclose(
    _clicks: int, about: dict[str, str] | None, purpose: str | None, note: str | None, key: str | None
) -> dict[str, Any]:
    """Discloses for the purpose. What is missing of it is said at its field, and the denial is audited."""
    stated = Purpose(chosen(purpose), typed_text(note, MAX_PURPOSE_LENGTH))
    try:
        disclosed = _disclosed(about, stated, key or "")
    except AuthError as error:
        if error.code is not AuthCode.PURPOSE_MISSING:
            raise
        field = NOTE if stated.key in PURPOSES else PURPOSE
        errors = error_texts(_FIELDS, {field: field_text(error)})
        return {"data": no_update, "ask": _SHOWN, "errors": errors, "key": no_update}
    written = t("personal_data.written", lang(), time=format_moment(service(PersonalData).now()))
    content = [disclosed, html.P(written, className="quiet")]
    return {"data": content, "ask": _HIDDEN, "errors": error_texts(_FIELDS, {}), "key": new_key()}


def _disclosed(about: dict[str, str] | None, stated: Purpose, key: str) -> Component:
    event, unit = _of(about)
    data, by = service(PersonalData), principal()
    if event:
        return disclosed_event(data.disclose_event(*event, stated, by, key), lang())
    return disclosed_counts(data.disclose_counts(unit, stated, by, key), lang())


def _of(about: dict[str, str] | None) -> tuple[tuple[str, str] | None, str]:
    """Source and key of the event, None without one; and the code of the unit."""
    source, slash, key = (about or {}).get(_EVENT, "").partition("/")
    return (source, key) if slash else None, (about or {}).get(_UNIT, "")
