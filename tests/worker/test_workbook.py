"""The process that writes a workbook: rows over several sheets, texts that look like formulas."""

import json
from io import BytesIO

import openpyxl  # type: ignore[import-untyped]
import pytest

from ioc.web.errors.request_error import RequestError
from ioc.web.workbook_process import write_workbook
from ioc.worker import workbook


def test_rows_that_do_not_fit_are_on_the_next_sheet_under_the_same_heads() -> None:
    out = BytesIO()
    lines = [["Sổ"], ["a", "b"], *([number, f"=x{number}"] for number in range(5))]
    workbook.write(map(json.dumps, lines), out, max_rows=4)
    book = openpyxl.load_workbook(out)
    assert [list(sheet.values) for sheet in book.worksheets] == [
        [("a", "b"), (0, "'=x0"), (1, "'=x1"), (2, "'=x2")], [("a", "b"), (3, "'=x3"), (4, "'=x4")]
    ]  # fmt: skip


def test_workbook_without_rows_has_its_heads() -> None:
    book = openpyxl.load_workbook(BytesIO(b"".join(write_workbook("Sổ", ["a"], []))))
    assert list(book.worksheets[0].values) == [("a",)]


def test_failed_process_is_an_error() -> None:
    with pytest.raises(RequestError):
        write_workbook("a name with ] is refused by Excel", ["a"], [])


def test_process_ends_when_its_rows_cannot_be_read() -> None:
    def broken() -> object:
        raise OSError

    with pytest.raises(OSError):
        write_workbook("Sổ", ["a"], ([broken()] for _ in range(1)))  # type: ignore[list-item]
