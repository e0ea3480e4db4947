"""A process that reads files may die, hang or answer too much: who asked goes on, and the next file is read."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from ioc.domain.base import reader_server
from ioc.domain.base.reader_process import ReaderError, ReaderFault, ReaderProcess

ROOT = Path(__file__).parents[3]
# The server of a reader that does what the request says.
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
        case b"environment": return repr(dict(os.environ)).encode()
        case b"parent": return str(os.getppid()).encode()
    return request + str(os.getpid()).encode()
read_file.READERS["workbook"] = read_file.Reader("__main__:read", idle_seconds=%s)
read_file.main(int(sys.argv[1]), "workbook")
"""


def start(idle_seconds: float | None = None) -> None:
    """Has new processes of "workbook" run CODE."""

    class Server(reader_server._Server):
        command = (sys.executable, "-c", CODE % idle_seconds)

    reader_server._servers["workbook"] = Server("workbook")


def has_ended(pid: int) -> bool:
    """Whether the process ends within a second: who waited for it may be told a moment before it is gone."""
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
    return False


@pytest.fixture(autouse=True)
def readers() -> Iterator[None]:
    """A server of its own, which runs CODE."""
    reader_server.end_servers()
    start()
    yield
    reader_server.end_servers()


def test_process_is_told_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_SECRET", "s")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@c/d")
    reader_server.end_servers()
    start()
    with ReaderProcess("workbook", 100.0, 10_000) as process:
        environment = process.read(b"environment")
    assert b"PATH" in environment and b"IOC_SECRET" not in environment and b"DATABASE_URL" not in environment


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


def test_process_is_killed_from_another_thread() -> None:
    with ReaderProcess("workbook", 100.0, 100) as process:
        assert process.read(b"")
        killer = Timer(0.3, process.kill)
        killer.start()
        for _ in range(2):  # while it reads, and before it starts
            with pytest.raises(ReaderError) as error:
                process.read(b"hang")
            assert error.value.fault == ReaderFault.ENDED
        killer.join()


def test_one_process_answers_all_requests_and_ends_with_the_context() -> None:
    with ReaderProcess("workbook", 100.0, 100) as process:
        answers = {process.read(body).removeprefix(body) for body in (b"a", b"", b"print")}
    (pid,) = map(int, answers)
    assert has_ended(pid)


def test_processes_of_several_threads_have_one_server() -> None:
    servers = list[bytes]()

    def read() -> None:
        with ReaderProcess("workbook", 100.0, 100) as process:
            servers.append(process.read(b"parent"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(servers) == 8 and len(set(servers)) == 1


def test_process_of_a_program_with_very_many_open_files() -> None:
    """select.select takes no descriptor above 1,023: the file was not read, and its process never ended."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2_000), hard))
    opened = [os.dup(0) for _ in range(1_100)]
    try:
        with ReaderProcess("workbook", 100.0, 100) as process:
            pid = int(process.read(b""))
        assert has_ended(pid)
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_server_that_was_ended_is_replaced(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    first = reader_server._servers["workbook"]
    with ReaderProcess("workbook", 100.0, 100) as process, ReaderProcess("workbook", 100.0, 100) as other:
        assert other.read(b"")
        os.kill(int(process.read(b"parent")), number)
        with pytest.raises(ReaderError) as error:
            other.read(b"hang")
        assert error.value.fault == ReaderFault.ENDED
        monkeypatch.setattr(reader_server._Server, "command", (sys.executable, "-c", CODE % None))
        assert other.read(b"").isdigit()
    assert reader_server._servers["workbook"] is not first


def test_process_that_was_ended_is_killed_no_more() -> None:
    """Its descriptor may be another process's meanwhile: the query of another source was killed."""
    process = reader_server.fork("workbook")
    process.end()
    process.kill()
    with ReaderProcess("workbook", 100.0, 100) as other:
        assert other.read(b"")
        process.kill()
        assert other.read(b"").isdigit()


def test_start_without_memory_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody waited for ever for a server whose start had failed in another way than by the system's refusal."""
    reader_server.end_servers()

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch, ReaderProcess("workbook", 100.0, 100) as process:
        patch.setattr(subprocess, "Popen", refuse)
        reader_server.prepare("workbook")
        with pytest.raises(ReaderError) as error:
            process.read(b"")
        assert error.value.fault == ReaderFault.NOT_STARTED
    start()
    with ReaderProcess("workbook", 100.0, 100) as process:
        assert process.read(b"").isdigit()


def test_server_that_does_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with ReaderProcess("workbook", 100.0, 100) as process:
        os.kill(int(process.read(b"parent")), signal.SIGSTOP)
    monkeypatch.setattr(reader_server._Server, "command", (sys.executable, "-c", CODE % None))
    monkeypatch.setattr(reader_server, "START_SECONDS", 0.2)
    with ReaderProcess("workbook", 100.0, 100) as process:
        with pytest.raises(ReaderError) as error:
            process.read(b"")
        assert error.value.fault == ReaderFault.NOT_STARTED
        monkeypatch.undo()
        monkeypatch.setattr(reader_server._Server, "command", (sys.executable, "-c", CODE % None))
        assert process.read(b"").isdigit()


def test_server_without_work_ends_and_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader_server.end_servers()
    start(idle_seconds=0.2)
    with ReaderProcess("workbook", 100.0, 100) as process:
        assert process.read(b"").isdigit()
    reader_server._servers["workbook"]._ended.result(20)
    monkeypatch.setattr(reader_server._Server, "command", (sys.executable, "-c", CODE % None))
    with ReaderProcess("workbook", 100.0, 100) as process:
        assert process.read(b"").isdigit()


def test_server_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    reader_server.end_servers()
    for command in (("/nowhere",), (sys.executable, "-c", "pass")):
        monkeypatch.setattr(reader_server._Server, "command", command)
        with ReaderProcess("workbook", 100.0, 100) as process, pytest.raises(ReaderError) as error:
            process.read(b"")
        assert error.value.fault == ReaderFault.NOT_STARTED


@pytest.mark.parametrize("is_stopped", [False, True], ids=["running", "stopped"])
def test_server_ends_with_the_program_behind_it_and_its_processes_too(is_stopped: bool) -> None:
    code = (
        "import threading; from tests.domain.base import test_reader_process as test; test.start();"
        "process = test.ReaderProcess('workbook', 100.0, 100); server = process.read(b'parent').decode();"
        "threading.Thread(target=process.read, args=(b'hang',)).start();"
        "print(server, flush=True); threading.Event().wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None and parent.stderr is not None
        server = int(parent.stdout.readline())
        if is_stopped:
            os.kill(server, signal.SIGSTOP)
        parent.send_signal(signal.SIGKILL)
        assert parent.stderr.read() == b""  # the end of the file: no process has it open any more
