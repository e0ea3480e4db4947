"""Views on a real PostgreSQL: what is read, that nothing is written, which errors there are."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data_sources._mapping import MAX_ITEMS
from data_sources.sql_view import fetch, parse
from data_sources.sql_view.errors import SqlViewCode
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch
from simulator.free_ports import free_port
from simulator.postgres import find_programs
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, client_factory, row
from tests.storage import server

pytestmark = pytest.mark.postgres
SECRETS = {"HIS_PASSWORD": "đúng@:/mật khẩu", "FALSE_PASSWORD": "sai"}
_TABLES = """
CREATE TABLE beds (ngay date, gio time, "maKhoa" text, free numeric, written timestamp, at timestamptz);
INSERT INTO beds VALUES
  ('2026-11-24', '15:00', 'noi', 1.50, '2026-11-24 15:00', '2026-11-24 15:00+07'),
  ('2026-11-24', '14:00', 'noi', 'NaN', '2026-11-24 14:00', '2026-11-24 14:00+07'),
  ('2026-11-22', '10:00', 'ngoại', 3, '2026-11-22 10:00', '2026-11-22 10:00+07');
CREATE TABLE secret (name text);
CREATE FUNCTION spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM beds RETURNING 1';
CREATE ROLE reader LOGIN PASSWORD 'đúng@:/mật khẩu';
GRANT SELECT, DELETE, INSERT ON beds TO reader;
"""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a server whose role `reader` needs a password, and may even write into `beds`."""
    if find_programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with server.running() as url:
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(_TABLES)
            hba = Path(str(connection.execute("SHOW hba_file").fetchone()[0]))  # type: ignore[index]
            hba.write_text("host all reader all scram-sha-256\nhost all all all trust\n")
            connection.execute("SELECT pg_reload_conf()")
        yield plain.replace("//ioc@", "//reader:${HIS_PASSWORD}@")


async def poll(base: str, query: str, clients: Any = None, **changes: Any) -> Batch:
    options = {"query": query, "series": "beds-{maKhoa}", "value": "free", "time": "at", **changes.pop("options", {})}
    source = row(base, options, **changes)
    if clients is not None:
        return parse(source, await fetch(source, clients.context_for(source)), NOW)
    async with client_factory(secrets=SECRETS) as own_clients:
        return parse(source, await fetch(source, own_clients.context_for(source)), NOW)


@pytest.mark.parametrize("time", ["at", "written", "join(' ', [ngay, gio])"])
async def test_times_with_and_without_a_zone_and_in_two_columns(base: str, time: str) -> None:
    batch = await poll(base, "SELECT * FROM beds ORDER BY at;", options={"time": time})
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [
        ("beds-ngoai", 3, datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("beds-noi", None, datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("beds-noi", 1.5, datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ]
    assert not batch.rejected_items


@pytest.mark.parametrize("where", ["at >= :since", "written >= :since", "ngay >= CAST(:since AS date)"])
async def test_an_incremental_query_brings_only_new_rows(base: str, where: str) -> None:
    query = f'SELECT *, 1 AS "mã" FROM beds WHERE {where} AND "maKhoa" = :khoa ORDER BY at'
    options = {"parameters": {"khoa": "noi"}, "overlap_minutes": 30}
    async with client_factory(secrets=SECRETS) as clients:
        assert len((await poll(base, query, clients, options=options)).readings) == 2
        again = await poll(base, query, clients, options=options)
    assert len(again.readings) == (2 if where.startswith("ngay") else 1)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("WITH gone AS (DELETE FROM beds RETURNING *) SELECT * FROM gone", SqlViewCode.QUERY_INVALID),
        ("SELECT spoil()", SqlViewCode.QUERY_WRITES),
        ("SELECT set_config('transaction_read_only', 'off', true)", SqlViewCode.QUERY_FAILED),
        ("SELECT * FROM beds FOR UPDATE", SqlViewCode.QUERY_WRITES),
        ("SELECT nothing FROM beds", SqlViewCode.QUERY_INVALID),
        ("SELECT 1 WHERE", SqlViewCode.QUERY_INVALID),
        ("SELECT *, 1 AS free FROM beds", SqlViewCode.COLUMN_TWICE),
        ("SELECT CAST(\"maKhoa\" AS int) FROM beds", SqlViewCode.QUERY_FAILED),
    ],
)  # fmt: skip
async def test_a_query_that_writes_is_refused_and_no_value_is_quoted(base: str, query: str, code: ErrorCode) -> None:
    with raises_failure(code) as caught:
        await poll(base, query)
    assert isinstance(caught.value, SourceError) and not caught.value.is_refused
    assert "noi" not in caught.value.failure.to_text()
    assert len((await poll(base, "SELECT * FROM beds")).readings) == 3


async def test_a_missing_grant_stops_the_source(base: str) -> None:
    with pytest.raises(SourceError) as caught:
        await poll(base, "SELECT * FROM secret")
    assert caught.value.failure == Failure(SqlViewCode.PERMISSION_DENIED, {}, "permission denied for table secret")
    assert caught.value.is_refused


async def test_a_wrong_password_stops_the_source_and_is_not_quoted(base: str) -> None:
    for address in (base.replace("HIS_", "FALSE_"), base.replace(":${HIS_PASSWORD}", "")):
        with pytest.raises(SourceError) as caught:
            await poll(address, "SELECT 1")
        assert caught.value.failure.code == SqlViewCode.LOGIN_REFUSED
        assert caught.value.is_refused and "sai" not in caught.value.failure.to_text()


async def test_a_server_or_database_that_is_absent_is_a_failed_connection(base: str) -> None:
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(SourceError) as caught:
        await poll(f"postgresql://a@{host}/b", "SELECT 1")
    assert caught.value.failure.code == SqlViewCode.CONNECT_FAILED and caught.value.failure.params == {"host": host}
    assert not caught.value.is_refused
    with raises_failure(SqlViewCode.CONNECT_FAILED):
        await poll(base.replace("/postgres", "/none"), "SELECT 1")


async def test_a_long_query_ends_in_the_server_before_the_deadline(base: str) -> None:
    with raises_failure(SqlViewCode.QUERY_TOO_SLOW):
        await poll(base, "SELECT pg_sleep(30)", deadline=timedelta(seconds=3))
    assert await running(base) == 0


async def test_slow_pieces_end_at_the_deadline(base: str) -> None:
    """Each fetch is within the statement's timeout, all of them are not."""
    with pytest.raises(SourceError) as caught:
        await poll(base, "SELECT pg_sleep(0.003) FROM generate_series(1, 100000)", deadline=timedelta(seconds=0.8))
    assert caught.value.failure.code in (IngestCode.DEADLINE_EXCEEDED, SqlViewCode.QUERY_TOO_SLOW)
    assert await running(base) == 0


async def running(base: str) -> int:
    """How many queries of the reader still run."""
    plain = base.replace("//reader:${HIS_PASSWORD}@", "//ioc@")
    async with await psycopg.AsyncConnection.connect(plain) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'"
        row_of_count = await (await connection.execute(query)).fetchone()
    assert row_of_count is not None
    return int(row_of_count[0])


async def test_a_silent_server_ends_at_the_deadline() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with raises_failure(IngestCode.DEADLINE_EXCEEDED, seconds=0.3):
            address = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/b"
            await poll(address, "SELECT 1", deadline=timedelta(seconds=0.3))


async def test_rows_are_limited(base: str) -> None:
    query = "SELECT generate_series(1, 1000000000) AS free, 'a' AS \"maKhoa\""
    batch = await poll(base, query, options={"time": ""}, deadline=timedelta(seconds=30))
    assert len(batch.readings) == MAX_ITEMS and batch.rejected_items[-1].location == f"items[{MAX_ITEMS}]"


async def test_a_value_of_any_size_takes_little_memory_before_it_is_refused(base: str) -> None:
    """200 MB in one value, which libpq would take whole."""
    query = "SELECT repeat('x', 200000000) AS free, 'a' AS \"maKhoa\""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raises_failure(SqlViewCode.ROWS_TOO_LARGE):
        await poll(base, query, options={"time": ""}, deadline=timedelta(seconds=60))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # kB
    async with asyncio.timeout(20):  # until the server writes again
        while await running(base):
            await asyncio.sleep(0.05)
