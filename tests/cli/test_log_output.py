"""A log that nobody takes: the process goes on, and tells later how many lines are lost."""

import fcntl
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from ioc.cli.log_output import MAX_WAIT_SECONDS, MAX_WAITING, LogOutput
from tests.cli.test_supervisor import until
from tests.system.disk import fill, small_disk

ROOT = Path(__file__).parents[2]
LOG = f"import logging, os, sys, threading; sys.path.insert(0, {str(ROOT)!r})\n"
LOG += "from ioc.cli.log_limit import start_log; start_log(); log = logging.getLogger('ioc')\n"


class Pipe:
    """A pipe of one page. `text()`: what was taken of it, from when `read` was called."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)
        self._taken = bytearray()

    def fill(self) -> None:
        """Until nothing more fits."""
        filler = os.open(f"/proc/self/fd/{self.writer}", os.O_WRONLY | os.O_NONBLOCK)
        with suppress(BlockingIOError):
            while True:
                os.write(filler, b"." * 512)
        os.close(filler)

    def read(self) -> None:
        """Takes from now on all that is written."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while taken := os.read(self.reader, 65536):
            self._taken += taken

    def text(self) -> str:
        return self._taken.decode().lstrip(".")


@contextmanager
def filled_pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    pipe.fill()
    yield pipe
    with suppress(OSError):
        os.close(pipe.writer)


def output_to(descriptor: int) -> LogOutput:
    stream = open(descriptor, "w", closefd=False)  # noqa: SIM115 — its thread has it to the end
    return LogOutput(stream, lambda count: f"lost {count}\n")


def test_lines_that_nobody_takes_are_counted_and_told_when_they_are_taken_again() -> None:
    line = "x" * 9_999 + "\n"
    with filled_pipe() as pipe:
        output, started = output_to(pipe.writer), monotonic()
        for _ in range(200):
            output.write(line)
        assert monotonic() - started < 20 * MAX_WAIT_SECONDS  # once, not for each line
        kept = MAX_WAITING // len(line) + 1
        pipe.read()
        until(lambda: pipe.text() == line * kept + f"lost {200 - kept}\n")
        output.write("in order\n")
        until(lambda: pipe.text().endswith(f"lost {200 - kept}\nin order\n"))


def test_lines_on_a_full_disk_are_counted_and_told_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, 1), open(tmp_path / "log", "wb") as log:
        output = output_to(log.fileno())
        fill(tmp_path / "filling")
        for _ in range(3):
            output.write("lost\n")
        (tmp_path / "filling").unlink()
        output.write("written\n")
        until(lambda: (tmp_path / "log").read_text() == "written\nlost 3\n")


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os.kill(os.getpid(), 9)", "last line"),
        ("os._exit(0)", "last line"),
        ("sys.exit()", "last line"),
        ("for _ in range(99): log.error('again')", "94 more lines"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_no_line_is_lost_however_the_process_ends(end: str, told: str) -> None:
    program = f"{LOG}log.error('last line')\n{end}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert told in ended.stderr and "last line" in ended.stderr


@pytest.mark.parametrize("end", ["", "1 / 0"])
def test_a_process_whose_log_nobody_takes_works_on_and_ends(end: str, tmp_path: Path) -> None:
    program = f"{LOG}for n in range(2000): log.error('%d lines', n)\nopen({str(tmp_path / 'done')!r}, 'w')\n{end}"
    with filled_pipe() as pipe:
        subprocess.run([sys.executable, "-c", program], stderr=pipe.writer, timeout=60, check=False)
    assert (tmp_path / "done").exists()


def test_a_supervisor_whose_log_nobody_takes_starts_an_ended_child(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    child = f"{LOG}open({str(starts)!r}, 'a').write('x'); log.error('child'); sys.exit(1)"
    program = (
        f"{LOG}from ioc.cli.supervisor import ProcessRole, Supervisor\n"
        f"supervisor = Supervisor([ProcessRole('a', [sys.executable, '-c', {child!r}])], os.environ)\n"
        "supervisor.stop_on_signals(); supervisor.run()"
    )
    with (
        filled_pipe() as pipe,
        subprocess.Popen([sys.executable, "-c", program], stderr=pipe.writer) as process,
    ):
        try:
            until(lambda: starts.exists() and len(starts.read_text()) >= 3)
            process.terminate()
            process.wait(30)  # its last lines are dropped
        finally:
            process.kill()


def test_a_line_is_written_where_no_thread_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    pipe = Pipe()
    handler = logging.StreamHandler(output_to(pipe.writer))
    handler.emit(logging.LogRecord("a", logging.ERROR, "", 0, "line", (), None))
    assert os.read(pipe.reader, 99) == b"line\n"
