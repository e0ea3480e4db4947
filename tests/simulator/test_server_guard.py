"""A server under the guard ends with the process that started it, however that process ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

from simulator import server_guard

ROOT = Path(__file__).parents[2]
# Prints its id, then waits.
_SERVER = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"


def _ended(pipe: int) -> bool:
    """Whether every process with the other end of the pipe has ended. It waits for that, a minute at most."""
    while select([pipe], [], [], 60)[0]:
        if not os.read(pipe, 100):
            return True
    return False


def _started_through_a_parent(pipe: int, remove: Path) -> "subprocess.Popen[bytes]":
    """A process that starts a server under a guard; both write into `pipe`."""
    parent = (
        f"import subprocess, sys, time; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path;"
        f"from simulator import server_guard;"
        f"server_guard.start([sys.executable, '-c', {_SERVER!r}], {pipe}, remove=Path({str(remove)!r}));"
        "time.sleep(600)"
    )
    return subprocess.Popen([sys.executable, "-c", parent], pass_fds=[pipe])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_ends_when_its_starter_is_killed(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    reader, writer = os.pipe()
    try:
        starter = _started_through_a_parent(writer, folder)
        os.close(writer)
        assert int(os.read(reader, 20))  # the server runs
        starter.send_signal(number)
        starter.wait(60)
        assert _ended(reader)
        assert not folder.exists()
    finally:
        os.close(reader)


def test_the_server_ends_when_the_guard_is_terminated() -> None:
    reader, writer = os.pipe()
    try:
        with server_guard.start([sys.executable, "-c", _SERVER], writer) as guard:
            os.close(writer)
            assert int(os.read(reader, 20))
            guard.terminate()
            assert guard.wait(60) != 0
        assert _ended(reader)
    finally:
        os.close(reader)


def test_the_guard_ends_with_the_code_of_the_server() -> None:
    with server_guard.start([sys.executable, "-c", "raise SystemExit(7)"], subprocess.DEVNULL) as guard:
        assert guard.wait(60) == 7
