"""The whole program as its users have it: `python app.py run`, real processes, real sockets."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.process import is_running
from ioc.cli.main import main
from simulator.faults import send_fault as set_fault
from simulator.free_ports import free_port

ROOT = Path(__file__).parents[2]
COMPRESSED = ROOT / ".build" / "static"  # what programs of earlier tests have compressed
POLL_INTERVAL = 0.05  # seconds between two checks of a condition
SLOWNESS = 3  # limits are stated for an idle machine; that of a whole run does other work too
_OURS = ("PORT", "HOST", "PROFILE", "DATABASE_URL", "SIMULATOR")


def until(condition: Callable[[], Any], seconds: float, description: str) -> Any:
    """The first true value of `condition`; AssertionError with `description` after SLOWNESS × `seconds`."""
    deadline, pause = time.monotonic() + SLOWNESS * seconds, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {SLOWNESS} × {seconds:g} s: {description}"
        pause.wait(POLL_INTERVAL)
    return value


def none_left(left: Callable[[], list[str]], seconds: float, description: str) -> None:
    """Waits until `left` is empty; AssertionError names what was left after SLOWNESS × `seconds`."""
    names: list[str] = []

    def is_empty() -> bool:
        names[:] = left()
        return not names

    try:
        until(is_empty, seconds, description)
    except AssertionError as error:
        error.add_note(str(names))
        raise


def environment(data: Path, **more: str) -> dict[str, str]:
    """This process's environment without settings of the program, and with those that are given."""
    plain = {key: value for key, value in os.environ.items() if key not in _OURS and not key.startswith("IOC_")}
    return plain | {"IOC_DATA": str(data)} | more


def command(data: Path, *words: str, seconds: float = 90, **more: str) -> subprocess.CompletedProcess[str]:
    """`python app.py …words`, to its end."""
    arguments = [sys.executable, str(ROOT / "app.py"), *words]
    return subprocess.run(
        arguments, env=environment(data, **more), capture_output=True, text=True, timeout=seconds, cwd=ROOT
    )


def invoke(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command of `command`, in this process: much faster, for commands that end by themselves.

    In a thread of its own: in this one an open browser's event loop may run.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(data, **more), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        ThreadPoolExecutor(1) as thread,
    ):
        try:
            code = thread.submit(main, list(words)).result()
        except SystemExit as ended:
            code = int(str(ended.code))
    return subprocess.CompletedProcess(list(words), code, out.getvalue(), err.getvalue())


def _copy_compressed(source: Path, target: Path) -> None:
    """Copies what `target` lacks: to compress all files of the pages takes 11 s of the processor. Names are hashes."""
    target.mkdir(parents=True, exist_ok=True)
    for path in [*source.glob("*.br"), *source.glob("*.gzip")]:
        if not (target / path.name).exists():
            part = target / f"{path.name}.{os.getpid()}.part"
            shutil.copyfile(path, part)
            part.replace(target / path.name)


class Program:
    """One running centre over the folder `data`."""

    def __init__(self, data: Path, **more: str) -> None:
        self.data, self.more = data, more
        self.port = free_port()
        self.log_path = data.parent / f"{data.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """The output of the program and its children."""
        return self.log_path.read_text("utf-8", "replace")

    def start(self, seconds: float = 40) -> "Program":
        """Starts it and waits until it is ready."""
        self.data.mkdir(0o700, parents=True, exist_ok=True)
        _copy_compressed(COMPRESSED, self.data / "static")
        with self.log_path.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py"), "run"], stdout=out, stderr=subprocess.STDOUT,
                env=environment(self.data, **{**self.more, "PORT": str(self.port)}), cwd=ROOT,
            )  # fmt: skip
        try:
            until(self.ready, seconds, "the program is ready")
        except AssertionError as error:
            error.add_note(self.log)
            raise
        return self

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        assert self._process is not None and self._process.poll() is None, f"it ended:\n{self.log}"
        try:
            return self.ask("/readyz")[0] == 200
        except (OSError, HTTPException):
            return False

    def stop(self, by: signal.Signals = signal.SIGINT, seconds: float = 15) -> int:
        """Ends it as Ctrl-C does; its exit code. Processes that are left are killed, and the test fails."""
        assert self._process is not None
        self._process.send_signal(by)
        code = self._process.wait(SLOWNESS * seconds)
        left = {pid: line for pid, line in self.processes().items() if is_running(pid)}
        for pid in left:
            _send(pid, signal.SIGKILL)
        assert not left, f"still running after the end: {left}"
        _copy_compressed(self.data / "static", COMPRESSED)
        return code

    def kill_parent(self) -> None:
        """SIGKILL of the supervisor."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_all(self) -> None:
        """Kills every process, for the end of a failed test."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pid in self.processes():
            _send(pid, signal.SIGKILL)

    def processes(self) -> dict[int, str]:
        """pid -> command line of every process that works on this folder of data."""
        mark = f"IOC_DATA={self.data}".encode()
        processes_by_pid = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (path / "environ").read_bytes().split(b"\0"):
                    processes_by_pid[int(path.name)] = (
                        (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    )
            except OSError:  # it has ended, or belongs to another user
                continue
        return processes_by_pid

    def family(self, pid: int) -> list[int]:
        """The process and its own children."""
        return [pid, *(child for child in self.processes() if _parent(child) == pid)]

    def child(self, role: str) -> int:
        """The supervised process of `role`, 0 while there is none."""
        assert self._process is not None
        for pid, line in self.processes().items():
            if f"app.py {role} " in line and _parent(pid) == self._process.pid:
                return pid
        return 0

    def signal(self, role: str, by: signal.Signals = signal.SIGKILL, *, whole: bool = False) -> int:
        """Sends a signal to the process of `role`, and to its own children if `whole`; its id."""
        pid = int(until(lambda: self.child(role), 20, f"{role} runs; its output:\n{self.log}"))
        family = self.family(pid) if whole else [pid]
        os.kill(pid, by)
        for process in family[1:]:
            _send(process, by)
        return pid

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, *, seconds: float = 30, method: str = "GET"
    ) -> tuple[int, Message, bytes]:
        """Status, headers, body; redirects are not followed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def answer(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message, bytes]:
        """As `ask`, once the program is no longer busy (503): it has just started, or the machine is slow."""

        def other_than_busy() -> tuple[int, Message, bytes] | None:
            found = self.ask(path, headers)
            return None if found[0] == 503 else found

        found: tuple[int, Message, bytes] = until(other_than_busy, 20, f"{path} is answered")
        return found

    def printed(self, path: str) -> bytes:
        """The PDF at a path; asked for again while it is being printed, as a browser does, or the program is busy."""
        status, headers, body, where = 0, Message(), b"", path

        def is_over() -> bool:
            nonlocal status, headers, body, where
            status, headers, body = self.ask(where, seconds=90)
            where = headers.get("Location", where) if status == 202 else where
            return status not in (202, 503)

        until(is_over, 60, f"{path} is printed")
        assert (status, headers["Content-Type"]) == (200, "application/pdf"), body[:300]
        return body

    def json(self, path: str) -> Any:
        """The JSON of a good answer."""
        status, _, body = self.answer(path)
        assert status == 200, (path, status, body[:300])
        return json.loads(body)

    def sources(self) -> dict[str, dict[str, Any]]:
        """/api/v1/sources by key."""
        return {source["key"]: source for source in self.json("/api/v1/sources")["sources"]}

    def kpis(self, luc: str = "") -> dict[str, dict[str, Any]]:
        """/api/v1/kpis by key, now or at a moment."""
        return {kpi["key"]: kpi for kpi in self.json(f"/api/v1/kpis?luc={luc}" if luc else "/api/v1/kpis")["kpis"]}

    def fault(self, source: str, kind: str, seconds: float = 3600) -> None:
        """Gives a simulated source a fault; "ok" clears it."""
        set_fault((self.data / "simulator.address").read_text(), source, kind, seconds)


def _send(pid: int, by: signal.Signals) -> None:
    """Sends a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, by)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
