"""A unit, a currency or another text that the number format shows beside the number of a cell."""

from typing import Any

import pytest

from data_sources.spreadsheet.errors import SpreadsheetCode
from tests.data_sources.spreadsheet.test_office_sheets import MONTH, read, rejected, values

OPTIONS = {**MONTH, "name": "Xã", "columns": {"{name}": "Thu"}}


def cell(
    number: float, code: str, series_unit: str, **options: Any
) -> tuple[dict[str, float | None], list[tuple[str, str]]]:
    batch = read([["Xã", "Thu"], ["A", number]], {**OPTIONS, **options}, {"a": series_unit}, B2=code)
    return values(batch), rejected(batch)


@pytest.mark.parametrize(
    ("code", "unit", "expected"),
    [
        ('0" kg"', "tấn", 0.012),
        ('#,##0.0" nghìn tấn"', "tấn", 12_000),
        ("#,##0\\ \\t\\ấ\\n", "tấn", 12),
        ('0.0" tỷ"', "triệu đồng", 12_000),
        ("#,##0 [$₫-42A]", "đồng", 12),
        ('#,##0 "đ";(#,##0) "đ"', "đồng", 12),
        ('"$"#,##0', "USD", 12),
        ("[$$-409]#,##0", "USD", 12),
        ('_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "tấn", 12),
        ("0;0", "tấn", 12),
        ('0;-0;"không"', "tấn", 12),
        ("[Red]0.0", "tấn", 12),
    ],
)
def test_a_unit_in_the_format_is_that_of_the_cell(code: str, unit: str, expected: float) -> None:
    found, faults = cell(12, code, unit)
    assert found == pytest.approx({"a": expected}) and not faults


@pytest.mark.parametrize("code", ['0"0"', '"~"0', '0" thúng"', '0"."0', '"€"0', '0;-0" thúng"'])
def test_another_text_in_the_format_is_rejected(code: str) -> None:
    assert cell(-12, code, "tấn") == ({}, [("B2", SpreadsheetCode.FORMAT_TEXT)])


def test_a_unit_in_the_format_that_the_row_contradicts_is_rejected() -> None:
    assert cell(12, '0" kg"', "tấn", unit="tấn") == ({}, [("B2", SpreadsheetCode.FORMAT_UNIT)])
    assert cell(12, '0" kg"', "tấn", unit="kg")[0] == {"a": pytest.approx(0.012)}
    assert not cell(12, '0" kg"', "đồng")[0]
