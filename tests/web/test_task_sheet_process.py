"""Sheets of tasks are read by a process of their own: one of each person at a time, its answer to a bound."""

import pytest

from ioc.dash_kit.files import SentFile
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.web import task_sheet_process
from ioc.worker import task_sheets
from tests.pages.sheet_site import rows_of, sheet

SHEET = sheet(rows_of(1, "01/01/2026"))


@pytest.fixture(autouse=True)
def readers() -> None:
    """Files are read by a process of their own."""


def test_file_is_read_by_a_process_of_its_own() -> None:
    tables = task_sheet_process.read_file(SentFile("so.csv", SHEET), "vp")
    assert [(table.first_row, len(table.rows)) for table in tables] == [(3, 1)]


def test_one_file_of_each_person_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends many files that take long keeps nobody else from reading one."""
    answers: list[object] = []

    def run(body: bytes) -> bytes:
        if body == SHEET:  # what is sent while it is read
            with pytest.raises(SheetError) as error:
                task_sheet_process.read_file(SentFile("so.csv", b"x"), "vp")
            answers.append(error.value.failure.code)
            answers.append(len(task_sheet_process.read_file(SentFile("so.csv", b"x"), "cv")))
        return b'{"name": "", "headings": [], "first_row": 1, "title": ""}'

    monkeypatch.setattr(task_sheet_process, "_run", run)
    for _ in range(2):
        task_sheet_process.read_file(SentFile("so.csv", SHEET), "vp")
    assert answers == [SheetCode.BUSY, 1] * 2


def test_answer_of_the_process_is_read_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = len(task_sheets.answer(SHEET))
    for limit in (answer, answer - 1):
        monkeypatch.setattr(task_sheet_process, "MAX_JSON_BYTES", limit)
        if limit == answer:
            assert task_sheet_process.read_file(SentFile("so.csv", SHEET), "vp")
    with pytest.raises(SheetError) as error:
        task_sheet_process.read_file(SentFile("so.csv", SHEET), "vp")
    assert error.value.failure.code == SheetCode.TOO_MUCH_TEXT
