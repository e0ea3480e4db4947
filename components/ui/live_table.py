"""Tables of watching pages: the rows are a panel of the frame, which the client hands to a grid (assets/tables).

On a wall and on paper the page draws its table instead: `draws_table` of the parameters.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import dash_ag_grid as dag
import htpy as h
import orjson
from dash import html
from dash.development.base_component import Component

from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.table import grid_options, table_host
from ioc.domain.base.slug import fold

# Parameters of an address: words, column (after "-" descending), draw tables, number of the page.
SEARCH, SORT, DRAWN, PAGE = "tim", "xep", "ve", "trang"
PAGE_ROWS = 50  # of a table that is paged by the server
_MAX_WORDS_LENGTH = 100
T = TypeVar("T")
_PAGE_NUMBER = re.compile("[1-9][0-9]{0,6}")
_EXPORTS = ("csv", "xlsx")
# JSON that is inert as HTML too: the first paint has it as text.
_INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


class LiveColumn(NamedTuple):
    """`name`: in the choice of columns. `head`: markup, `name` by default. `kind`: "", "number" or "wrapped".

    Rows with a wrapped cell are as high as their text. `width`: at least, in pixels. `flex`: share of what is left.
    `from_width`: width of the screen in pixels from which the column is shown until the reader chooses. `is_pinned`: it
    stays in sight when a table of many columns is scrolled; not on a phone. `is_fixed`: it cannot be left out, as the
    first one.
    """

    key: str
    name: str
    head: h.Node = None
    kind: str = ""
    width: int = 120
    flex: int = 1
    from_width: int = 0
    is_pinned: bool = False
    is_fixed: bool = False


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


class Paging(NamedTuple):
    """What a page of a table shows: rows `first` to `last`, from 1, of `total`, on page `page` of `pages`."""

    page: int
    pages: int
    first: int
    last: int
    total: int


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
            "rowHeight": 52,
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        },
        defaultColDef={"cellDataType": False},
    )
    hidden: Mapping[str, Any] = {"aria-hidden": "true"}
    loading = html.P(t("table.ag_loadingOoo", lang), className="table-loading")
    return [
        Panel(id=f"{name}-tools", className="table-tools"),
        html.Div(GridRows(id=f"{name}-rows"), hidden=True, **hidden),
        table_host(grid, label, "is-live is-pending", [loading]),
    ]


def table_frame(
    name: str, columns: Iterable[LiveColumn], rows: Iterable[LiveRow], params: Mapping[str, str], lang: str,
    paging: Paging | None = None,
) -> dict[str, dict[str, object]]:  # fmt: skip
    """The panels of `live_table`. `params`: of the page, for the addresses of the exports `/xuat/<name>.<kind>`.

    `paging`: the rows are a page, searched and sorted by the server.
    """
    shown = paging and page_links(paging, params, lang)
    return {
        f"{name}-tools": {"markup": str(table_tools(name, params, lang, shown))},
        f"{name}-rows": {"markup": rows_json(columns, rows, is_page=paging is not None)},
    }


def page_number(params: Mapping[str, str]) -> int:
    """The number of the page that the address names, from 1; 1 where it names none, or several."""
    text = str(params.get(PAGE, ""))  # Dash gives a list of repeated ones
    return int(text) if _PAGE_NUMBER.fullmatch(text) else 1


def page_of(count: int, params: Mapping[str, str]) -> Paging:
    """The page that the address names of a table with `count` rows; the last one where there are fewer."""
    pages = max(1, -(-count // PAGE_ROWS))
    page = min(page_number(params), pages)
    first = (page - 1) * PAGE_ROWS
    return Paging(page, pages, min(first + 1, count), min(first + PAGE_ROWS, count), count)


def page_links(paging: Paging, params: Mapping[str, str], lang: str) -> h.Fragment:
    """Which rows are shown, and the links to the pages before and after."""
    numbers = (format_number(n) for n in (paging.first, paging.last, paging.total))
    shown = t("table.page_rows", lang, **dict(zip(("first", "last", "all"), numbers, strict=True)))
    steps = ((paging.page - 1, "table.page_before"), (paging.page + 1, "table.page_after"))
    return h.fragment[
        h.output[shown],
        paging.pages > 1
        and h.nav(".table-pages", aria_label=t("table.pages", lang))[
            (
                h.a(".chip", href=page_link(params, **{PAGE: str(number)}))[t(key, lang)]
                for number, key in steps
                if 1 <= number <= paging.pages
            )
        ],
    ]


def page_link(params: Mapping[str, str], **changes: str) -> str:
    """The page's own address with `changes`, "" for none; on the first page unless they say another."""
    kept = {key: value for key, value in params.items() if key not in (PAGE, DRAWN)} | changes
    return "?" + urlencode({key: value for key, value in kept.items() if value})


def rows_json(columns: Iterable[LiveColumn], rows: Iterable[LiveRow], *, is_page: bool = False) -> str:
    """Columns and rows as JSON, inert as HTML. `is_page`: the client leaves search and sorting to the server."""
    content = {"columns": [_column(each) for each in columns], "rows": [_row(each) for each in rows], "page": is_page}
    return orjson.dumps(content).decode().translate(_INERT)


def _column(column: LiveColumn) -> dict[str, object]:
    head = column.name if column.head is None else column.head
    return {
        "key": column.key, "name": column.name, "head": _markup(head), "kind": column.kind, "width": column.width,
        "flex": column.flex, "from": column.from_width, "pinned": column.is_pinned,
        "fixed": column.is_fixed,
    }  # fmt: skip


def _row(row: LiveRow) -> dict[str, object]:
    cells = [_cell(cell) for cell in row.cells]
    return {"id": row.id, "find": row.find, "group": row.is_group, "kind": row.kind, "cells": cells}


def _cell(cell: LiveCell) -> list[object]:
    parts: list[object] = [_markup(cell.content), cell.order]
    return [*parts, int(cell.at.timestamp())] if cell.at else parts


def _markup(content: h.Node) -> str:
    return str(h.fragment[content])


def table_tools(name: str, params: Mapping[str, str], lang: str, shown: h.Node = None) -> h.Fragment:
    """Search, number of rows, choice of columns, exports. The client fills in what [data-fixed] holds.

    `shown`: what is said instead of the number of rows.
    """
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
        shown or h.output(data_fixed="", data_count=t("table.shown", lang)),
        h.div(".end")[
            h.details(".filter", id=f"{name}-columns")[
                h.summary(".chip")[t("table.columns", lang)], h.div(".filter-list", data_fixed="", data_columns="")
            ],
            (h.a(".chip", href=f"/xuat/{name}.{kind}?{query}", target="_blank")[kind.upper()] for kind in _EXPORTS),
        ],
    ]


def drawn_rows(
    columns: Sequence[LiveColumn], rows: Iterable[LiveRow], words: str, sort: str, lang: str
) -> h.Element:  # fmt: skip
    """For walls and paper: the rows of the grid that is searched for `words` and sorted by `sort`, as a table."""
    found = found_rows(columns, rows, words, sort)
    return h.div(".box.wide")[
        words and h.p(".quiet")[t("table.search", lang), ": ", h.b[words]],
        h.table(".sources")[
            h.thead[h.tr[(h.th[column.name if column.head is None else column.head] for column in columns)]],
            h.tbody[
                (h.tr(class_="group" if row.is_group else None)[(h.td[cell.content] for cell in row.cells)]
                 for row in found)
            ],
        ],
    ]  # fmt: skip


def found_rows(columns: Sequence[LiveColumn], rows: Iterable[LiveRow], words: str, sort: str) -> list[LiveRow]:
    """The rows of the grid that is searched for `words` and sorted by `sort`, in its order."""
    return sorted_rows(columns, [row for row in rows if matches(words, row.find)], sort)


def sorted_rows(columns: Sequence[LiveColumn], rows: Sequence[LiveRow], sort: str) -> list[LiveRow]:
    """The rows by the column `sort` (after "-" descending); without a value last, then groups; as they are for ""."""
    keys = [column.key for column in columns]
    if sort.removeprefix("-") not in keys:
        return list(rows)
    n, groups = keys.index(sort.removeprefix("-")), [row for row in rows if row.is_group]
    plain = [row for row in rows if not row.is_group]
    return by_order(plain, lambda row: row.cells[n].order, is_descending=sort.startswith("-")) + groups


def by_order(items: Iterable[T], order: Callable[[T], float | str | None], *, is_descending: bool) -> list[T]:
    """The items by their `order`, which are all numbers or all texts; those without one last, either way."""
    pairs = [(order(item), item) for item in items]
    told = [pair for pair in pairs if pair[0] is not None]
    told.sort(key=lambda pair: fold(pair[0]) if isinstance(pair[0], str) else pair[0], reverse=is_descending)  # type: ignore[arg-type,return-value]
    return [item for _, item in told] + [item for found, item in pairs if found is None]


def matches(words: str, text: str) -> bool:
    """Whether `text` has all `words`, without regard to accents and case: what the search of a grid finds."""
    folded = fold(text)
    return all(word in folded for word in folded_words(words))


def folded_words(words: str) -> list[str]:
    """The words that are looked for in a folded text (ioc.domain.base.slug.fold)."""
    return fold(words[:_MAX_WORDS_LENGTH]).split()
