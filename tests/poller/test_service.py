"""The polling service over a real store: what is committed, what is shown, and that no source waits for another."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, cast

import pytest

from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import FigureState
from ioc.poller.service import STANDBY_SECONDS, PollingService
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings, rejected_items, source_health
from tests.city import NOW
from tests.poller.running import (
    FakeCode,
    FakeHttpClients,
    RunningService,
    ScriptedProtocol,
    configured,
    poll_source,
    source_state,
)


async def test_a_reading_becomes_a_kpi_value_a_map_point_and_a_line(store: Store) -> None:
    protocol = ScriptedProtocol()
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.OK)
        snapshot = service.reads.snapshot()
        assert snapshot.figures["a-kpi"].value.value == 1.5
        assert snapshot.figures["a-kpi"].line
        assert [point.series[0].value for point in snapshot.map_points] == [1.5]
        assert snapshot.is_live and snapshot.version > 0
        with store.read() as conn:
            assert rejected_items.newest(conn, "a", 1)[0].item.failure.code == FakeCode.NO_TIME
        await service.wait_until(lambda reads: all(reads.versions()))


async def test_a_failure_is_shown_at_once_and_the_kpi_fails_after_its_age_limit(store: Store) -> None:
    protocol, limit = ScriptedProtocol(), timedelta(seconds=8)  # far beyond what a busy machine needs to show a failure
    async with RunningService(store, protocol, replace(poll_source("a"), age_limit=limit), poll_source("b")) as service:
        await service.wait_until(
            lambda reads: source_state(reads, "a") is SourceState.LIVE and source_state(reads, "b") is SourceState.LIVE
        )
        protocol.behaviours["a"] = SourceError(FakeCode.NO_CONNECTION)
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.DOWN)
        assert service.reads.snapshot().figures["a-kpi"].value.state is FigureState.OK
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.ERROR)
        attention = service.reads.snapshot().attention
        assert [(item.kind, item.key) for item in attention] == [("source", "a")]
        assert service.reads.snapshot().figures["b-kpi"].value.state is FigureState.OK
        protocol.behaviours["a"] = 1.86
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.level == "bd1")
        assert [item.kind for item in service.reads.snapshot().attention] == ["kpi"]


@pytest.mark.parametrize(
    "code",
    [
        StoreCode.DATABASE_ERROR,
        StoreCode.NOT_ANSWERING,
        StoreCode.LEADERSHIP_LOST,
        StoreCode.BUSY,
        StoreCode.READ_ONLY,
    ],
)
async def test_a_poller_that_cannot_take_over_yet_tries_again_after_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: StoreCode
) -> None:
    failures, failed_at = [StoreError(code)], list[float]()
    constructed = PollingService.__init__

    def construct(self: PollingService, *args: Any, **options: Any) -> None:
        if failures:
            failed_at.append(monotonic())
            raise failures.pop()
        assert monotonic() - failed_at[0] >= STANDBY_SECONDS  # a standby has its turn, and nothing is busy meanwhile
        constructed(self, *args, **options)

    monkeypatch.setattr(PollingService, "__init__", construct)
    async with RunningService(store, ScriptedProtocol(), poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
    assert not failures


async def test_a_past_snapshot_has_the_values_that_were_shown_then(store: Store) -> None:
    protocol = ScriptedProtocol()
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.5)
        # A figure may be evaluated before a snapshot is drawn and committed after it. So the source hangs first: once
        # it is down, the writer has committed all of its values.
        protocol.behaviours["a"] = "hang"
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.DOWN)
        shown = service.reads.snapshot()
        protocol.behaviours["a"] = 1.95
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.95)
        then = service.reads.at(shown.at)
        assert then.figures["a-kpi"].value == shown.figures["a-kpi"].value
        assert then.figures["a-kpi"].value.value != 1.95
        assert not then.is_live


async def test_ten_hanging_sources_delay_no_other(store: Store) -> None:
    protocol = ScriptedProtocol()
    hanging = [poll_source(f"h{n}") for n in range(10)]
    protocol.behaviours.update({row.key: "hang" for row in hanging})
    async with RunningService(store, protocol, poll_source("a"), *hanging) as service:
        await service.wait_until(lambda reads: all(source_state(reads, row.key) is SourceState.DOWN for row in hanging))
        await service.wait_until(lambda reads: len(protocol.polled_at["a"]) > 20)
        gaps = [
            (later - earlier).total_seconds()
            for earlier, later in zip(protocol.polled_at["a"], protocol.polled_at["a"][1:], strict=False)
        ]
        assert sorted(gaps)[len(gaps) // 2] < 1.0, "one deadline of a hanging source"
        assert source_state(service.reads, "a") is SourceState.LIVE


async def test_nothing_is_lost_while_the_store_refuses_writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = ScriptedProtocol()
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
        write = store.write

        def full() -> Any:
            raise StoreError(FakeCode.DISK_FULL)

        monkeypatch.setattr(store, "write", full)
        protocol.behaviours["a"] = 1.95
        polled = len(protocol.polled_at["a"])
        await service.wait_until(lambda reads: len(protocol.polled_at["a"]) > polled + 3)
        assert service.reads.snapshot().figures["a-kpi"].value.value == 1.5
        monkeypatch.setattr(store, "write", write)
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.95)


async def test_the_heartbeat_stops_while_commits_fail(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = ScriptedProtocol()
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)

        def full(*args: Any) -> Any:
            raise StoreError(FakeCode.DISK_FULL)

        with monkeypatch.context() as patched:
            patched.setattr(readings, "append_all", full)
            polled = len(protocol.polled_at["a"])
            await service.wait_until(lambda reads: len(protocol.polled_at["a"]) > polled + 5)
            beat, polled = service.reads.versions()[1], len(protocol.polled_at["a"])
            await service.wait_until(lambda reads: len(protocol.polled_at["a"]) > polled + 10)
            assert service.reads.versions()[1] == beat
        await service.wait_until(lambda reads: reads.versions()[1] > beat)


async def test_a_second_service_waits_as_standby_and_takes_over(store: Store, tmp_path: Path) -> None:
    first, second = ScriptedProtocol(), ScriptedProtocol()
    async with RunningService(store, first, poll_source("a")) as leader:
        await leader.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
        own_store = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
        standby = RunningService(own_store, second, poll_source("a"))
        await standby.__aenter__()
        assert not second.polled_at
    second.behaviours["a"] = 1.7
    await standby.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.7)
    await standby.__aexit__()
    own_store.close()


async def test_a_refused_source_is_polled_again_once_its_row_changes(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours["a"] = SourceError(FakeCode.NOT_ALLOWED, is_refused=True)
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.REFUSED)
    protocol.behaviours["a"] = 1.5
    poll_count = len(protocol.polled_at["a"])
    async with RunningService(store, protocol, poll_source("a"), poll_source("b")) as service:
        await service.wait_until(lambda reads: source_state(reads, "b") is SourceState.LIVE)
        assert len(protocol.polled_at["a"]) == poll_count and source_state(service.reads, "a") is SourceState.REFUSED
    async with RunningService(store, protocol, replace(poll_source("a"), fingerprint="changed")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)


async def test_a_result_that_cannot_be_written_costs_no_other_source(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from ioc.storage.timeseries import readings

    append = readings.append_all

    def poisoned(conn: Any, polls: Any, now: Any) -> Any:
        polls = list(polls)
        if any(key == "b" for key, _, _ in polls):
            raise OverflowError("poison")
        return append(conn, polls, now)

    monkeypatch.setattr(readings, "append_all", poisoned)
    async with RunningService(store, ScriptedProtocol(), poll_source("a"), poll_source("b")) as service:
        await service.wait_until(lambda reads: "dropped: a result of b" in caplog.text)
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.OK)
        assert service.reads.snapshot().figures["b-kpi"].value.state is FigureState.NO_DATA


async def test_a_source_that_is_gone_does_not_tell_that_the_clock_was_set_back(store: Store) -> None:
    """It was polled last while the clock was a day ahead, which has been right for long."""
    source, day = poll_source("a", has_own_time=False), timedelta(days=1)
    fine = SourceHealth(
        "a", SourceState.LIVE, NOW, last_attempt=NOW, last_success=NOW, data_time=NOW, fingerprint=source.fingerprint
    )
    gone = replace(fine, source="gone", last_attempt=NOW + day, last_success=NOW + day)
    with store.write() as conn:
        readings.declare_series(conn, [source])
        source_health.record(conn, [gone, fine], NOW)
        readings.append_all(conn, [("a", [Reading("a-level", NOW, 1.0, "m")], NOW)], NOW)
    clients = cast(Any, FakeHttpClients())
    service = PollingService(store, configured(source), {}, clients, lambda: NOW, id_key=b"key")
    await service.writer.commit()
    service.writer.close()
    with store.read() as conn:
        assert readings.latest(conn)["a-level"].value == 1.0
        assert source_health.current(conn)["a"].last_success == NOW
