"""Giao ban: the Office opens one for a day; all of them."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.briefing import briefing_list
from components.directives.briefing_links import briefing_path
from components.screens.shell import RailPlace
from components.ui.failure_words import kind_names
from components.ui.format import format_date
from components.ui.forms import date_field, day_errors, draft_form, error_id
from components.ui.i18n import t
from components.ui.working import DATA_VERSION, loading_list, show_toast
from ioc.dash_kit.briefings import may_see_briefings, required_secretary, secretary
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import field_text, lang, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import register_working_page
from ioc.directives.briefings import newest_briefings, open_briefing
from ioc.directives.context import DirectiveContext
from ioc.directives.visibility import OFFICE_KINDS
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct

DAY = "briefings-day"
_OF_DAY = (ActCode.DAY_PAST, ActCode.DAY_OUT_OF_RANGE, ActCode.BRIEFING_OPEN)


def layout(**params: str) -> Component:
    """The form of a new one, for who may open it, and the list, empty."""
    now, keeper = lang(), secretary()
    kinds, may_see = DOCUMENT_GRANTS[DocumentAct.BRIEF], may_see_briefings()
    who, text = (kinds, "nobody_may") if may_see else (OFFICE_KINDS, "nobody_sees")
    notice = t(f"briefing.{text}", now, kinds=kind_names(sorted(who), now))
    today = format_date(service(DirectiveContext).today())
    form = draft_form(
        "briefings-form",
        [
            form_key("briefings-form"),
            html.H2(t("briefing.open_title", now), className="box-title"),
            date_field(DAY, t("briefing.day", now), now, today),
            html.Div(dbc.Button(t("briefing.open", now), id="briefings-open", color="primary")),
        ],
        draft="briefings", person=principal().name,
    )  # fmt: skip
    listed = [html.H2(t("briefing.all", now), className="box-title"), html.Div(loading_list(now), id="briefings-list")]
    return html.Div(
        [
            None if keeper else dbc.Alert(notice, color="warning"),
            html.Section(form, className="box", hidden=keeper is None),
            html.Section(listed, className="box", hidden=not may_see),
            dcc.Location(id="briefings-go", refresh=True),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/giao-ban", name="briefings", title="Giao ban", label_key="briefing.page",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
    rail=RailPlace("briefing.page", "meeting", 8, needs=(Action.EDIT, Action.FLAG)),
)  # fmt: skip


@page_callback(Output("briefings-list", "children"), inputs={"_version": DATA_VERSION}, action=Action.ACT_ON_DIRECTIVES)
def list_briefings(_version: object) -> object:
    """The newest briefings."""
    if not may_see_briefings():
        return None
    return briefing_list(newest_briefings(service(DirectiveContext), principal()), lang())


@page_callback(
    {
        "error": Output(error_id(DAY), "children"),
        "go": Output("briefings-go", "href"),
        "saved": Output("briefings-form", "data-saved"),
        "form_key": key_output("briefings-form"),
    },
    inputs={"_clicks": Input("briefings-open", "n_clicks")},
    state={"day": State(DAY, "value"), "key": key_state("briefings-form")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("briefings-open", "disabled"), True, False)],
)
def open_one(_clicks: int, day: str | None, key: str | None) -> dict[str, Any]:
    """Opens the briefing of a day and leads to it; what is wrong with the day is said at its field."""
    kept, now = {"go": no_update, "saved": no_update, "form_key": no_update}, lang()
    errors, parsed = day_errors({DAY: day or ""}, now, required=(DAY,)), parse_day(day or "")
    if parsed is None:
        return {"error": errors[DAY], **kept}
    try:
        opened = open_briefing(service(DirectiveContext), parsed, required_secretary(), principal(), key or "")
    except ActError as error:
        if ActCode(error.failure.code) not in _OF_DAY:
            raise
        return {"error": field_text(error), **kept}
    show_toast(t("briefing.opened", now))
    return {"error": "", "go": briefing_path(opened), "saved": opened, "form_key": new_key()}
