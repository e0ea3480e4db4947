"""Views of another database: what a statement may be, what rows become, SQLite files, the page that is read."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping import MAX_ITEMS
from data_sources.sql_view import Options, fetch, parse, sqlite
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.rows import SIZE_LIMIT, Interval, RowBuffer, UnreadValue, with_failures
from data_sources.sql_view.statement import parameter_names, validate_select, with_numbered_parameters
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, option_error_code, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row

BEDS = {"query": "SELECT 1", "series": "beds-{maKhoa}", "value": "so_giuong_trong", "time": "join(' ', [ngay, gio])"}


def read(body: Any, options: dict[str, Any] | None = None) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options or BEDS), Payload((page,)), NOW)


def test_day_and_time_in_columns_of_their_own() -> None:
    batch = parse(row(options=BEDS), Payload((fixture("sql_view.json"),)), NOW)
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [
        ("beds-cap-cuu", 12, datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("beds-cap-cuu", 11, datetime(2026, 11, 24, 8, 45, tzinfo=UTC)),
        ("beds-noi", None, datetime(2026, 11, 24, 8, 45, tzinfo=UTC)),
    ]
    assert [one.location for one in batch.rejected_items] == [
        "items[3]",
        "items[4].so_giuong_trong",
        "items[5].so_giuong_trong",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "  select 1 ;  ",
        "-- beds; of today\n/* it's ; one */ SELECT ';' FROM \"a;b\" WHERE x = E'it\\'s;' -- end;",
        "WITH a AS (SELECT $$;$$, $x$ $$ ; $x$) SELECT * FROM a; -- done",
    ],
)
def test_one_select_is_accepted(query: str) -> None:
    assert validate_select(query).strip().rstrip(";") in query


@pytest.mark.parametrize(
    "query",
    [
        "", "DROP TABLE a", "selection", "INSERT INTO a VALUES (1)", "-- SELECT 1", "/* SELECT */ COMMIT",
        "SELECT 1; DROP TABLE a", "SELECT 1;;", "SELECT 'a'; SELECT 2", "SELECT 'a ; DROP TABLE b",
        "SELECT '\\'; DROP TABLE a; --'", "SELECT $a$ $b$; DROP TABLE c",
    ],
)  # fmt: skip
def test_what_is_not_one_select_is_refused(query: str) -> None:
    with pytest.raises(ConfigValueError) as caught:
        validate_select(query)
    assert caught.value.failure.code in (OptionCode.NOT_A_SELECT, OptionCode.SEVERAL_STATEMENTS)


def test_parameters_are_found_and_numbered() -> None:
    query = "SELECT a::date, ':no', \"b:no\", c[1:2] /* :no */ FROM d WHERE e > :since AND f = :x AND g < :since -- :no"
    assert list(parameter_names(query)) == ["since", "x", "since"]
    assert with_numbered_parameters(query) == (
        query.replace("> :since", "> $1").replace("= :x", "= $2").replace("< :since", "< $1"), ["since", "x"]
    )  # fmt: skip


@given(st.text("SELCTselct ';\"$-*/:\\E\nx1", max_size=60))
def test_no_text_with_a_second_statement_passes(text: str) -> None:
    """What passes holds no semicolon outside of texts, names and comments: SQLite itself sees one statement."""
    try:
        query = validate_select(f"SELECT {text}")
    except ValueError:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(query, dict.fromkeys(parameter_names(query), 1))
        except sqlite3.Error as error:
            # Dollar quotes and E'' are PostgreSQL's: where SQLite reads them otherwise it says nothing about ours.
            assert "one statement" not in str(error) or "$" in text or "E'" in text or "e'" in text


def test_values_of_every_type_become_json() -> None:
    gathered = RowBuffer(",")
    gathered.add([{
        "a": Decimal("1.50"), "b": Decimal("NaN"), "c": Interval(120_000_000), "d": Interval(-1_500_000), "e": b"\xff",
        "f": {"g": [True, None]}, "h": float("nan"), "i": float("inf"), "j": "<b>", "k": [1, b"\xff"],
        "l": Decimal("12345678901234567890.0"), "m": 2**53 + 1, "n": UnreadValue(SqlViewCode.TIME_OUT_OF_RANGE, "x"),
    }])  # fmt: skip
    (read_row,) = with_failures(json.loads(gathered.page("x").body))
    unread = {name: read_row.pop(name) for name in ("e", "i", "k", "n")}
    assert read_row == {
        "a": 1.5, "b": None, "c": "120 s", "d": "-1,500000 s", "f": {"g": [True, None]}, "h": None, "j": "<b>",
        "l": "12345678901234567890", "m": 2**53 + 1,
    }  # fmt: skip
    assert unread == {
        "e": Failure(SqlViewCode.BINARY_VALUE, {"column": "e"}),
        "i": Failure(SqlViewCode.NUMBER_INFINITE, {"column": "i"}),
        "k": Failure(SqlViewCode.BINARY_VALUE, {"column": "k"}),
        "n": Failure(SqlViewCode.TIME_OUT_OF_RANGE, {"column": "n", "text": "x"}),
    }


def test_rows_are_bounded_in_number_and_size() -> None:
    many = RowBuffer()
    assert many.add([{"v": 1}] * MAX_ITEMS) and not many.add([{"v": 1}] * 10)
    assert len(json.loads(many.page("x").body)) == MAX_ITEMS + 1
    with raises_failure(SqlViewCode.ROWS_TOO_LARGE, mebibytes=16):
        RowBuffer().add([{"v": "x" * SIZE_LIMIT}])
    with raises_failure(SqlViewCode.UNSUPPORTED_VALUE):
        RowBuffer().add([{"v": 2**70}])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html></html>", DecodingCode.HTML),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'[{"ngay": "2026', DecodingCode.NOT_JSON),
    ],
)
def test_an_answer_that_is_no_json_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


def test_an_answer_without_items_is_an_error() -> None:
    with pytest.raises(SourceError):
        read(b"null")


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_json_in_utf_8_with_bom_or_utf_16_is_decoded(charset: str) -> None:
    body = json.dumps([{"n": "Nội", "v": 1}], ensure_ascii=False).encode(charset)
    batch = read(body, {"query": "SELECT 1", "series": "{n}", "value": "v"})
    assert [one.series for one in batch.readings] == ["noi"]


@given(st.binary() | st.lists(st.dictionaries(st.sampled_from(["ngay", "gio", "maKhoa", "so_giuong_trong"]),
       st.none() | st.text(max_size=5) | st.integers() | st.lists(st.integers(), max_size=2)), max_size=5)
       .map(lambda one: json.dumps(one).encode()))  # fmt: skip
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure
    else:
        assert all(one.failure.code and len(one.sample) <= 120 for one in batch.rejected_items)


@given(st.lists(st.tuples(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.floats(-1e9, 1e9)), max_size=20))
def test_good_rows_give_exactly_their_readings(rows: list[tuple[datetime, float]]) -> None:
    gathered = RowBuffer()
    gathered.add([{"ngay": str(at.date()), "gio": str(at.time()), "v": value} for at, value in rows])
    options = {"query": "SELECT 1", "series": "a", "value": "v", "time": "join('T', [ngay, gio])", "zone": "UTC"}
    batch = parse(row(options=options), Payload((gathered.page("x"),)), NOW)
    assert [
        (one.observed.replace(tzinfo=None), one.value) for one in batch.readings
    ] == rows and not batch.rejected_items


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"query": "DELETE FROM a"}, OptionCode.NOT_A_SELECT),
        ({"query": "SELECT :x"}, OptionCode.PARAMETER_MISSING),
        ({"parameters": {"y": 1}}, OptionCode.PARAMETER_UNUSED),
        ({"overlap_minutes": -1}, "greater_than_equal"),
        ({"value": "[["}, OptionCode.INVALID_EXPRESSION),
    ],
)
def test_invalid_options_are_refused(changes: dict[str, Any], code: str) -> None:
    assert option_error_code(Options, {**BEDS, **changes}) == code


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("mysql://a@b/c", SqlViewCode.NOT_A_DATABASE_ADDRESS),
        ("postgresql://a:geheim@b/c", SqlViewCode.PASSWORD_IN_ADDRESS),
        ("postgresql://b/c", SqlViewCode.NOT_A_DATABASE_ADDRESS),
        ("postgresql://a@b/", SqlViewCode.NOT_A_DATABASE_ADDRESS),
        ("postgresql://a:${HIS_PASSWORD}@b/c", IngestCode.SECRET_NOT_SET),
        ("postgresql://a@b/c?options=-c", SqlViewCode.UNKNOWN_ADDRESS_PARAMETER),
        ("sqlite:////nowhere/a.db", SqlViewCode.SQLITE_ERROR),
        ("sqlite:///", SqlViewCode.SQLITE_PATH_NOT_ABSOLUTE),
        ("sqlite:///a.db", SqlViewCode.SQLITE_PATH_NOT_ABSOLUTE),
    ],
)
async def test_a_wrong_address_is_an_error_without_its_password(address: str, code: ErrorCode) -> None:
    async with client_factory() as clients:
        source = row(address, BEDS)
        with raises_failure(code) as caught:
            await fetch(source, clients.context_for(source))
    assert "geheim" not in caught.value.failure.to_text()


@pytest.fixture
def beds(tmp_path: Path) -> Path:
    path = tmp_path / "khoa & giường?.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE beds (at TEXT, "maKhoa" TEXT, free INTEGER)')
        rows = [("2026-11-24 15:00:00", "noi", 1), ("2026-11-24 14:00:00", "noi", 2), ("2026-11-22 10:00:00", "noi", 3)]
        connection.executemany("INSERT INTO beds VALUES (?, ?, ?)", rows)
    return path


async def poll(path: Path, query: str, clients: Any, **changes: Any) -> Batch:
    options = {"query": query, "series": "beds-{maKhoa}", "value": "free", "time": "at", **changes.pop("options", {})}
    source = row(f"sqlite:///{quote(str(path))}", options, **changes)
    return parse(source, await fetch(source, clients.context_for(source)), NOW)


async def test_a_file_brings_what_is_new_with_an_overlap(beds: Path) -> None:
    query, few = 'SELECT at, "maKhoa", free FROM beds WHERE at >= :since ORDER BY at', {"overlap_minutes": 30}
    async with client_factory() as clients:
        assert [one.value for one in (await poll(beds, query, clients, options=few)).readings] == [2, 1]
        with closing(sqlite3.connect(beds)) as connection, connection:
            # Late by less than the overlap, late by more, and one whose clock is a day ahead.
            late = [("2026-11-24 14:40:00", 4), ("2026-11-24 14:20:00", 5), ("2026-11-25 16:00:00", 6)]
            connection.executemany("INSERT INTO beds VALUES (?, 'noi', ?)", late)
        assert [one.value for one in (await poll(beds, query, clients, options=few)).readings] == [4, 1, 6]
        with closing(sqlite3.connect(beds)) as connection, connection:
            connection.execute("INSERT INTO beds VALUES ('2026-11-24 16:00:00', 'noi', 7)")
        assert [one.value for one in (await poll(beds, query, clients, options=few)).readings] == [7, 6]


async def test_events_too_say_where_the_next_poll_begins(beds: Path) -> None:
    query = 'SELECT rowid AS id, at, "maKhoa" FROM beds WHERE at >= :since'
    events = {"kind": "bed", "key": "{id}", "title": "{maKhoa}", "time": "at"}
    source = row(f"sqlite:///{quote(str(beds))}", {"query": query, "events": events, "overlap_minutes": 0})
    async with client_factory() as clients:
        found = [parse(source, await fetch(source, clients.context_for(source)), NOW).events for _ in range(2)]
    assert [len(one) for one in found] == [2, 1]


async def test_a_row_that_lies_ahead_is_refused(beds: Path) -> None:
    source = row(f"sqlite:///{quote(str(beds))}", {**BEDS}, series_keys=("beds-noi",))
    body = json.dumps([{"ngay": "2026-11-25", "gio": "16:20", "maKhoa": "noi", "so_giuong_trong": 1}]).encode()
    admitted = validate_batch(parse(source, Payload((ResponsePage(body),)), NOW), source.polled_series(), NOW)
    assert not admitted.readings and len(admitted.rejected_items) == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("WITH a AS (SELECT 1) INSERT INTO beds SELECT 1, 2, 3 FROM a", SqlViewCode.QUERY_WRITES),
        ("SELECT * FROM pragma_database_list", SqlViewCode.QUERY_WRITES),
        ("SELECT load_extension('x')", SqlViewCode.QUERY_WRITES),
        ("SELECT none FROM beds", SqlViewCode.SQLITE_ERROR),
        ("SELECT *, 1 AS free FROM beds", SqlViewCode.COLUMN_TWICE),
        ("SELECT zeroblob(100000000)", SqlViewCode.SQLITE_ERROR),
    ],
)
async def test_a_file_is_only_read(beds: Path, query: str, code: ErrorCode) -> None:
    before = beds.read_bytes()
    async with client_factory() as clients:
        with raises_failure(code):
            await poll(beds, query, clients)
    assert beds.read_bytes() == before


async def test_a_query_of_a_file_that_never_ends_ends_at_the_deadline(beds: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    async with client_factory() as clients:
        with pytest.raises(SourceError) as caught:
            await poll(beds, endless, clients, deadline=timedelta(seconds=0.2))
    assert caught.value.failure.code in (IngestCode.DEADLINE_EXCEEDED, SqlViewCode.QUERY_TOO_SLOW)


async def test_named_pipe_is_refused(tmp_path: Path) -> None:
    """Opening it would never return."""
    os.mkfifo(tmp_path / "pipe")
    async with client_factory() as clients:
        with raises_failure(SqlViewCode.SQLITE_ERROR):
            await poll(tmp_path / "pipe", "SELECT 1", clients)


async def test_files_that_hang_hold_up_no_other_one(beds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network drive that is away: each has one thread of its own, whose end it waits for."""
    hanging, query = Event(), "SELECT 1 AS free, 'a' AS maKhoa, '2026-11-24 15:00:00' AS at"
    monkeypatch.setattr(sqlite, "read_page", lambda *_: hanging.wait(30))
    async with client_factory() as clients:
        for n in range(12):
            with suppress(TimeoutError, SourceError):
                async with asyncio.timeout(0.05):
                    await poll(beds, query, clients, key=f"hanging-{n % 6}")
        monkeypatch.undo()
        assert len((await poll(beds, query, clients)).readings) == 1
        hanging.set()


async def test_text_that_is_not_utf_8_is_read_and_rows_are_limited(beds: Path) -> None:
    with closing(sqlite3.connect(beds)) as connection, connection:
        connection.execute("INSERT INTO beds VALUES ('2026-11-24 15:10:00', CAST(x'4ee369' AS TEXT), 9)")
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS free, 'a' AS maKhoa FROM n"
    async with client_factory() as clients:
        marked = await poll(beds, "SELECT * FROM beds", clients)
        assert {one.series for one in marked.readings} == {"beds-noi"} and codes(marked) == [ParseCode.NAME_DAMAGED]
        named = await poll(beds, "SELECT * FROM beds", clients, options={"names": {"beds-N\ufffdi": "beds-n-i"}})
        assert "beds-n-i" in {one.series for one in named.readings}
        batch = await poll(beds, many, clients, options={"time": ""}, deadline=timedelta(seconds=20))
    assert len(batch.readings) == MAX_ITEMS and batch.rejected_items[-1].location == f"items[{MAX_ITEMS}]"


async def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("sql_view", tmp_path, HIS_PASSWORD="x")
    assert "${HIS_PASSWORD}" in source.address
    batch = validate_batch(parse(source, Payload((fixture("sql_view.json"),)), NOW), source.polled_series(), NOW)
    assert [(one.series, one.value) for one in batch.readings] == [
        ("giuong-trong-cap-cuu", 12),
        ("giuong-trong-cap-cuu", 11),
    ]


@pytest.mark.parametrize(
    ("column", "expected", "rejected"),
    [
        ("x'3132'", [], [SqlViewCode.BINARY_VALUE]),
        ("9e999", [], [SqlViewCode.NUMBER_INFINITE]),
        ("'12,5'", [12.5], []),
        ("'1.234'", [], [ParseCode.DECIMAL_AMBIGUOUS]),
        ("9007199254740992", [9007199254740992], []),
        ("1 = 1", [1], []),  # SQLite has no type for it
    ],
)
async def test_value_of_a_file_is_read_by_its_type(
    beds: Path, column: str, expected: list[float], rejected: list[ErrorCode]
) -> None:
    query = f"SELECT {column} AS free, 'a' AS maKhoa, '2026-11-24 15:00:00' AS at UNION ALL SELECT 3, 'b', '2026-11-24'"
    async with client_factory() as clients:
        batch = await poll(beds, query, clients)
    assert [one.value for one in batch.readings] == [*expected, 3] and codes(batch) == rejected
    assert [one.location for one in batch.rejected_items] == ["items[0].free"] * len(rejected)


async def test_unread_value_of_a_row_says_why_wherever_it_is_used(beds: Path) -> None:
    query = "SELECT x'31' AS free, x'31' AS maKhoa, x'31' AS at"
    event = {"kind": "bed", "key": "{maKhoa}", "title": "x"}
    async with client_factory() as clients:
        for options in ({}, {"time": ""}, {"time": "", "value": "join('', [free])"}):
            assert codes(await poll(beds, query, clients, options=options)) == [SqlViewCode.BINARY_VALUE]
        source = row(f"sqlite:///{quote(str(beds))}", {"query": query, "events": event})
        assert codes(parse(source, await fetch(source, clients.context_for(source)), NOW)) == [SqlViewCode.BINARY_VALUE]


async def test_locked_file_is_busy(beds: Path) -> None:
    async with client_factory() as clients:
        with closing(sqlite3.connect(beds)) as other, raises_failure(SqlViewCode.DATABASE_LOCKED):
            other.execute("BEGIN EXCLUSIVE")
            await poll(beds, "SELECT free FROM beds", clients, deadline=timedelta(seconds=3))
