"""A private PostgreSQL cluster in a temporary folder, for as long as the tests run."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from tests.storage import server_guard
from tests.storage.server_guard import run

_OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=40 -c shared_buffers=16MB -c lc_messages=C"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: the newest Debian one, else what PATH has; None when there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not installed and on_path is None:
        return None
    return installed[-1].parent if installed else Path(str(on_path)).resolve().parent


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of its database. The server ends with this context, or with this process, however that ends."""
    # A socket's path is short by law, and the server's user must reach it: not below pytest's own folder.
    home = Path(mkdtemp(prefix="ioc-pg-"))
    with _guarded(folder, home):
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        data, port = home / "data", _free_port()
        run(folder / "initdb", "-D", data, "-U", "ioc", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"{_OPTIONS} -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home}"
        run(folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        yield f"postgresql+psycopg://ioc@127.0.0.1:{port}/postgres"


@contextmanager
def _guarded(folder: Path, home: Path) -> Iterator[None]:
    """A process of its own waits for the end of a pipe that only this process holds, and clears up then."""
    command = [sys.executable, server_guard.__file__, str(folder), str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        yield
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait(60)


@contextmanager
def database(url: str, name: str, template: str) -> Iterator[str]:
    """A database on that server, as a copy of `template`."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url.removesuffix("postgres") + name
    with suppress(psycopg.Error), psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
