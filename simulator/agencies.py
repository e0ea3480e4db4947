"""Submissions of simulated agencies: a year of them at the first start, then each at its time.

A period in which a real user has acted is left alone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.domain.base.times import city_date, from_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.evaluation import evaluate
from ioc.domain.kpis.kpi import KpiValue
from ioc.domain.submissions.obligation import (
    Obligation,
    ReportingCadence,
    ReportingPeriod,
    ended_periods,
    parse_phone_period,
)
from ioc.domain.submissions.submission import (
    Reminder,
    SimulatedStep,
    SubmissionChannel,
    SubmissionEvent,
    SubmissionEventType,
    obligation_holder,
)
from ioc.poller.service import PollingService
from ioc.poller.state import LatestValues
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import kpi_values, readings
from ioc.submissions.service import webhook_message

log = logging.getLogger("ioc.agencies")

SimulatedBehaviour = Callable[[Obligation, ReportingPeriod], Sequence[SimulatedStep]]
LOOK_BACK = timedelta(days=400)
CHECK_SECONDS = 30.0
SIMULATED_NAME_PREFIX = "mp-"  # names of simulated users begin with it


class _DueStep(NamedTuple):
    """A step that is due, and the agency that takes it."""

    step: SimulatedStep
    obligation: Obligation
    period: ReportingPeriod
    agency: str


class SimulatedAgencies:
    """Takes the steps of simulated obligations that are due and not in the log yet."""

    def __init__(self, service: PollingService, behaviour: SimulatedBehaviour) -> None:
        self._service, self._behaviour = service, behaviour
        self._obligations = [
            obligation
            for obligation in service.configuration.obligations
            if obligation.is_enabled and obligation.is_simulated
        ]

    async def run(self) -> None:
        """Takes due steps until it is cancelled."""
        while self._obligations:
            step_count = await self._service.writer.run_in_writer(self._catch_up)
            if step_count > 1:
                log.info("simulated agencies: %d steps of submissions", step_count)
            await asyncio.sleep(CHECK_SECONDS)

    def _catch_up(self) -> int:
        with self._service.store.write() as conn:
            now = self._service.clock()
            due = sorted(self._due_steps(conn, now), key=lambda due_step: due_step.step.at)
            if due:
                change_counter.bump(conn, {"submissions", "readings", "kpis"}, now)
                applied = (_apply_step(conn, due_step) for due_step in due)
                self._store_readings(conn, [approved for approved in applied if approved is not None], now)
        return len(due)

    def _due_steps(self, conn: Conn, now: datetime) -> Iterator[_DueStep]:
        actors: dict[tuple[str, str], list[str]] = {}
        log_entries: list[SubmissionEvent | Reminder] = [*submissions.list_events(conn), *submissions.reminders(conn)]
        for entry in log_entries:
            actors.setdefault((entry.obligation, entry.period), []).append(entry.actor)
        for obligation in self._obligations:
            for period in _periods(obligation, now):
                acted = actors.get((obligation.key, period.key), [])
                if all(actor.startswith(SIMULATED_NAME_PREFIX) for actor in acted):
                    yield from self._remaining_steps(obligation, period, len(acted), now)

    def _remaining_steps(
        self, obligation: Obligation, period: ReportingPeriod, steps_taken: int, now: datetime
    ) -> Iterator[_DueStep]:
        for step in self._behaviour(obligation, period)[steps_taken:]:
            agency = obligation_holder(obligation, self._service.configuration.agencies, step.at)
            if step.at <= now and agency is not None:
                yield _DueStep(step, obligation, period, agency)

    def _store_readings(self, conn: Conn, approved: Sequence[tuple[_DueStep, SubmissionEvent]], now: datetime) -> None:
        """Stores readings as of their approval; the newest of each obligation goes through the webhook queue too."""
        rows = [(due.obligation.key, list(_readings(due)), due.step.at) for due, _ in approved]
        readings.append_all(conn, rows)
        # All at once: otherwise a sum over agencies would at first be a sum over a few of them.
        for _, new_readings, _ in rows:
            self._service.latest_values.update(new_readings)
        kpi_values.backfill(conn, self._kpi_history(rows))
        newest = {
            due.obligation.key: webhook_message(event, due.period, due.step.values, now) for due, event in approved
        }
        webhook_queue.enqueue(conn, list(newest.values()))

    def _kpi_history(self, rows: Sequence[tuple[str, list[Reading], datetime]]) -> list[tuple[KpiValue, datetime]]:
        """The changes of KPIs that are computed from submitted values only, with the time of each."""
        configuration = self._service.configuration
        inputs = LatestValues(configuration.sources, {}, {})
        inputs.healths = {
            source.key: SourceHealth(source.key, SourceState.LIVE, from_ms(0)) for source in configuration.sources
        }
        submitted = {cell.series.key for obligation in self._obligations for cell in obligation.cells}
        kpis = [kpi for kpi in configuration.kpis if submitted >= {*kpi.formula.inputs, *kpi.formula.denominator}]
        previous: dict[str, KpiValue] = {}
        history = []
        for _, new_readings, at in rows:
            inputs.update(new_readings)
            for kpi in kpis:
                value = evaluate(kpi, inputs, at, previous.get(kpi.key))
                if value.value is not None and value != previous.get(kpi.key):
                    history.append((value, at))
                previous[kpi.key] = value
        return history


def _periods(obligation: Obligation, now: datetime) -> Iterator[ReportingPeriod]:
    if obligation.cadence is ReportingCadence.AD_HOC:
        yield from _call_periods(now)
    else:
        yield from ended_periods(obligation, now - LOOK_BACK, now)


def _call_periods(now: datetime) -> Iterator[ReportingPeriod]:
    """Four telephone reports a day, of the last two days."""
    for day in (city_date(now) - timedelta(days=n) for n in (2, 1, 0)):
        for hour in (1, 7, 13, 19):
            period = parse_phone_period(f"{day}t{hour:02}-00")
            if period and period.end <= now:
                yield period


def _readings(due: _DueStep) -> Iterator[Reading]:
    quality = "phoned" if due.step.channel is SubmissionChannel.PHONE else "good"
    for key, value in due.step.values.items():
        yield Reading(key, due.period.observed_at, value, "", quality)


def _apply_step(conn: Conn, due: _DueStep) -> tuple[_DueStep, SubmissionEvent] | None:
    """Adds the step to the log. When it approves values: the step with these values, and its event."""
    step, obligation, period = due.step, due.obligation, due.period
    if step.event_type is None:
        reminder = Reminder(0, obligation.key, period.key, step.at, step.actor, due.agency, step.reason)
        submissions.add_reminder(conn, reminder)
        return None
    submitted = [
        event.id
        for event in submissions.period_events(conn, obligation.key, period.key)
        if event.event_type is SubmissionEventType.SUBMITTED
    ]
    newest = submitted[-1] if submitted else 0
    is_submission = step.event_type is SubmissionEventType.SUBMITTED
    is_pending = obligation.requires_approval and is_submission
    new_event = SubmissionEvent(
        0, obligation.key, period.key, step.event_type, step.at, step.actor, due.agency, step.channel, newest,
        step.reason, is_pending,
    )  # fmt: skip
    event = submissions.add(conn, new_event, step.values)
    if is_pending or step.event_type is SubmissionEventType.REJECTED:
        return None
    values = step.values if is_submission else submissions.get_values(conn, newest)
    return due._replace(step=replace(step, values=values)), event
