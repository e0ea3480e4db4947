"""Tables of working pages: dash-ag-grid, community modules; rows in the browser, or read in blocks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.ui.i18n import catalogue, t
from components.ui.working import failed_notice

CellText = Mapping[str, object]
_BLOCK_ROWS = 100
_WRAPPED_HEADS = {"wrapHeaderText": True, "autoHeaderHeight": True}  # so that none is cut


class Column(NamedTuple):
    """`field`: key of the rows' dictionaries. `flex`: share of the width. `min_width`: in pixels.

    Name and state come first and are narrow: with the act they are in sight on a phone.

    `is_action`: the cell is a button; its value is a `cell(…)`, and a click sets the table's `cellRendererData`.
    `is_pinned`: in reach however narrow the table is, as a button always is.
    `is_moment`: the `order` of its cells is a time, in seconds since 1970, 0 for never.
    """

    field: str
    head: str
    flex: int = 1
    min_width: int = 110
    is_action: bool = False
    is_number: bool = False
    is_sortable: bool = True
    is_moment: bool = False
    is_pinned: bool = False


def cell(
    text: str, *, href: str = "", sign: str = "", kind: str = "", order: float | str | None = None, title: str = "",
    act: str = "", bar: Mapping[str, float | None] | None = None,
) -> CellText:  # fmt: skip
    """A cell that is more than its text. `sign`: a mark before it, coloured by `kind`. `order`: what it is sorted by.

    `act`: what a button does. `bar`: a bar before the text, coloured by `kind`, with its `width` and its tick (`plan`,
    None for none) in per cent; what the tick means is the `title`.
    """
    parts = {"text": text, "href": href, "sign": sign, "kind": kind, "title": title, "act": act, "bar": bar}
    given: dict[str, object] = {name: value for name, value in parts.items() if value}
    return given if order is None else {**given, "order": order}


def sign_and_text(state: CellText) -> Component:
    """The sign of a cell in its colour and its text, where it stands outside a table."""
    hidden: Mapping[str, Any] = {"aria-hidden": "true"}
    sign = html.Span(f"{state['sign']} ", className=f"cell-sign is-{state.get('kind', '')}", **hidden)
    return html.Span([sign, str(state["text"])])


def data_table(
    table: str, label: str, columns: Iterable[Column], rows: Iterable[Mapping[str, object]] | None = None, *,
    lang: str, search: str = "", empty: str = "",
) -> Component:  # fmt: skip
    """A table with the id `table`, of up to about 2,000 rows. Each row has an `id`. `label`: for screen readers.

    `rows`: none while a callback reads them; the grid then says that it loads. `search`: folded words. `empty`: what is
    said where there is no row.
    """
    grid = dag.AgGrid(
        id=table,
        rowData=None if rows is None else list(rows),
        style={"height": None, "width": "100%"},
        dashGridOptions={**grid_options(lang, empty), "domLayout": "autoHeight", "quickFilterText": search},
        **_looks(columns),
    )
    return table_host(grid, label, parts=[failed_notice(lang)])


def paged_table(
    table: str, label: str, columns: Sequence[Column], *, lang: str, row_total: str, selects_rows: bool = False,
    chooses_columns: bool = False,
) -> Component:  # fmt: skip
    """A table with the id `table` of any number of rows, which it reads from the server in blocks as it is scrolled.

    A callback takes its `getRowsRequest` {startRow, endRow, sortModel} and returns its `getRowsResponse` {rowData,
    rowCount}. Rows as in data_table. `reloadTable` of assets/working/30-clientside.js reads them again. `row_total`:
    id of the text that says how many there are. `selects_rows`: rows are chosen by checkboxes, or by Space; a callback
    takes `selectedRows`. `chooses_columns`: the reader chooses which are shown; `shows_columns` makes it work.
    """
    grid = dag.AgGrid(
        id=table,
        rowModelType="infinite",
        style={"height": None, "width": "100%"},
        dashGridOptions={
            **grid_options(lang),
            "cacheBlockSize": _BLOCK_ROWS,
            "maxConcurrentDatasourceRequests": 1,  # dash-ag-grid answers the last request only
            "infiniteInitialRowCount": 1,
            "loading": True,  # until the first block has arrived: assets/working/22-table-state.js
            **(_row_selection(lang) if selects_rows else {}),
        },
        **_looks(columns),
    )
    host = table_host(grid, label, "is-paged", [failed_notice(lang)])
    head = [html.P(id=row_total, role="status", className="row-total")]
    choice = [_column_choice(table, columns, lang)] if chooses_columns else []
    return html.Div([html.Div([*head, *choice], className="row-head"), host])


def column_choice_id(table: str) -> str:
    """The id of the choice of the columns of a table."""
    return f"{table}-columns"


def _column_choice(table: str, columns: Sequence[Column], lang: str) -> Component:
    """Which columns are shown, as this browser keeps it; the first one and buttons always are."""
    name = t("table.columns", lang)
    options = [
        {"label": column.head, "value": column.field, "disabled": n == 0 or column.is_action or column.is_pinned}
        for n, column in enumerate(columns)
    ]
    boxes = dbc.Checklist(
        id=column_choice_id(table), options=options, value=[column.field for column in columns],
        persistence=True, persistence_type="local",
    )  # fmt: skip
    group: Mapping[str, Any] = {"role": "group", "aria-label": name}
    return html.Details(
        [html.Summary(name, className="chip"), html.Div(boxes, className="filter-list", **group)],
        className="filter column-choice",
    )


def _row_selection(lang: str) -> dict[str, object]:
    return {
        "rowSelection": {
            "mode": "multiRow",
            "checkboxes": True,
            "headerCheckbox": False,
            "enableClickSelection": False,
        },
        "selectionColumnDef": {"headerName": t("table.select", lang), "width": 76},
    }


def _looks(columns: Iterable[Column]) -> dict[str, Any]:
    return {
        "columnDefs": [_definition(column) for column in columns],
        "defaultColDef": {"resizable": True, "suppressHeaderMenuButton": True, "cellDataType": False, **_WRAPPED_HEADS},
    }


def grid_options(lang: str, empty: str = "") -> dict[str, object]:
    """What all grids have in common. `empty`: what is said where there is no row."""
    return {
        "getRowId": {"function": "rowId(params)"},
        "localeText": {**_locale(lang), **({"noRowsToShow": empty} if empty else {})},
        "headerHeight": 44,
        "suppressCellFocus": False,
        "tabToNextCell": {"function": "leaveRows()"},  # assets/working/21-table-keys.js
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "animateRows": False,
        "suppressColumnVirtualisation": True,
    }


def table_host(grid: Component, label: str, kind: str = "", parts: Iterable[Component] = ()) -> Component:
    """The region around a grid and `parts`. `label`: for screen readers. `kind`: CSS classes."""
    labelled: Mapping[str, Any] = {"aria-label": label}
    return html.Div([grid, *parts], className=f"table-host {kind}".strip(), role="region", **labelled)


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
        "sortable": column.is_sortable and not column.is_action,
    }
    if column.is_action or column.is_pinned:
        definition |= {"pinned": "right", "lockPinned": True, "flex": None, "width": column.min_width}
    if column.is_number:
        definition |= {"cellClass": "is-number", "headerClass": "is-number"}
    return definition


def _locale(lang: str) -> dict[str, str]:
    """AG Grid's own texts: the messages table.ag.<its key>."""
    prefix = "table.ag_"
    return {key.removeprefix(prefix): text[lang] for key, text in catalogue().items() if key.startswith(prefix)}
