"""Quản trị, Chức danh: positions are listed, given, changed and ended."""

from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.positions import (
    AGENCIES,
    AGENCY,
    FIELDS,
    FROM,
    HOLDER,
    MASTER,
    TITLE,
    UNTIL,
    agency_names,
    agency_options,
    columns,
    existing_agencies,
    holder_options,
    position_form,
    row,
)
from components.ui.dialogs import dialog
from components.ui.error_messages import describe
from components.ui.export_table import export_links
from components.ui.format import format_date
from components.ui.forms import NONE, chosen, day_errors, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from components.ui.table import data_table, search_field
from components.ui.working import DATA_VERSION, show_toast
from ioc.auth.api_keys import ApiKeyService
from ioc.auth.user_admin import UserAdmin
from ioc.dash_kit.callbacks import closes_dialog, filters_table, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.form_keys import form_key, key_output, key_state, new_key
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked, InputError, typed_text
from ioc.directives.context import DirectiveContext
from ioc.directives.positions import add_position, list_positions, save_position
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Scope
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.agency import match_agencies
from ioc.domain.directives.positions import Position

_FIELD_OF = {"title": TITLE, "holder": HOLDER, "agency": AGENCY, "master": MASTER}
_NEW = "", PositionKind.FOLLOWER.value, NONE, NONE


@dataclass(frozen=True, slots=True)
class OpenedPosition:
    """The position in the dialog, "" for a new one. `version`: as it was read."""

    key: str
    version: str = ""


def layout(tim: str = "", **params: str) -> Component:
    """The page, empty. `tim`: the words searched for."""
    now = lang()
    save = dbc.Button(t("views.save", now), id="positions-save", color="primary")
    add = dbc.Button(t("positions.add", now), id="positions-add", color="primary")
    search = search_field("positions-search", t("positions.search", now), tim)
    return html.Div(
        [
            section_tabs(ADMIN, "positions", now),
            page_bar("positions", now, search=search, more=export_links("positions", now), main=[add]),
            html.P(t("positions.why", now), className="quiet mb-0"),
            data_table(
                "positions-table", t("positions.list", now), columns(now), lang=now, empty=t("positions.none", now)
            ),
            dialog("positions-one", t("positions.add", now), position_form([], now), [save], now),
            dcc.Store(id="positions-opened"),
            form_key("positions-one"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path="/quan-tri/chuc-danh", name="positions", title="Chức danh", label_key="positions.list",
    section=ADMIN, order=2, action=Action.ADMINISTER, topics=("directives",), has_grid=True,
)  # fmt: skip

filters_table("positions-search", "positions-table")
closes_dialog("positions-one")


@page_callback(Output("positions-table", "rowData"), inputs={"_version": DATA_VERSION}, action=Action.ADMINISTER)
def list_rows(_version: object) -> list[Any]:
    """The rows of the table."""
    context, now = service(DirectiveContext), lang()
    found, _ = list_positions(context, principal())
    return [row(each, context.agencies, context.today(), now) for each in found.by_key.values()]


@page_callback(
    {
        "is_open": Output("positions-one", "is_open"),
        "title": Output("positions-one-title", "children"),
        "opened": Output("positions-opened", "data"),
        "holders": Output(HOLDER, "options"),
        "agencies": Output(AGENCY, "options"),
        "fields": [Output(field, "value") for field in FIELDS],
        "errors": error_outputs(FIELDS),
    },
    inputs={"_add": Input("positions-add", "n_clicks"), "clicked": Input("positions-table", "cellRendererData")},
    action=Action.ADMINISTER,
    prevent_initial_call=True,
)
def open_position(_add: int | None, clicked: Clicked | None) -> dict[str, Any]:
    """Opens the dialog for a new position, or for the one whose button was pressed."""
    context, now = service(DirectiveContext), lang()
    position = _position(clicked.value) if clicked and ctx.triggered_id != "positions-add" else None
    title = t("positions.edit", now, title=position.title) if position else t("positions.add", now)
    return {
        "is_open": True,
        "title": title,
        "opened": {"key": position.key, "version": position.version} if position else {"key": ""},
        "holders": holder_options(_holders(position), now),
        "agencies": agency_options(
            existing_agencies(context.agencies, context.today(), now, position.agency if position else ""), now
        ),
        "fields": _values(position, context, now),
        "errors": error_texts(FIELDS, {}),
    }


@page_callback(
    {
        "is_open": Output("positions-one", "is_open", allow_duplicate=True),
        "errors": error_outputs(FIELDS, allow_duplicate=True),
        "form_key": key_output("positions-one"),
    },
    inputs={"_clicks": Input("positions-save", "n_clicks")},
    state={
        "opened": State("positions-opened", "data"),
        "fields": [State(field, "value") for field in FIELDS],
        "key": key_state("positions-one"),
    },
    action=Action.ADMINISTER,
    prevent_initial_call=True,
    running=[(Output("positions-save", "disabled"), True, False)],
)
def save(_clicks: int, opened: OpenedPosition, fields: list[str | None], key: str | None) -> dict[str, Any]:
    """Stores the position; what is wrong is said at its field, and nothing typed is lost."""
    context = service(DirectiveContext)
    texts = dict(zip(FIELDS, map(chosen, fields), strict=True))
    position, errors = _read_position(opened.key, texts, context)
    if errors or position is None:
        return _unsaved(errors)
    try:
        if opened.key:
            save_position(context, position, principal(), opened.version)
        else:
            add_position(context, position, principal(), key or "")
    except ActError as error:
        return _unsaved(_error_texts(error))
    show_toast(t("positions.done_saved", lang(), title=position.title))
    return {"is_open": False, "errors": error_texts(FIELDS, {}), "form_key": new_key()}


def _unsaved(errors: dict[str, str]) -> dict[str, Any]:
    return {"is_open": True, "errors": error_texts(FIELDS, errors), "form_key": no_update}


def _read_position(
    key: str, texts: dict[str, str], context: DirectiveContext
) -> tuple[Position | None, dict[str, str]]:
    """The position that the fields describe, and what is wrong with them. InputError for a choice never offered."""
    stored = _position(key) if key else None
    errors = day_errors({field: texts[field] for field in (FROM, UNTIL)}, lang(), required=(FROM,))
    portfolio = _portfolio(texts[AGENCIES], context, errors)
    title, kind, agency, holder, since, until, _, spheres, master, basis = texts.values()
    if kind not in set(PositionKind) or (holder and holder not in _holders(stored)):
        raise InputError("not among what was offered")
    first = parse_day(since)
    if errors or first is None:
        return None, errors
    return Position(
        key, PositionKind(kind), typed_text(title, 120), holder, first, parse_day(until), agency,
        frozenset(filter(None, (typed_text(each).casefold() for each in typed_text(spheres, 2000).split(",")))),
        frozenset(portfolio), typed_text(master, 60), typed_text(basis, 120),
    ), {}  # fmt: skip


def _portfolio(text: str, context: DirectiveContext, errors: dict[str, str]) -> tuple[str, ...]:
    """The agencies that were typed; what is wrong with them is added to `errors`."""
    try:
        found = match_agencies(text, context.agencies, context.today())
    except ActError as error:
        errors[AGENCIES] = describe(error.failure, lang())
        return ()
    if found.unknown:
        errors[AGENCIES] = t("positions.unknown_agencies", lang(), names=", ".join(found.unknown)[:200])
    return found.keys


def _error_texts(error: ActError) -> dict[str, str]:
    """The text of an error by its field; an error of no field is raised again."""
    code, params = error.failure.code, error.failure.params
    if code == ActCode.FIELD_MISSING and params["field"] in _FIELD_OF:
        return {_FIELD_OF[str(params["field"])]: t("common.missing", lang())}
    fields = {
        ActCode.ENDS_BEFORE_BEGINNING: UNTIL, ActCode.POSITION_CHANGED: TITLE, ActCode.AGENCY_UNKNOWN: AGENCY,
    }  # fmt: skip
    field = fields.get(ActCode(code))
    if field is None:
        raise error
    return {field: describe(error.failure, lang())}


def _values(position: Position | None, context: DirectiveContext, lang: str) -> list[str]:
    """What the fields hold when the dialog opens, in the order of FIELDS."""
    if position is None:
        return [*_NEW, format_date(context.today()), "", "", "", "", ""]
    names = agency_names(sorted(position.agencies), context.agencies, lang)
    until = format_date(position.valid_to) if position.valid_to else ""
    return [
        position.title, position.kind, position.agency or NONE, position.holder, format_date(position.valid_from),
        until, names, ", ".join(sorted(position.spheres)), position.master, position.basis,
    ]  # fmt: skip


def _position(key: str) -> Position:
    """The position of that key. ActError (POSITION_NOT_VALID) where there is none."""
    position = list_positions(service(DirectiveContext), principal())[0].by_key.get(key)
    if position is None:
        raise ActError(ActCode.POSITION_NOT_VALID, position=key[:120])
    return position


def _holders(position: Position | None) -> list[str]:
    """Whom a position may be given to: other accounts, keys of systems, and who holds it."""
    by = principal()
    accounts = (each.name for each in service(UserAdmin).list_accounts(by) if each.disabled_at is None)
    keys = (each.key for each in service(ApiKeyService).list_all(by) if Scope.DIRECTIVES in each.scopes)
    current = [position.holder] if position else []
    return sorted({*accounts, *keys, *current} - {by.name})
