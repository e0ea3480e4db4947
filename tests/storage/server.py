"""A private PostgreSQL cluster in a temporary folder, for as long as the tests run."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from simulator import postgres
from simulator.free_ports import free_port

_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "max_connections": "40", "shared_buffers": "16MB", "lc_messages": "C"
}  # fmt: skip
_START_SECONDS = 60.0
_MEMORY_BYTES = 2**30  # free ones from which a cluster lies in memory


@contextmanager
def running(prepare: Callable[[Path], None] = lambda _home: None) -> Iterator[str]:
    """The URL of its database. The server ends with this context, or with this process, however that ends.

    `prepare(home)`: changes the cluster, in `home` / "data", before it is started.
    """
    # A socket's path is short by law, and the server's user must reach it: not below pytest's own folder.
    # In memory where there is room: each database is some 300 files.
    in_memory = Path("/dev/shm").is_dir() and shutil.disk_usage("/dev/shm").free > _MEMORY_BYTES
    home, port = Path(mkdtemp(prefix="ioc-pg-", dir="/dev/shm" if in_memory else None)), free_port()
    postgres.create_cluster(home)
    prepare(home)
    with postgres.start_server(home, port, remove=True, **_SETTINGS) as guard:
        until = time.monotonic() + _START_SECONDS
        while not postgres.is_ready(port):
            assert guard.poll() is None and time.monotonic() < until, (home / "log").read_text("utf-8", "replace")
            time.sleep(0.05)
        yield postgres.database_url(port, "+psycopg")
        guard.terminate()


@contextmanager
def database(url: str, name: str, template: str, *, encoding: str = "UTF8") -> Iterator[str]:
    """A database on that server, as a copy of `template`; that of another `encoding` as one of template0."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}' STRATEGY FILE_COPY")
    yield url.removesuffix("postgres") + name
    with suppress(psycopg.Error), psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """Within it the server hangs: its processes are stopped, so that only its kernel answers."""
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        row = conn.execute("SHOW data_directory").fetchone()
    assert row is not None
    postmaster = int(Path(row[0], "postmaster.pid").read_text().split()[0])
    stopped: list[int] = []
    try:
        while new := [pid for pid in (postmaster, *_children(postmaster)) if pid not in stopped]:
            for pid in new:
                stopped.append(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                pids.append(int(stat.parent.name))
    return pids
