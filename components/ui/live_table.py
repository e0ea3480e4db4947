"""Tables of watching pages: the rows are a panel of the frame, which the client hands to a grid (assets/tables).

On a wall and on paper the page draws its table instead: `draws_table` of the parameters.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import dash_ag_grid as dag
import htpy as h
import orjson
from dash import html
from dash.development.base_component import Component

from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.table import grid_options, table_host
from ioc.domain.base.slug import without_accents

SEARCH, SORT, DRAWN = "tim", "xep", "ve"  # parameters of an address: words, column (with "-" descending), draw tables
_MAX_WORDS_LENGTH = 100
_EXPORTS = ("csv", "xlsx")
# JSON that is inert as HTML too: the first paint has it as text.
_INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


class LiveColumn(NamedTuple):
    """`name`: in the choice of columns. `head`: markup, `name` by default. `kind`: "", "number" or "wrapped".

    Rows with a wrapped cell are as high as their text. `width`: at least, in pixels. `flex`: share of what is left.
    `from_width`: width of the screen in pixels from which the column is shown until the reader chooses. `is_pinned`: it
    stays in sight when a table of many columns is scrolled; not on a phone.
    """

    key: str
    name: str
    head: h.Node = None
    kind: str = ""
    width: int = 120
    flex: int = 1
    from_width: int = 0
    is_pinned: bool = False


class LiveCell(NamedTuple):
    """`content` is drawn; `order` is what the column is sorted by, None for a cell without a value.

    `at`: time of its data, whose age is shown below it.
    """

    content: h.Node
    order: float | str | None = None
    at: datetime | None = None


class LiveRow(NamedTuple):
    """`id`: unique in the table, part of links to it. `find`: the text that is searched. `cells`: one for each column.

    `is_group`: the head of the rows below it; where the table is sorted it comes after all rows. `kind`: CSS class.
    """

    id: str
    find: str
    cells: tuple[LiveCell, ...]
    is_group: bool = False
    kind: str = ""


class GridRows(Panel):
    """The rows of a grid: `markup` is their JSON. It shows nothing itself (assets/tables/10-live-table.js)."""

    _type = "GridRows"


def draws_table(params: Mapping[str, str]) -> bool:
    """Whether tables are drawn instead of being a grid: on paper and on a display."""
    return params.get("giay") == "1" or params.get(DRAWN) == "1"


def live_table(name: str, label: str, lang: str, empty: str = "") -> list[Component]:
    """The parts of a table, empty: tools, rows and grid, with the ids `<name>-tools`, `-rows` and `-grid`.

    `label`: for screen readers. `empty`: what is said where there is no row.
    """
    grid = dag.AgGrid(
        id=f"{name}-grid",
        style={"height": None, "width": "100%"},
        dashGridOptions={
            **grid_options(lang, empty),
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        },
        defaultColDef={"cellDataType": False},
    )
    hidden: Mapping[str, Any] = {"aria-hidden": "true"}
    return [
        Panel(id=f"{name}-tools", className="table-tools"),
        html.Div(GridRows(id=f"{name}-rows"), hidden=True, **hidden),
        table_host(grid, label, "is-live is-pending"),
    ]


def table_frame(
    name: str, columns: Iterable[LiveColumn], rows: Iterable[LiveRow], params: Mapping[str, str], lang: str
) -> dict[str, dict[str, object]]:
    """The panels of `live_table`. `params`: of the page, for the addresses of the exports `/xuat/<name>.<kind>`."""
    return {
        f"{name}-tools": {"markup": str(_tools(name, params, lang))},
        f"{name}-rows": {"markup": rows_json(columns, rows)},
    }


def rows_json(columns: Iterable[LiveColumn], rows: Iterable[LiveRow]) -> str:
    """Columns and rows as JSON, inert as HTML."""
    content = {"columns": [_column(each) for each in columns], "rows": [_row(each) for each in rows]}
    return orjson.dumps(content).decode().translate(_INERT)


def _column(column: LiveColumn) -> dict[str, object]:
    head = column.name if column.head is None else column.head
    return {
        "key": column.key, "name": column.name, "head": _markup(head), "kind": column.kind, "width": column.width,
        "flex": column.flex, "from": column.from_width, "pinned": column.is_pinned,
    }  # fmt: skip


def _row(row: LiveRow) -> dict[str, object]:
    cells = [_cell(cell) for cell in row.cells]
    return {"id": row.id, "find": row.find, "group": row.is_group, "kind": row.kind, "cells": cells}


def _cell(cell: LiveCell) -> list[object]:
    parts: list[object] = [_markup(cell.content), cell.order]
    return [*parts, int(cell.at.timestamp())] if cell.at else parts


def _markup(content: h.Node) -> str:
    return str(h.fragment[content])


def _tools(name: str, params: Mapping[str, str], lang: str) -> h.Fragment:
    """Search, number of rows, choice of columns, exports. The client fills in what [data-fixed] holds."""
    query = urlencode({**params, "lang": lang})
    search = t("table.search", lang)
    return h.fragment[
        h.form(role="search")[
            h.input(
                type="search",
                name=SEARCH,
                data_search="",
                placeholder=search,
                aria_label=search,
                autocomplete="off",
                maxlength=_MAX_WORDS_LENGTH,
            )
        ],
        h.output(data_fixed="", data_count=t("table.shown", lang)),
        h.div(".end")[
            h.details(".filter", id=f"{name}-columns")[
                h.summary(".chip")[t("table.columns", lang)], h.div(".filter-list", data_fixed="", data_columns="")
            ],
            (h.a(".chip", href=f"/xuat/{name}.{kind}?{query}", download="")[kind.upper()] for kind in _EXPORTS),
        ],
    ]


def matches(words: str, text: str) -> bool:
    """Whether `text` has all `words`, without regard to accents and case: what the search of a grid finds."""
    folded = _folded(text)
    return all(word in folded for word in _folded(words[:_MAX_WORDS_LENGTH]).split())


def _folded(text: str) -> str:
    return without_accents(text).casefold()
