"""Spreadsheets: every kind of file, title rows, merged headings, marks, invalid rows and files."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._files.errors import FilesCode
from data_sources.spreadsheet import Options, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.legacy_vietnamese import to_tcvn3, windows_1258
from tests.data_sources.server import NOW, row, shared
from tests.data_sources.sheets import Rows, ods, repacked, xls, xlsx

LEVELS = {
    "time": "Ngày",
    "columns": {"level": "Mực nước (m)", "salt": "Độ mặn"},
    "units": {"salt": "g/l"},
    "ends": ["Tổng cộng"],
}
ROWS: Rows = [
    ["BÁO CÁO MỰC NƯỚC"],
    [],
    ["TT", "Ngày", "Mực nước (m)", "Độ mặn"],
    [1, "05/10/2026", "1,87", "4,5"],
    [2, "06/10/2026", 1.9, "x"],
    [3, "hôm qua", 1.9, 2.0],
    [4, "08/10/2026", "cao", 3.0],
    [5, None, None, None],
    ["Tổng cộng", None, 5.67, None],
]
VALUES = [
    ("level", "04/10 17:00", 1.87),
    ("salt", "04/10 17:00", 4.5),
    ("level", "05/10 17:00", 1.9),
    ("salt", "05/10 17:00", None),
    ("salt", "07/10 17:00", 3.0),
]


def read(body: bytes, options: dict[str, Any], name: str = "a.xlsx") -> Batch:
    return parse(row("/in", options), Payload((ResponsePage(body, address=name),)), NOW)


def values(batch: Batch) -> list[tuple[str, str, float | None]]:
    return [(one.series, one.observed.strftime("%d/%m %H:%M"), one.value) for one in batch.readings]


def csv(rows: Sequence[Sequence[Any]], sign: str = ";") -> str:
    return "\r\n".join(sign.join("" if cell is None else str(cell).replace(".", ",") for cell in one) for one in rows)


def test_a_workbook_with_title_marks_and_bad_rows() -> None:
    batch = read(xlsx({"Biểu 1": ROWS}), LEVELS)
    assert values(batch) == VALUES
    assert [(item.location, item.failure.code, item.sample) for item in batch.rejected_items] == [
        ("a.xlsx: Biểu 1!B6", SpreadsheetCode.NOT_A_TIME, "hôm qua"),
        ("a.xlsx: Biểu 1!C7", SpreadsheetCode.WORD, "cao"),
    ]
    assert {one.unit for one in batch.readings if one.series == "salt"} == {"g/l"}


def test_a_boolean_cell_is_no_number_and_no_hour() -> None:
    rows: Rows = [["Ngày", "Giờ", "Mức"], ["05/10/2026", 7, True], ["05/10/2026", True, 5]]
    options = {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mức"}}
    assert codes(read(xlsx({"A": rows}), options)) == [ParseCode.BOOLEAN, SpreadsheetCode.NOT_A_CLOCK]


def test_an_open_document() -> None:
    batch = read(ods(ROWS), LEVELS, "a.ods")
    assert values(batch) == VALUES
    assert [one.location for one in batch.rejected_items] == ["a.ods: Biểu 1!B6", "a.ods: Biểu 1!C7"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("sign", [";", "\t", ","])
def test_text_of_any_encoding_and_sign(encoding: str, sign: str) -> None:
    rows = [[f'"{cell}"' if sign == "," and isinstance(cell, str) else cell for cell in one] for one in ROWS]
    rows = [[f'"{str(cell).replace(".", ",")}"' if isinstance(cell, float) else cell for cell in one] for one in rows]
    batch = read(csv(rows, sign).encode(encoding), LEVELS, "a.csv")
    assert values(batch) == VALUES
    assert [one.location for one in batch.rejected_items] == ["a.csv: B6", "a.csv: C7"]


def test_text_in_windows_1258() -> None:
    assert values(read(windows_1258(csv(ROWS)), LEVELS, "a.csv")) == VALUES


def test_text_in_tcvn3_by_option() -> None:
    text = "Ngµy;Mùc n\u00adíc (m);§é mÆn\n05/10/2026;1,5;2"
    batch = read(text.encode("latin-1"), {**LEVELS, "encoding": "tcvn3"}, "a.csv")
    assert [one.value for one in batch.readings] == [1.5, 2]


def test_an_old_workbook_by_the_font_of_each_cell() -> None:
    rows: Rows = [
        [("Ngµy", ".VnTime"), ("Mùc n\u00adíc (m)", ".VnTimeH"), ("Ñoä maën", "VNI-Times")],
        [("05/10/2026", "Arial"), (1.5, "Arial"), (2.0, "Arial")],
    ]
    batch = read(xls(rows), LEVELS, "a.xls")
    assert values(batch) == [("level", "04/10 17:00", 1.5), ("salt", "04/10 17:00", 2.0)]


def test_headings_of_two_rows_merged_both_ways_and_a_row_of_column_numbers() -> None:
    rows: Rows = [
        ["Trạm", "Ngày", "Mực nước", None, "Ghi chú"],
        [None, None, "Cao nhất", "Thấp nhất", None],
        ["(1)", "(2)", "(3)", "(4)", "(5)"],
        ["Cần Thơ", date(2026, 10, 5), 1.9, -0.5, None],
        [None, date(2026, 10, 6), 2.0, -0.4, None],
        ["Đại Ngãi", datetime(2026, 10, 5, 7, 30), 1.1, None, None],
        [None, datetime(2026, 10, 5), 1.1, None, None],
    ]
    options = {
        "name": "Trạm",
        "names": {"Cần Thơ": "ct"},
        "time": "Ngày",
        "columns": {"max-{name}": ["Mực nước", "Cao nhất"], "min-{name}": ["Mực nước", "Thấp nhất"]},
    }
    merged = ["A1:A2", "B1:B2", "C1:D1", "E1:E2", "A4:A5"]
    batch = read(xlsx({"S": rows}, merged), options)
    assert values(batch) == [
        ("max-ct", "04/10 17:00", 1.9),
        ("min-ct", "04/10 17:00", -0.5),
        ("max-ct", "05/10 17:00", 2.0),
        ("min-ct", "05/10 17:00", -0.4),
        ("max-dai-ngai", "05/10 00:30", 1.1),
    ]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("a.xlsx: S!A7", SpreadsheetCode.ROW_NAME_MISSING)
    ]


def test_two_rows_of_headings_in_text() -> None:
    text = "Ngày;Mực nước;;Mưa\n;Cao nhất;Thấp nhất;\n05/10/2026;1,9;-0,5;3"
    options = {"time": "Ngày", "columns": {"min": ["Mực nước", "Thấp nhất"]}}
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING, headings="“Kỳ / Ngày”"):
        read(text.encode(), {**options, "time": ["Kỳ", "Ngày"]}, "a.csv")
    assert values(read(text.encode(), {**options, "time": "Ngày"}, "a.csv")) == [("min", "04/10 17:00", -0.5)]


@pytest.mark.parametrize(
    ("rows", "merged", "columns"),
    [
        ([["Ngày", "Mực nước", "Mực nước"], ["2026-10-05", 1.5, 1.7]], [], "B, C"),
        ([["Ngày", "Mực nước", None], ["2026-10-05", 1.5, 1.7]], ["B1:C1"], "B, C"),
        ([["Ngày", "Sáng", "Chiều"], [None, "Mực nước", "Mực nước"], ["2026-10-05", 1.5, 1.7]], ["A1:A2"], "B, C"),
    ],
)
def test_a_heading_above_two_columns_with_data_is_rejected(
    rows: list[list[Any]], merged: list[str], columns: str
) -> None:
    options = {"time": "Ngày", "columns": {"level": "Mực nước"}}
    batch = read(xlsx({"S": rows}, merged), options)
    assert not batch.readings and [item.failure for item in batch.rejected_items] == [
        Failure(SpreadsheetCode.HEADING_REPEATED, {"heading": "Mực nước", "columns": columns})
    ]


def test_the_upper_heading_tells_two_columns_apart() -> None:
    rows: list[list[Any]] = [["Ngày", "Sáng", "Chiều"], [None, "Mực nước", "Mực nước"], ["2026-10-05", 1.5, 1.7]]
    options = {"time": "Ngày", "columns": {"level": ["Chiều", "Mực nước"]}}
    assert [reading.value for reading in read(xlsx({"S": rows}, ["A1:A2"]), options).readings] == [1.7]


def test_a_second_column_without_data_is_no_other_one() -> None:
    rows: list[list[Any]] = [["Ngày", "Mực nước", "Mực nước"], ["2026-10-05", 1.5, None]]
    batch = read(xlsx({"S": rows}), {"time": "Ngày", "columns": {"level": "Mực nước"}})
    assert [reading.value for reading in batch.readings] == [1.5] and not batch.rejected_items


def test_several_sheets_of_which_some_are_asked_for() -> None:
    body = xlsx({"T9": ROWS, "T10": ROWS[:4], "Ghi chú": [["đọc kỹ"]]})
    assert len(read(body, LEVELS).readings) == 7
    batch = read(body, {**LEVELS, "sheets": ["T10", "Ghi chú", "C"]})
    assert len(batch.readings) == 2
    assert [one.location for one in batch.rejected_items] == ["a.xlsx: C", "a.xlsx: Ghi chú"]


def test_day_and_time_in_separate_columns_and_a_moment_in_the_files_name() -> None:
    rows: Rows = [["Ngày", "Giờ", "Mực nước (m)"], [date(2026, 10, 5), time(7, 30), 1.0], ["06/10/2026", "14h15", 2.0],
            [46_300, 0.5, 3.0]]  # fmt: skip
    batch = read(xlsx({"S": rows}), {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mực nước (m)"}})
    assert [one[1] for one in values(batch)] == ["05/10 00:30", "06/10 07:15", "05/10 05:00"]
    options = {"name_time": "bao-cao-%Y-%m.xlsx", "columns": {"level": "Mực nước (m)"}}
    batch = read(xlsx({"S": rows}), options, "2026/bao-cao-2026-10.xlsx")
    assert {one.observed for one in batch.readings} == {datetime(2026, 9, 30, 17, tzinfo=UTC)}
    with raises_failure(SpreadsheetCode.FILE_NAME_TIME, name="other.xlsx", pattern="bao-cao-%Y-%m.xlsx"):
        read(xlsx({"S": rows}), options, "other.xlsx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/10/2026", "2026-10-04T17:00"),
        ("05-10-2026 07:30", "2026-10-05T00:30"),
        ("07:30 05/10/2026", "2026-10-05T00:30"),
        ("7 giờ 30 phút, 05/10/2026", "2026-10-05T00:30"),
        ("Ngày 5 tháng 10 năm 2026", "2026-10-04T17:00"),
        ("Tháng 10/2026", "2026-09-30T17:00"),
        ("2026-10-05T07:30:00Z", "2026-10-05T07:30"),
        ("Năm 2026", "2025-12-31T17:00"),
        ("2026", "2025-12-31T17:00"),
    ],
)
def test_a_day_is_read_in_every_form(text: str, expected: str) -> None:
    batch = read(
        f"Ngày;Mực nước (m)\n{text};1".encode(), {"time": "Ngày", "columns": {"level": "Mực nước (m)"}}, "a.csv"
    )
    assert batch.readings[0].observed.strftime("%Y-%m-%dT%H:%M") == expected


@pytest.mark.parametrize("text", ["31/02/2026", "13/13/2026", "25:00 05/10/2026", "05/10/26", "99/99/9999", "0/2026"])
def test_an_invalid_day_is_rejected(text: str) -> None:
    batch = read(
        f"Ngày;Mực nước (m)\n{text};1".encode(), {"time": "Ngày", "columns": {"level": "Mực nước (m)"}}, "a.csv"
    )
    assert not batch.readings and codes(batch) == [SpreadsheetCode.NOT_A_TIME]


SHEET = xlsx({"S": ROWS})
SHEET_PART = "xl/worksheets/sheet1.xml"
BOMB = b"<worksheet>" + b" " * 30_000_000 + b"</worksheet>"
WIDE = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
SAME = b"<worksheet><sheetData><row>%b</row></sheetData></worksheet>" % (b'<c t="s"><v>0</v></c>' * 5000)
LONG = b"<sst><si><t>%b</t></si></sst>" % (b"x" * 30_000)
DTD = b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", SpreadsheetCode.FILE_EMPTY),
        (b"<html><table>", SpreadsheetCode.HTML_OR_XML),
        (b"PK\x03\x04rubbish", SpreadsheetCode.DAMAGED),
        (SHEET[: len(SHEET) // 2], SpreadsheetCode.DAMAGED),
        (repacked(SHEET, {SHEET_PART: BOMB}), SpreadsheetCode.TOO_LARGE_UNPACKED),
        (repacked(SHEET, {SHEET_PART: WIDE}), SpreadsheetCode.TOO_MANY_CELLS),
        (repacked(SHEET, {SHEET_PART: SAME, "xl/sharedStrings.xml": LONG}), SpreadsheetCode.TEXT_REPEATED),
        (repacked(SHEET, {"xl/picture.png": WIDE}), SpreadsheetCode.TOO_MANY_CELLS),
        (repacked(SHEET, {SHEET_PART: b"<worksheet><a>"}), SpreadsheetCode.XML_BROKEN),
        (repacked(SHEET, {SHEET_PART: DTD}), SpreadsheetCode.XML_ENTITIES),
        (repacked(SHEET, {SHEET_PART: b"<worksheet><a></b>"}), SpreadsheetCode.XML_BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, SpreadsheetCode.OLD_WORKBOOK_UNREADABLE),
        (b"\x89PNG\0\0\0\0rubbish\0", SpreadsheetCode.NOT_A_TABLE),
        (b"one;two\n1;2", SpreadsheetCode.HEADINGS_MISSING),
        (b"x" * (16 * 1_048_576 + 1), FilesCode.FILE_TOO_LARGE),
    ],
    ids=range(15),
)
def test_an_invalid_file_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body, LEVELS)


def test_pictures_and_broken_drawings_beside_a_sheet_are_ignored() -> None:
    members = {"xl/media/image1.png": b"\x89PNG\0\1<", "xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>"}
    assert values(read(repacked(SHEET, members), LEVELS)) == VALUES


NAMES = {"time": "Ngày", "name": "Xã", "columns": {"level-{name}": "Mực nước (m)"}}


@pytest.mark.parametrize("write", [str, to_tcvn3])
def test_cells_whose_font_was_changed_are_read(write: Callable[[str], str]) -> None:
    texts = [["Ngày", "Xã", "Mực nước (m)"], ["05/10/2026", "Bình Thuỷ", "1,5"], ["05/10/2026", "Xã", "2,5"]]
    book = xls([[(write(text), "Arial") for text in line] for line in texts])
    assert [one.series for one in read(book, NAMES).readings] == ["level-binh-thuy", "level-xa"]


def test_name_in_an_unknown_encoding_is_rejected_with_its_cell_and_may_be_mapped() -> None:
    texts = ["Trạm đo mặn", to_tcvn3("Trạm đo mặn"), "Xã"]
    rows: Rows = [["Ngày", "Xã", "Mực nước (m)"], *(["05/10/2026", text, 1.0] for text in texts)]
    body = xls([[(value, "Arial") for value in line] for line in rows])
    batch = read(body, NAMES)
    assert codes(batch) == [SpreadsheetCode.TEXT_UNDECIDED] and batch.rejected_items[0].location.endswith("!B4")
    assert read(body, {**NAMES, "names": {"Xã": "xa"}}).readings[-1].series == "level-xa"


def test_text_file_in_an_unknown_encoding_is_refused() -> None:
    with raises_failure(SpreadsheetCode.ENCODING_UNKNOWN):
        read("jour;niveau\nété;1\nforêt;2".encode("cp1252"), LEVELS, "a.csv")


@pytest.mark.parametrize(
    "encode", [lambda text: to_tcvn3(text).encode("latin-1"), lambda text: to_tcvn3(text).encode()]
)
def test_text_in_tcvn3_is_detected(encode: Callable[[str], bytes]) -> None:
    """As bytes of TCVN3, or as UTF-8 of the characters that stand for them."""
    assert values(read(encode(csv(ROWS)), LEVELS, "a.csv")) == VALUES


def test_an_invalid_file_is_rejected_alone() -> None:
    pages = (ResponsePage(b"PK", address="bad.xlsx"), ResponsePage(SHEET, address="good.xlsx"))
    batch = parse(row("/in", LEVELS), Payload(pages), NOW)
    assert values(batch) == VALUES and batch.rejected_items[0].location == "bad.xlsx"


def test_recorded_text_files() -> None:
    page = ResponsePage(shared("csv_xls/obs.csv").read_bytes(), address="obs.csv")
    options = {"time": "datetime", "name": "stn_id", "columns": {"obs-{name}": "value"}, "decimal": "."}
    source = row("/in", options, series_keys=("obs-35", "obs-604"))
    batch = validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert [(one.series, one.value) for one in batch.readings] == [
        ("obs-35", 89.9),
        ("obs-35", 93.9),
        ("obs-604", 99.9),
    ]
    broken = ResponsePage(shared("csv_xls/obs_malformatted.csv").read_bytes(), address="b.csv")
    assert len(parse(source, Payload((broken,)), NOW).readings) == 5
    semicolon = shared("csv_xls/issue-1009-semicolon.csv").read_bytes()
    batch = read(semicolon, {"name_time": "a-%Y.csv", "columns": {"a": "fieldNameA"}}, "a-2026.csv")
    assert batch.readings[0].value == 123
    for name in ("bom.csv", "latin1.csv"):
        batch = read(shared(f"csv_xls/{name}").read_bytes(), {"name_time": "a-%Y", "columns": {"a": "id"}}, "a-2026")
        assert [one.value for one in batch.readings] == [1, 2]
    with raises_failure(SpreadsheetCode.FILE_EMPTY):
        read(shared("csv_xls/empty.csv").read_bytes(), LEVELS)


def test_recorded_headings_over_five_rows() -> None:
    body = shared("csv_xls/multiline-headers.xlsx").read_bytes()
    quarter = ["Cumulative impact of changes on cost of food basket", "from previous quarter"]
    batch = read(body, {"name_time": "a-%Y.xlsx", "name": "Region", "columns": {"q-{name}": quarter}}, "a-2026.xlsx")
    assert not batch.readings and not batch.rejected_items  # the row A, B, C … below the headings numbers the columns


@pytest.mark.parametrize(
    "change",
    [{"columns": {}}, {"time": ""}, {"name_time": "%Y"}, {"glob": "../*"}, {"glob": "/etc/*"}, {"encoding": "viscii?"},
     {"name": "Trạm"}, {"columns": {"a-{name}": "B"}}, {"zone": "X"}, {"unit": "furlong"}, {"heading": "x"}],
)  # fmt: skip
def test_invalid_options_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({**LEVELS, **change})


OLD = xls([[("Ngµy", ".VnTime"), ("Mùc n\u00adíc (m)", ".VnTime")], [("05/10/2026", "Arial"), (1.5, "Arial")]])
OPEN = ods(ROWS)


def _corrupted(body: bytes) -> st.SearchStrategy[bytes]:
    """`body` with some bytes changed, or cut."""
    places = st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=6)
    return st.builds(
        lambda changes, end: bytes(dict(changes).get(n, one) for n, one in enumerate(body))[:end],
        places,
        st.integers(1, len(body)) | st.just(len(body)),
    )


@settings(deadline=None, max_examples=60)
@given(st.binary() | st.text().map(str.encode) | _corrupted(SHEET) | _corrupted(OLD) | _corrupted(OPEN))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body, LEVELS)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@given(
    st.lists(
        st.lists(st.sampled_from(["Ngày", "Mực nước (m)", "Độ mặn", "05/10/2026", "1,5", "", '"', "x\n"]), max_size=5)
    )
)
@example([["Ngày", "Ngày", "Ngày"], [], ["Mực nước (m)", "Độ mặn"]])
def test_any_table_gives_a_batch_or_a_source_error(rows: list[list[str]]) -> None:
    try:
        batch = read(csv(rows).encode(), LEVELS, "a.csv")
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)
