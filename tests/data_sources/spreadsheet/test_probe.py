"""A workbook that ends its native reader, or takes all memory, ends a short-lived process and nothing else."""

import subprocess
from typing import Any

import pytest

from data_sources.spreadsheet import probe
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.workbook import read_sheets
from ioc.domain.ingest.protocol import ResponsePage
from tests.data_sources.failures import raises_failure
from tests.data_sources.sheets import ods, repacked, xlsx

VALID = xlsx({"S": [["a", 1.5]]})
RELATIONS = "xl/_rels/workbook.xml.rels"
MANY_TEXTS = b'<sst count="99999999999" uniqueCount="99999999999"><si><t>a</t></si></sst>'


def with_unmeasured_sheet(last_cell: str) -> bytes:
    """The sheet is no XML to one parser, has another name to another one, and is read all the same."""
    cells = f'<row r="1"><c r="A1"><v>1</v></c><c r="{last_cell}"><v>1</v></c></row>'
    sheet = f'<worksheet><sheetPr a="&undef;"/><sheetData>{cells}</sheetData></worksheet>'
    target = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relation = f'<Relationship Id="rId1" Type="{target}" Target="worksheets/Sheet9.bin"/>'
    return repacked(
        VALID,
        {
            RELATIONS: f"<Relationships>{relation}</Relationships>".encode(),
            "xl/workbook.xml": b'<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            b'<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/worksheets/sheet9.bin": sheet.encode(),
        },
    )


@pytest.mark.parametrize(
    "body",
    [repacked(VALID, {"xl/sharedStrings.xml": MANY_TEXTS}), with_unmeasured_sheet("XFD1048576")],
    ids=["stated number of texts", "unmeasured grid"],
)
def test_a_workbook_that_ends_its_reader_is_refused(body: bytes) -> None:
    with raises_failure(SpreadsheetCode.READER_FAILED):
        read_sheets(ResponsePage(body))


def test_a_workbook_that_takes_more_memory_than_its_cells_need_is_refused() -> None:
    probe.check_readable(with_unmeasured_sheet("CV100"), max_cells=1)
    with raises_failure(SpreadsheetCode.READER_FAILED):
        probe.check_readable(with_unmeasured_sheet("CV100000"), max_cells=1)


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_MAX_SECONDS", 0.0)
    with raises_failure(SpreadsheetCode.READER_FAILED):
        probe.check_readable(VALID, 1)


@pytest.mark.parametrize("body", [VALID, ods([["a", 1.5]]), repacked(VALID, {"xl/workbook.xml": b"<workbook/>"})])
def test_what_can_be_read_or_is_an_ordinary_error_passes(body: bytes) -> None:
    probe.check_readable(body, 1)


def test_the_process_has_no_package_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = list[Any]()
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    probe.check_readable(VALID, 1)
    assert commands[0][1:3] == ("-I", "-S")
