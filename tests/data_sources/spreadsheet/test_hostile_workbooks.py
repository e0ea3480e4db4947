"""Workbooks of some hundred bytes that would fill or end the process that reads them."""

import errno
import pickle
import subprocess
import sys
from enum import Enum
from pathlib import Path

import pytest

from data_sources.spreadsheet import (
    legacy_fonts,
    number_format,
    parse,
    sheet_details,
    sheet_process,
    workbook,
    zip_guard,
)
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.sheet_process import read_apart, workbook_process
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base import reader_server
from ioc.domain.ingest.packed import BIFF_SIGNATURES, unpacked_limit
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.submissions.errors import SubmissionCode
from ioc.poller.parsing import LARGE_BODY_BYTES
from ioc.submissions.uploads import read_rows
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import ods, repacked, xls, xlsx
from tests.data_sources.spreadsheet.test_listed_sheets import MAIN, listed

ROOT = Path(__file__).parents[3]
GRID = b'<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="%s"><v>1</v></c></row></sheetData>'
# A reader of strict XML stops at each; the one of workbooks reads on.
UNREADABLE = {"entity": b'<sheetPr a="&u;"/>', "twice": b'<dimension ref="A1" ref="A1"/>', "prefix": b"<q:sheetPr/>"}
# A process whose memory is bounded, so that nothing of the machine is endangered.
CODE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from ioc.domain.base.failure import FailureError
from ioc.submissions.uploads import read_rows
try:
    read_rows("a", "a.xlsx", sys.stdin.buffer.read())
except FailureError as error:
    print(error.failure.params["cause"].code)
"""


def hidden_part(broken: bytes, ref: bytes = b"XFD1048576") -> bytes:
    """A workbook whose sheet is a part of another name than XML has, and is spelled in two ways."""
    sheet = b'<worksheet xmlns="%s">%s%s</worksheet>' % (MAIN, broken, GRID % ref)
    return repacked(listed(["worksheets/Sheet1.bin"]), {"xl/worksheets/sheet1.bin": sheet})


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE)
def test_upload_that_would_end_its_reader_is_refused(broken: bytes) -> None:
    result = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, input=hidden_part(broken), stdout=subprocess.PIPE, check=False
    )
    assert result.returncode == 0, "the process of the upload itself ended"
    assert result.stdout.decode().startswith("spreadsheet.")


def test_every_kind_of_cell_is_taken_from_the_process() -> None:
    kinds = {
        (module.__name__, kind.__name__)
        for module in (legacy_fonts, number_format, sheet_details, workbook)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, str | float) and not issubclass(kind, Enum)
        if kind.__module__ == module.__name__
    }
    assert kinds <= {(module, name) for module, names in sheet_process._CELLS.items() for name in names}
    assert len(kinds) > 4


def test_answer_with_anything_else_is_refused() -> None:
    with pytest.raises(pickle.UnpicklingError):
        read_apart(ResponsePage(b"PK"), lambda _: pickle.dumps(([], [Path("a")])))


def sheet_of(cells: bytes) -> bytes:
    """A workbook whose sheet is these rows."""
    part = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, cells)
    return repacked(listed(["worksheets/s0.xml"]), {"xl/worksheets/s0.xml": part})


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE)
def test_reader_gets_no_part_that_was_not_measured(broken: bytes) -> None:
    """The grid would be small enough to be read."""
    with pytest.raises(SourceError) as error:
        workbook.read_sheets(ResponsePage(hidden_part(broken, b"B2")))
    assert error.value.failure.code == SpreadsheetCode.WORKBOOK_UNREADABLE


def test_parts_that_are_no_xml_are_left_out_and_the_sheets_are_read() -> None:
    body = repacked(xlsx({"S": [["a"]]}), {"xl/media/a.png": b"\x89PNG", "xl/drawings/vmlDrawing1.vml": b"<xml><br>"})
    assert len(zip_guard.check(body)) < len(body)
    assert workbook.read_sheets(ResponsePage(body))[0].rows == [["a"]]


def test_cells_and_rows_without_a_reference_are_counted() -> None:
    cell = b"<c><v>1</v></c>"
    with raises_failure(SpreadsheetCode.TOO_MANY_CELLS, limit=zip_guard.MAX_CELLS):
        zip_guard.check(sheet_of(b'<row r="200000"/><row>%s</row>' % (cell * 3)))
    (sheet,) = workbook.read_sheets(ResponsePage(sheet_of(b'<row r="2"/><row>%s</row>' % (cell * 3))))
    assert sheet.rows[-1] == [1.0] * 3 and len(sheet.rows) == 3


def test_two_parts_whose_names_differ_in_case_are_refused() -> None:
    body = repacked(xlsx({"S": [["a"]]}), {"xl/worksheets/Sheet1.xml": b"<worksheet/>"})
    with raises_failure(SpreadsheetCode.PART_REPEATED):
        zip_guard.check(body)


@pytest.mark.parametrize("error", ["#SPILL!", "#GETTING_DATA", "#ERROR!", "Err:502"])
def test_an_error_that_the_library_does_not_know_costs_its_cell_alone(error: str) -> None:
    cells = f'<c r="A1"><v>1.5</v></c><c t="e" r="B1"><f>x()</f><v>{error}</v></c><c r="C1" t="e"><v>#N/A</v></c>'
    part = b'<worksheet xmlns="%s"><sheetData><row r="1">%s</row></sheetData></worksheet>' % (MAIN, cells.encode())
    body = repacked(listed(["Worksheets/S0.XML"]), {"xl/worksheets/s0.xml": part})
    assert workbook.read_sheets(ResponsePage(body))[0].rows == [[1.5, error, "#N/A"]]


def test_details_are_those_of_the_part_that_is_read_however_it_is_spelled() -> None:
    part = b'<worksheet xmlns="%s"><sheetData><row r="1"><c r="A1" t="e"><v>#N/A</v></c></row></sheetData></worksheet>'
    body = repacked(listed(["Worksheets/S0.XML"]), {"xl/worksheets/s0.xml": part % MAIN})
    assert workbook.read_sheets(ResponsePage(body))[0].rows == [["#N/A"]]


@pytest.mark.parametrize(
    "cell",
    [
        'x:number-columns-repeated="400" x:number-rows-repeated="1" office:string-value="%s"',
        'x:number-columns-repeated="400" x:value-type="string" office:string-value="%s"',
    ],
)
@pytest.mark.parametrize("namespace", ["urn:oasis:names:tc:opendocument:xmlns:table:1.0", "urn:other"])
def test_cells_of_an_ods_are_counted_whatever_their_namespace_is(cell: str, namespace: str) -> None:
    cell = cell.replace("x:", "table:") % ("x" * 200)
    content = (
        f'<office:body xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="{namespace}">'
        '<office:spreadsheet><table:table table:name="S"><table:table-row table:number-rows-repeated="%d">'
        f"<table:table-cell {cell}/></table:table-row></table:table></office:spreadsheet></office:body>"
    )
    body = xlsx({"S": [["a"]]})
    with raises_failure(SpreadsheetCode.TEXT_REPEATED):
        zip_guard.check(repacked(body, {"content.xml": (content % 10).encode()}), 1_000)
    with raises_failure(SpreadsheetCode.TOO_MANY_CELLS, limit=zip_guard.MAX_CELLS):
        zip_guard.check(repacked(body, {"content.xml": (content % 2_000).encode()}))


def refuse_to_fork(reader: str) -> reader_server.ForkedProcess:
    raise OSError(errno.EAGAIN, reader)


class TestProcess:
    """With the process itself."""

    @pytest.fixture(autouse=True)
    def readers(self) -> None:
        """Files are read by a process of their own."""

    def test_file_of_a_source_that_ends_its_reader_is_a_failure_of_it_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fork, started = reader_server.fork, list[object]()

        def fork_one(reader: str) -> reader_server.ForkedProcess:
            process = fork(reader)
            if not started:
                process.kill()
            started.append(process)
            return process

        monkeypatch.setattr(reader_server, "fork", fork_one)
        good = xlsx({"S": [["t", "b"], ["2026-11-24 10:00", 1.5]]})
        pages = (ResponsePage(good, address="a.xlsx"), ResponsePage(good, address="b.xlsx"))
        options = {"time": "t", "columns": {"x": "b"}, "file_name": "*"}
        batch = parse(row("/in", options, series_keys=("x",)), Payload(pages), NOW)
        assert [reading.value for reading in batch.readings] == [1.5]
        assert [item.failure.code for item in batch.rejected_items] == [SpreadsheetCode.READER_ENDED]

    def test_file_whose_reader_cannot_be_started_comes_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It was taken for read: the answer had another file, and the poll was a success."""
        monkeypatch.setattr(reader_server, "fork", refuse_to_fork)
        page = ResponsePage(xlsx({"S": [["t", "b"], ["2026-11-24 10:00", 1.5]]}), address="a.xlsx")
        text = ResponsePage(b"t;b\n2026-11-24 10:00;2,5\n", "text/csv", "utf-8", "b.csv")
        source = row("/in", {"time": "t", "columns": {"x": "b"}, "file_name": "*"}, series_keys=("x",))
        with raises_failure(SpreadsheetCode.READER_NOT_STARTED):
            parse(source, Payload((text, page)), NOW)
        with raises_failure(SubmissionCode.FILE_BUSY):
            read_rows("an", "so.xlsx", page.body)

    def test_file_whose_reader_is_late_is_not_said_to_be_at_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reader_server.ForkedProcess, "send", lambda *_: None)  # it waits for a request
        monkeypatch.setattr("data_sources.spreadsheet.sheet_process.MAX_SECONDS", 1.0)
        page = ResponsePage(xlsx({"S": [["t", "b"], ["2026-11-24 10:00", 1.5]]}), address="a.xlsx")
        source = row("/in", {"time": "t", "columns": {"x": "b"}}, series_keys=("x",))
        with raises_failure(SpreadsheetCode.READER_SLOW, seconds=1):
            parse(source, Payload((page,)), NOW)

    @pytest.mark.parametrize(
        ("body", "rows"),
        [
            (xlsx({"S": [["a", 1.5, True], ["=1+1", None, "#N/A"]]}), [["a", 1.5, True], ["=1+1", None, "#N/A"]]),
            (xls([[("a", "Arial"), (1.5, "Arial")]]), [["a", 1.5]]), (ods([["a", 1.5]]), [["a", 1.5]]),
        ],
        ids=["xlsx", "xls", "ods"],
    )  # fmt: skip
    def test_workbook_is_read_by_another_process(self, body: bytes, rows: list[list[Cell]]) -> None:
        with workbook_process() as process:
            (sheet,) = read_apart(ResponsePage(body), process.read)
        assert sheet.rows == rows


@pytest.mark.parametrize("start", [b"PK", workbook._OLE_MAGIC, *BIFF_SIGNATURES])
def test_every_workbook_is_read_in_a_thread_however_small_it_is(start: bytes) -> None:
    """The event loop of the poller would wait for the process."""
    assert workbook.is_workbook(start) and unpacked_limit(start) > LARGE_BODY_BYTES
