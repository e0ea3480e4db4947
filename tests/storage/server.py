"""A private PostgreSQL cluster in a temporary folder, for as long as the tests run."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from simulator import postgres

_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "max_connections": "40", "shared_buffers": "16MB", "lc_messages": "C"
}  # fmt: skip
_START_SECONDS = 60.0


@contextmanager
def running() -> Iterator[str]:
    """The URL of its database. The server ends with this context, or with this process, however that ends."""
    # A socket's path is short by law, and the server's user must reach it: not below pytest's own folder.
    home, port = Path(mkdtemp(prefix="ioc-pg-")), _free_port()
    postgres.create_cluster(home)
    with postgres.start_server(home, port, remove=True, **_SETTINGS) as guard:
        until = time.monotonic() + _START_SECONDS
        while not postgres.is_ready(port):
            assert guard.poll() is None and time.monotonic() < until, (home / "log").read_text("utf-8", "replace")
            time.sleep(0.05)
        yield postgres.database_url(port, "+psycopg")
        guard.terminate()


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
