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
from ioc.domain.base.reader_process import ReaderProcess
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from simulator.free_ports import free_port
from simulator.postgres import find_programs
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, client_factory, row
from tests.storage import server

pytestmark = pytest.mark.postgres
EXCHANGE = ReaderProcess._exchange
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
CREATE TYPE grade AS ENUM ('1', 'B');
CREATE TYPE pair AS (a int, b int);
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


@pytest.fixture
def own_process(readers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries run in a process of their own, which takes half a second of processor time."""
    monkeypatch.setattr(ReaderProcess, "_exchange", EXCHANGE)


async def poll(base: str, query: str, clients: Any = None, **changes: Any) -> Batch:
    options = {"query": query, "series": "beds-{maKhoa}", "value": "free", "time": "at", **changes.pop("options", {})}
    source = row(base, options, **{"deadline": timedelta(seconds=60), **changes})
    if clients is not None:
        return parse(source, await fetch(source, clients.context_for(source)), NOW)
    async with client_factory(secrets=SECRETS) as own_clients:
        return parse(source, await fetch(source, own_clients.context_for(source)), NOW)


@pytest.mark.usefixtures("own_process")
@pytest.mark.parametrize("time", ["at", "written", "join(' ', [ngay, gio])"])
async def test_times_with_and_without_a_zone_and_in_two_columns(base: str, time: str) -> None:
    batch = await poll(base, "SELECT * FROM beds ORDER BY at;", options={"time": time})
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [
        ("beds-ngoai", 3, datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("beds-noi", None, datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("beds-noi", 1.5, datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ]
    assert not batch.rejected_items


@pytest.mark.usefixtures("own_process")
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


@pytest.mark.usefixtures("own_process")
async def test_a_missing_grant_stops_the_source(base: str) -> None:
    with pytest.raises(SourceError) as caught:
        await poll(base, "SELECT * FROM secret")
    assert caught.value.failure == Failure(SqlViewCode.PERMISSION_DENIED, {}, "permission denied for table secret")
    assert caught.value.is_refused


@pytest.mark.usefixtures("own_process")
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


@pytest.mark.usefixtures("own_process")
async def test_rows_are_limited(base: str) -> None:
    query = "SELECT generate_series(1, 1000000000) AS free, 'a' AS \"maKhoa\""
    batch = await poll(base, query, options={"time": ""})
    assert len(batch.readings) == MAX_ITEMS and batch.rejected_items[-1].location == f"items[{MAX_ITEMS}]"


async def test_a_value_of_any_size_takes_little_memory_before_it_is_refused(base: str) -> None:
    """200 MB in one value, which libpq would take whole."""
    query = "SELECT repeat('x', 200000000) AS free, 'a' AS \"maKhoa\""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raises_failure(SqlViewCode.ROWS_TOO_LARGE):
        await poll(base, query, options={"time": ""})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # kB
    async with asyncio.timeout(20):  # until the server writes again
        while await running(base):
            await asyncio.sleep(0.05)


async def read(base: str, column: str, series_unit: str = "", **options: Any) -> tuple[list[Any], list[str]]:
    """The value of one row in the unit of its series, and the codes of what is rejected."""
    query = f"SELECT 'a7' AS k, {column} AS v"
    async with client_factory(secrets=SECRETS) as clients:
        source = row(
            base,
            {"query": query, "series": "{k}", "value": "v", **options},
            series_keys=("a7",),
            units={"a7": series_unit},
        )
        batch = parse(source, await fetch(source, clients.context_for(source)), NOW)
    admitted = validate_batch(batch, source.polled_series(), NOW)
    return [one.value for one in admitted.readings], codes(admitted)


@pytest.mark.parametrize(
    ("interval", "unit", "expected"),
    [
        ("00:10:00", "phút", 10), ("2 days", "h", 48), ("-1 day -00:00:30", "s", -86_430), ("1.5 s", "s", 1.5),
        ("-0.25 s", "s", -0.25), ("1 day -1 hour", "h", 23), ("0", "s", 0), ("1000.125 s", "s", 1000.125),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [{}, {"decimal": ","}, {"decimal": "."}, {"unit": "phút"}])
async def test_interval_is_converted_from_seconds(
    base: str, interval: str, unit: str, expected: float, options: dict[str, Any]
) -> None:
    assert await read(base, f"interval '{interval}'", unit, **options) == ([pytest.approx(expected)], [])


async def test_interval_for_a_series_of_another_quantity_is_rejected(base: str) -> None:
    for unit in ("", "cm"):
        assert await read(base, "interval '00:10:00'", unit) == ([], [UnitCode.DIFFERENT_QUANTITY])


@pytest.mark.parametrize("interval", ["1 mon 2 days", "1 year", "-3 mons", "1 month -30 days"])
async def test_interval_whose_length_is_not_fixed_is_rejected(base: str, interval: str) -> None:
    assert await read(base, f"interval '{interval}'", "phút") == ([], [SqlViewCode.INTERVAL_NOT_FIXED])


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("B'00000101'::bit(8)", SqlViewCode.TYPE_UNCLEAR),
        ("B'101'::varbit", SqlViewCode.TYPE_UNCLEAR),
        ("12::money", SqlViewCode.TYPE_UNCLEAR),
        ("ARRAY[B'1']", SqlViewCode.TYPE_UNCLEAR),
        ("'1 234'::int2vector", SqlViewCode.TYPE_UNCLEAR),
        ("inet '192.168.100.200'", SqlViewCode.TYPE_UNCLEAR),
        ("'\\x31'::bytea", SqlViewCode.BINARY_VALUE),
        ("numeric 'Infinity'", SqlViewCode.NUMBER_INFINITE),
        ("float8 '-Infinity'", SqlViewCode.NUMBER_INFINITE),
        ("real 'Infinity'", SqlViewCode.NUMBER_INFINITE),
        ("1e400::numeric", SqlViewCode.NUMBER_INFINITE),
        ("true", ParseCode.BOOLEAN),
        ("ARRAY[1, 2]", ParseCode.NOT_NUMERIC),
        ("int4range(1, 5)", ParseCode.NOT_A_NUMBER),
        ("ROW(1, 2)::pair", ParseCode.NOT_A_NUMBER),
        ("time '10:00'", ParseCode.NOT_A_NUMBER),
        ("date '2026-11-24'", ParseCode.NOT_A_NUMBER),
        ("date 'infinity'", SqlViewCode.TIME_OUT_OF_RANGE),
        ("'{\"a\": 1}'::json", ParseCode.NOT_NUMERIC),
        ("'{\"a\": 1, \"a\": 2}'::json", SqlViewCode.JSON_UNREADABLE),
        ("(repeat('[', 400) || repeat(']', 400))::json", SqlViewCode.JSON_UNREADABLE),
        ("'1e999'::json", SqlViewCode.JSON_UNREADABLE),
    ],
)  # fmt: skip
async def test_value_of_a_type_that_is_no_number_is_rejected(base: str, column: str, code: str) -> None:
    assert await read(base, column) == ([], [code])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("numeric 'NaN'", None), ("float8 'NaN'", None), ("'12'::jsonb", 12), ("1.50::numeric", 1.5),
        ("ARRAY[1, 2]", 2), ("'7'::text", 7), ("'1'::grade", 1), ("B'101'::int", 5), ("12.5::money::numeric", 12.5),
    ],
)  # fmt: skip
async def test_value_of_a_type_that_is_a_number_is_read(base: str, column: str, expected: float | None) -> None:
    changes = {"value": "v[1]"} if column.startswith("ARRAY") else {}
    assert await read(base, column, **changes) == ([expected], [])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("inet '10.0.0.1'", "10.0.0.1"), ("12345678901234567890::numeric", "12345678901234567890"),
        ("'B'::grade", "B"), ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ],
)  # fmt: skip
async def test_value_of_another_type_is_a_name(base: str, column: str, expected: str) -> None:
    batch = await poll(base, f'SELECT {column} AS "maKhoa", 1 AS free, now() AS at')
    assert [one.name for one in batch.readings] == [f"beds-{expected}"]


@pytest.mark.parametrize("time", ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'12026-11-24'"])
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
async def test_time_that_is_none_rejects_its_row_alone(base: str, time: str, kind: str) -> None:
    query = f"SELECT {time}::{kind} AS at, 'noi' AS \"maKhoa\", 1 AS free UNION ALL SELECT '2026-11-24', 'noi', 2"
    for path in ("at", "join('', [at])"):
        batch = await poll(base, query, options={"time": path})
        assert [one.value for one in batch.readings] == [2]
        assert [one.location for one in batch.rejected_items] == ["items[0]"]
        (failure,) = failures(batch)
        assert failure.code == SqlViewCode.TIME_OUT_OF_RANGE and failure.params["column"] == "at"


async def test_end_of_the_day_rejects_its_row_alone(base: str) -> None:
    columns = "date '2026-11-24' AS ngay, t AS gio, 'noi' AS \"maKhoa\", 1 AS free"
    query = f"SELECT {columns} FROM unnest('{{24:00,10:00}}'::time[]) t"
    batch = await poll(base, query, options={"time": "join(' ', [ngay, gio])"})
    assert len(batch.readings) == 1 and codes(batch) == [ParseCode.NOT_IN_TIME_FORMAT]


async def test_settings_of_the_role_change_no_value(base: str) -> None:
    plain = base.replace("//reader:${HIS_PASSWORD}@", "//ioc@")
    settings = {"datestyle": "'SQL, DMY'", "intervalstyle": "'iso_8601'", "extra_float_digits": "0"}
    with psycopg.connect(plain, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER ROLE reader SET {name} = {value}".encode())
        try:
            batch = await poll(base, "SELECT * FROM beds WHERE ngay = '24/11/2026' ORDER BY at DESC LIMIT 1")
            assert [one.observed for one in batch.readings] == [datetime(2026, 11, 24, 8, tzinfo=UTC)]
            assert await read(base, "real '123456.789'") == ([pytest.approx(123456.79)], [])
            assert await read(base, "interval '1 day 00:10:00'", "phút") == ([1450], [])
        finally:
            for name in settings:
                connection.execute(f"ALTER ROLE reader RESET {name}".encode())


async def test_nothing_is_left_prepared_for_others_of_a_pooler(base: str) -> None:
    assert await read(base, "(SELECT count(*) FROM pg_prepared_statements)") == ([0], [])
