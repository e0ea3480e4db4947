"""Texts below a table: a unit among them counts, and `try` lists what they say."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.stated_unit import units_in_sentences
from data_sources.spreadsheet.unread_columns import unread_columns
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

TABLE: Rows = [
    ["STT", "Trạm", "Ngày", "Mực nước"],
    [1, "A", "24/11/2026", 152.0],
    [2, "B", "24/11/2026", 148.0],
]  # fmt: skip
OPTIONS = {"name": "Trạm", "time": "Ngày", "columns": {"{name}": "Mực nước"}}
NOTE = "Ghi chú: mực nước tính bằng cm; số liệu chưa kiểm định"


def page_of(rows: Rows) -> Payload:
    return Payload((ResponsePage(xlsx({"S": rows}), address="a.xlsx"),))


def read(rows: Rows, options: dict[str, Any]) -> Batch:
    source = row("/in", {**OPTIONS, **options}, series_keys=("a", "b"), units={"a": "m", "b": "m"})
    return validate_batch(parse(source, page_of(rows), NOW), source.polled_series(), NOW)


@pytest.mark.parametrize("note", [NOTE, "Đơn vị: cm", "Levels are in cm."])
@pytest.mark.parametrize("options", [{}, {"ends": ["Ghi chú", "Đơn vị", "Levels"]}])
@pytest.mark.parametrize("gap", [[], [[None]]])
def test_a_unit_that_a_text_below_states_is_that_of_the_rows(
    note: str, options: dict[str, Any], gap: list[list[None]]
) -> None:
    rows = [*TABLE, *gap, [note], ["Người lập biểu"]]
    assert codes(read(rows, options)) == [SpreadsheetCode.UNIT_CHANGED]
    assert [one.value for one in read(rows, {**options, "unit": "cm"}).readings] == [1.52, 1.48]


def test_a_statement_of_another_table_below_the_end_is_not_that_of_the_rows() -> None:
    rows = [*TABLE, ["Ghi chú: số liệu sơ bộ"], ["Tháng", "Diện tích", "Đơn vị: ha"], [1, 2, 3]]
    assert codes(read(rows, {"ends": ["Ghi chú"]})) == []


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("mực nước tính bằng cm; sơ bộ", "cm"), ("đo bằng mét", "mét"), ("Sản lượng tính bằng nghìn tấn.", "nghìn tấn"),
        ("given in m³/s", "m³/s"), ("tính theo năm", ""), ("tính bằng máy", ""), ("đo theo giờ", ""),
        ("ghi theo mẫu 2", ""), ("values in brackets", ""),
    ],
)  # fmt: skip
def test_units_in_sentences(text: str, unit: str) -> None:
    options = Options.model_validate({**OPTIONS, "glob": "*.xlsx"})
    assert units_in_sentences([text], options) == ([unit] if unit else [])


@pytest.mark.parametrize("above", ["Cao độ mốc trạm tính bằng cm", "Station heights are given in cm"])
def test_a_sentence_above_the_table_converts_no_value(above: str) -> None:
    assert [one.value for one in read([[above], *TABLE], {}).readings] == [152, 148]


@pytest.mark.parametrize("note", ["Ghi chú: lượng mưa tính bằng mm", "Tăng giảm tính theo % so với cùng kỳ"])
def test_a_sentence_about_other_values_leaves_a_unit_that_the_options_state(note: str) -> None:
    rows = [*TABLE, [note]]
    assert codes(read(rows, {})) == [SpreadsheetCode.UNIT_CHANGED]  # not guessed
    assert [one.value for one in read(rows, {"unit": "m"}).readings] == [152, 148]


@pytest.mark.parametrize("below", [["Xã", "Nam", "Nữ"], ["Trạm", "Mưa"]])
def test_the_unit_of_a_table_below_is_not_that_of_the_rows(below: list[str]) -> None:
    other: Rows = [["Bảng 2. Dân số"], ["Đơn vị tính: người"], [*below], ["A", 5, 6][: len(below)]]
    assert codes(read([*TABLE, ["Tổng cộng"], *other], {"ends": ["Tổng cộng"]})) == []


def test_the_texts_below_are_parts_of_their_own_and_no_entries_of_a_column() -> None:
    rows = [*TABLE, [None], ["Số liệu tháng trước"], [NOTE, None, "Giám đốc"]]
    parts = unread_columns(row("/in", OPTIONS, protocol="spreadsheet"), page_of(rows))
    assert [(part.path, part.count, part.comes_first) for part in parts] == [
        ("S!A6", 1, True),
        ("S!A “STT”", 2, False),
        ("S!A5", 1, False),
        ("S!C6", 1, False),
    ]
    assert "tính bằng cm" in parts[0].samples[0]


def test_rows_for_values_that_are_missing_are_no_texts_below() -> None:
    rows = [*TABLE, [3, "C", "24/11/2026", "-"], [4, "D", "24/11/2026", "x"]]
    source = row("/in", {**OPTIONS, "missing": ["x"]}, protocol="spreadsheet")
    assert [part.path for part in unread_columns(source, page_of(rows))] == ["S!A “STT”"]


def test_many_texts_below_are_bounded() -> None:
    parts = unread_columns(
        row("/in", OPTIONS, protocol="spreadsheet"), page_of([*TABLE, *([f"Ghi chú {n} a"] for n in range(500))])
    )
    assert len(parts) < 20 and sum(part.count for part in parts) == 502


def test_numbers_alone_below_the_table_are_parts_behind_the_notes() -> None:
    rows = [*TABLE, [None, 97.2067, None, None, 1.0136], ["Số liệu tháng trước"]]
    parts = unread_columns(row("/in", OPTIONS, protocol="spreadsheet"), page_of(rows))
    assert [part.path for part in parts] == ["S!A “STT”", "S!A5", "S!B4", "S!E4"]
