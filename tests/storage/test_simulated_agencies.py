"""A year of simulated figures at once, then as time goes on; what people have touched is left to them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ended_periods
from ioc.domain.submissions.submission import SubmissionEvent, SubmissionEventType, SubmissionState, obligation_periods
from ioc.poller.state import LatestValues
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import readings
from simulator.agencies import SimulatedAgencies
from simulator.obligations import submission_steps
from tests.city import kpi
from tests.city import source as some
from tests.domain.obligation_cases import cell, duty
from tests.storage.city import configuration

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WEEKLY = duty(
    ReportingCadence.WEEKLY,
    agency="mp-xa-d",
    due_day=2,
    is_simulated=True,
    requires_approval=True,
    since=date(2025, 1, 6),
    cells=(cell("x"),),
)


class House:
    """As much of a centre as they need."""

    def __init__(self, store: Store, *duties: Obligation) -> None:
        self.store, self.now = store, NOW
        agencies = {
            key: Agency(key, LocalizedText(key), LocalizedText(key), is_simulated=True) for key in ("mp-xa-d", "a")
        }
        sources = tuple(_source(one) for one in duties)
        sums = kpi("total", formula=Formula(FormulaOp.SUM, ("x",)), unit="hồ sơ", limits=())
        made = replace(configuration(), obligations=duties, agencies=agencies, sources=sources, kpis=(sums,))
        self.configuration = replace(made, register=replace(made.register, agencies=agencies))
        self.agencies = SimulatedAgencies(self.centre(), partial(submission_steps, 1))

    def centre(self) -> Any:
        async def do(work: Any) -> Any:
            return work()

        writer = SimpleNamespace(do=do)
        self.latest_values = LatestValues(self.configuration.sources, {}, {})
        return SimpleNamespace(
            store=self.store,
            configuration=self.configuration,
            clock=lambda: self.now,
            writer=writer,
            latest_values=self.latest_values,
        )

    def catch_up(self) -> int:
        return self.agencies._catch_up()


def _source(one: Obligation) -> Source:
    return some(one.key, protocol="submissions", series=tuple(each.series for each in one.cells), events=(),
                age_limit=timedelta(days=20))  # fmt: skip


@pytest.fixture
async def house(store: Store) -> AsyncIterator[House]:
    yield House(store, WEEKLY)


async def test_the_past_is_there_at_once_and_only_once(house: House) -> None:
    assert house.catch_up() > 100
    assert house.catch_up() == 0
    with house.store.read() as conn:
        acts, letters = submissions.list_events(conn), webhook_queue.pending(conn, "d")
        latest, line = (
            readings.latest(conn)["x"],
            readings.points(conn, "kpi-total", NOW - timedelta(days=300), NOW, 900),
        )
    assert all(one.at <= NOW for one in acts) and [one.at for one in acts] == sorted(one.at for one in acts)
    held = house.latest_values.latest("x")
    assert held is not None and held.value == latest.value
    assert len(letters) == 1 and latest.value is not None and len(line) > 30
    snapshot = SnapshotCache(house.store, house.configuration, lambda: NOW).snapshot()
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, NOW)
    assert {one.status.state for one in every} >= {SubmissionState.SUBMITTED, SubmissionState.SUBMITTED_LATE}
    assert len(snapshot.submissions.reminders) > 2


async def test_a_reading_is_known_when_it_was_released_not_when_it_was_written(house: House) -> None:
    house.catch_up()
    with house.store.read() as conn:
        released = next(one for one in submissions.list_events(conn) if one.event_type is SubmissionEventType.APPROVED)
        span = (released.at - timedelta(days=60), NOW, 900)
        before = readings.points(conn, "x", *span, received_by=released.at - timedelta(seconds=1))
        after = readings.points(conn, "x", *span, received_by=released.at)
    assert len(after) == len(before) + 1


async def test_time_goes_on_step_by_step(house: House) -> None:
    house.catch_up()
    steps = 0
    for _ in range(21):
        house.now += timedelta(days=1)
        steps += house.catch_up()
    assert steps >= 6
    with house.store.read() as conn:
        assert all(one.at <= house.now for one in submissions.list_events(conn))


async def test_what_a_person_has_touched_is_left_to_people(house: House) -> None:
    house.catch_up()
    house.now += timedelta(days=14)
    period = list(ended_periods(WEEKLY, NOW, house.now))[-1]
    with house.store.write() as conn:
        change_counter.bump(conn, {"submissions"}, house.now)
        submissions.add(
            conn,
            SubmissionEvent(
                0,
                "d",
                period.key,
                SubmissionEventType.SUBMITTED,
                house.now,
                "nguyen-an",
                "mp-xa-d",
                awaits_approval=True,
            ),
            {"x": 1.0},
        )
    house.now += timedelta(days=30)
    house.catch_up()
    with house.store.read() as conn:
        assert [one.actor for one in submissions.period_events(conn, "d", period.key)] == ["nguyen-an"]


async def test_real_duties_are_nobodys_to_make_up(store: Store) -> None:
    real = House(store, replace(WEEKLY, is_simulated=False), replace(WEEKLY, key="off", is_enabled=False))
    assert real.catch_up() == 0
    await real.agencies.run()
