"""A process that reads files may die, hang or answer too much: who asked goes on, and the next file is read."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ioc.domain.base.reader_process import ReaderError, ReaderFault, ReaderProcess

ROOT = Path(__file__).parents[3]
START = ReaderProcess._start
# The process with a reader that does what the request says.
CODE = """
import os, sys
from ioc.worker import read_file
def read(request):
    match request:
        case b"abort": os.abort()
        case b"fill": return b"x" * 3 * 2**30
        case b"hang":
            while True: pass
        case b"print": print("a word of a library", flush=True)
        case b"raise": raise ValueError
    return request + str(os.getpid()).encode()
read_file.READERS["workbook"] = read
read_file.main(int(sys.argv[1]), "workbook")
"""


def test_process_is_told_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_SECRET", "s")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@c/d")
    with ReaderProcess("workbook", 100.0, 100) as process:
        started = START(process)
        while not (environment := Path(f"/proc/{started.pid}/environ").read_bytes()):
            time.sleep(0.01)  # the kernel has not yet copied it into the new program
        started.kill()
        started.communicate()
    assert b"PATH=" in environment and b"IOC_SECRET" not in environment and b"DATABASE_URL" not in environment


@pytest.fixture(autouse=True)
def readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own, which runs CODE."""

    def start(_process: ReaderProcess) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-c", CODE, str(os.getpid()))
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(ReaderProcess, "_start", start)


@pytest.mark.parametrize(
    ("request_body", "seconds", "fault"),
    [
        (b"abort", 100.0, ReaderFault.ENDED), (b"fill", 100.0, ReaderFault.ENDED), (b"raise", 100.0, ReaderFault.ENDED),
        (b"hang", 0.5, ReaderFault.TOO_SLOW), (b"x" * 200, 100.0, ReaderFault.TOO_LARGE),
    ],
    ids=["abort", "fill", "raise", "hang", "large"],
)  # fmt: skip
def test_process_that_gives_no_answer_ends_alone(request_body: bytes, seconds: float, fault: ReaderFault) -> None:
    with ReaderProcess("workbook", seconds, 100) as process:
        with pytest.raises(ReaderError) as error:
            process.read(request_body)
        assert error.value.fault == fault
        process._max_seconds = 100.0
        assert process.read(b"next").startswith(b"next")


def test_one_process_answers_all_requests_and_ends_with_the_context() -> None:
    with ReaderProcess("workbook", 100.0, 100) as process:
        answers = {process.read(body).removeprefix(body) for body in (b"a", b"", b"print")}
    (pid,) = map(int, answers)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_process_ends_with_the_one_that_started_it() -> None:
    code = (
        "import sys; from tests.domain.base.test_reader_process import CODE, ROOT, subprocess, os;"
        "child = subprocess.Popen((sys.executable, '-c', CODE, str(os.getpid())), cwd=ROOT, stdin=subprocess.PIPE,"
        " stdout=sys.stdout); child.stdin.write((4).to_bytes(8, 'big') + b'hang'); child.stdin.flush();"
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == b""  # the end of the file: no process has it open any more
