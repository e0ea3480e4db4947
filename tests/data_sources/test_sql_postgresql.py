"""Views on a real PostgreSQL: what is read, that nothing is written, what ends in a reason, and when."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data_sources._mapping import MAX_ITEMS
from data_sources.sql_view import fetch, parse
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, door, free_port, row
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
    folder = server.binaries()
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with server.running(folder) as url:
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(_TABLES)
            hba = Path(str(connection.execute("SHOW hba_file").fetchone()[0]))  # type: ignore[index]
            hba.write_text("host all reader all scram-sha-256\nhost all all all trust\n")
            connection.execute("SELECT pg_reload_conf()")
        yield plain.replace("//ioc@", "//reader:${HIS_PASSWORD}@")


async def look(base: str, query: str, way: Any = None, **changes: Any) -> Batch:
    options = {"query": query, "series": "beds-{maKhoa}", "value": "free", "time": "at", **changes.pop("options", {})}
    source = row(base, options, **changes)
    if way is not None:
        return parse(source, await fetch(source, way.to(source)), NOW)
    async with door(secrets=SECRETS) as own:
        return parse(source, await fetch(source, own.context_for(source)), NOW)


@pytest.mark.parametrize("time", ["at", "written", "join(' ', [ngay, gio])"])
async def test_times_with_and_without_a_zone_and_in_two_columns(base: str, time: str) -> None:
    batch = await look(base, "SELECT * FROM beds ORDER BY at;", options={"time": time})
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [
        ("beds-ngoai", 3, datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("beds-noi", None, datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("beds-noi", 1.5, datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ]
    assert not batch.rejected_items


@pytest.mark.parametrize("where", ["at >= :since", "written >= :since", "ngay >= CAST(:since AS date)"])
async def test_only_what_is_new_comes(base: str, where: str) -> None:
    query = f'SELECT *, 1 AS "mã" FROM beds WHERE {where} AND "maKhoa" = :khoa ORDER BY at'
    options = {"parameters": {"khoa": "noi"}, "overlap_minutes": 30}
    async with door(secrets=SECRETS) as way:
        assert len((await look(base, query, way, options=options)).readings) == 2
        again = await look(base, query, way, options=options)
    assert len(again.readings) == (2 if where.startswith("ngay") else 1)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("WITH gone AS (DELETE FROM beds RETURNING *) SELECT * FROM gone", "does not fit the database: DECLARE"),
        ("SELECT spoil()", "the query would write"),
        ("SELECT set_config('transaction_read_only', 'off', true)", "the query failed"),
        ("SELECT * FROM beds FOR UPDATE", "the query would write|does not fit|may not read"),
        ("SELECT nothing FROM beds", 'does not fit the database: column "nothing" does not exist'),
        ("SELECT 1 WHERE", "does not fit the database: syntax error"),
        ("SELECT CAST(\"maKhoa\" AS int) FROM beds", "the query failed: InvalidTextRepresentation"),
    ],
)  # fmt: skip
async def test_nothing_is_written_and_no_value_is_told(base: str, query: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        await look(base, query)
    assert not caught.value.is_refused and "noi" not in caught.value.failure
    assert len((await look(base, "SELECT * FROM beds")).readings) == 3


async def test_what_our_role_may_not_read_stops_the_source(base: str) -> None:
    with pytest.raises(SourceError, match="may not read that: permission denied for table secret") as caught:
        await look(base, "SELECT * FROM secret")
    assert caught.value.is_refused


async def test_a_wrong_password_stops_the_source_and_is_not_told(base: str) -> None:
    for address in (base.replace("HIS_", "FALSE_"), base.replace(":${HIS_PASSWORD}", "")):
        with pytest.raises(SourceError, match="refuses our user or password") as caught:
            await look(address, "SELECT 1")
        assert caught.value.is_refused and "sai" not in caught.value.failure


async def test_a_server_that_is_not_there(base: str) -> None:
    address = f"postgresql://a@127.0.0.1:{free_port()}/b"
    with pytest.raises(SourceError, match=r"cannot connect to 127.0.0.1:[0-9]+: Connection refused") as caught:
        await look(address, "SELECT 1")
    assert not caught.value.is_refused
    with pytest.raises(SourceError, match=r'cannot connect .*database "none" does not exist'):
        await look(base.replace("/postgres", "/none"), "SELECT 1")


async def test_a_long_query_ends_in_the_server_before_the_deadline(base: str) -> None:
    with pytest.raises(SourceError, match="took longer than the deadline allows"):
        await look(base, "SELECT pg_sleep(30)", deadline=timedelta(seconds=3))
    assert await running(base) == 0


async def test_slow_pieces_end_at_the_deadline(base: str) -> None:
    """Each fetch is within the statement's timeout, all of them are not."""
    with pytest.raises(SourceError, match=r"no answer within 0.8 s|longer than the deadline"):
        await look(base, "SELECT pg_sleep(0.003) FROM generate_series(1, 100000)", deadline=timedelta(seconds=0.8))
    assert await running(base) == 0


async def running(base: str) -> int:
    """How many queries of the reader still run."""
    plain = base.replace("//reader:${HIS_PASSWORD}@", "//ioc@")
    async with await psycopg.AsyncConnection.connect(plain) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'"
        found = await (await connection.execute(asked)).fetchone()
    assert found is not None
    return int(found[0])


async def test_a_server_that_says_nothing_ends_at_the_deadline() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(SourceError, match=r"no answer within 0.3 s"):
            address = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/b"
            await look(address, "SELECT 1", deadline=timedelta(seconds=0.3))


async def test_rows_without_end_are_cut(base: str) -> None:
    query = "SELECT generate_series(1, 1000000000) AS free, 'a' AS \"maKhoa\""
    batch = await look(base, query, options={"time": ""}, deadline=timedelta(seconds=30))
    assert len(batch.readings) == MAX_ITEMS and "left out" in batch.rejected_items[-1].failure
