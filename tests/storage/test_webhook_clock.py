"""A webhook message waits until the clock is past its receipt again; whatever else came is read meanwhile."""

import asyncio
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.source import Source
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


@pytest.mark.parametrize("options", [WITH_TIME, {}], ids=["with time", "without time"])
def test_message_that_came_before_the_clock_was_set_back_is_not_rejected(store: Store, options: dict[str, str]) -> None:
    source = gauge(options)

    def receive(value: float, at: Any) -> None:
        page = ResponsePage(json.dumps({"id": "level", "v": value, "t": to_ms(at)}).encode(), "application/json")
        with store.write() as conn:
            assert webhook_queue.enqueue(conn, [IncomingWebhook("gauge", page, at)]) == [True]

    receive(1.5, NOW)
    receive(2.5, SET_BACK)
    result = poll(store, source, SET_BACK)
    assert [(reading.value, reading.observed) for reading in result.batch.readings] == [(2.5, SET_BACK)]
    assert not result.batch.rejected_items
    result = poll(store, source, SET_BACK)
    assert not result.batch.readings and not result.batch.rejected_items
    result = poll(store, source, NOW - CLOCK_TOLERANCE)
    assert [(reading.value, reading.observed) for reading in result.batch.readings] == [(1.5, NOW)]
    assert not result.batch.rejected_items
    with store.read() as conn:
        assert webhook_queue.pending(conn, "gauge") == []
