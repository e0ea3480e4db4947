"""The PostgreSQL server of the tests ends with the process that started it, even when that one is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.postgres import find_programs

ROOT = Path(__file__).parents[2]
# As a test session does: the server runs until the session ends, and another process of the session runs beside it.
SESSION = """
import subprocess, sys
import psycopg
from pathlib import Path
from tests.storage import server
with server.running() as url:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        (data,) = conn.execute("SHOW data_directory").fetchone()
    beside = subprocess.Popen(["sleep", "60"])
    print(data, Path(data, "postmaster.pid").read_text().split()[0], beside.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.postgres
def test_killed_session_leaves_no_server_and_no_folder() -> None:
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    command = [sys.executable, "-c", SESSION]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as session:
        assert session.stdout is not None
        data, postmaster, beside = session.stdout.readline().split()
        assert _is_alive(int(postmaster)) and Path(data).is_dir()
        session.kill()
    try:
        _wait_until_gone(int(postmaster), Path(data).parent)
    finally:
        os.kill(int(beside), signal.SIGKILL)


def _wait_until_gone(postmaster: int, home: Path) -> None:
    until = time.monotonic() + 30
    while _is_alive(postmaster) or home.exists():
        assert time.monotonic() < until, f"server {postmaster} or its folder {home} is still there"
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
