"""A webhook message waits until the clock is past its receipt again, unless a later one shows when that was."""

import asyncio
import json
import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from data_sources import protocols
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, MAX_FALL, ClockWatch
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import ValidationCode
from ioc.domain.ingest.source import EventKind, Source
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.storage.webhook_queue import IncomingWebhook
from tests.city import NOW
from tests.conftest import empty_store
from tests.data_sources.server import client_factory, row
from tests.system.program import until

SET_BACK = NOW - timedelta(hours=2)
SECONDS = 20  # by which it is done
LOCK_WAITS = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
WITH_TIME = {"time": "t", "time_format": "unix_ms"}


def gauge(options: dict[str, str]) -> Source:
    options = {"push_token": "${GAUGE_TOKEN}", "series": "{id}", "value": "v", **options}
    return row("/vao/gauge", options, key="gauge", protocol="webhook")


def poll(store: Store, source: Source, now: Any) -> PollResult:
    """One poll at `now`, committed as far as the queue is concerned."""

    async def poll_once() -> list[PollResult]:
        results: list[PollResult] = []
        async with client_factory(pending_messages=partial(webhook_queue.read_pending, store, lambda: now)) as clients:
            healths = {"gauge": SourceHealth("gauge", SourceState.LIVE, now)}
            watch = ClockWatch(lambda: now)
            poller = Poller(protocols(), clients.context_for, watch, healths, results.append, id_key=b"key")
            await poller.poll(source)
        return results

    (result,) = asyncio.run(poll_once())
    with store.write() as conn:
        webhook_queue.acknowledge(conn, "gauge", result.message_ids)
    return result


def receive(store: Store, at: datetime, document: object) -> None:
    page = ResponsePage(json.dumps(document).encode(), "application/json")
    with store.write() as conn:
        assert webhook_queue.enqueue(conn, [IncomingWebhook("gauge", page, at)]) == [True]


@pytest.mark.parametrize("options", [WITH_TIME, {}], ids=["with time", "without time"])
def test_message_that_came_before_the_clock_was_set_back_is_not_rejected(store: Store, options: dict[str, str]) -> None:
    source = gauge(options)
    receive(store, NOW, {"id": "level", "v": 1.5, "t": to_ms(NOW)})
    for now in (SET_BACK, NOW - 2 * CLOCK_TOLERANCE):
        result = poll(store, source, now)
        assert not result.batch.readings and not result.batch.rejected_items
    result = poll(store, source, NOW - CLOCK_TOLERANCE)
    assert [(reading.value, reading.observed) for reading in result.batch.readings] == [(1.5, NOW)]
    assert not result.batch.rejected_items
    with store.read() as conn:
        assert webhook_queue.pending(conn, "gauge") == []


def test_message_is_read_before_those_that_came_after_it(store: Store) -> None:
    """The clock was ahead: a waiting message was the newest later on, and its value replaced newer ones."""
    source, before = gauge({}), SET_BACK - timedelta(milliseconds=1)
    receive(store, NOW, {"id": "level", "v": 111})
    assert values(store, source, SET_BACK) == []
    receive(store, SET_BACK, {"id": "level", "v": 222})
    assert values(store, source, SET_BACK) == [(111, before)]
    assert values(store, source, SET_BACK) == [(222, SET_BACK)]
    assert values(store, source, NOW) == []


def values(store: Store, source: Source, now: datetime) -> list[tuple[float | None, datetime]]:
    """What one poll gives; nothing is rejected."""
    result = poll(store, source, now)
    assert not result.batch.rejected_items
    return [(reading.value, reading.observed) for reading in result.batch.readings]


def test_own_times_are_judged_by_the_clock_of_the_receipt(store: Store) -> None:
    source = gauge(WITH_TIME)
    receive(store, NOW, {"id": "level", "v": 1.5, "t": to_ms(NOW)})
    receive(store, SET_BACK, {"id": "level", "v": 2.5, "t": to_ms(SET_BACK)})
    receive(store, SET_BACK, {"id": "level", "v": 3.5, "t": to_ms(NOW)})
    assert values(store, source, SET_BACK) == [(1.5, NOW)]
    result = poll(store, source, SET_BACK)
    assert [reading.value for reading in result.batch.readings] == [2.5]
    assert [item.failure.code for item in result.batch.rejected_items] == [ValidationCode.TIME_AHEAD]


def test_list_that_came_while_the_clock_was_ahead_ends_nothing_that_is_newer(store: Store) -> None:
    events = {"items": "list", "key": "{id}", "kind": "outage", "title": "{id}", "complete": True}
    source = row("/vao/gauge", {"push_token": "${GAUGE_TOKEN}", "events": events}, key="gauge", protocol="webhook")
    source = replace(source, events=(EventKind("outage", LocalizedText("mất điện")),))
    receive(store, NOW, {"list": [{"id": "old"}]})
    receive(store, SET_BACK, {"list": [{"id": "b"}, {"id": "c"}]})
    for keys in (["old"], ["b", "c"], []):
        batch = poll(store, source, SET_BACK).batch
        assert [event.key for event in batch.events] == keys and batch.complete_kinds == ({"outage"} if keys else set())


def test_messages_that_the_clock_has_passed_keep_their_times(store: Store) -> None:
    """A machine that started in 2020 took one message by its clock; two processes give ids in another order."""
    source, start = gauge({}), NOW - timedelta(days=2500)
    times = [NOW - timedelta(minutes=5), NOW - timedelta(minutes=4), start, NOW - timedelta(minutes=3)]
    for n, at in enumerate(times):
        receive(store, at, {"id": "level", "v": n})
    assert values(store, source, start) == [(2.0, start)]
    assert values(store, source, NOW) == [(0.0, times[0]), (1.0, times[1]), (3.0, times[3])]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_messages_that_wait_hold_up_none_behind_them(store: Store, limit: int) -> None:
    years_ago = NOW - timedelta(days=2500)
    for at in (NOW, NOW, NOW + timedelta(days=3), NOW, years_ago, SET_BACK, NOW):
        receive(store, at, {"id": "level", "v": 1})
    read = list[datetime | None]()
    for _ in range(6):
        with store.write() as conn:
            messages = webhook_queue.pending(conn, "gauge", SET_BACK, limit=limit)
            webhook_queue.acknowledge(conn, "gauge", [message.id for message in messages])
        read += [message.page.received_at for message in messages]
    read.remove(years_ago)
    assert None not in read and read == sorted(read, key=lambda at: at or NOW), "each before the next"
    assert len(set(read)) == 4 and read[-1] == SET_BACK
    assert read[0] is not None and read[0] >= SET_BACK - timedelta(milliseconds=4)


def test_messages_are_in_their_order_after_the_poller_was_away_for_days(store: Store) -> None:
    source, later = gauge({}), NOW + timedelta(days=2)
    receive(store, later + timedelta(hours=12), {"id": "level", "v": 1})  # by a clock that was ahead
    receive(store, NOW, {"id": "level", "v": 2})
    assert [*values(store, source, later), *values(store, source, later)] == [
        (1.0, NOW - timedelta(milliseconds=1)), (2.0, NOW)
    ]  # fmt: skip


@given(st.lists(st.integers(0, 50), max_size=30), st.none() | st.integers(0, 25))
def test_times_are_moved_before_that_of_the_next_message_where_they_are_later(
    clock: list[int], following: int | None
) -> None:
    received = list(enumerate(clock))
    times = webhook_queue._times_of_receipt(received, following, 25)
    in_order = [times[number] for number, _ in received if number in times]
    assert in_order == sorted(in_order)
    for number, at in received:
        later = [each for each in [*clock[number + 1 :], 99 if following is None else following] if each <= 25]
        assert (number in times) == (at <= 25 or bool(later))
        if number in times:
            is_kept = at <= 25 and at < min(later, default=99) - len(clock)
            assert times[number] == at if is_kept else times[number] <= at


@pytest.mark.parametrize("seed", range(40))
def test_no_message_loses_to_an_earlier_one_after_a_step(seed: int) -> None:
    """Messages and polls at random, the clock set back once: of what is read after that a later one is not older."""
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        dice, shown, read, is_set_back = random.Random(seed), NOW, list[datetime](), False
        for _ in range(dice.randint(5, 14)):
            shown += timedelta(seconds=dice.choice([1, 2, 5, 9, 20]))
            act = dice.choices(["message", "poll", "step"], [5, 4, 0 if is_set_back else 1])[0]
            if act == "message":
                receive(store, shown, {"id": "level", "v": 1})
            elif act == "poll":
                read += [observed for _, observed in values(store, gauge({}), shown)]
            else:
                shown, read, is_set_back = shown - timedelta(seconds=dice.randint(65, 120)), [], True
        assert read == sorted(read)
        assert not read or read[-1] <= shown + MAX_FALL


@pytest.mark.parametrize("is_taken", [False, True], ids=["waits", "taken"])
@pytest.mark.parametrize("back", [1, 45, 59])
def test_message_is_received_after_the_one_before_it(store: Store, back: int, is_taken: bool) -> None:
    """The clock fell back a little, or another machine received it."""
    source, behind, later = gauge({}), NOW - timedelta(seconds=back), timedelta(milliseconds=1)
    receive(store, NOW, {"id": "level", "v": 1})
    read = values(store, source, NOW) if is_taken else []
    receive(store, behind, {"id": "level", "v": 2})
    read += values(store, source, behind) if is_taken else []
    pages = [ResponsePage(json.dumps({"id": "level", "v": n}).encode(), "application/json") for n in (3, 4)]
    with store.write() as conn:
        webhook_queue.enqueue(conn, [IncomingWebhook("gauge", page, behind) for page in pages])
    assert read + values(store, source, behind) == [(1, NOW), *((n + 1, NOW + n * later) for n in (1, 2, 3))]


@pytest.mark.parametrize("is_taken", [False, True], ids=["waits", "taken"])
def test_each_of_several_messages_of_one_millisecond_is_kept(store: Store, is_taken: bool) -> None:
    """The later ones corrected the first one, so that counts and sums over a window were too small."""
    source, later = gauge({}), timedelta(milliseconds=1)
    receive(store, NOW, {"id": "level", "v": 1})
    read = values(store, source, NOW + CLOCK_TOLERANCE) if is_taken else []
    for value in (2, 3):
        receive(store, NOW + timedelta(microseconds=value), {"id": "level", "v": value})
    read += values(store, source, NOW + CLOCK_TOLERANCE)
    assert read == [(n + 1, NOW + n * later) for n in range(3)]


def test_message_after_a_larger_step_back_is_received_when_the_clock_shows(store: Store) -> None:
    source = gauge({})
    receive(store, NOW, {"id": "level", "v": 1})
    assert values(store, source, NOW) == [(1, NOW)]
    receive(store, SET_BACK, {"id": "level", "v": 2})
    assert values(store, source, SET_BACK) == [(2, SET_BACK)]
    behind = SET_BACK - timedelta(seconds=45)
    receive(store, behind, {"id": "level", "v": 3})
    assert values(store, source, behind) == [(3, SET_BACK + timedelta(milliseconds=1))]


def test_messages_that_are_taken_in_another_order_are_followed_all_the_same(store: Store) -> None:
    for seconds in (0, 5, 10):
        receive(store, NOW + timedelta(seconds=seconds), {"id": "level", "v": seconds})
    with store.write() as conn:
        ids = [message.id for message in webhook_queue.pending(conn, "gauge")]
        for taken in (ids[1:], ids[:1]):
            webhook_queue.acknowledge(conn, "gauge", taken)
    receive(store, NOW + timedelta(seconds=7), {"id": "level", "v": 3})
    assert values(store, gauge({}), NOW) == [(3, NOW + timedelta(seconds=10, milliseconds=1))]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=45)], ids=["one moment", "a clock that is ahead"])
def test_messages_that_two_machines_receive_at_once_follow_each_other(postgres_store: Store, ahead: timedelta) -> None:
    """Neither saw when the other's was received: of one moment the later one corrected the earlier one."""
    store, page = postgres_store, ResponsePage(b'{"id": "level", "v": 1}', "application/json")
    with ThreadPoolExecutor(1) as thread:
        with store.write() as conn:
            webhook_queue.enqueue(conn, [IncomingWebhook("gauge", page, NOW + ahead)])
            other = IncomingWebhook("other", page, NOW)
            assert thread.submit(enqueue_alone, store, other).result(SECONDS) == [True]
            second = thread.submit(receive, store, NOW, {"id": "level", "v": 2})
            until(lambda: conn.execute(LOCK_WAITS).first(), SECONDS, "the other machine waits")
        second.result(SECONDS)
    times = [NOW + ahead, NOW + ahead + timedelta(milliseconds=1)]
    assert values(store, gauge({}), NOW + ahead) == [(1, times[0]), (2, times[1])]


def enqueue_alone(store: Store, message: IncomingWebhook) -> list[bool]:
    with store.write() as conn:
        return webhook_queue.enqueue(conn, [message])


def test_a_message_follows_one_that_waited_while_the_clock_stepped_back(store: Store) -> None:
    receive(store, NOW, {"id": "level", "v": 1})
    behind = NOW - timedelta(seconds=50)  # a step of more than a minute
    ((_, first),) = values(store, gauge({}), behind)
    receive(store, behind + timedelta(seconds=5), {"id": "level", "v": 2})
    ((value, second),) = values(store, gauge({}), behind + timedelta(seconds=6))
    assert value == 2 and second > first
