"""A commit that fails: its KPIs are computed again and committed with the next one; nothing is confirmed before."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.timeseries import kpi_values, readings
from tests.city import NOW, kpi
from tests.conftest import empty_store
from tests.poller.running import FakeCode, failing_at_commit, poll_result, poll_source

SECOND = timedelta(seconds=1)


async def test_the_kpi_value_of_a_failed_commit_is_committed_with_the_next(tmp_path: Path) -> None:
    store, is_full = empty_store(tmp_path), False
    confirmed: list[float] = []
    source = poll_source("a")
    with store.write() as conn:
        readings.declare_series(conn, [source])

    values = LatestValues([source], {}, {source.key: initial_health(source, NOW)})
    level = kpi("level", formula=Formula(FormulaOp.LAST, ("a-level",)))
    engine, now = KpiEngine([level], values, {}), NOW
    writer = Writer(failing_at_commit(store, lambda: is_full), values, engine, ClockWatch(lambda: now))

    def enqueue(value: float) -> None:
        reading = Reading("a-level", now, value, "m")
        health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=now, data_time=now, accepted_count=1)
        on_committed = partial(confirmed.append, value)
        writer.enqueue(
            poll_result(source, Batch((reading,)), now, health, is_countable=True, on_committed=on_committed)
        )

    def committed() -> float | None:
        with store.read() as conn:
            return kpi_values.current(conn)["level", ""].value

    enqueue(1.0)
    assert confirmed == []
    await writer.commit()
    assert committed() == 1.0 and confirmed == [1.0]
    now, is_full = now + SECOND, True
    enqueue(2.0)
    await writer.commit()
    assert committed() == 1.0 and confirmed == [1.0] and writer.write_failing_since
    now, is_full = now + SECOND, False
    await writer.commit()
    assert confirmed == [1.0, 2.0]
    assert committed() == 2.0 and engine.current["level", ""].state is FigureState.OK
    writer.close()
    store.close()


async def test_a_commit_that_waits_for_its_thread_is_finished_although_its_caller_is_cancelled(tmp_path: Path) -> None:
    store, release = empty_store(tmp_path), threading.Event()
    source = poll_source("a")
    with store.write() as conn:
        readings.declare_series(conn, [source])
    values = LatestValues([source], {}, {source.key: initial_health(source, NOW)})
    writer = Writer(store, values, KpiEngine([], values, {}), ClockWatch(lambda: NOW))
    busy = asyncio.ensure_future(writer.run_in_writer(release.wait, 20))
    health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=NOW, data_time=NOW, accepted_count=1)
    writer.enqueue(poll_result(source, Batch((Reading("a-level", NOW, 1.5, "m"),)), NOW, health, is_countable=True))
    running = asyncio.create_task(writer.run())
    await asyncio.wait_for(wait_until_taken(writer), 60)
    running.cancel()
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(running, busy, return_exceptions=True)
    with store.read() as conn:
        assert readings.latest(conn, ["a-level"])["a-level"].value == 1.5
    writer.close()
    store.close()


async def test_a_heartbeat_that_was_under_way_does_not_hide_that_a_commit_failed(tmp_path: Path) -> None:
    store, is_full = empty_store(tmp_path), True
    source = poll_source("a")
    with store.write() as conn:
        readings.declare_series(conn, [source])
    write_count = 0

    @contextmanager
    def write() -> Iterator[Conn]:
        nonlocal write_count
        write_count += 1
        with store.write() as conn:
            yield conn
            if is_full and write_count == 1:  # there is room for a heartbeat
                raise StoreError(FakeCode.DISK_FULL)

    values = LatestValues([source], {}, {source.key: initial_health(source, NOW)})
    writer = Writer(
        cast(Store, SimpleNamespace(write=write, read=store.read)),
        values,
        KpiEngine([], values, {}),
        ClockWatch(lambda: NOW),
    )
    health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=NOW, data_time=NOW, accepted_count=1)
    writer.enqueue(poll_result(source, Batch((Reading("a-level", NOW, 1.5, "m"),)), NOW, health, is_countable=True))
    release = threading.Event()
    busy = asyncio.ensure_future(writer.run_in_writer(release.wait, 20))
    commit = asyncio.create_task(writer.commit())
    await asyncio.wait_for(wait_until_taken(writer), 60)
    heartbeat = asyncio.create_task(writer.heartbeat())
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(commit, heartbeat, busy)
    assert write_count == 2 and writer.write_failing_since, "both were under way, and one failed"
    is_full = False
    await writer.commit()
    assert writer.write_failing_since is None
    writer.close()
    store.close()


async def wait_until_taken(writer: Writer) -> None:
    """Waits until a commit has taken the results that were waiting."""
    while writer.waiting_count:
        await asyncio.sleep(0.01)
