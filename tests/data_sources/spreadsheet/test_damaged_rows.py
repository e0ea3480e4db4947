"""Text tables with erased bytes, which may stand for any number of separators and line breaks: no cell is moved."""

from typing import Any
from unicodedata import normalize

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

OPTIONS = {"time": "time", "unit": "m", "decimal": ".", "columns": {name: name for name in "abc"}}
HEAD = b"time,a,b,c\r\n"
FIRST, LAST = (f"2026-11-23 10:{minute}0,1.{minute},2.{minute},3.{minute}\r\n".encode() for minute in (1, 5))
ROWS = b"2026-11-23 10:20,1.7,20.7,300.7\r\n2026-11-23 10:30,1.8,20.8,300.8\r\n"
ERASED = [b"\0", b"\xff", b"\xff\xfe", b"\xfe\xff\xff"]


def read(body: bytes, **options: Any) -> Batch:
    source = row("/in", {**OPTIONS, **options}, series_keys=tuple("abc"))
    return parse(source, Payload((ResponsePage(body, address="a.csv"),)), NOW)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


def erase(body: bytes, lost: bytes, erased: bytes) -> bytes:
    assert lost in body
    return body.replace(lost, (erased * len(lost))[: len(lost)], 1)


@pytest.mark.parametrize("erased", ERASED)
@pytest.mark.parametrize(
    "lost",
    [b"7,20", b",20.7,", b"7,300.", b"20,1.7,", b"20.7,300.7\r\n2026-11-23 10:30,1.8,", b"\r\n2026-11-23 10:30,"],
)
@pytest.mark.parametrize("encoding", ["", "cp1258", "tcvn3", "vni", "latin-1"])
def test_row_is_never_made_of_two(lost: bytes, erased: bytes, encoding: str) -> None:
    """`1.7,20.7,300.7` with erased bytes in it would give "b" the value of "c"."""
    batch = read(erase(HEAD + FIRST + ROWS + LAST, lost, erased), encoding=encoding)
    others = [] if b"\n" in lost else [1.8, 20.8, 300.8]
    assert values(batch) == [1.1, 2.1, 3.1, *others, 1.5, 2.5, 3.5] and codes(batch) == [SpreadsheetCode.ROW_DAMAGED]


def test_value_beside_a_damaged_row_of_the_same_moment_is_not_read() -> None:
    """Which of the two is right is not known."""
    body = HEAD + FIRST + LAST + LAST.replace(b"3.5", b"3.\0")
    source = row("/in", OPTIONS, series_keys=tuple("abc"))
    batch = parse(source, Payload((ResponsePage(body, address="a.csv"),)), NOW)
    valid = validate_batch(batch, source.polled_series(), NOW)
    assert values(valid) == [1.1, 2.1, 3.1] and SpreadsheetCode.ROW_DAMAGED in codes(valid)


@pytest.mark.parametrize("note", ["Cầu Cần Thơ đo mực nước", "Trạm đo mưa Ô Môn tại chợ"])
def test_erased_bytes_are_no_letters_of_a_charset_that_is_detected(note: str) -> None:
    head = normalize("NFD", note).encode("cp1258", "ignore") + b"\r\n" + HEAD
    batch = read(erase(head + FIRST + ROWS + LAST, b"7,20", b"\xff"))
    assert values(batch) == [1.1, 2.1, 3.1, 1.8, 20.8, 300.8, 1.5, 2.5, 3.5]
    assert codes(batch) == [SpreadsheetCode.ROW_DAMAGED]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_erased_bytes_of_utf_16(encoding: str) -> None:
    body = (HEAD + FIRST + ROWS + LAST).decode().encode(encoding)
    batch = read(erase(body, "7,20".encode(encoding)[-8:], b"\xff"), encoding=encoding)
    assert values(batch) == [1.1, 2.1, 3.1, 1.8, 20.8, 300.8, 1.5, 2.5, 3.5]


@pytest.mark.parametrize("damage", ["\ufffd", "\0", "tr\ufffdm"])
def test_damage_in_a_cell_that_is_not_read_rejects_its_row(damage: str) -> None:
    body = "note,time,a,b,c\n" + "".join(
        f"{note},2026-11-23 10:0{n},1.{n},2.{n},3.{n}\n" for n, note in enumerate(["x", damage, "y"])
    )
    batch = read(body.encode())
    assert values(batch) == [1.0, 2.0, 3.0, 1.2, 2.2, 3.2] and codes(batch) == [SpreadsheetCode.ROW_DAMAGED]


@pytest.mark.parametrize("separator", [",", "\t"])
def test_damaged_headings_refuse_the_file(separator: str) -> None:
    """The heading of "b" is lost, and "c" moved to its column."""
    body = (b"time,a\0\0\0\0c\r\n" + FIRST).replace(b"\0\0c", b"\0,c").replace(b",", separator.encode())
    batch = read(body, columns={"c": "c"})
    assert not batch.readings and codes(batch) == [SpreadsheetCode.HEADINGS_DAMAGED]


def test_table_below_damaged_headings_is_not_read_in_their_place() -> None:
    body = b"time,a\0b,c\n" + FIRST + b"\n" + HEAD + LAST
    batch = read(body)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.HEADINGS_DAMAGED]


def test_damage_above_the_headings_costs_nothing() -> None:
    assert values(read(b"Tr\0m,CT01\r\n" + HEAD + FIRST)) == [1.1, 2.1, 3.1]


def test_damaged_date_proves_no_order_of_day_and_month() -> None:
    body = b"time,a,b,c\n02/11/2026,1,2,3\n11/13/2026,1,\0,3\n03/11/2026,4,5,6\n"
    times = {reading.observed for reading in read(body).readings}
    assert times == {reading.observed for reading in read(b"time,a,b,c\n02/11/2026,1,2,3\n03/11/2026,4,5,6\n").readings}


@pytest.mark.parametrize("end", ["\0ng,1,2,3", "T\0ng,1,2,3", "\0,3"])
def test_damaged_end_of_a_table_ends_it(end: str) -> None:
    options = {"name": "name", "time": "time", "columns": {"{name}": "a"}, "ends": ["Tổng"]}
    body = f"name,time,a\nA,2026-11-23,1\nTr\0m,2026-11-23,2\nC,2026-11-23,3\n{end}\nA,2026-11-22,9\n"
    batch = read(body.encode(), **options)
    assert values(batch) == [1.0, 3.0]
    assert codes(batch) == [SpreadsheetCode.ROW_DAMAGED, SpreadsheetCode.ROW_DAMAGED, SpreadsheetCode.ROWS_BELOW_END]


def test_damaged_title_begins_another_table_and_zeros_none() -> None:
    table = HEAD + FIRST
    again = read(b"B\xe1\xba\xa3ng 1. L\xc3\xbaa\n" + table + b"B\0ng 2. M\xc3\xada\n" + HEAD + LAST)
    assert values(again) == [1.1, 2.1, 3.1] and SpreadsheetCode.TABLE_BELOW in codes(again)
    restarted = read(table + b"\0\0\0\n" + HEAD + LAST)
    assert values(restarted) == [1.1, 2.1, 3.1, 1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    "before", [b"\0\0\0\0", b"2026-11-23 10:4\0\0\0", b"2026-11-23 10:40,1.4,2\0\0\0", b"\xff\xff\xff\r\n"]
)
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_headings_that_a_logger_writes_behind_erased_bytes_count(before: bytes, quote: bytes) -> None:
    """Otherwise the values below would be those of other columns."""
    others, head = (
        b",".join(quote + name.encode() + quote for name in names) for names in (("time", *"bac"), ("time", *"abc"))
    )
    moved = read(HEAD + FIRST + before + others + b"\r\n" + LAST)
    assert values(moved) == [1.1, 2.1, 3.1] and SpreadsheetCode.TABLE_BELOW in codes(moved)
    same = read(HEAD + FIRST + before + head + b"\r\n" + LAST)
    assert values(same) == [1.1, 2.1, 3.1, 1.5, 2.5, 3.5] and codes(same) == [SpreadsheetCode.ROW_DAMAGED]


def test_damage_within_headings_that_stand_again_begins_another_table() -> None:
    batch = read(HEAD + FIRST + b"ti\0me,b,a,c\r\n" + LAST)
    assert values(batch) == [1.1, 2.1, 3.1] and SpreadsheetCode.TABLE_BELOW in codes(batch)
