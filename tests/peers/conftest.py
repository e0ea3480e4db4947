"""Where the peers lie, and how one is started: it ends with its test."""

import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.data_sources.server import free_port

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".build" / "peers"
PYTHON, PRISM, READERS = PEERS / "venv" / "bin" / "python", PEERS / "node_modules" / ".bin" / "prism", PEERS / "readers"
Start = Callable[..., str]


def needed(path: Path) -> Path:
    """`path`, or the test is left out."""
    if not path.exists():
        pytest.skip("the peers are not installed: sh scripts/peers.sh")
    return path


def carried(package: str, inside: str) -> dict[str, bytes]:
    """The files of a fetched package whose path holds `inside`, by their path."""
    (archive,) = needed(PEERS / "recordings").glob(f"{package}-*.t*gz")
    with tarfile.open(archive) as held:
        wanted = [one for one in held if inside in one.name and one.isfile()]
        return {one.name: stream.read() for one in wanted if (stream := held.extractfile(one))}


@contextmanager
def running(command: list[str], address: str, log: Path) -> Iterator[str]:
    """The program, once it answers at `address`."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as program:
        try:
            until = time.monotonic() + 40
            while not _answers(address):
                assert program.poll() is None and time.monotonic() < until, log.read_text("utf-8", "replace")[-3000:]
                time.sleep(0.1)
            yield address
        finally:
            program.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(command, port, path): the program's address at which it answers. "{port}" in the command is filled in."""
    with ExitStack() as stack:

        def one(command: list[str], path: str = "/") -> str:
            port = free_port()
            base = f"http://127.0.0.1:{port}"
            filled = [part.replace("{port}", str(port)) for part in command]
            stack.enter_context(running(filled, base + path, tmp_path / f"{port}.log"))
            return base

        yield one
