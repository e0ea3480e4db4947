"""AG Grid's own texts: each that our tables can show is in the catalogue, in both languages, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import dash_ag_grid
import pytest
from dash.development.base_component import Component

from components.ui.live_table import live_table
from components.ui.table import Column, data_table, grid_options, paged_table

SCRIPT = (Path(dash_ag_grid.__file__).parent / "dash_ag_grid.min.js").read_text("utf-8")
# How the grid names a text: the key with the English text, in a call or a pair; or one key of two.
_NAMED = re.compile(r'(?<=[(\[])"([a-z]\w+)",\s*["`][A-Z(][^"`]{2}', re.ASCII)
_ARIA = re.compile(r'(?<=[(\[?:])"(aria[A-Z]\w+)"(?=[,:])', re.ASCII)
_FEATURES = {  # what no table of ours does -> the options that it needs, and the beginnings of the keys of its texts
    "filters of columns": (
        {"filter", "floatingFilter", "filterParams"},
        ("ariaColumnFiltered", "ariaFilter", "ariaFilteringOperator", "ariaDateFilter", "ariaLabelColumnFilter",
         "blanks"),
    ),
    "menus of columns": ({"menuTabs", "columnMenu"}, ("ariaLabelColumnMenu", "ariaMenuColumn")),
    "pages of the grid": (
        {"pagination", "paginationPageSize"},
        ("ariaPageSize", "firstPage", "lastPage", "nextPage", "page", "pageSize", "previousPage"),
    ),
    "editing": (
        {"editable", "cellEditor", "readOnlyEdit"},
        ("ariaInputEditor", "ariaPendingChange", "ariaValidation", "invalid", "max", "min", "ariaToggleCellValue"),
    ),
    "a box for all rows": (
        {"headerCheckboxSelection"}, ("ariaIndeterminate", "ariaRowSelectAll", "ariaHeaderSelection"),
    ),
    "selection of cells and columns": (
        {"cellSelection", "enableRangeSelection"},
        ("ariaColumnCellSelection", "ariaColumnGroupCellSelection", "ariaSortableColumnWithCellSelection"),
    ),
    "groups of columns": ({"children", "marryChildren"}, ("ariaColumnGroupExpansion",)),
    "tooltips and notes": ({"tooltipField", "tooltipValueGetter", "notes"}, ("ariaLabelTooltip", "ariaHasNote")),
    "lists to choose from": ({"cellEditorParams"}, ("ariaLabelSelectField",)),
    "files of the grid": ({"csvExportParams", "exportDataAsCsv"}, ("exportingOoo",)),
}  # fmt: skip


def keys() -> set[str]:
    """The keys of all texts that the grid's script asks for."""
    return {*_NAMED.findall(SCRIPT), *_ARIA.findall(SCRIPT)}


def is_left_out(key: str) -> bool:
    return any(
        key == start or (key.startswith(start) and key[len(start)].isupper())
        for _, starts in _FEATURES.values()
        for start in starts
    )


def options(value: object) -> Iterator[str]:
    """The names of all options that a table sets."""
    if isinstance(value, Component):
        value = value.to_plotly_json()["props"]  # type: ignore[no-untyped-call]
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from options(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from options(inner)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_text_that_a_table_can_show_is_in_the_catalogue(lang: str) -> None:
    shown = {key for key in keys() if not is_left_out(key)}
    assert {"noRowsToShow", "ariaRowSelect", "ariaRowDeselect", "loadingOoo", "ariaSortableColumn"} <= shown
    locale = grid_options(lang)["localeText"]
    assert isinstance(locale, dict) and set(locale) == shown and all(locale.values())


def test_tables_do_without_the_features_whose_texts_are_left_out() -> None:
    columns = [Column("a", "A"), Column("b", "B", is_action=True), Column("c", "C", is_number=True)]
    tables = [
        data_table("t", "t", columns, lang="vi"),
        paged_table("t", "t", columns, lang="vi", row_total="n", selects_rows=True),
        live_table("t", "t", "vi")[-1],
    ]
    used = {name for table in tables for name in options(grids(table))}
    assert "localeText" in used
    assert {feature for feature, (needed, _) in _FEATURES.items() if needed & used} == set()


def grids(component: Component) -> list[Component]:
    """The grids in a component."""
    children = getattr(component, "children", None)
    inner = children if isinstance(children, list | tuple) else [children]
    found = [grid for child in inner if isinstance(child, Component) for grid in grids(child)]
    return [component, *found] if type(component).__name__ == "AgGrid" else found
