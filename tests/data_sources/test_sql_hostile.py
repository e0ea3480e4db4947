"""A server that breaks the protocol of PostgreSQL fails its own source: its process ends, the poller goes on."""

import _thread
import asyncio
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from data_sources.sql_view import fetch, postgresql_process, query_process
from data_sources.sql_view.errors import SqlViewCode
from ioc.domain.base import reader_server
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.hostile_postgresql import hostile_server
from tests.data_sources.server import client_factory, row

OPTIONS = {"query": "SELECT c0, c1 FROM a", "series": "{c1}", "value": "c0"}
LATE = IngestCode.DEADLINE_EXCEEDED
LOOP_SECONDS = 0.5  # of processor time between two turns of the poller's loop


@pytest.fixture(autouse=True)
def readers() -> None:
    """Databases are queried by a process of their own."""


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the processes that were started."""
    fork, processes = reader_server.fork, list[int]()
    for reader in ("postgresql", "sqlite"):
        fork(reader).end()  # their servers are there before any deadline begins

    def note(reader: str) -> reader_server.ForkedProcess:
        assert sum(map(is_running, processes)) < postgresql_process.MAX_PROCESSES
        process = fork(reader)
        processes.append(process.pid)
        return process

    monkeypatch.setattr(reader_server, "fork", note)
    return processes


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(") ")[2][0] not in "ZX"


@asynccontextmanager
async def free_loop() -> AsyncIterator[None]:
    """Checks that nothing holds the loop, and that no thread is left."""
    gaps, threads = [0.0], _thread._count()

    async def measure() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            gaps.append(time.thread_time() - before)

    measuring = asyncio.create_task(measure())
    yield
    measuring.cancel()
    assert max(gaps) < LOOP_SECONDS
    async with asyncio.timeout(20):
        while _thread._count() > threads:
            await asyncio.sleep(0.02)


async def code_of(address: str, seconds: float) -> str:
    """The code with which a poll fails."""
    source = row(address, OPTIONS, deadline=timedelta(seconds=seconds))
    async with client_factory() as clients:
        with pytest.raises(SourceError) as caught:
            await fetch(source, clients.context_for(source))
    return caught.value.failure.code


async def test_columns_that_were_not_described_do_not_end_the_process() -> None:
    with hostile_server("undescribed") as address:
        async with client_factory() as clients:
            source = row(address, OPTIONS, deadline=timedelta(seconds=60))
            payload = await fetch(source, clients.context_for(source))
    assert payload.pages[0].body == b'[{"c0":"x","c1":"x","c2":"x"}]'


@pytest.mark.parametrize(
    ("form", "seconds", "code"), [("columns", 60, SqlViewCode.TOO_MANY_COLUMNS), ("parameters", 5, LATE)]
)
async def test_source_fails_alone(form: str, seconds: float, code: str, started: list[int]) -> None:
    with hostile_server(form) as address:
        async with free_loop():
            begin = time.monotonic()
            assert await code_of(address, seconds) == code
            assert time.monotonic() - begin < seconds + 5
    assert list(map(is_running, started)) == [False]


def test_server_of_processes_starts_before_the_first_poll_of_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = list[str]()
    monkeypatch.setattr(reader_server, "prepare", prepared.append)
    address = "postgresql://a@127.0.0.1/b"
    query_process.prepare([row("http://127.0.0.1/a", OPTIONS), row(address, OPTIONS, is_enabled=False)])
    assert not prepared
    query_process.prepare([row(address, OPTIONS), row("sqlite:////a.db", OPTIONS), row("sqlite:////b.db", OPTIONS)])
    assert prepared == ["postgresql", "sqlite"]


# The server of SQLite, with a bound that a test reaches soon.
SMALL_FILES = """
import sys
from ioc.worker import read_file
read_file.READERS["sqlite"] = read_file.READERS["sqlite"]._replace(max_file_bytes=2**22)
read_file.main(int(sys.argv[1]), "sqlite")
"""


async def test_temporary_files_of_an_sqlite_file_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that sorts without end wrote 40 MB a second for as long as its deadline."""
    reader_server.end_servers()
    monkeypatch.setattr(reader_server._Server, "command", (sys.executable, "-c", SMALL_FILES))
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE VIEW a AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 400000)"
            " SELECT hex(randomblob(100)) AS c0, x AS c1 FROM n ORDER BY 1"
        )
    assert await code_of(f"sqlite:///{file}", 60) == SqlViewCode.DATABASE_OVERLOADED
    reader_server.end_servers()


async def test_function_of_sqlite_that_no_deadline_interrupts_ends_with_its_process(
    tmp_path: Path, started: list[int]
) -> None:
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        text, part = "hex(zeroblob(499999))", "hex(zeroblob(249999)) || '1'"
        connection.execute(f"CREATE VIEW a AS SELECT instr({text}, {part}) AS c0, 1 AS c1")
    async with free_loop():
        assert await code_of(f"sqlite:///{file}", 1) == LATE
        async with asyncio.timeout(10):
            while any(map(is_running, started)):
                await asyncio.sleep(0.05)


async def test_process_ends_with_its_poll(started: list[int]) -> None:
    with hostile_server("parameters") as address:
        async with free_loop():
            poll = asyncio.create_task(code_of(address, 60))
            while not started:
                await asyncio.sleep(0.01)
            poll.cancel()
            with suppress(asyncio.CancelledError):
                await poll
    assert list(map(is_running, started)) == [False]


async def test_source_waits_for_a_place_within_its_deadline(
    monkeypatch: pytest.MonkeyPatch, started: list[int]
) -> None:
    monkeypatch.setattr(postgresql_process, "MAX_PROCESSES", 1)
    with hostile_server("parameters") as slow, hostile_server("columns") as quick:
        first = asyncio.create_task(code_of(slow, 5))
        while not started:
            await asyncio.sleep(0.01)
        others = await asyncio.gather(code_of(quick, 1), code_of(quick, 60))
        assert (await first, *others) == (LATE, LATE, SqlViewCode.TOO_MANY_COLUMNS)


async def test_secrets_are_in_no_argument_or_environment(started: list[int]) -> None:
    with hostile_server("columns") as address:
        source = row(address.replace("//a@", "//a:${A_PASSWORD}@"), OPTIONS)
        async with client_factory(secrets={"A_PASSWORD": "geheim"}) as clients:
            poll = asyncio.create_task(fetch(source, clients.context_for(source)))
            while not started:
                await asyncio.sleep(0.001)
            folder = f"/proc/{started[0]}"
            for name in ("cmdline", "environ"):
                with open(f"{folder}/{name}", "rb") as file:
                    assert b"geheim" not in file.read()
            with suppress(SourceError):
                await poll
