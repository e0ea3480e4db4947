"""Corrections of what is not kept raw any more: the figure is what the store has, also after the next start."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ioc.config.configuration import RetentionPolicy
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, ValidationCode
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import drop_counters, kpi_values, readings, rejected_items, retention, source_health
from tests.city import NOW, kpi
from tests.conftest import empty_store
from tests.poller.running import poll_result, poll_source

QUARTER = NOW.replace(minute=0)
MINUTE = timedelta(minutes=1)


@dataclass
class Polling:
    """A source over a store, restarted by `start`."""

    store: Store
    source: Source = field(default_factory=lambda: replace(poll_source("q"), age_limit=timedelta(days=110)))
    now: datetime = NOW + timedelta(days=10)

    def start(self) -> None:
        with self.store.write() as conn:
            readings.declare_series(conn, [self.source])
        with self.store.read() as conn:
            latest, figures = readings.latest(conn), kpi_values.current(conn)
        values = LatestValues([self.source], latest, {"q": self.health(0)})
        row = kpi("of-q", formula=Formula(FormulaOp.LAST, ("q-level",)), limits=())
        self.writer = Writer(self.store, values, KpiEngine([row], values, figures), ClockWatch(lambda: self.now))
        self.writer.on_tick()

    def health(self, accepted: int) -> SourceHealth:
        return SourceHealth("q", SourceState.LIVE, NOW, last_success=self.now, data_time=NOW, accepted_count=accepted)

    async def send(self, *values: float, first: datetime = QUARTER) -> None:
        await self.send_readings(
            *(Reading("q-level", first + n * MINUTE, value, "m") for n, value in enumerate(values))
        )

    async def send_readings(self, *items: Reading, rejected: tuple[RejectedItem, ...] = ()) -> None:
        health = self.health(len(items))
        batch = Batch(items, rejected)
        self.writer.enqueue(poll_result(self.source, batch, self.now, health, is_countable=True))
        await self.writer.commit()

    def sweep(self) -> None:
        self.now = NOW + timedelta(days=100)
        with self.store.write() as conn:
            retention.sweep(conn, self.now, {"normal": RetentionPolicy(90, 400)})

    async def figures(self) -> tuple[float | None, float | None, float | None]:
        """The stored value, the figure, and the figure after a restart."""
        with self.store.read() as conn:
            stored, figure = readings.latest(conn)["q-level"].value, kpi_values.current(conn)["of-q", ""].value
        self.writer.close()
        self.start()
        await self.writer.commit()
        with self.store.read() as conn:
            return stored, figure, kpi_values.current(conn)["of-q", ""].value


@pytest.fixture
def polling(tmp_path: Path) -> Iterator[Polling]:
    running = Polling(empty_store(tmp_path))
    running.start()
    yield running
    running.writer.close()
    running.store.close()


async def test_correction_of_the_newest_value_is_stored_and_shown(polling: Polling) -> None:
    await polling.send(1.0)
    polling.sweep()
    await polling.send(2.0)
    assert await polling.figures() == (2.0, 2.0, 2.0)


async def test_correction_that_cannot_be_applied_is_a_rejected_item_and_shown_nowhere(polling: Polling) -> None:
    await polling.send(*(n / 10 for n in range(20)))
    polling.sweep()
    await polling.send(2.5, 3.0, first=QUARTER + 19 * MINUTE)
    assert await polling.figures() == (3.0, 3.0, 3.0)
    await polling.send(2.7, first=QUARTER + 20 * MINUTE)
    assert await polling.figures() == (3.0, 3.0, 3.0)
    with polling.store.read() as conn:
        first, second = reversed(rejected_items.newest(conn, "q", 9))
        health = source_health.current(conn)["q"]
        counted = drop_counters.current(conn, DropReason.REJECTED)["q"].total
    assert first.item.failure.code == second.item.failure.code == ValidationCode.CORRECTION_TOO_LATE
    assert first.item.failure.params == {"n": 1, "first": QUARTER + 19 * MINUTE, "last": QUARTER + 19 * MINUTE}
    assert (first.item.location, first.item.sample) == ("q-level", "2.5 m")
    assert (health.accepted_count, health.rejected_count, counted) == (0, 1, 2)


async def test_corrections_that_cannot_be_applied_are_one_item_beside_the_other_rejected_ones(polling: Polling) -> None:
    await polling.send(*(float(n % 7) for n in range(600)))
    polling.sweep()
    other = RejectedItem("x", Failure(ValidationCode.SERIES_NOT_IN_ROW), "1")
    stored = Reading("q-level", QUARTER, 0.0, "m")
    raised = (Reading("q-level", QUARTER + n * MINUTE, n % 7 + 10.0, "m") for n in range(600))
    await polling.send_readings(stored, *raised, rejected=(other,))
    with polling.store.read() as conn:
        refused, kept = reversed(rejected_items.newest(conn, "q", 9))
        counted = drop_counters.current(conn, DropReason.REJECTED)["q"].total
        health = source_health.current(conn)["q"]
    assert kept.item == other and counted == 2
    assert refused.item.failure.params == {"n": 600, "first": QUARTER, "last": QUARTER + 599 * MINUTE}
    assert refused.item.sample == "10.0 m"
    assert (health.accepted_count, health.rejected_count) == (1, 600)


async def test_the_same_moment_twice_is_refused_once(polling: Polling) -> None:
    await polling.send(*(n / 10 for n in range(20)))
    polling.sweep()
    last = Reading("q-level", QUARTER + 19 * MINUTE, 1.9, "m")
    await polling.send_readings(last, replace(last, value=2.5))
    assert await polling.figures() == (1.9, 1.9, 1.9)
    with polling.store.read() as conn:
        (refused,) = rejected_items.newest(conn, "q", 9)
        health = source_health.current(conn)["q"]
    assert (refused.item.failure.params["n"], refused.item.sample) == (1, "2.5 m")
    assert (health.accepted_count, health.rejected_count) == (1, 1)
