"""A private PostgreSQL cluster in a temporary folder, for as long as the tests run."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg

_OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=40 -c shared_buffers=16MB -c lc_messages=C"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: the newest Debian one, else what PATH has; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        return None
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of its database."""
    # A socket's path is short by law, and the server's user must reach it: not below pytest's own folder.
    home = Path(mkdtemp(prefix="ioc-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        data, port = home / "data", _free_port()
        _run(folder / "initdb", "-D", data, "-U", "ioc", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"{_OPTIONS} -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home}"
        _run(folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://ioc@127.0.0.1:{port}/postgres"
        finally:
            _run(folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database(url: str, name: str, template: str) -> Iterator[str]:
    """A database on that server, as a copy of `template`."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url.removesuffix("postgres") + name
    with suppress(psycopg.Error), psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(*command: object) -> None:
    words = [str(one) for one in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    # The server inherits what it is given: a pipe would keep this call waiting for its end.
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, cwd="/", check=False)
    assert done.returncode == 0, f"{' '.join(words[:6])} … ended with {done.returncode}"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
