"""Webhook messages whose poll cannot be committed for a while: what is rejected of them counts once."""

import json
from functools import partial

from data_sources import protocols
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.protocol import ResponsePage
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import Poller
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.storage.timeseries import drop_counters, readings, rejected_items
from tests.city import NOW
from tests.data_sources.server import client_factory, row
from tests.poller.running import failing_at_commit


async def test_a_rejected_item_of_a_message_counts_once_however_often_its_commit_fails(store: Store) -> None:
    source = row("/vao/a", {"series": "{id}", "value": "v", "push_token": "${TOKEN}"}, key="a", protocol="webhook")
    with store.write() as conn:
        readings.declare_series(conn, [source])
    healths, is_full = {"a": initial_health(source, NOW)}, True

    def post(value: str) -> None:
        page = ResponsePage(json.dumps({"id": "level", "v": value}).encode(), "application/json", received_at=NOW)
        with store.write() as conn:
            webhook_queue.enqueue(conn, [webhook_queue.IncomingWebhook("a", page, NOW)])

    values = LatestValues([source], {}, healths)
    watch = ClockWatch(lambda: NOW)
    writer = Writer(failing_at_commit(store, lambda: is_full), values, KpiEngine([], values, {}), watch)
    async with client_factory(pending_messages=partial(webhook_queue.read_pending, store, lambda: NOW)) as clients:
        poller = Poller(protocols(), clients.context_for, watch, dict(healths), writer.enqueue,
                        uncommitted_messages=writer.message_ids, id_key=b"key")  # fmt: skip
        for n in range(3):
            post(f"bad {n}")
            await poller.poll(source, force=True)
            await writer.commit()
        is_full = False
        await writer.commit()
        await poller.poll(source, force=True)
        await writer.commit()
    writer.close()
    with store.read() as conn:
        assert len(rejected_items.newest(conn, "a", 50)) == 3 and webhook_queue.pending(conn, "a") == []
        assert drop_counters.current(conn, DropReason.REJECTED)["a"].total == 3
    assert writer.message_ids() == frozenset()
