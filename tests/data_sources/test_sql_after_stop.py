"""`:since` after a long stop: what changed meanwhile is read, or named as left out."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import lookup

from data_sources._mapping import MAX_ITEMS, options_of
from data_sources.sql_view import Options, fetch, parse, postgresql, sqlite
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import SINCE
from data_sources.sql_view.rows import RowBuffer
from ioc.domain.ingest.protocol import (
    HAD_NO_TURN_KEY,
    HAS_FAILED_KEY,
    LAST_SUCCESS_KEY,
    NEWEST_DATA_KEY,
    FetchContext,
    ResponsePage,
    SourceError,
)
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VALUES = {"series": "beds", "value": "v", "time": "at", "zone": "UTC"}
EVENTS = {"zone": "UTC", "events": {"kind": "report", "key": "{v}", "title": "{v}", "time": "at"}}
QUERY = "SELECT at, v FROM beds WHERE at >= :since"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE beds (at TEXT, v INTEGER)")
    return path


def add(path: Path, *rows: tuple[timedelta, int]) -> None:
    """Rows from so long ago, with their values."""
    with closing(sqlite3.connect(path)) as connection, connection:
        texts = [((NOW - ago).strftime("%Y-%m-%d %H:%M:%S"), value) for ago, value in rows]
        connection.executemany("INSERT INTO beds VALUES (?, ?)", texts)


def query_row(path: Path, query: str = QUERY, options: Mapping[str, Any] = VALUES, seconds: float = 60) -> Source:
    return row(f"sqlite:///{path}", {"query": query, **options}, deadline=timedelta(seconds=seconds))


async def poll(source: Source, context: FetchContext) -> Batch:
    return parse(source, await fetch(source, context), NOW)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


def note_times(context: FetchContext, last_success: datetime | None, newest: datetime | None = None) -> FetchContext:
    context.memory.update({LAST_SUCCESS_KEY: last_success, NEWEST_DATA_KEY: newest})
    return context


@pytest.mark.parametrize(
    ("success", "newest", "found"),
    [
        (None, None, [1]),
        (2 * HOUR, 3 * HOUR, [1]),
        (50 * HOUR, None, [1, 2]),
        (50 * HOUR, 70 * HOUR, [1, 2, 3]),  # rows come later than their time
        (-DAY, -DAY, [1]),  # the clock was ahead
    ],
)
async def test_first_poll_asks_from_the_last_one_that_was_good(
    database: Path, success: timedelta | None, newest: timedelta | None, found: list[int]
) -> None:
    add(database, (20 * HOUR, 1), (50.5 * HOUR, 2), (70.5 * HOUR, 3), (72 * HOUR, 4))
    source = query_row(database)
    async with client_factory() as clients:
        times = (None if ago is None else NOW - ago for ago in (success, newest))
        batch = await poll(source, note_times(clients.context_for(source), *times))
    assert values(batch) == found and not codes(batch)


async def test_event_that_ended_during_a_long_stop_is_read(database: Path) -> None:
    add(database, (25 * HOUR, 7))
    source = query_row(database, QUERY, EVENTS)
    async with client_factory() as clients:
        batch = await poll(source, note_times(clients.context_for(source), NOW - 26 * HOUR))
    assert [event.key for event in batch.events] == ["7"]


async def test_what_is_older_than_the_longest_stop_is_named(database: Path) -> None:
    add(database, (89 * DAY, 1), (91 * DAY, 2))
    source = query_row(database)
    async with client_factory() as clients:
        batch = await poll(source, note_times(clients.context_for(source), NOW - 100 * DAY))
        assert values(batch) == [1] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]
        assert not codes(await poll(source, clients.context_for(source)))


async def test_many_rows_in_the_order_of_time_are_read_by_several_polls(database: Path) -> None:
    count = MAX_ITEMS + 1000
    add(database, *((10 * DAY - n * timedelta(seconds=30), n) for n in range(count)))
    source, found = query_row(database, f"{QUERY} ORDER BY at"), set[float | None]()
    async with client_factory() as clients:
        context = note_times(clients.context_for(source), NOW - 10 * DAY)
        for _ in range(2):
            batch = await poll(source, context)
            found |= set(values(batch))
    assert len(found) == count and not codes(batch)


@pytest.mark.parametrize(
    ("query", "options"),
    [(f"{QUERY} ORDER BY at DESC", VALUES), (f"{QUERY} ORDER BY at", EVENTS)],
    ids=["newest first", "events"],
)
async def test_many_rows_that_later_polls_would_not_bring_are_named(
    database: Path, query: str, options: dict[str, Any]
) -> None:
    add(database, (HOUR, 1), *((10 * DAY - n * timedelta(seconds=1), n) for n in range(MAX_ITEMS + 1)))
    source = query_row(database, query, options)
    async with client_factory() as clients:
        batch = await poll(source, note_times(clients.context_for(source), NOW - 11 * DAY))
        assert clients.context_for(source).memory[SINCE] == NOW - HOUR
    assert len(batch.readings) + len(batch.events) == 1 and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_rows_that_take_too_long_after_a_stop_are_named(database: Path) -> None:
    """The query is slow for times before the last day."""
    add(database, (HOUR, 1))
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    slow = (
        f"SELECT at, CASE WHEN :since < datetime('{NOW:%Y-%m-%d %H:%M:%S}', '-2 days') THEN ({endless}) ELSE v END AS v"
    )
    source = query_row(database, f"{slow} FROM beds WHERE at >= :since", seconds=2)
    async with client_factory() as clients:
        batch = await poll(source, note_times(clients.context_for(source), NOW - 11 * DAY))
    assert values(batch) == [1] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


LONG, USUAL = NOW - 3 * DAY - HOUR, NOW - DAY  # from when each span is asked for
TOO_SLOW, UNREADABLE = SourceError(SqlViewCode.QUERY_TOO_SLOW), SourceError(SqlViewCode.SQLITE_ERROR)
# cannot_connect_now, lock_not_available, out_of_memory
BUSY, LOCKED, OVERLOADED = (postgresql._source_error(lookup(state)(), "his") for state in ("57P03", "55P03", "53200"))
UNREACHABLE = SourceError(SqlViewCode.CONNECT_FAILED, host="his")


async def polls_after_stop(
    monkeypatch: pytest.MonkeyPatch, *answers: Exception | None, notes: Mapping[str, bool] | None = None
) -> tuple[list[datetime], Batch]:
    """From when polls asked until one was good, and what it brought: `answers` are those of the queries, None rows.

    `notes`: what the poller leaves in the memory after a poll that failed.
    """
    asked, left = list[datetime](), list(answers)

    async def select(source: Source, parameters: dict[str, Any]) -> ResponsePage:
        asked.append(parameters[SINCE])
        if error := left.pop(0):
            raise error
        rows = RowBuffer(options_of(source, Options).decimal)
        rows.add([{"at": f"{NOW - HOUR:%Y-%m-%d %H:%M:%S}", "v": 1}])
        return rows.page("sqlite")

    monkeypatch.setattr(sqlite, "select", select)
    source = query_row(Path("/srv/a.db"))
    async with client_factory() as clients:
        while True:
            context = note_times(clients.context_for(source), NOW - 3 * DAY)
            try:
                return asked, await poll(source, context)
            except SourceError:
                context.memory.clear()
                context.memory.update(notes or {HAS_FAILED_KEY: True})


@pytest.mark.parametrize("second", [TOO_SLOW, TimeoutError()], ids=["too slow", "deadline"])
async def test_usual_span_has_the_whole_deadline_after_a_long_one_that_failed(
    monkeypatch: pytest.MonkeyPatch, second: Exception
) -> None:
    """Also where polls fail for another reason meanwhile."""
    asked, batch = await polls_after_stop(monkeypatch, TOO_SLOW, second, UNREACHABLE, TOO_SLOW, None)
    assert asked == [LONG, USUAL, USUAL, USUAL, USUAL]
    assert values(batch) == [1] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_long_span_that_the_deadline_ended_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, batch = await polls_after_stop(monkeypatch, TimeoutError(), None)
    assert asked == [LONG, USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_row_of_a_long_stop_that_cannot_be_read_does_not_stop_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, batch = await polls_after_stop(monkeypatch, UNREADABLE, None)
    assert asked == [LONG, USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([UNREACHABLE, UNREACHABLE, None], [LONG] * 3),
        ([BUSY] * 100 + [None], [LONG] * 101),  # it starts for hours
        ([LOCKED] * 4 + [None], [LONG] * 5),
        ([OVERLOADED, None], [LONG] * 2),
        ([UNREADABLE, UNREADABLE, None], [LONG, USUAL, LONG]),
    ],
    ids=["unreachable", "busy", "locked", "overloaded", "both unreadable"],
)
async def test_long_span_is_asked_for_once_the_database_answers_again(
    monkeypatch: pytest.MonkeyPatch, answers: Sequence[Exception | None], asked: list[datetime]
) -> None:
    found, batch = await polls_after_stop(monkeypatch, *answers)
    assert found == asked and not codes(batch)


async def test_long_span_that_always_overloads_the_database_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the span itself, such as one that takes too much of a temporary disk."""
    asked, batch = await polls_after_stop(monkeypatch, OVERLOADED, OVERLOADED, OVERLOADED, None)
    assert asked == [LONG] * 3 + [USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_long_span_during_which_the_database_is_locked_for_an_hour_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, batch = await polls_after_stop(monkeypatch, *[LOCKED] * 61, None)
    assert asked == [LONG] * 61 + [USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_restart_between_overloads_does_not_take_their_count_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs out of memory starts again."""
    asked, batch = await polls_after_stop(monkeypatch, OVERLOADED, BUSY, OVERLOADED, BUSY, OVERLOADED, None)
    assert asked == [LONG] * 5 + [USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_long_span_that_is_too_slow_after_an_overload_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, batch = await polls_after_stop(monkeypatch, OVERLOADED, TOO_SLOW, TOO_SLOW, None)
    assert asked == [LONG, LONG, USUAL, USUAL] and codes(batch) == [SqlViewCode.STOP_LEFT_OUT]


async def test_long_span_is_asked_for_again_where_nobody_read_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (TimeoutError(), None)
    asked, batch = await polls_after_stop(monkeypatch, *answers, notes={HAD_NO_TURN_KEY: True})
    assert asked == [LONG, LONG] and not codes(batch)
