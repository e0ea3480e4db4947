"""Bombs in workbooks: what a directory declares is judged before anything is unpacked, and never exceeded."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from data_sources.spreadsheet import zip_guard, zip_reader
from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.sheets import xlsx

SHEET = "xl/worksheets/sheet1.xml"
SOUND = xlsx({"A": [["Ngày", "Mực nước"], ["2026-11-24", 1.5]]})


def rewritten(change: Callable[[zipfile.ZipFile], None], body: bytes = SOUND) -> bytes:
    """`body` with what `change` does to it before its directory is written."""
    out = BytesIO(body)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book:
        book.comment = b"."  # so that a directory is written anew
        change(book)
    return out.getvalue()


def crowd(book: zipfile.ZipFile) -> None:
    for n in range(zip_reader.MAX_MEMBERS):
        book.writestr(f"xl/{n}.xml", b"<a/>")


def zeros(book: zipfile.ZipFile) -> None:
    with book.open("xl/zeros.xml", "w") as member:
        for _ in range(200):
            member.write(b"\0" * 1_048_576)


def overlapping(book: zipfile.ZipFile) -> None:
    book.writestr("xl/noise.bin", bytes(range(256)) * 40)
    noise = book.getinfo("xl/noise.bin")
    for n in range(500):
        one = zipfile.ZipInfo(f"xl/{n}.bin")
        one.header_offset, one.compress_size, one.file_size = noise.header_offset, noise.compress_size, noise.file_size
        one.compress_type, one.CRC = noise.compress_type, noise.CRC
        book.filelist.append(one)


def lying(size: int) -> Callable[[zipfile.ZipFile], None]:
    def change(book: zipfile.ZipFile) -> None:
        book.getinfo(SHEET).file_size = size

    return change


def locked(book: zipfile.ZipFile) -> None:
    book.getinfo(SHEET).flag_bits |= 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (crowd, "more than 2000 parts"),
        (zeros, "unpacks to more than it may"),
        (overlapping, "lie over one another"),
        (lying(2**31), "unpacks to more than it may"),
        (lying(3_000_000), "declares more than it can hold"),
        (locked, "locked"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_bomb_is_refused_by_what_it_declares(
    change: Callable[[zipfile.ZipFile], None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = rewritten(change)

    def never(*_: Any) -> None:
        raise AssertionError("nothing may be unpacked")

    monkeypatch.setattr(zlib, "decompressobj", never)
    with pytest.raises(SourceError, match=reason):
        zip_guard.check(body)


def test_a_directory_is_not_read_when_it_is_longer_than_any_workbook_has(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytearray(rewritten(crowd))
    end = body.rfind(b"PK\x05\x06")
    struct.pack_into("<L", body, end + 12, zip_reader.MAX_DIRECTORY + 1)
    struct.pack_into("<HH", body, end + 8, 1, 1)  # it says that it holds one member

    def never(*_: Any) -> None:
        raise AssertionError("the directory may not be read")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    with pytest.raises(SourceError, match="parts"):
        zip_guard.check(bytes(body))


def test_a_part_that_unpacks_to_more_than_it_declares_is_cut_there() -> None:
    def change(book: zipfile.ZipFile) -> None:
        book.writestr("xl/big.xml", b"<a>" + b" " * 40_000_000 + b"</a>")
        book.getinfo("xl/big.xml").file_size = 5_000

    body = rewritten(change)
    (info,) = [one for one in zip_reader.list_members(body, 10**9) if one.filename == "xl/big.xml"]
    with pytest.raises(SourceError, match="longer than it declares"):
        next(zip_reader.unpack(body, info))
    with pytest.raises(SourceError, match="longer than it declares"):
        zip_guard.check(body)


def test_a_part_that_unpacks_to_less_is_damaged() -> None:
    with pytest.raises(SourceError, match="damaged"):
        zip_guard.check(rewritten(lying(5_000)))


def test_a_sound_workbook_passes_with_stored_parts_and_with_a_large_directory_record() -> None:
    zip_guard.check(SOUND)
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(SOUND)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
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
