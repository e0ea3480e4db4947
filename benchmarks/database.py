"""New databases to measure on: a folder for SQLite files, and a PostgreSQL server with the defaults of its package."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.installation import terminate_all, wait_until
from simulator import postgres
from simulator.free_ports import free_port

_numbers = count()


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A folder that is removed at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix=f"ioc-bench-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def run_postgres(home: Path) -> Iterator[tuple[int, int]]:
    """Runs PostgreSQL in `home`; its port and its pid."""
    postgres.create_cluster(home)
    port = free_port()
    child = postgres.start_server(home, port)
    try:
        wait_until(lambda: postgres.is_ready(port), 60, "PostgreSQL answers", [(child, home / "log")])
        yield port, child.pid
    finally:
        terminate_all([child])


def new_database(port: int) -> str:
    """The URL of a new, empty database of the server."""
    name = f"bench{next(_numbers)}"
    with psycopg.connect(postgres.database_url(port), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    return postgres.database_url(port, "+psycopg").removesuffix("postgres") + name
