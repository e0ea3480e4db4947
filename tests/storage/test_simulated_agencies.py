"""Simulated agencies: a year of submissions at once, then step by step; periods that a person has touched are left."""

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
from simulator import agencies as simulated_agencies
from simulator.agencies import SimulatedAgencies
from simulator.obligations import submission_steps
from tests.city import kpi
from tests.city import source as make_source
from tests.domain.submissions.cases import cell, make_obligation
from tests.storage.city import configuration

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WEEKLY = make_obligation(
    ReportingCadence.WEEKLY,
    agency="mp-xa-d",
    due_day=2,
    is_simulated=True,
    requires_approval=True,
    since=date(2025, 1, 6),
    cells=(cell("x"),),
)


class FakeService:
    """As much of a polling service as the simulated agencies use."""

    def __init__(self, store: Store, *duties: Obligation) -> None:
        self.store, self.now = store, NOW
        agencies = {
            key: Agency(key, LocalizedText(key), LocalizedText(key), is_simulated=True) for key in ("mp-xa-d", "a")
        }
        sources = tuple(_source(obligation) for obligation in duties)
        total = kpi("total", formula=Formula(FormulaOp.SUM, ("x",)), unit="hồ sơ", limits=())
        base = replace(configuration(), obligations=duties, agencies=agencies, sources=sources, kpis=(total,))
        self.configuration = replace(base, register=replace(base.register, agencies=agencies))
        self.agencies = SimulatedAgencies(self.polling_service(), partial(submission_steps, 1))

    def polling_service(self) -> Any:
        async def run_in_writer(work: Any, *args: Any) -> Any:
            return work(*args)

        self.latest_values = LatestValues(self.configuration.sources, {}, {})
        return SimpleNamespace(
            store=self.store,
            configuration=self.configuration,
            clock=lambda: self.now,
            writer=SimpleNamespace(run_in_writer=run_in_writer),
            latest_values=self.latest_values,
        )

    async def catch_up(self) -> int:
        return await self.agencies.catch_up()


def _source(obligation: Obligation) -> Source:
    series = tuple(cell.series for cell in obligation.cells)
    return make_source(obligation.key, protocol="submissions", series=series, events=(), age_limit=timedelta(days=20))


@pytest.fixture
async def service(store: Store) -> AsyncIterator[FakeService]:
    yield FakeService(store, WEEKLY)


async def test_history_is_generated_at_once_and_only_once(service: FakeService) -> None:
    assert await service.catch_up() > 100
    assert await service.catch_up() == 0
    with service.store.read() as conn:
        events, messages = submissions.list_events(conn), webhook_queue.pending(conn, "d")
        latest, line = (
            readings.latest(conn)["x"],
            readings.points(conn, "kpi-total", NOW - timedelta(days=300), NOW, 900),
        )
    times = [event.at for event in events]
    assert times == sorted(times) and times[-1] <= NOW
    current = service.latest_values.latest("x")
    assert current is not None and current.value == latest.value
    assert len(messages) == 1 and latest.value is not None and len(line) > 30
    snapshot = SnapshotCache(service.store, service.configuration, lambda: NOW).snapshot()
    periods = obligation_periods(snapshot.submissions, snapshot.register.agencies, NOW)
    assert {period.status.state for period in periods} >= {SubmissionState.SUBMITTED, SubmissionState.SUBMITTED_LATE}
    assert len(snapshot.submissions.reminders) > 2


async def test_reading_is_received_when_its_submission_was_approved(service: FakeService) -> None:
    await service.catch_up()
    with service.store.read() as conn:
        approval = next(
            event for event in submissions.list_events(conn) if event.event_type is SubmissionEventType.APPROVED
        )
        span = (approval.at - timedelta(days=60), NOW, 900)
        before = readings.points(conn, "x", *span, received_by=approval.at - timedelta(seconds=1))
        after = readings.points(conn, "x", *span, received_by=approval.at)
    assert len(after) == len(before) + 1


async def test_later_steps_are_added_as_time_passes(service: FakeService) -> None:
    await service.catch_up()
    steps = 0
    for _ in range(21):
        service.now += timedelta(days=1)
        steps += await service.catch_up()
    assert steps >= 6
    with service.store.read() as conn:
        assert all(event.at <= service.now for event in submissions.list_events(conn))


async def test_period_with_an_event_of_a_person_is_not_changed(service: FakeService) -> None:
    await service.catch_up()
    service.now += timedelta(days=14)
    period = list(ended_periods(WEEKLY, NOW, service.now))[-1]
    with service.store.write() as conn:
        change_counter.bump(conn, {"submissions"}, service.now)
        submissions.add(
            conn,
            SubmissionEvent(
                0,
                "d",
                period.key,
                SubmissionEventType.SUBMITTED,
                service.now,
                "nguyen-an",
                "mp-xa-d",
                awaits_approval=True,
            ),
            {"x": 1.0},
        )
    service.now += timedelta(days=30)
    await service.catch_up()
    with service.store.read() as conn:
        assert [event.actor for event in submissions.deciding_events(conn, "d", period.key)] == ["nguyen-an"]


async def test_submission_that_was_withdrawn_meanwhile_is_not_decided_on(service: FakeService) -> None:
    await service.catch_up()
    agencies, due = service.agencies, list[Any]()
    while not due:
        service.now += timedelta(hours=6)
        due = [
            each for each in agencies._due_steps(service.now)
            if each.step.event_type in (SubmissionEventType.APPROVED, SubmissionEventType.REJECTED)
        ]  # fmt: skip
        if not due:
            await service.catch_up()
    period = due[0].period.key
    with service.store.write() as conn:
        change_counter.bump(conn, {"submissions"}, service.now)
        newest = submissions.deciding_events(conn, "d", period)[-1]
        withdrawn = SubmissionEventType.WITHDRAWN
        by = SubmissionEvent(0, "d", period, withdrawn, service.now, "nguyen-an", "mp-xa-d", refers_to=newest.id)
        submissions.add(conn, by, {})
    history = simulated_agencies._KpiHistory(service.configuration, [WEEKLY])
    assert agencies._take_steps(due[:1], history, service.now) == []
    with service.store.read() as conn:
        assert submissions.deciding_events(conn, "d", period)[-1].event_type is withdrawn


async def test_real_and_disabled_obligations_are_never_simulated(store: Store) -> None:
    real = FakeService(store, replace(WEEKLY, is_simulated=False), replace(WEEKLY, key="off", is_enabled=False))
    assert await real.catch_up() == 0
    await real.agencies.run()
