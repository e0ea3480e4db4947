"""Sổ văn bản: the city's documents and those that are followed in the program, as a tree, searched and exported."""

from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.document_list import FILTER_FIELDS, columns, filter_form, row, total_text
from components.directives.register_pages import register_links
from components.ui.export_table import export_links
from components.ui.forms import chosen, field_group
from components.ui.i18n import t
from components.ui.table import paged_table
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import RowsRequest
from ioc.directives.context import DirectiveContext
from ioc.directives.document_register import CITY, FILTER_PARAMS, SIMULATED, filter_values, list_documents
from ioc.domain.access.permissions import Action

PATH = "/so-van-ban"
_WHICH = {CITY: "document_list.city", SIMULATED: "document_list.simulated"}


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values = lang(), filter_values(params)
    clear = html.A(t("register.clear", now), href=PATH, className="btn btn-link")
    buttons = [clear, *export_links("documents", now), *register_links(PATH, now)]
    table = paged_table(
        "documents-table", t("document_list.page", now), columns(now), lang=now, row_total="documents-total"
    )
    return html.Div(
        [
            html.Div(html.Div(buttons, className="end"), className="page-bar"),
            field_group(*filter_form(values, _WHICH, now)),
            table,
            dcc.Store(id="documents-query", data=values),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="documents", title="Sổ văn bản", label_key="document_list.page", rail="register",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
)  # fmt: skip

clientside_callback(
    "reloadTable", Output("documents-table", "scrollTo"), Input("documents-query", "data"),
    State("documents-table", "id"), prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "refreshTable", Output("documents-table", "scrollTo", allow_duplicate=True), DATA_VERSION,
    State("documents-table", "id"), prevent_initial_call=True,
)  # fmt: skip


@page_callback(
    Output("documents-query", "data"),
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, str]:
    """Filters by the fields."""
    return filter_values(dict(zip(FILTER_PARAMS, map(chosen, fields), strict=True)))


@page_callback(
    {"rows": Output("documents-table", "getRowsResponse"), "total": Output("documents-total", "children")},
    inputs={"wanted": Input("documents-table", "getRowsRequest")},
    state={"query": State("documents-query", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def list_rows(wanted: RowsRequest | None, query: dict[str, str]) -> dict[str, Any]:
    """A block of rows, and how many documents there are."""
    if not wanted:
        return {"rows": no_update, "total": no_update}
    context, now = service(DirectiveContext), lang()
    limit = max(0, min(wanted.end - wanted.start, 500))
    page = list_documents(context, query, principal(), start=wanted.start, limit=limit)
    rows = [row(each, context.agencies, now) for each in page.rows]
    return {"rows": {"rowData": rows, "rowCount": page.total}, "total": total_text(page.documents, now)}
