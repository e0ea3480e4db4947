"""Merged cells below the headings: a label applies to all rows of its range, a value only where that is clear."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

from data_sources.spreadsheet import parse, workbook
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.unmerged_grid import UnmergedGrid
from data_sources.spreadsheet.workbook import Sheet, read_sheets
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, repacked
from tests.data_sources.sheets import xlsx as write_xlsx

OPTIONS = {"time": "Ngày", "name": "Xã", "columns": {"a-{name}": "Số hộ", "b-{name}": "Số người"}}
HEAD: list[Any] = ["Ngày", "Xã", "Số hộ", "Số người"]
DAY = "05/10/2026"
Write = Callable[[Rows, Sequence[str]], bytes]


def xlsx(rows: Rows, merged: Sequence[str]) -> bytes:
    return write_xlsx({"S": rows}, merged)


def _corners(merged: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Ranges such as A2:A3 as top, bottom, left, right from 0."""
    pairs = [one.split(":") for one in merged]
    return [(int(a[1:]) - 1, int(b[1:]) - 1, ord(a[0]) - 65, ord(b[0]) - 65) for a, b in pairs]


def xls(rows: Rows, merged: Sequence[str]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    corners = _corners(merged)
    covered = {
        (r, c) for top, bottom, left, right in corners for r in range(top, bottom + 1) for c in range(left, right + 1)
    }
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            if (r, c) not in covered and cell is not None:
                sheet.write(r, c, cell)
    for top, bottom, left, right in corners:
        sheet.write_merge(top, bottom, left, right, rows[top][left])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def ods(rows: Rows, merged: Sequence[str]) -> bytes:
    book = OpenDocumentSpreadsheet()
    table = Table(name="S")
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, bottom, left, right in _corners(merged)}
    covered = {
        (t + r, c + n) for (t, c), (rows_, columns) in spans.items() for r in range(rows_) for n in range(columns)
    }
    for r, cells in enumerate(rows):
        line = TableRow()
        for c, cell in enumerate(cells):
            if (r, c) in covered and (r, c) not in spans:
                line.addElement(CoveredTableCell())
                continue
            number = {"valuetype": "float", "value": cell} if isinstance(cell, float) else {"valuetype": "string"}
            span = dict(zip(("numberrowsspanned", "numbercolumnsspanned"), spans.get((r, c), ()), strict=False))
            written = TableCell(**({} if cell is None else number), **span)
            if cell is not None:
                written.addElement(P(text=str(cell)))
            line.addElement(written)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


WRITERS: list[Write] = [xlsx, xls, ods]


def read(rows: Rows, merged: Sequence[str], write: Write = xlsx, **options: Any) -> Batch:
    page = ResponsePage(write(rows, merged), address="a")
    return parse(row("/in", {**OPTIONS, **options}), Payload((page,)), NOW)


def values(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.series, one.value) for one in batch.readings]


def merged_failure(cells: str) -> Failure:
    return Failure(SpreadsheetCode.VALUE_MERGED, {"cells": cells})


TWO: list[list[Any]] = [HEAD, [DAY, "An Bình", 7.0, 1.0], [DAY, "Cái Răng", None, 2.0]]


@pytest.mark.parametrize("write", WRITERS)
def test_a_value_merged_over_two_names_is_rejected(write: Write) -> None:
    batch = read(TWO, ["C2:C3"], write)
    assert values(batch) == [("b-an-binh", 1), ("b-cai-rang", 2)]
    assert failures(batch) == [merged_failure("C2:C3")]
    assert (batch.rejected_items[0].location, batch.rejected_items[0].sample) == ("a: S!C2", "7.0")


@pytest.mark.parametrize("write", WRITERS)
def test_the_row_may_say_that_a_merged_value_is_that_of_each_row(write: Write) -> None:
    batch = read(TWO, ["C2:C3"], write, merged_cells="each")
    assert values(batch) == [("a-an-binh", 7), ("b-an-binh", 1), ("a-cai-rang", 7), ("b-cai-rang", 2)]
    assert not batch.rejected_items


@pytest.mark.parametrize("write", WRITERS)
def test_a_merged_label_applies_to_all_rows_of_its_range(write: Write) -> None:
    rows: Rows = [HEAD, [DAY, "An Bình", 7.0, 1.0], [None, "Cái Răng", 8.0, 2.0]]
    assert len(read(rows, ["A2:A3"], write).readings) == 4


@pytest.mark.parametrize("mark", ["x", "-", "…", "không có"])
def test_a_merged_mark_is_no_value_of_each_row(mark: str) -> None:
    rows: Rows = [HEAD, [DAY, "An Bình", mark, 1.0], [DAY, "Cái Răng", None, 2.0]]
    batch = read(rows, ["C2:C3"], missing=["x", "…", "không có"])
    assert values(batch) == [("a-an-binh", None), ("b-an-binh", 1), ("a-cai-rang", None), ("b-cai-rang", 2)]


def test_a_value_merged_over_the_rows_of_one_record_is_that_of_the_record() -> None:
    rows: Rows = [HEAD, [DAY, "An Bình", 7.0, 1.0], [None, None, None, None], [DAY, "Cái Răng", 8.0, 2.0]]
    merged = ["A2:A3", "B2:B3", "C2:C3", "D2:D3"]
    assert values(read(rows, merged)) == [("a-an-binh", 7), ("b-an-binh", 1), ("a-cai-rang", 8), ("b-cai-rang", 2)]
    assert len(read(rows, ["C2:C3"]).readings) == 4  # the row below has no name: it is no record
    each = read(rows, ["C2:C3"], merged_cells="each")
    assert len(each.readings) == 4 and not each.rejected_items


def test_a_value_merged_over_two_columns_is_rejected() -> None:
    rows: Rows = [HEAD, [DAY, "An Bình", 7.0, None], [DAY, "Cái Răng", 8.0, 2.0]]
    batch = read(rows, ["C2:D2"])
    assert values(batch) == [("a-cai-rang", 8), ("b-cai-rang", 2)] and failures(batch) == [merged_failure("C2:D2")]
    assert failures(read(rows, ["C2:D2"], columns={"a-{name}": "Số hộ"})) == [merged_failure("C2:D2")]
    assert failures(read(rows, ["C2:D2"], columns={"a-{name}": "Số người"})) == [merged_failure("C2:D2")]
    assert values(read(rows, ["C2:D2"], merged_cells="each"))[:2] == [("a-an-binh", 7), ("b-an-binh", 7)]


def test_titles_of_groups_and_notes_across_the_table_are_no_values() -> None:
    rows: Rows = [
        HEAD,
        ["I. Nội thành", None, None, None],
        [DAY, "An Bình", 7.0, 1.0],
        ["Ghi chú: số ước", None, None, None],
    ]
    batch = read(rows, ["A2:D2", "A4:D4"])
    assert values(batch) == [("a-an-binh", 7), ("b-an-binh", 1)] and not batch.rejected_items


def test_without_names_and_times_each_row_is_a_record() -> None:
    rows: Rows = [["Mức"], [5.0], [None]]
    options: dict[str, Any] = {"name_time": "%Y", "time": "", "name": "", "columns": {"level": "Mức"}}
    page = ResponsePage(xlsx(rows, ["A2:A3"]), address="2026")
    assert codes(parse(row("/in", options), Payload((page,)), NOW)) == [SpreadsheetCode.VALUE_MERGED]


def with_ranges(ranges: Sequence[str]) -> ResponsePage:
    """TWO with merged ranges that no program would write."""
    body = write_xlsx({"S": TWO})
    part = "xl/worksheets/sheet1.xml"
    with ZipFile(BytesIO(body)) as book:
        sheet = book.read(part)
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
    merged = f"</sheetData><mergeCells>{cells}</mergeCells>".encode()
    return ResponsePage(repacked(body, {part: sheet.replace(b"</sheetData>", merged)}), address="a")


@pytest.mark.parametrize("ranges", [["C9:D12"], ["C4:C4"], ["AA1:ZZ3"], ["A30:ZZ999"] * 3_000], ids=range(4))
def test_a_range_beyond_the_cells_is_ignored(ranges: Sequence[str]) -> None:
    batch = parse(row("/in", OPTIONS), Payload((with_ranges(ranges),)), NOW)
    assert values(batch) == [("a-an-binh", 7), ("b-an-binh", 1), ("b-cai-rang", 2)] and not batch.rejected_items
    assert read_sheets(with_ranges(ranges))[0].merged is None


def test_cells_under_many_merged_ranges_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_MERGED", 24)
    sheet = read_sheets(with_ranges(["A1:XFD1048576", "D3:D3", "A2:D3"]))  # 12 + 1 + 8 cells
    assert sheet[0].merged and len(sheet[0].merged) == 3
    with raises_failure(SpreadsheetCode.TOO_MANY_MERGED, limit=24):
        read_sheets(with_ranges(["A1:XFD1048576"] * 3))


def test_the_merged_ranges_of_all_sheets_of_a_file_count(monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.load_workbook(BytesIO(write_xlsx({f"S{n}": TWO for n in range(5)})))
    for sheet in book.worksheets:
        sheet.merge_cells("A1:D1")
    book.save(file := BytesIO())
    page = ResponsePage(file.getvalue(), address="a")  # 5 times 4 cells
    monkeypatch.setattr(workbook, "MAX_MERGED", 20)
    assert len(read_sheets(page)) == 5
    monkeypatch.setattr(workbook, "MAX_MERGED", 19)
    with raises_failure(SpreadsheetCode.TOO_MANY_MERGED, limit=19):
        read_sheets(page)


MERGED_HEADING: Rows = [["Hình thức", None, "Số dự án"]]
FIRST_PAGE: Rows = [[1.0, "Liên doanh", 3.0], [2.0, "BOT", 4.0]]
SECOND_PAGE: Rows = [[3.0, "Cổ phần", 5.0], [4.0, "Khác", 6.0]]


@pytest.mark.parametrize("between", [[], [[None, None, None]]])
@pytest.mark.parametrize("write", WRITERS)
def test_a_merged_heading_on_a_later_page_is_read_as_the_first(write: Write, between: Rows) -> None:
    """The names stand in the second of its columns, beside their numbers."""
    rows = [*MERGED_HEADING, *FIRST_PAGE, *between, *MERGED_HEADING, *SECOND_PAGE]
    again = 4 + len(between)
    page = ResponsePage(write(rows, ["A1:B1", f"A{again}:B{again}"]), address="2026")
    options = {"name_time": "%Y", "name": "Hình thức", "columns": {"{name}": "Số dự án"}}
    batch = parse(row("/in", options), Payload((page,)), NOW)
    assert values(batch) == [("lien-doanh", 3), ("bot", 4), ("co-phan", 5), ("khac", 6)] and not batch.rejected_items


class CountedAnchors(dict[tuple[int, int], tuple[int, int]]):
    count = 0

    def get(self, key: Any, default: Any = None) -> Any:
        self.count += 1
        return super().get(key, default)


def test_columns_with_data_are_found_in_one_look_at_each_cell() -> None:
    width, height = 200, 10
    sheet = Sheet("S", [[1.0] * width for _ in range(height)], ((0, 0, 0, 1),))
    grid = UnmergedGrid(sheet)
    grid._anchors = anchors = CountedAnchors(grid._anchors)
    assert grid.filled(range(width), range(height)) == list(range(width))
    assert 0 < anchors.count <= 2 * width * height


def test_the_text_of_a_range_ends_with_the_cells_of_the_sheet() -> None:
    grid = UnmergedGrid(read_sheets(with_ranges(["C2:XFD1048576"]))[0])
    assert [grid.cells_at(r) for r in (1, 2)] == [[DAY, "An Bình", 7.0, 7.0], [DAY, "Cái Răng", 7.0, 7.0]]
    assert grid.at(1, 4) is grid.at(3, 2) is None


NUMBERED: list[Any] = ["STT", "Xã", "Ngày", "Số hộ", "Số người"]
TOTAL: list[list[Any]] = [
    NUMBERED,
    [1.0, "An Bình", DAY, 7.0, 1.0],
    [2.0, "Cái Răng", DAY, 8.0, 2.0],
    ["Tổng số", None, DAY, 15.0, 3.0],
]


@pytest.mark.parametrize("write", WRITERS)
def test_a_name_merged_with_the_number_of_its_row_is_read(write: Write) -> None:
    batch = read(TOTAL, ["A4:B4"], write, columns={"a-{name}": "Số hộ"})
    assert values(batch) == [("a-an-binh", 7), ("a-cai-rang", 8), ("a-tong-so", 15)]
    assert not batch.rejected_items


def test_a_name_merged_with_the_numbers_of_several_rows_is_that_of_each() -> None:
    rows = [*TOTAL[:3], ["Tổng số", None, DAY, 15.0, 3.0], [None, None, "06/10/2026", 16.0, 4.0]]
    batch = read(rows, ["A4:B5"], columns={"a-{name}": "Số hộ"})
    assert values(batch)[2:] == [("a-tong-so", 15), ("a-tong-so", 16)] and not batch.rejected_items


def test_a_title_merged_over_the_name_and_a_value_names_no_row() -> None:
    head = ["STT", "Xã", "Số hộ", "Số người", "Ngày"]
    batch = read([head, ["Khu vực I", None, None, 5.0, DAY], [1.0, "An Bình", 7.0, 1.0, DAY]], ["A2:C2"])
    assert values(batch) == [("a-an-binh", 7), ("b-an-binh", 1)]
    assert codes(batch) == [SpreadsheetCode.ROW_NAME_MISSING_INSIDE]
