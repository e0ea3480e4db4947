"""The polling process over a real store: what is committed, what is shown, and that nobody waits for anybody."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from ioc.config.configuration import Configuration, with_fingerprint
from ioc.domain.base.failure import untyped
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.directives.directive import Register
from ioc.domain.geo.place import Station
from ioc.domain.geo.unit_index import UnitIndex
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp
from ioc.domain.snapshot import CentreIdentity
from ioc.poller.service import run
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings, rejected_items
from tests.city import UNITS, kpi, source

SECOND = timedelta(seconds=1)


def row(key: str, **changes: Any) -> Source:
    series = (Series(f"{key}-level", LocalizedText(key), "m", -3, 4, "31135", key),)
    return source(
        key,
        poll_interval=0.2 * SECOND,
        deadline=SECOND,
        age_limit=3 * SECOND,
        series=series,
        fingerprint=key,
        **changes,
    )


def configured(*rows: Source) -> Configuration:
    kpis = tuple(kpi(f"{one.key}-kpi", formula=Formula(FormulaOp.LAST, (f"{one.key}-level",))) for one in rows)
    stations = {one.key: Station(one.key, LocalizedText(one.key), "water", 105.7, 10.0, "31135") for one in rows}
    identity = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ"))
    made = Configuration(identity, (), rows, kpis, Register(), {}, stations, UNITS, {})
    return with_fingerprint(made, {})


class City:
    """A protocol whose sources do what the test says: a value, an error, or hanging."""

    Options = object

    def __init__(self) -> None:
        self.acts: dict[str, object] = {}
        self.asked: dict[str, list[datetime]] = {}

    async def fetch(self, one: Source, world: Any) -> Payload:
        self.asked.setdefault(one.key, []).append(utc_now())
        if self.acts.get(one.key) == "hang":
            await asyncio.Event().wait()
        return Payload()

    def parse(self, one: Source, payload: Payload, now: datetime) -> Batch:
        act = self.acts.get(one.key, 1.5)
        if isinstance(act, Exception):
            raise act
        if isinstance(act, Batch):
            return act
        if isinstance(act, tuple):
            return Batch(events=act)
        return Batch(
            (Reading(f"{one.key}-level", now, cast(float, act)),), (RejectedItem("row 2", untyped("no time")),)
        )


class Door:
    """Never used by this protocol."""

    async def __aenter__(self) -> "Door":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    memory: ClassVar[dict[str, object]] = {}

    def mask_secrets(self, text: str) -> str:
        return text

    def context_for(self, one: Source) -> "Door":
        return self


class Running:
    """A polling process as a task; `until` waits for a condition on what a screen would read."""

    def __init__(self, store: Store, city: City, *rows: Source, ground: UnitIndex | None = None) -> None:
        self.ground = ground or UnitIndex()
        self.city, self.store, self.configuration = city, store, configured(*rows)
        self.reads = SnapshotCache(store, self.configuration, utc_now)
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Running":
        connectors = {"http_json": cast(Any, self.city)}
        self._task = asyncio.create_task(
            run(
                self.store,
                self.configuration,
                connectors,
                cast(Any, Door()),
                utc_now,
                self._stop,
                unit_index=self.ground,
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        if self._task:
            await self._task

    async def until(self, condition: Callable[[SnapshotCache], bool], seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while True:
                with suppress(StoreError):
                    if condition(self.reads):
                        return
                await asyncio.sleep(0.05)


def state(reads: SnapshotCache, key: str) -> SourceState:
    return next(one.health.state for one in reads.snapshot().sources if one.source.key == key)


async def test_a_reading_becomes_a_figure_a_point_and_a_line(store: Store) -> None:
    city = City()
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.OK)
        shown = centre.reads.snapshot()
        assert shown.figures["a-kpi"].value.value == 1.5
        assert shown.figures["a-kpi"].line
        assert [point.series[0].value for point in shown.map_points] == [1.5]
        assert shown.is_live and shown.version > 0
        with store.read() as conn:
            assert rejected_items.newest(conn, "a", 1)[0].item.failure == "no time"
        await centre.until(lambda reads: all(reads.versions()))


async def test_each_fault_is_told_and_the_figure_turns_within_its_limit(store: Store) -> None:
    city = City()
    async with Running(store, city, row("a"), row("b")) as centre:
        await centre.until(
            lambda reads: state(reads, "a") is SourceState.LIVE and state(reads, "b") is SourceState.LIVE
        )
        city.acts["a"] = SourceError(untyped("no connection"))
        await centre.until(lambda reads: state(reads, "a") is SourceState.DOWN)
        assert centre.reads.snapshot().figures["a-kpi"].value.state is FigureState.OK
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.ERROR)
        attention = centre.reads.snapshot().attention
        assert [(one.kind, one.key) for one in attention] == [("source", "a")]
        assert centre.reads.snapshot().figures["b-kpi"].value.state is FigureState.OK
        city.acts["a"] = 1.86
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.level == "bd1")
        assert [one.kind for one in centre.reads.snapshot().attention] == ["kpi"]


async def test_the_past_is_what_was_shown(store: Store) -> None:
    city = City()
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.5)
        moment, seen = centre.reads.snapshot().at, centre.reads.snapshot()
        city.acts["a"] = 1.95
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.95)
        then = centre.reads.at(moment)
        assert then.figures["a-kpi"].value == seen.figures["a-kpi"].value
        assert not then.is_live


async def test_ten_sources_that_hang_delay_nobody(store: Store) -> None:
    city = City()
    hanging = [row(f"h{n}") for n in range(10)]
    city.acts.update({one.key: "hang" for one in hanging})
    async with Running(store, city, row("a"), *hanging) as centre:
        await centre.until(lambda reads: all(state(reads, one.key) is SourceState.DOWN for one in hanging))
        await centre.until(lambda reads: len(city.asked["a"]) > 20)
        gaps = [(two - one).total_seconds() for one, two in zip(city.asked["a"], city.asked["a"][1:], strict=False)]
        assert sorted(gaps)[len(gaps) // 2] < 0.3
        assert state(centre.reads, "a") is SourceState.LIVE


async def test_a_store_that_takes_nothing_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    city = City()
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)
        write = store.write

        def full() -> Any:
            raise StoreError(untyped("disk full"))

        monkeypatch.setattr(store, "write", full)
        city.acts["a"] = 1.95
        polled = len(city.asked["a"])
        await centre.until(lambda reads: len(city.asked["a"]) > polled + 3)
        assert centre.reads.snapshot().figures["a-kpi"].value.value == 1.5
        monkeypatch.setattr(store, "write", write)
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.95)


async def test_a_store_with_room_for_a_heartbeat_alone_looks_dead(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City()
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)

        def full(*given: Any) -> Any:
            raise StoreError(untyped("disk full"))

        with monkeypatch.context() as patched:
            patched.setattr(readings, "append_all", full)
            polled = len(city.asked["a"])
            await centre.until(lambda reads: len(city.asked["a"]) > polled + 5)
            beat, polled = centre.reads.versions()[1], len(city.asked["a"])
            await centre.until(lambda reads: len(city.asked["a"]) > polled + 10)
            assert centre.reads.versions()[1] == beat
        await centre.until(lambda reads: reads.versions()[1] > beat)


async def test_a_second_poller_stands_by_and_takes_over(store: Store) -> None:
    first, second = City(), City()
    async with Running(store, first, row("a")) as leader:
        await leader.until(lambda reads: state(reads, "a") is SourceState.LIVE)
        standby = Running(store, second, row("a"))
        await standby.__aenter__()
        assert not second.asked
    second.acts["a"] = 1.7
    await standby.until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 1.7)
    await standby.__aexit__()


async def test_a_row_that_was_refused_is_asked_again_once_it_changes(store: Store) -> None:
    city = City()
    city.acts["a"] = SourceError(untyped("not let in"), is_refused=True)
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.REFUSED)
    city.acts["a"] = 1.5
    asked = len(city.asked["a"])
    async with Running(store, city, row("a"), row("b")) as centre:
        await centre.until(lambda reads: state(reads, "b") is SourceState.LIVE)
        assert len(city.asked["a"]) == asked and state(centre.reads, "a") is SourceState.REFUSED
    async with Running(store, city, replace(row("a"), fingerprint="changed")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)


async def test_an_arrival_that_cannot_be_written_costs_nobody_else(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from ioc.storage.timeseries import readings

    append = readings.append_all

    def poisoned(conn: Any, polls: Any) -> Any:
        polls = list(polls)
        if any(key == "b" for key, _, _ in polls):
            raise OverflowError("poison")
        return append(conn, polls)

    monkeypatch.setattr(readings, "append_all", poisoned)
    async with Running(store, City(), row("a"), row("b")) as centre:
        await centre.until(lambda reads: "given up: an arrival of b" in caplog.text)
        await centre.until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.OK)
        assert centre.reads.snapshot().figures["b-kpi"].value.state is FigureState.NO_DATA
