"""The cells of an uploaded form as its author sees them."""

import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from data_sources.spreadsheet import workbook, zip_reader
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.zip_guard import SheetLimits
from ioc.domain.base.failure import Failure
from ioc.domain.base.reader_process import person_places
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.form_workbook import SHEET_NAME
from ioc.submissions import uploads
from ioc.submissions.uploads import read_rows
from tests.data_sources.failures import raises_failure
from tests.data_sources.sheets import repacked, xlsx
from tests.system.program import until


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (0.54, "0%", "54%"),
        (0.075, "0.0%", "7,5%"),
        (45, '0"%"', "45%"),
        (45000, "#,##0,", "45000 (÷ 1000…)"),
        (5, '"-"0', "5 (?)"),
        (1200.5, '#,##0.0" nghìn"', "1.200,5 nghìn"),
        (12, '0"000"', "12 (000)"),
        (12, '"1"0', "12 (1)"),
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
    assert read_rows("a", "a.xlsx", out.getvalue()) == [[expected]]


@pytest.mark.parametrize(("names", "chosen"), [(["S", SHEET_NAME, "T"], SHEET_NAME), (["S", "T"], "S")])
def test_only_the_sheet_of_the_form_is_read(names: list[str], chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, sheet_from_calamine = list[str](), workbook._sheet_from_calamine

    def read_sheet(name: str, *args: Any) -> workbook.Sheet:
        read.append(name)
        return sheet_from_calamine(name, *args)

    monkeypatch.setattr(workbook, "_sheet_from_calamine", read_sheet)
    assert read_rows("a", "a.xlsx", xlsx({name: [[name]] for name in names})) == [[chosen]]
    assert read == [chosen]


@pytest.mark.parametrize(
    ("name", "body"), [("a.xlsx", xlsx({SHEET_NAME: [[1] * 10] * 11})), ("a.csv", b"1;2;3;4;5;6;7;8;9;10\n" * 11)]
)
def test_a_sheet_with_more_cells_than_a_form_may_have_is_refused(
    name: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LIMITS", SheetLimits(109, 1_000))
    cause = Failure(SpreadsheetCode.TOO_MANY_CELLS, {"limit": 109})
    with raises_failure(SubmissionCode.FILE_UNREADABLE, cause=cause):
        read_rows("a", name, body)
    monkeypatch.setattr(uploads, "LIMITS", SheetLimits(110, 1_000))
    assert len(read_rows("a", name, body)) == 11


def test_a_text_that_a_small_form_repeats_in_many_cells_is_refused() -> None:
    """3 kB would become hundreds of MB."""
    cells = b"<worksheet><sheetData><row>%b</row></sheetData></worksheet>" % (b'<c t="s"><v>0</v></c>' * 500)
    texts = b"<sst><si><t>%b</t></si></sst>" % (b"x" * 30_000)
    body = repacked(xlsx({"S": [["x"]]}), {"xl/worksheets/sheet1.xml": cells, "xl/sharedStrings.xml": texts})
    with raises_failure(SubmissionCode.FILE_UNREADABLE, cause=Failure(SpreadsheetCode.TEXT_REPEATED)):
        read_rows("a", "a.xlsx", body)


def test_a_form_with_more_text_than_it_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMITS", SheetLimits(100, 10))
    cause = Failure(SpreadsheetCode.TOO_MUCH_TEXT, {"limit": 10})
    with raises_failure(SubmissionCode.FILE_UNREADABLE, cause=cause):
        read_rows("a", "a.xlsx", xlsx({SHEET_NAME: [["x" * 6], ["x" * 5]]}))
    assert read_rows("a", "a.xlsx", xlsx({SHEET_NAME: [["x" * 5], ["x" * 5]]})) == [["x" * 5]] * 2


def test_one_file_of_each_person_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    body = xlsx({SHEET_NAME: [[1]]})
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 0.0)
    with person_places.take("a"):
        with raises_failure(SubmissionCode.FILE_BUSY):
            read_rows("a", "a.xlsx", body)
        assert read_rows("b", "a.xlsx", body) == [[1.0]]
    assert read_rows("a", "a.xlsx", body) == [[1.0]]


def test_the_next_person_waits_while_three_files_are_read() -> None:
    """So those who send all the time keep nobody out."""
    with ExitStack() as others, ThreadPoolExecutor(1) as pool:
        for person in "abc":
            others.enter_context(person_places.take(person))
        waiting = pool.submit(read_rows, "d", "a.xlsx", xlsx({SHEET_NAME: [[1]]}))
        until(lambda: len(person_places._claims) == 4, 5, "the fourth person waits")
        others.close()
        assert waiting.result() == [[1.0]]


def test_the_directory_of_a_zip_is_bounded_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 MB of names take a second."""
    body = bytearray(xlsx({SHEET_NAME: [[1]]}))
    struct.pack_into("<L", body, body.rfind(b"PK\x05\x06") + 12, zip_reader.MAX_DIRECTORY + 1)
    monkeypatch.delattr(zipfile, "ZipFile")
    cause = Failure(SpreadsheetCode.TOO_MANY_PARTS, {"limit": zip_reader.MAX_MEMBERS})
    with raises_failure(SubmissionCode.FILE_UNREADABLE, cause=cause):
        uploads.has_macros(bytes(body))
