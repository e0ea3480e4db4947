"""Sổ văn bản: the city's documents and those that are followed in the program, as a tree, searched and exported."""

from dash import Input, Output, html
from dash.development.base_component import Component

from components.directives.document_list import FILTER_FIELDS, columns, filter_form, row, total_text
from components.directives.register_pages import register_bar
from components.ui.i18n import t
from ioc.dash_kit.acts import may_enter
from ioc.dash_kit.briefings import may_see_briefings
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.filtered_list import (
    ListedRows,
    RowBlock,
    field_values,
    list_query,
    list_table,
    lists_rows,
    reads_again,
    shows_columns,
)
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.document_register import CITY, FILTER_PARAMS, FOLLOWED, SIMULATED, filter_values, list_documents
from ioc.domain.access.permissions import Action

PATH = "/so-van-ban"
_WHICH = {CITY: "document_list.city", SIMULATED: "document_list.simulated", FOLLOWED: "document_list.followed"}


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values = lang(), filter_values(params)
    table = list_table("documents", t("document_list.page", now), columns(now), lang=now, chooses_columns=True)
    bar = register_bar(
        "documents", PATH, "documents", now, filters=filter_form(values, _WHICH, now),
        with_entry=may_enter(), with_instructions=may_see_briefings(),
    )  # fmt: skip
    return html.Div([bar, table, list_query("documents", values)], className="working")


register_working_page(
    __name__, path=PATH, name="documents", title="Sổ văn bản", label_key="document_list.page", rail="register",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
)  # fmt: skip

reads_again("documents")
shows_columns("documents")


@page_callback(
    Output("documents-query", "data"),
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, str]:
    """Filters by the fields."""
    return filter_values(field_values(FILTER_PARAMS, fields))


@lists_rows("documents", Action.ACT_ON_DIRECTIVES)
def list_rows(block: RowBlock, query: dict[str, str]) -> ListedRows:
    """A block of rows, and how many documents there are."""
    context, now = service(DirectiveContext), lang()
    page = list_documents(context, query, principal(), start=block.start, limit=block.limit)
    rows = [row(each, context.agencies, now) for each in page.rows]
    return ListedRows(rows, page.total, total_text(page.documents, now))
