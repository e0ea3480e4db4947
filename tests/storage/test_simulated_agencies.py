"""Simulated agencies: the past at once, then step by step; periods with submissions of users are left alone."""

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


class SimulatedCentre:
    """The parts of the polling service that the simulated agencies use."""

    def __init__(self, store: Store, *duties: Obligation) -> None:
        self.store, self.now = store, NOW
        agencies = {
            key: Agency(key, LocalizedText(key), LocalizedText(key), is_simulated=True) for key in ("mp-xa-d", "a")
        }
        sources = tuple(_source(one) for one in duties)
        sums = kpi("total", formula=Formula(FormulaOp.SUM, ("x",)), unit="hồ sơ", limits=())
        made = replace(configuration(), obligations=duties, agencies=agencies, sources=sources, kpis=(sums,))
        self.configuration = replace(made, register=replace(made.register, agencies=agencies))
        self.agencies = SimulatedAgencies(self.polling_service(), partial(submission_steps, 1))

    def polling_service(self) -> Any:
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
async def centre(store: Store) -> AsyncIterator[SimulatedCentre]:
    yield SimulatedCentre(store, WEEKLY)


async def test_backfill_is_complete_and_runs_once(centre: SimulatedCentre) -> None:
    assert centre.catch_up() > 100
    assert centre.catch_up() == 0
    with centre.store.read() as conn:
        logged_events, messages = submissions.list_events(conn), webhook_queue.pending(conn, "d")
        latest, line = (
            readings.latest(conn)["x"],
            readings.points(conn, "kpi-total", NOW - timedelta(days=300), NOW, 900),
        )
    assert all(one.at <= NOW for one in logged_events) and [one.at for one in logged_events] == sorted(
        one.at for one in logged_events
    )
    held = centre.latest_values.latest("x")
    assert held is not None and held.value == latest.value
    assert len(messages) == 1 and latest.value is not None and len(line) > 30
    snapshot = SnapshotCache(centre.store, centre.configuration, lambda: NOW).snapshot()
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, NOW)
    assert {one.status.state for one in every} >= {SubmissionState.SUBMITTED, SubmissionState.SUBMITTED_LATE}
    assert len(snapshot.submissions.reminders) > 2


async def test_reading_is_known_from_its_approval_on(centre: SimulatedCentre) -> None:
    centre.catch_up()
    with centre.store.read() as conn:
        released = next(one for one in submissions.list_events(conn) if one.event_type is SubmissionEventType.APPROVED)
        span = (released.at - timedelta(days=60), NOW, 900)
        before = readings.points(conn, "x", *span, received_by=released.at - timedelta(seconds=1))
        after = readings.points(conn, "x", *span, received_by=released.at)
    assert len(after) == len(before) + 1


async def test_later_steps_follow_as_time_goes_on(centre: SimulatedCentre) -> None:
    centre.catch_up()
    steps = 0
    for _ in range(21):
        centre.now += timedelta(days=1)
        steps += centre.catch_up()
    assert steps >= 6
    with centre.store.read() as conn:
        assert all(one.at <= centre.now for one in submissions.list_events(conn))


async def test_periods_with_submissions_of_users_are_left_alone(centre: SimulatedCentre) -> None:
    centre.catch_up()
    centre.now += timedelta(days=14)
    period = list(ended_periods(WEEKLY, NOW, centre.now))[-1]
    with centre.store.write() as conn:
        change_counter.bump(conn, {"submissions"}, centre.now)
        submissions.add(
            conn,
            SubmissionEvent(
                0,
                "d",
                period.key,
                SubmissionEventType.SUBMITTED,
                centre.now,
                "nguyen-an",
                "mp-xa-d",
                awaits_approval=True,
            ),
            {"x": 1.0},
        )
    centre.now += timedelta(days=30)
    centre.catch_up()
    with centre.store.read() as conn:
        assert [one.actor for one in submissions.period_events(conn, "d", period.key)] == ["nguyen-an"]


async def test_real_obligations_are_not_simulated(store: Store) -> None:
    real = SimulatedCentre(store, replace(WEEKLY, is_simulated=False), replace(WEEKLY, key="off", is_enabled=False))
    assert real.catch_up() == 0
    await real.agencies.run()
