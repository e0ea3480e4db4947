"""Quản trị, Ủy quyền và thay: by which position another one acts from–to; mandates are listed, given and ended."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.mandates import (
    ACTS,
    BASIS,
    DEPUTY,
    FIELDS,
    FROM,
    KIND,
    PRINCIPAL,
    UNTIL,
    act_options,
    columns,
    mandate_form,
    position_options,
    row,
)
from components.directives.positions import position_name
from components.ui.dialogs import confirm_dialog, dialog
from components.ui.error_messages import describe
from components.ui.export_table import export_links
from components.ui.format import format_date
from components.ui.forms import NONE, chosen, day_errors, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import closes_dialog, filters_table, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked, typed_text
from ioc.directives.context import DirectiveContext
from ioc.directives.positions import NumberedMandate, add_mandate, end_mandate, list_positions
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.positions import Mandate, MandateKind


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    give = dbc.Button(t("positions.mandate_save", now), id="mandates-give", color="primary")
    add = dbc.Button(t("positions.mandate_add", now), id="mandates-add", color="primary")
    search = search_field("mandates-search", t("positions.mandates_search", now), tim)
    return html.Div(
        [
            section_tabs(ADMIN, "mandates", now),
            page_bar("mandates", now, search=search, more=export_links("mandates", now), main=[add]),
            html.P(t("positions.mandates_why", now), className="quiet mb-0"),
            data_table(
                "mandates-table", t("positions.mandates", now), columns(now), lang=now,
                empty=t("positions.mandates_none", now),
            ),
            dialog("mandates-new", t("positions.mandate_add", now), mandate_form(now), [give], now),
            confirm_dialog("mandates-ask", t("positions.end_ask", now), t("positions.end", now), now),
            dcc.Store(id="mandates-opened"),
            form_key("mandates-new"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path="/quan-tri/uy-quyen", name="mandates", title="Ủy quyền, thay", label_key="positions.mandates",
    section=ADMIN, order=3, action=Action.ADMINISTER, topics=("directives",), has_grid=True,
)  # fmt: skip

filters_table("mandates-search", "mandates-table")
for _name in ("mandates-new", "mandates-ask"):
    closes_dialog(_name)


@page_callback(Output("mandates-table", "rowData"), inputs={"_version": DATA_VERSION}, action=Action.ADMINISTER)
def list_rows(_version: object) -> list[Any]:
    """The rows of the table, the newest first."""
    context, now = service(DirectiveContext), lang()
    found, mandates = list_positions(context, principal())
    day = context.today()
    return [row(each.number, each.mandate, found.by_key, day, now) for each in reversed(mandates)]


@page_callback(
    {
        "is_open": Output("mandates-new", "is_open"),
        "options": [Output(field, "options") for field in (PRINCIPAL, DEPUTY)],
        "fields": [Output(field, "value") for field in FIELDS],
        "errors": error_outputs(FIELDS),
    },
    inputs={"_clicks": Input("mandates-add", "n_clicks")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_mandate(_clicks: int) -> dict[str, Any]:
    """Opens the dialog of a new mandate."""
    context = service(DirectiveContext)
    options = position_options(list_positions(context, principal())[0].by_key, context.today(), lang())
    return {
        "is_open": True,
        "options": [options, options],
        "fields": [MandateKind.DELEGATION, NONE, NONE, format_date(context.today()), "", [], ""],
        "errors": error_texts(FIELDS, {}),
    }


@page_callback(
    {
        "options": Output(ACTS, "options"),
        "values": Output(ACTS, "value", allow_duplicate=True),
        "hidden": Output("mandates-acts-box", "hidden"),
    },
    inputs={"key": Input(PRINCIPAL, "value"), "kind": Input(KIND, "value")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def offer_acts(key: str | None, kind: MandateKind | None) -> dict[str, Any]:
    """The acts that the chosen position may delegate; a substitute does all of them."""
    positions = list_positions(service(DirectiveContext), principal())[0].by_key
    options = act_options(positions.get(chosen(key)), lang())
    return {"options": options, "values": [], "hidden": kind is MandateKind.SUBSTITUTION or not options}


@page_callback(
    {
        "is_open": Output("mandates-new", "is_open", allow_duplicate=True),
        "errors": error_outputs(FIELDS, allow_duplicate=True),
        "form_key": key_output("mandates-new"),
    },
    inputs={"_clicks": Input("mandates-give", "n_clicks")},
    state={
        "choices": [State(field, "value") for field in (KIND, PRINCIPAL, DEPUTY)],
        "texts": [State(field, "value") for field in (FROM, UNTIL, BASIS)],
        "acts": State(ACTS, "value"),
        "key": key_state("mandates-new"),
    },
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("mandates-give", "disabled"), True, False)],
)
def give_mandate(
    _clicks: int,
    choices: tuple[MandateKind, str | None, str | None],
    texts: list[str | None],
    acts: list[Act] | None,
    key: str | None,
) -> dict[str, Any]:
    """Stores the mandate; what is wrong is said at its field."""
    kind, of, deputy = choices[0], chosen(choices[1]), chosen(choices[2])
    since, until, basis = (text or "" for text in texts)
    errors = day_errors({FROM: since, UNTIL: until}, lang(), required=(FROM,))
    errors |= {field: t("common.missing", lang()) for field, named in ((PRINCIPAL, of), (DEPUTY, deputy)) if not named}
    if kind is MandateKind.DELEGATION and not acts:
        errors[ACTS] = t("positions.no_acts", lang())
    first = parse_day(since)
    if errors or first is None:
        return _refused(errors)
    delegated = frozenset(acts or ()) if kind is MandateKind.DELEGATION else frozenset[Act]()
    mandate = Mandate(kind, of, deputy, first, parse_day(until), delegated, typed_text(basis, 120))
    try:
        add_mandate(service(DirectiveContext), mandate, principal(), key or "")
    except ActError as error:
        return _refused(_error_texts(error))
    show_toast(t("positions.done_mandate", lang()))
    return {"is_open": False, "errors": error_texts(FIELDS, {}), "form_key": new_key()}


def _refused(errors: dict[str, str]) -> dict[str, Any]:
    return {"is_open": True, "errors": error_texts(FIELDS, errors), "form_key": no_update}


def _error_texts(error: ActError) -> dict[str, str]:
    """The text of an error by its field; an error of no field is raised again."""
    if error.failure.code == ActCode.SUBSTITUTE_OF_SUBSTITUTE:
        return {DEPUTY: t("positions.same_position", lang())}
    if error.failure.code == ActCode.ENDS_BEFORE_BEGINNING:
        return {UNTIL: describe(error.failure, lang())}
    raise error


@page_callback(
    {
        "is_open": Output("mandates-ask", "is_open"),
        "body": Output("mandates-ask-body", "children"),
        "opened": Output("mandates-opened", "data"),
    },
    inputs={"clicked": Input("mandates-table", "cellRendererData")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def ask(clicked: Clicked) -> dict[str, Any]:
    """Asks before a mandate is ended, with who stops acting for whom."""
    context, now = service(DirectiveContext), lang()
    found, mandates = list_positions(context, principal())
    mandate = _mandate(mandates, clicked.value).mandate
    names = {"deputy": mandate.deputy, "principal": mandate.principal_position}
    parts = {part: position_name(key, found.by_key) for part, key in names.items()}
    text = t("positions.end_what", now, day=format_date(context.today()), **parts)
    return {"is_open": True, "body": text, "opened": clicked.value}


@page_callback(
    Output("mandates-ask", "is_open", allow_duplicate=True),
    inputs={"_clicks": Input("mandates-ask-go", "n_clicks")},
    state={"opened": State("mandates-opened", "data")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("mandates-ask-go", "disabled"), True, False)],
)
def end(_clicks: int, opened: str) -> bool:
    """Ends the mandate with today, once the question was answered."""
    context = service(DirectiveContext)
    _, mandates = list_positions(context, principal())
    end_mandate(context, _mandate(mandates, opened).number, context.today(), principal())
    show_toast(t("positions.done_ended", lang()))
    return False


def _mandate(mandates: tuple[NumberedMandate, ...], number: str) -> NumberedMandate:
    """The mandate of that number. ActError (NOT_OPEN) where there is none."""
    for each in mandates:
        if str(each.number) == number:
            return each
    raise ActError(ActCode.NOT_OPEN)
