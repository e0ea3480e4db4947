"""Pages of one filtered list: a paged table whose filter is a `dcc.Store` that the fields set, and the address.

Of the page `name` the table is `<name>-table`, the text that says how many rows there are `<name>-total`, the filter
`<name>-query`: {parameter of the address: value}.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dash import Input, Output, State, dcc, no_update
from dash.development.base_component import Component

from components.ui.forms import chosen
from components.ui.table import Column, column_choice_id, paged_table
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.typed import RowsRequest, SortOrder
from ioc.domain.access.permissions import Action

_MAX_ROWS = 500  # of one block; the table asks for 100


class RowBlock(NamedTuple):
    """The rows that are asked for: `limit` at most from `start` on. `sort`: field of the table, "" for none."""

    start: int
    limit: int
    sort: str
    is_descending: bool


class ListedRows(NamedTuple):
    """A block of `rows`, of `total` in all; `text` says how many there are."""

    rows: Sequence[Mapping[str, object]]
    total: int
    text: str


def list_table(
    name: str, label: str, columns: Sequence[Column], *, lang: str, selects_rows: bool = False,
    chooses_columns: bool = False,
) -> Component:  # fmt: skip
    """The table of the list. `label`: for screen readers. `chooses_columns`: the page calls `shows_columns` too."""
    return paged_table(
        f"{name}-table", label, columns, lang=lang, row_total=f"{name}-total", selects_rows=selects_rows,
        chooses_columns=chooses_columns,
    )  # fmt: skip


def list_query(name: str, values: Mapping[str, str]) -> dcc.Store:
    """The filter, as the address has it when the page is opened."""
    return dcc.Store(id=f"{name}-query", data=dict(values))


def field_values(params: Sequence[str], fields: Sequence[str | None]) -> dict[str, str]:
    """What the fields hold, by parameter of the address; both in the same order."""
    return dict(zip(params, map(chosen, fields), strict=True))


def reads_again(name: str, *buttons: str, follows_data: bool = True) -> None:
    """The table reads its rows again from the top when the filter changes or one of `buttons` is pressed.

    `follows_data`: and where it stands when what the page shows has changed (DATA_VERSION).
    """
    pressed = [Input(button, "n_clicks") for button in buttons]
    table, done = State(f"{name}-table", "id"), Output(f"{name}-table", "scrollTo")
    clientside_callback(
        "reloadTable", done, Input(f"{name}-query", "data"), *pressed, table, prevent_initial_call=True
    )  # fmt: skip
    if follows_data:
        again = Output(f"{name}-table", "scrollTo", allow_duplicate=True)
        clientside_callback("refreshTable", again, DATA_VERSION, table, prevent_initial_call=True)


def shows_columns(name: str) -> None:
    """The table shows the columns that the reader has chosen."""
    table = f"{name}-table"
    shown = Output(table, "scrollTo", allow_duplicate=True)
    clientside_callback(
        "showColumns", shown, Input(column_choice_id(table), "value"), State(table, "id"),
        prevent_initial_call="initial_duplicate",
    )  # fmt: skip


def row_block(wanted: RowsRequest) -> RowBlock:
    """The rows that a table asks for."""
    sort = next(iter(wanted.sorting), SortOrder("", ""))
    limit = max(0, min(wanted.end - wanted.start, _MAX_ROWS))
    return RowBlock(wanted.start, limit, sort.column, sort.direction == "desc")


def lists_rows(
    name: str, action: Action
) -> Callable[[Callable[[RowBlock, dict[str, str]], ListedRows]], Callable[..., Any]]:  # fmt: skip
    """Registers a function that reads a block of rows by the filter as the callback of the table; it takes `action`."""

    def register(read: Callable[[RowBlock, dict[str, str]], ListedRows]) -> Callable[..., Any]:
        def list_rows(wanted: RowsRequest | None, query: dict[str, str]) -> dict[str, Any]:
            if not wanted:
                return {"rows": no_update, "total": no_update}
            found = read(row_block(wanted), query)
            return {"rows": {"rowData": list(found.rows), "rowCount": found.total}, "total": found.text}

        list_rows.__module__, list_rows.__name__, list_rows.__doc__ = read.__module__, read.__name__, read.__doc__
        return page_callback(
            {"rows": Output(f"{name}-table", "getRowsResponse"), "total": Output(f"{name}-total", "children")},
            inputs={"wanted": Input(f"{name}-table", "getRowsRequest")},
            state={"query": State(f"{name}-query", "data")},
            action=action,
            prevent_initial_call=True,
        )(list_rows)

    return register
