"""Text files with zeros, of a logger that lost its power, and with cells of great length: the other rows are read."""

from contextlib import suppress
from random import Random
from time import process_time
from typing import Any

import pytest

from data_sources._files import FILE_LIMIT
from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, row

OPTIONS = {"name": "Trạm", "time": "Ngày", "columns": {"{name}": "Mức"}}
TABLE = "Trạm;Ngày;Mức;Ghi chú\nA;01/10/2026;1,5;\nB;02/10/2026;2,5;tốt\nC;03/10/2026;12,5;\n"
LONG = "x" * 140_000


def read(body: bytes, **options: Any) -> Batch:
    return parse(row("/in", {**OPTIONS, **options}), Payload((ResponsePage(body, address="a.csv"),)), NOW)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("zeros", ["\0", "\0" * 5_000])
@pytest.mark.parametrize("whole", ["2,5", "2,5;tốt", "tốt", "B;", "/10/2026;2", "5;tốt\nC;03/10/2026;12,"])
def test_zeros_reject_their_row(whole: str, zeros: str, encoding: str) -> None:
    body = (TABLE + "D;04/10/2026;22,5;\n").replace(whole, f"{whole[0]}{zeros}{whole[-1]}", 1).encode(encoding)
    expected = [1.5, 22.5] if "\n" in whole else [1.5, 12.5, 22.5]
    for batch in (read(body), read(body, encoding=encoding)):
        assert values(batch) == expected and codes(batch) == [SpreadsheetCode.ROW_DAMAGED]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_zeros_behind_the_last_line_are_left_out(encoding: str) -> None:
    """Of a file whose room was taken before it was written."""
    batch = read((TABLE + "\0" * 9_000).encode(encoding))
    assert values(batch) == [1.5, 2.5, 12.5] and not batch.rejected_items


@pytest.mark.parametrize(
    "body", [b"\0" * 600, b"one\0\1\0\0\2\0two\0" * 90, Random(1).randbytes(5_000), b"\0\0\0\1" * 500 + TABLE.encode()]
)
def test_binary_file_is_refused(body: bytes) -> None:
    with raises_failure(SpreadsheetCode.NOT_A_TABLE):
        read(body)


@pytest.mark.parametrize(
    ("whole", "long"),
    [
        ("tốt", LONG),
        ("tốt", f'"{LONG}\n{LONG}"'),
        ("B;", f"B{' ' * 140_000}B;"),
        ("2,5", f"2{' ' * 140_000},5"),
        ("02/10/2026", LONG),
    ],
    ids=range(5),
)
def test_long_cell_costs_its_row(whole: str, long: str) -> None:
    batch = read(TABLE.replace(whole, long, 1).encode())
    assert values(batch) == [1.5, 12.5] and codes(batch) == [SpreadsheetCode.ROW_DAMAGED]


def test_quotation_without_an_end_hides_only_the_rows_in_it() -> None:
    batch = read((TABLE.replace("2,5", '"2,5', 1) + "D;04/10/2026;3,5;\n" * 10_000).encode())
    assert values(batch) == [1.5] and codes(batch) == [SpreadsheetCode.QUOTATION_OVER_ROWS]


@pytest.mark.parametrize("part", ["x", "1 ", "Trạm ", "x\n", '""', "\0"])
@pytest.mark.parametrize("start", ["", '"', TABLE, f'{TABLE}"', f"{TABLE}D;04/10/2026;", f'{TABLE}D;04/10/2026;"'])
def test_cell_of_a_whole_file_is_read_in_linear_time(start: str, part: str) -> None:
    body, began = start.encode(), process_time()
    body += part.encode() * ((FILE_LIMIT // 8 - len(body)) // len(part.encode()))
    with suppress(SourceError):
        read(body)
    assert process_time() - began < 5
