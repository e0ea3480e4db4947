"""A webhook message waits until the clock is past its receipt again, unless a later one shows when that was."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources import protocols
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.source import EventKind, Source
from ioc.poller.poller import Poller, PollResult
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.storage.webhook_queue import IncomingWebhook
from tests.city import NOW
from tests.data_sources.server import client_factory, row

SET_BACK = NOW - timedelta(hours=2)
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
            poller = Poller(protocols(), clients.context_for, lambda: now, healths, results.append, id_key=b"key")
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
    assert not poll(store, source, SET_BACK).batch.readings
    receive(store, SET_BACK, {"id": "level", "v": 222})
    result = poll(store, source, SET_BACK)
    assert [(each.value, each.observed) for each in result.batch.readings] == [(111, before), (222, SET_BACK)]
    assert not poll(store, source, NOW).batch.readings


def test_own_times_are_judged_by_the_clock_of_the_receipt(store: Store) -> None:
    source = gauge(WITH_TIME)
    receive(store, NOW, {"id": "level", "v": 1.5, "t": to_ms(NOW)})
    receive(store, SET_BACK, {"id": "level", "v": 2.5, "t": to_ms(SET_BACK)})
    result = poll(store, source, SET_BACK)
    assert [(each.value, each.observed) for each in result.batch.readings] == [(1.5, NOW), (2.5, SET_BACK)]
    assert not result.batch.rejected_items


def test_list_that_came_while_the_clock_was_ahead_ends_nothing_that_is_newer(store: Store) -> None:
    events = {"items": "list", "key": "{id}", "kind": "outage", "title": "{id}", "complete": True}
    source = row("/vao/gauge", {"push_token": "${GAUGE_TOKEN}", "events": events}, key="gauge", protocol="webhook")
    source = replace(source, events=(EventKind("outage", LocalizedText("mất điện")),))
    receive(store, NOW, {"list": [{"id": "old"}]})
    receive(store, SET_BACK, {"list": [{"id": "b"}, {"id": "c"}]})
    result = poll(store, source, SET_BACK)
    stages = {event.key: event.stage for event in result.batch.events}
    assert stages == {"old": EventStage.CLOSED, "b": EventStage.OPEN, "c": EventStage.OPEN}
    assert not poll(store, source, NOW).batch.events


@given(st.lists(st.integers(0, 50), max_size=30), st.none() | st.integers(0, 50))
def test_times_of_receipt_grow_and_are_no_later_than_the_clock_showed(clock: list[int], following: int | None) -> None:
    times = list(webhook_queue._times_of_receipt(list(enumerate(clock)), following).values())[::-1]
    behind = [] if following is None else [following]
    assert all(at <= shown for at, shown in zip(times, clock, strict=True))
    assert all(first < second for first, second in pairwise([*times, *behind]))
