"""The cells of an uploaded form as its author sees them."""

from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from ioc.submissions.uploads import read_rows


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (0.54, "0%", "54%"),
        (0.07, "0.0%", "7%"),
        (45, '0"%"', "45%"),
        (45000, "#,##0,", "45000 (÷ 1000…)"),
        (0.54, "0.00", 0.54),
        ("#DIV/0!", "0", "#DIV/0!"),
        ("=1+1", "0", "=1+1"),
    ],
)
def test_a_cell_of_a_form_that_holds_no_plain_figure_is_its_text(value: Any, number_format: str, expected: Any) -> None:
    book = openpyxl.Workbook()
    book.active.append([value])
    book.active["A1"].number_format = number_format
    out = BytesIO()
    book.save(out)
    assert read_rows("a.xlsx", out.getvalue()) == [[expected]]
