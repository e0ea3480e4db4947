"""The sweep of the polling service deletes events that no row reports any more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select

from ioc.config.configuration import RetentionPolicy
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import EventKind
from ioc.poller.service import PollingService
from ioc.storage.db.schema import event_personal
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from tests.auth.site import Clock
from tests.poller.running import FakeHttpClients, configured, poll_source
from tests.storage.expected_store import make_readings

DAY = timedelta(days=1)


@pytest.mark.parametrize(("key", "left"), [("a", ["1"]), ("renamed", [])])
def test_events_of_a_renamed_row_go_with_their_personal_data(store: Store, key: str, left: list[str]) -> None:
    clock = Clock()
    row = replace(poll_source(key), events=(EventKind("report", LocalizedText("Phản ánh"), "long"),))
    days = {"normal": RetentionPolicy(3, 5), "long": RetentionPolicy(100, 100)}
    with store.write() as conn:
        reported = Event("report", "1", clock.now, "Hố ga", personal={"phone": "0912345678"})
        events.record(conn, "a", [reported], clock.now)
        # The program has run by its clock.
        readings.append(conn, key, make_readings(f"{key}-level", [(n * 3600, 1.0) for n in range(9 * 24)]), clock.now)
    clock.now += 9 * DAY
    configuration = replace(configured(row), retention=days)
    service = PollingService(store, configuration, {}, cast(Any, FakeHttpClients()), clock, id_key=b"key")
    service.sweep_batch()
    with store.read() as conn:
        assert conn.execute(select(event_personal.c.key)).scalars().all() == left


def test_first_sweep_follows_each_start_soon(store: Store) -> None:
    """Else a process that is replaced every few hours would delete nothing."""
    clock = Clock()
    configuration = configured(poll_source("a"))
    service = PollingService(store, configuration, {}, cast(Any, FakeHttpClients()), clock, id_key=b"key")
    job = service.schedule().get_job("retention")
    assert job.next_run_time - clock.now <= timedelta(minutes=15)
