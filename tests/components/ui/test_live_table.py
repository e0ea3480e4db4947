"""Rows of live tables: inert JSON, suppressed and missing values without a number, the search."""

import json
import re
from typing import Any

import htpy as h
import pytest

from components.districts.unit_grid import unit_columns, unit_rows
from components.kpi.kpi_list import kpi_columns, kpi_rows
from components.sources.source_table import source_columns, source_rows
from components.ui.live_table import (
    LiveCell,
    LiveColumn,
    LiveRow,
    draws_table,
    matches,
    page_number,
    rows_json,
    table_frame,
)
from tests.city import NOW, full_city, old_city


def test_rows_are_json_that_is_inert_as_html() -> None:
    hostile = "<img src=x onerror=alert(1)>&amp;</div>"
    text = rows_json([LiveColumn("a", hostile)], [LiveRow("1", hostile, (LiveCell(hostile, hostile, NOW),))])
    assert not re.search("[<>&]", text)
    row = json.loads(text)["rows"][0]
    assert row["find"] == hostile and row["cells"][0] == [str(h.fragment[hostile]), hostile, int(NOW.timestamp())]


@pytest.mark.parametrize("make", [full_city, old_city])
def test_each_row_has_a_cell_for_each_column_and_an_id_of_its_own(make: object) -> None:
    city = make()  # type: ignore[operator]
    tables = (
        (unit_columns(city, "vi"), unit_rows(city, "vi")),
        (kpi_columns("vi"), kpi_rows(city, "vi")),
        (source_columns("vi"), source_rows(city, "vi", "")),
    )
    for columns, rows in tables:
        assert rows and {len(row.cells) for row in rows} == {len(columns)}
        assert len({row.id for row in rows}) == len(rows) and len({column.key for column in columns}) == len(columns)
        assert columns[0].from_width == 0 and sum(column.from_width == 0 for column in columns) == 2  # a phone


def test_kpi_without_a_value_is_not_sorted_by_its_last_one() -> None:
    city = old_city()
    values = {row.id: row.cells[1] for row in kpi_rows(city, "vi") if not row.is_group}
    missing = [key for key, figure in city.figures.items() if figure.value.value is None]
    assert missing and all(values[key].order is None for key in missing)


def test_sources_are_those_of_the_chosen_status_grouped_by_it() -> None:
    rows = source_rows(full_city(), "vi", "live")
    assert [row.id for row in rows if row.is_group] == ["status-live"] and len(rows) > 1
    assert source_rows(full_city(), "vi", "refused") == []


def test_exports_keep_the_parameters_of_the_page() -> None:
    tools = str(
        table_frame("sources", [], [], {"trang-thai": "late", "luc": "2026-11-24T14:30"}, "en")["sources-tools"]
    )
    assert "/xuat/sources.csv?trang-thai=late" in tools and "luc=2026-11-24" in tools and "lang=en" in tools


@pytest.mark.parametrize(
    ("words", "found"), [("", True), ("dam sen", True), ("SEN Đầm", True), ("sen hong", False), ("đam", True)]
)
def test_search_needs_all_words_without_accents(words: str, found: bool) -> None:
    assert matches(words, "phường Đầm Sen") is found


def test_tables_are_drawn_on_paper_and_on_displays() -> None:
    assert draws_table({"giay": "1"}) and draws_table({"ve": "1"}) and not draws_table({"tim": "1"})


@pytest.mark.parametrize(
    ("params", "page"), [({}, 1), ({"trang": "7"}, 7), ({"trang": "0"}, 1), ({"trang": "x"}, 1), ({"trang": "٣"}, 1)]
)
def test_page_is_the_one_that_the_address_names(params: dict[str, str], page: int) -> None:
    assert page_number(params) == page


def test_an_address_that_names_a_page_twice_gives_the_first_one() -> None:
    repeated: Any = {"trang": ["2", "3"]}  # as Dash hands it over
    assert page_number(repeated) == 1
