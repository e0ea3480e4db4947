"""Sheets of tasks between their steps: what is kept comes back whole, or the sheet is to be sent again."""

import json
from pathlib import Path

import pytest

from ioc.directives.staging import SheetStaging, StagedFile
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.failure import Failure
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.task_sheet import CellFault, TaskTable

PERSON = Principal(PrincipalKind.USER, "an")
TABLES = (
    TaskTable(
        "A", ("Nội dung", "Chủ trì"), (("Đào\nmương", "Sở A"), ("x", "")), 3, {(0, 1): Failure(SheetCode.BUSY)},
        ((0, 1, 1),), "Nhiệm vụ",
    ),
    TaskTable("B", ("Nội dung",), (), 1),
)  # fmt: skip


def test_kept_file_comes_back_as_it_was(tmp_path: Path) -> None:
    staging = SheetStaging(tmp_path, lambda: 0.0)
    token = staging.keep(StagedFile("so.xlsx", TABLES), PERSON)
    assert staging.load(token, PERSON) == StagedFile("so.xlsx", TABLES)


def test_faults_of_a_check_come_back(tmp_path: Path) -> None:
    staging = SheetStaging(tmp_path, lambda: 0.0)
    token = staging.keep(StagedFile("so.xlsx", TABLES), PERSON)
    assert staging.faults(token, PERSON) == []
    faults = [CellFault(3, 1, "Sở", Failure(SheetCode.FIELD_REPEATED, {"field": "lead"}))]
    staging.note_faults(token, PERSON, faults)
    assert staging.faults(token, PERSON) == faults


def test_file_that_was_cut_anywhere_is_to_be_sent_again(tmp_path: Path) -> None:
    """Also between two rows: the others must not be imported as all of it."""
    staging = SheetStaging(tmp_path, lambda: 0.0)
    token = staging.keep(StagedFile("so.xlsx", TABLES), PERSON)
    (path,) = tmp_path.rglob("file.jsonl")
    body = path.read_bytes()
    for end in range(len(body) - 3):
        path.write_bytes(body[:end])
        with pytest.raises(SheetError) as error:
            staging.load(token, PERSON)
        assert error.value.failure.code == SheetCode.STAGING_ENDED


def test_no_call_reads_more_than_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To decode a text of megabytes keeps all other threads waiting, those that draw the wall too."""
    staging, decoded, loads = SheetStaging(tmp_path, lambda: 0.0), list[int](), json.loads
    rows = tuple(("x" * 100, f"{number}") for number in range(500))
    token = staging.keep(StagedFile("so.xlsx", (TaskTable("", ("a", "b"), rows, 1),)), PERSON)

    def counted(text: bytes) -> object:
        decoded.append(len(text))
        return loads(text)

    monkeypatch.setattr(json, "loads", counted)
    assert len(staging.load(token, PERSON).tables[0].rows) == 500
    assert max(decoded) < 200
