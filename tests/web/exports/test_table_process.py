"""The process of an export, as the web process sees it: bounds, failures, nothing left behind."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from threading import Event, Thread

import pytest

from components.ui.export_table import Cell, CellKind, ExportColumn, ExportTable
from ioc.web.errors.codes import ExportCode
from ioc.web.errors.request_error import RequestError
from ioc.web.exports import table_process
from ioc.web.exports.table_process import write_table

COLUMNS = [
    ExportColumn("Tên"), ExportColumn("Số", CellKind.NUMBER), ExportColumn("Lúc", CellKind.MOMENT),
    ExportColumn("Ngày", CellKind.DAY),
]  # fmt: skip


def table(rows: Iterator[Sequence[Cell]] | Sequence[Sequence[Cell]]) -> ExportTable:
    return ExportTable("bang", "Bảng", COLUMNS, rows)


def lines_of(exported: ExportTable) -> list[list[str]]:
    file = write_table(exported, "csv")
    body = b"".join(file.parts)
    assert len(body) == file.size
    return list(csv.reader(body.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_times_are_local_and_missing_values_empty() -> None:
    at = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
    rows = [("Xã A", 1.5, at, date(2026, 11, 24)), (None, None, None, None), ("b", float("nan"), None, None)]
    assert lines_of(table(rows))[1:] == [
        ["Xã A", "1,5", "27/11/2026 01:30:00", "24/11/2026"], ["", "", "", ""], ["b", "", "", ""]
    ]  # fmt: skip


def code_of(exported: ExportTable, file_format: str = "csv", **limits: float) -> str:
    with pytest.raises(RequestError) as caught:
        write_table(exported, file_format, **limits)
    return caught.value.failure.code


def test_table_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_process, "MAX_ROWS", 300)
    read = list[int]()

    def rows() -> Iterator[Sequence[Cell]]:
        for number in range(10_000):
            read.append(number)
            yield ("a", number, None, None)

    assert code_of(table(rows())) == ExportCode.TOO_MANY_ROWS and len(read) < 1_000


def test_export_that_takes_too_long_is_stopped() -> None:
    stopped = Event()

    def rows() -> Iterator[Sequence[Cell]]:
        while True:
            yield ("x" * 10_000, 1, None, None)

    def run() -> None:
        assert code_of(table(rows()), max_seconds=0.5) == ExportCode.TOO_SLOW
        stopped.set()

    Thread(target=run, daemon=True).start()
    assert stopped.wait(30)


def test_failed_process_is_an_error_and_frees_its_place() -> None:
    broken = ExportTable("bang", "Bảng", COLUMNS, [("a", 1, None)])  # a cell is missing
    for _ in range(table_process.MAX_PROCESSES + 1):
        assert code_of(broken, "xlsx") == ExportCode.FAILED
    assert lines_of(table([]))[0] == ["Tên", "Số", "Lúc", "Ngày"]


def test_rows_that_cannot_be_read_end_the_process_and_free_its_place() -> None:
    def rows() -> Iterator[Sequence[Cell]]:
        yield ("a", 1, None, None)
        raise OSError

    for _ in range(table_process.MAX_PROCESSES + 1):
        with pytest.raises(OSError):
            write_table(table(rows()), "csv")


def test_more_files_than_may_be_written_at_once_are_refused_before_a_row_is_read() -> None:
    def unread() -> Iterator[Sequence[Cell]]:
        raise AssertionError
        yield ()

    held = [table_process._processes.acquire(blocking=False) for _ in range(table_process.MAX_PROCESSES)]
    try:
        assert all(held) and code_of(table(unread())) == ExportCode.BUSY
    finally:
        for _ in held:
            table_process._processes.release()
