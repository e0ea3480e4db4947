"""Peers: programs of others with which the protocols are tested, and how one is started for a test."""

import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from simulator.free_ports import free_port

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".build" / "peers"
PYTHON, PRISM, READERS = PEERS / "venv" / "bin" / "python", PEERS / "node_modules" / ".bin" / "prism", PEERS / "readers"
Start = Callable[..., str]


def needed(path: Path) -> Path:
    """`path`; the test is skipped when it does not exist."""
    if not path.exists():
        pytest.skip("the peers are not installed: sh scripts/peers.sh")
    return path


def carried(package: str, inside: str) -> dict[str, bytes]:
    """The files of a fetched package whose path contains `inside`, by path."""
    (archive,) = needed(PEERS / "recordings").glob(f"{package}-*.t*gz")
    with tarfile.open(archive) as package_files:
        members = [member for member in package_files if inside in member.name and member.isfile()]
        return {member.name: stream.read() for member in members if (stream := package_files.extractfile(member))}


@contextmanager
def running(command: list[str], address: str, log: Path) -> Iterator[str]:
    """Run the program; yields `address` once it answers there."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as program:
        try:
            deadline = time.monotonic() + 120
            while not _answers(address):
                assert program.poll() is None and time.monotonic() < deadline, log.read_text("utf-8", "replace")[-3000:]
                time.sleep(0.1)
            yield address
        finally:
            program.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(command, path) runs a program until the end of the test and gives its address; "{port}" is filled in."""
    with ExitStack() as stack:

        def start_program(command: list[str], path: str = "/") -> str:
            port = free_port()
            base = f"http://127.0.0.1:{port}"
            filled = [part.replace("{port}", str(port)) for part in command]
            stack.enter_context(running(filled, base + path, tmp_path / f"{port}.log"))
            return base

        yield start_program
