"""Zip bombs as workbooks: the directory is checked before anything is unpacked, and never exceeded."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from data_sources.spreadsheet import zip_guard, zip_reader
from data_sources.spreadsheet.errors import SpreadsheetCode
from tests.data_sources.failures import raises_failure
from tests.data_sources.sheets import repacked, xlsx

SHEET = "xl/worksheets/sheet1.xml"
VALID = xlsx({"A": [["Ngày", "Mực nước"], ["2026-11-24", 1.5]]})


def modified(change: Callable[[zipfile.ZipFile], None], body: bytes = VALID) -> bytes:
    """`body` with `change` made to it before its directory is written."""
    out = BytesIO(body)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book:
        book.comment = b"."  # so that a directory is written anew
        change(book)
    return out.getvalue()


def add_many_members(book: zipfile.ZipFile) -> None:
    for n in range(zip_reader.MAX_MEMBERS):
        book.writestr(f"xl/{n}.xml", b"<a/>")


def add_zeros(book: zipfile.ZipFile) -> None:
    with book.open("xl/zeros.xml", "w") as member:
        for _ in range(200):
            member.write(b"\0" * 1_048_576)


def add_overlapping_members(book: zipfile.ZipFile) -> None:
    book.writestr("xl/noise.bin", bytes(range(256)) * 40)
    noise = book.getinfo("xl/noise.bin")
    for n in range(500):
        copy = zipfile.ZipInfo(f"xl/{n}.bin")
        copy.header_offset, copy.compress_size, copy.file_size = (
            noise.header_offset,
            noise.compress_size,
            noise.file_size,
        )
        copy.compress_type, copy.CRC = noise.compress_type, noise.CRC
        book.filelist.append(copy)


def declare_size(size: int) -> Callable[[zipfile.ZipFile], None]:
    def change(book: zipfile.ZipFile) -> None:
        book.getinfo(SHEET).file_size = size

    return change


def lock(book: zipfile.ZipFile) -> None:
    book.getinfo(SHEET).flag_bits |= 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (add_many_members, SpreadsheetCode.TOO_MANY_PARTS),
        (add_zeros, SpreadsheetCode.TOO_LARGE_UNPACKED),
        (add_overlapping_members, SpreadsheetCode.PARTS_OVERLAP),
        (declare_size(2**31), SpreadsheetCode.TOO_LARGE_UNPACKED),
        (declare_size(3_000_000), SpreadsheetCode.IMPOSSIBLE_SIZE),
        (lock, SpreadsheetCode.LOCKED),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_zip_bomb_is_refused_by_its_directory_alone(
    change: Callable[[zipfile.ZipFile], None], code: SpreadsheetCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = modified(change)

    def never(*_: Any) -> None:
        raise AssertionError("nothing may be unpacked")

    monkeypatch.setattr(zlib, "decompressobj", never)
    with raises_failure(code):
        zip_guard.check(body)


def test_a_directory_over_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytearray(modified(add_many_members))
    end = body.rfind(b"PK\x05\x06")
    struct.pack_into("<L", body, end + 12, zip_reader.MAX_DIRECTORY + 1)
    struct.pack_into("<HH", body, end + 8, 1, 1)  # it says that it holds one member

    def never(*_: Any) -> None:
        raise AssertionError("the directory may not be read")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    with raises_failure(SpreadsheetCode.TOO_MANY_PARTS):
        zip_guard.check(bytes(body))


def test_unpacking_stops_at_the_declared_size() -> None:
    def change(book: zipfile.ZipFile) -> None:
        book.writestr("xl/big.xml", b"<a>" + b" " * 40_000_000 + b"</a>")
        book.getinfo("xl/big.xml").file_size = 5_000

    body = modified(change)
    (info,) = [member for member in zip_reader.list_members(body, 10**9) if member.filename == "xl/big.xml"]
    with raises_failure(SpreadsheetCode.WRONG_PART_SIZE):
        next(zip_reader.unpack(body, info))
    with raises_failure(SpreadsheetCode.WRONG_PART_SIZE):
        zip_guard.check(body)


def test_a_part_that_unpacks_to_less_is_damaged() -> None:
    with raises_failure(SpreadsheetCode.DAMAGED):
        zip_guard.check(modified(declare_size(5_000)))


def test_a_valid_workbook_passes_with_stored_parts_and_with_a_zip64_directory() -> None:
    zip_guard.check(VALID)
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(VALID)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    zip_guard.check(out.getvalue())
    large = out.getvalue()
    end = large.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HLL", large, end + 10)
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, size, start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    tail = bytearray(large[end:])
    struct.pack_into("<HHLL", tail, 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    zip_guard.check(large[:end] + record + locator + bytes(tail))


@pytest.mark.parametrize("named", [0, 1], ids=["the record before it", "another record"])
def test_directory_has_the_larger_size_of_the_records_that_readers_find(named: int) -> None:
    """Python takes the record before the locator, other readers the one that the locator names."""
    end = VALID.rfind(b"PK\x05\x06")
    sizes = [60, zip_reader.MAX_DIRECTORY + 1] if named else [zip_reader.MAX_DIRECTORY + 1, 60]
    records = [b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, size, 0) for size in sizes]
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    body = VALID[:end] + b"".join(records) + locator + VALID[end:]
    with raises_failure(SpreadsheetCode.TOO_MANY_PARTS):
        zip_reader.list_members(body, 10**9)


def repeating_ods(text: str, columns: int, rows: int, attribute: str = "") -> bytes:
    """An ODS with one element for `columns` × `rows` cells of the same text."""
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{oasis}:{name}:1.0"' for name in ("table", "office"))
    cell = (
        f'<table:table-cell table:number-columns-repeated="{columns}" office:value-type="string" {attribute}>'
        f"<p>{text}</p></table:table-cell>"
    )
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'
    table = f'<table:table table:name="S">{row}<table:table-row><table:table-cell/></table:table-row></table:table>'
    body = f"<office:body {names}><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return repacked(VALID, {"content.xml": body.encode()})


@pytest.mark.parametrize(
    ("columns", "rows", "attribute"),
    [(1_000, 1, ""), (1, 1_000, ""), (10, 100, ""), (1_000, 1, f'table:formula="{"1+" * 60}1"')],
)
def test_a_text_that_one_element_repeats_counts_in_each_of_its_cells(columns: int, rows: int, attribute: str) -> None:
    text = "x" * (8 if attribute else 129)
    with raises_failure(SpreadsheetCode.TEXT_REPEATED):
        zip_guard.check(repeating_ods(text, columns, rows, attribute), max_cells=1_000)
    zip_guard.check(repeating_ods("x" * 8, columns, rows), max_cells=1_000)
