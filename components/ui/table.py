"""Tables of working pages: dash-ag-grid, community modules, client-side rows (up to about 2,000)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.ui.i18n import catalogue

CellText = Mapping[str, object]


class Column(NamedTuple):
    """`field`: key of the rows' dictionaries. `flex`: share of the width. `min_width`: in pixels.

    `is_action`: the cell is a button; its value is a `cell(…)`, and a click sets the table's `cellRendererData`.
    """

    field: str
    head: str
    flex: int = 1
    min_width: int = 110
    is_action: bool = False
    is_number: bool = False


def cell(
    text: str, *, href: str = "", sign: str = "", kind: str = "", order: float | str | None = None, title: str = "",
    act: str = "",
) -> CellText:  # fmt: skip
    """A cell that is more than its text. `sign`: a mark before it, coloured by `kind`. `order`: what it is sorted by.

    `act`: what a button does.
    """
    parts = {"text": text, "href": href, "sign": sign, "kind": kind, "title": title, "act": act}
    given: dict[str, object] = {name: value for name, value in parts.items() if value}
    return given if order is None else {**given, "order": order}


def data_table(
    table: str, label: str, columns: Iterable[Column], rows: Iterable[Mapping[str, object]] = (), *, lang: str,
    search: str = "", empty: str = "",
) -> Component:  # fmt: skip
    """A table with the id `table`. Each row has an `id`. `label`: for screen readers. `search`: folded words.

    `empty`: what is said where there is no row.
    """
    grid = dag.AgGrid(
        id=table,
        columnDefs=[_definition(column) for column in columns],
        rowData=list(rows),
        columnSize="responsiveSizeToFit",
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True, "cellDataType": False},
        dashGridOptions={
            "getRowId": {"function": "rowId(params)"},
            "localeText": {**_locale(lang), **({"noRowsToShow": empty} if empty else {})},
            "domLayout": "autoHeight",
            "rowHeight": 52,
            "headerHeight": 44,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "animateRows": False,
            "quickFilterText": search,
            "suppressColumnVirtualisation": True,
        },
        style={"height": None, "width": "100%"},
    )
    labelled: Mapping[str, Any] = {"aria-label": label}
    return html.Div(grid, className="table-host", role="region", **labelled)


def search_field(field: str, label: str, value: str = "") -> Component:
    """The words by which a table is filtered, without tone marks."""
    control = dbc.Input(id=field, type="search", value=value, placeholder=label, debounce=False, autocomplete="off")
    return html.Div([dbc.Label(label, html_for=field, className="visually-hidden"), control], className="grow")


def _definition(column: Column) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "field": column.field,
        "headerName": column.head,
        "flex": column.flex,
        "minWidth": column.min_width,
        "comparator": {"function": "compareCells"},
        "cellRenderer": "ButtonCell" if column.is_action else "Cell",
        "getQuickFilterText": {"function": "foldedText(params)"},
        "sortable": not column.is_action,
    }
    if column.is_action:  # in reach without scrolling sideways, on a phone too
        definition |= {"pinned": "right", "flex": None, "width": column.min_width}
    if column.is_number:
        definition |= {"cellClass": "is-number", "headerClass": "is-number"}
    return definition


def _locale(lang: str) -> dict[str, str]:
    """AG Grid's own texts: the messages table.ag.<its key>."""
    prefix = "table.ag_"
    return {key.removeprefix(prefix): text[lang] for key, text in catalogue().items() if key.startswith(prefix)}
