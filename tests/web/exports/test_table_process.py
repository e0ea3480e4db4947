"""The process of an export, as the web process sees it: bounds, failures, nothing left behind."""

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import repeat
from threading import Event, Thread
from time import sleep

import pytest

from components.ui.export_table import Cell, CellKind, ExportColumn, ExportTable
from ioc.web.errors.codes import ExportCode
from ioc.web.errors.request_error import RequestError
from ioc.web.exports import table_process
from ioc.web.exports.table_process import write_lines, write_table

COLUMNS = [
    ExportColumn("Tên"), ExportColumn("Số", CellKind.NUMBER), ExportColumn("Lúc", CellKind.MOMENT),
    ExportColumn("Ngày", CellKind.DAY),
]  # fmt: skip


def table(rows: Iterator[Sequence[Cell]] | Sequence[Sequence[Cell]]) -> ExportTable:
    return ExportTable("bang", "Bảng", COLUMNS, rows)


def lines_of(exported: ExportTable) -> list[list[str]]:
    with write_table(exported, "csv", "a") as file:
        return list(csv.reader(file.read().decode("utf-8-sig").splitlines(), delimiter=";"))


def test_times_are_local_and_missing_values_empty() -> None:
    at = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
    rows = [("Xã A", 1.5, at, date(2026, 11, 24)), (None, None, None, None), ("b", float("nan"), None, None)]
    assert lines_of(table(rows))[1:] == [
        ["Xã A", "1,5", "27/11/2026 01:30:00", "24/11/2026"], ["", "", "", ""], ["b", "", "", ""]
    ]  # fmt: skip


def code_of(exported: ExportTable, file_format: str = "csv", **limits: float) -> str:
    with pytest.raises(RequestError) as caught:
        write_table(exported, file_format, "a", **limits)
    return caught.value.failure.code


def test_table_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_process, "MAX_ROWS", 300)
    read = list[int]()

    def rows() -> Iterator[Sequence[Cell]]:
        for number in range(10_000):
            read.append(number)
            yield ("a", number, None, None)

    assert code_of(table(rows())) == ExportCode.TOO_MANY_ROWS and len(read) < 1_000


def test_lines_have_the_limits_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    with write_lines([b"a\n"] * 3, "a") as file:
        assert file.read() == b"a\na\na\n"
    monkeypatch.setattr(table_process, "WAIT_SECONDS", 0.05)

    def another() -> Iterator[bytes]:
        with write_lines([b"a"], "a") as file:
            yield from file

    for lines, seconds, code in (
        (repeat(b"a"), 0.05, ExportCode.TOO_SLOW), ([b"a"] * 4, 9.0, ExportCode.TOO_MANY_ROWS),
        (another(), 9.0, ExportCode.BUSY),
    ):  # fmt: skip
        with pytest.raises(RequestError) as caught:
            write_lines(lines, "a", max_seconds=seconds)
        assert caught.value.failure.code == code
        monkeypatch.setattr(table_process, "MAX_ROWS", 3)
    with write_lines([b"a"], "a") as file:
        assert file.read() == b"a"  # no place is left taken


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
            write_table(table(rows()), "csv", "a")


def test_one_person_has_one_file_at_a_time_and_others_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who asks again at once, on many connections, keeps nobody from exporting."""
    monkeypatch.setattr(table_process, "WAIT_SECONDS", 60.0)
    begun, may_end = [Event(), Event()], Event()

    def held(number: int) -> Iterator[Sequence[Cell]]:
        begun[number].set()
        assert may_end.wait(60)
        yield ("a", 1, None, None)

    def unread() -> Iterator[Sequence[Cell]]:
        raise AssertionError
        yield ()

    def write(rows: Iterator[Sequence[Cell]], owner: str) -> int:
        with write_table(table(rows), "csv", owner) as file:
            return len(file.read())

    with ThreadPoolExecutor(4) as pool:
        files = [pool.submit(write, held(number), f"person {number}") for number in range(2)]
        assert all(event.wait(60) for event in begun)
        files.append(pool.submit(write, iter([("a", 1, None, None)]), "person 0"))  # waits for the one before
        while len(table_process._places._claims) < 3:
            sleep(0.01)
        for owner in ("person 0", "person 1"):
            with pytest.raises(RequestError) as refused:
                write(unread(), owner)
            assert refused.value.failure.code == ExportCode.BUSY
        files.append(pool.submit(write, iter([("a", 1, None, None)]), "person 2"))
        may_end.set()
        assert all(file.result(60) for file in files)


def test_who_has_waited_for_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_process, "WAIT_SECONDS", 0.01)
    with ExitStack() as stack:
        for number in range(table_process.MAX_PROCESSES):
            stack.enter_context(table_process._places.take(f"person {number}"))
        assert code_of(table([])) == ExportCode.BUSY
    assert lines_of(table([]))
