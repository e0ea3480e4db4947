"""The type of an evidence file is that of its content, and its name must say the same."""

import tracemalloc

import pytest

from ioc.directives.evidence_type import require_type
from ioc.domain.directives.evidence import MAX_KB, EvidenceCode, EvidenceError, EvidenceType
from tests.directives.evidence_samples import (
    DOCUMENT,
    JPEG,
    PDF,
    PNG,
    SAMPLES,
    SHEET,
    open_document,
    open_xml,
    zipped,
)

_MACRO_SHEET = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_VBA = "application/vnd.ms-office.vbaProject"


def refusal(name: str, body: bytes) -> str:
    with pytest.raises(EvidenceError) as error:
        require_type(name, body)
    return error.value.failure.code


@pytest.mark.parametrize("file_type", EvidenceType)
def test_content_of_each_type_is_taken_under_its_own_ending_alone(file_type: EvidenceType) -> None:
    body, texts = SAMPLES[file_type], {EvidenceType.CSV, EvidenceType.TXT}
    assert require_type(f"Báo cáo.{file_type.value.upper()}", body) is file_type
    for other in set(EvidenceType) - {file_type}:
        if not {file_type, other} <= texts:
            assert refusal(f"a.{other.value}", body) == EvidenceCode.FILE_CONTENT, other


def test_jpeg_has_two_endings() -> None:
    assert require_type("a.jpeg", JPEG) is require_type("a.jpg", JPEG) is EvidenceType.JPEG


@pytest.mark.parametrize("name", ["a.exe", "a.html", "a.svg", "a.docm", "a.zip", "a.pdf.js", "pdf", "", "a."])
def test_other_endings_are_refused(name: str) -> None:
    assert refusal(name, PDF) == EvidenceCode.FILE_TYPE


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.pdf", b""), ("a.pdf", b"\n" + PDF), ("a.png", PNG[:4]), ("a.txt", b""), ("a.txt", b"MZ\x90\0\x03"),
        ("a.txt", b"<script>alert(1)</script>"), ("a.csv", b"\xef\xbb\xbf  <svg/>"), ("a.txt", b"#!/bin/sh\n"),
        ("a.txt", PDF), ("a.txt", "<html>".encode("utf-16")), ("a.txt", b"\xff\xfea\0\0\xdc"), ("a.csv", b"a;\x1b[2J"),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 60), ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 60),
        ("a.xlsx", zipped(("x.txt", b"x"))), ("a.docx", open_xml("text/plain")), ("a.docx", open_xml(DOCUMENT, SHEET)),
        ("a.xlsx", zipped(("[Content_Types].xml", b"<Types"))),
        ("a.xlsx", zipped(("[Content_Types].xml", b'<!DOCTYPE x [<!ENTITY e "x">]><Types/>'))),
        ("a.xlsx", open_xml(SHEET, more=(("[content_types].xml", b"<Types/>"),))),
        ("a.odt", zipped(("content.xml", b"<x/>"), ("mimetype", b"application/vnd.oasis.opendocument.text"))),
    ],
)  # fmt: skip
def test_content_that_is_not_what_the_name_says_is_refused(name: str, body: bytes) -> None:
    assert refusal(name, body) == EvidenceCode.FILE_CONTENT


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.xlsx", open_xml(SHEET, more=(("xl/vbaProject.bin", b"x"),))), ("a.xlsx", open_xml(SHEET, _VBA)),
        ("a.xlsx", open_xml(_MACRO_SHEET)), ("a.docx", open_xml(DOCUMENT, _VBA.replace("vba", "&#118;ba"))),
        ("a.ods", open_document("spreadsheet", ("Basic/Standard/x.xml", b"<x/>"))),
        ("a.odt", open_document("text", ("Scripts/python/x.py", b"x"))),
    ],
)  # fmt: skip
def test_macros_are_refused(name: str, body: bytes) -> None:
    assert refusal(name, body) == EvidenceCode.FILE_MACROS


def test_file_that_would_unpack_to_much_is_refused_without_unpacking_it() -> None:
    bomb = open_xml(SHEET, more=(("xl/sheet1.xml", b" " * 90_000_000),))
    types_bomb = zipped(("[Content_Types].xml", b" " * 3_000_000 + b"<Types/>"))
    tracemalloc.start()
    try:
        assert refusal("a.xlsx", bomb) == EvidenceCode.FILE_UNREADABLE
        assert refusal("a.xlsx", types_bomb) == EvidenceCode.FILE_CONTENT
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_file_of_many_parts_is_refused_by_its_directory() -> None:
    crowd = open_xml(SHEET, more=tuple((f"p/{n}", b"") for n in range(2_100)))
    assert refusal("a.xlsx", crowd) == EvidenceCode.FILE_UNREADABLE


BLOCK = 65_536


@pytest.mark.parametrize("at", [BLOCK - 4, BLOCK - 1, BLOCK, 3 * BLOCK])
@pytest.mark.parametrize("start", [b"<svg/>", b"#!/bin/sh\n", PDF])
def test_text_that_begins_far_behind_blanks_is_known_by_its_beginning(at: int, start: bytes) -> None:
    assert refusal("a.txt", b" " * at + start) == EvidenceCode.FILE_CONTENT
    assert require_type("a.txt", b" " * at + "Báo cáo".encode()) is EvidenceType.TXT
    assert refusal("a.txt", b"a" * at + b"\0") == EvidenceCode.FILE_CONTENT


@pytest.mark.parametrize("before", [BLOCK // 2 - 2, BLOCK // 2 - 1, BLOCK])
def test_long_text_in_utf_16_is_read_across_its_blocks(before: int) -> None:
    body = ("a" * before + "\U0001f600b").encode("utf-16")
    assert require_type("a.txt", body) is EvidenceType.TXT
    assert refusal("a.txt", body[:-1]) == refusal("a.txt", body[:-4]) == EvidenceCode.FILE_CONTENT


def test_large_file_is_refused() -> None:
    assert refusal("a.pdf", PDF + b" " * MAX_KB * 1024) == EvidenceCode.FILE_TOO_LARGE
