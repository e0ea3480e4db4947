"""The simulated agencies' figures of the demonstration: a year of them at once, then each as its time comes.

A period about which a person has done anything is left to people.
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
SIMULATED_NAME_PREFIX = "mp-"  # what the names of simulated people begin with


class _DueStep(NamedTuple):
    """A step that is to be taken, and the agency for which."""

    step: SimulatedStep
    duty: Obligation
    period: ReportingPeriod
    agency: str


class SimulatedAgencies:
    """Takes the steps of the simulated duties whose time has come and that are not in the log yet."""

    def __init__(self, service: PollingService, behaviour: SimulatedBehaviour) -> None:
        self._service, self._behaviour = service, behaviour
        self._duties = [
            one for one in service.configuration.obligations
            if one.is_enabled and one.is_simulated
        ]  # fmt: skip

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while self._duties:
            taken = await self._service.writer.run_in_writer(self._catch_up)
            if taken > 1:
                log.info("the simulated agencies have handed in: %d steps", taken)
            await asyncio.sleep(CHECK_SECONDS)

    def _catch_up(self) -> int:
        with self._service.store.write() as conn:
            now = self._service.clock()
            due = sorted(self._due_steps(conn, now), key=lambda one: one.step.at)
            if due:
                change_counter.bump(conn, {"submissions", "readings", "kpis"}, now)
                counted = [found for one in due if (found := _apply_step(conn, one)) is not None]
                self._store_readings(conn, counted, now)
        return len(due)

    def _due_steps(self, conn: Conn, now: datetime) -> Iterator[_DueStep]:
        taken: dict[tuple[str, str], list[str]] = {}
        for act in submissions.list_events(conn):
            taken.setdefault((act.obligation, act.period), []).append(act.actor)
        for reminder in submissions.reminders(conn):
            taken.setdefault((reminder.obligation, reminder.period), []).append(reminder.actor)
        for duty in self._duties:
            for period in (
                _call_periods(now)
                if duty.cadence is ReportingCadence.AD_HOC
                else ended_periods(duty, now - LOOK_BACK, now)
            ):
                held = taken.get((duty.key, period.key), [])
                if all(who.startswith(SIMULATED_NAME_PREFIX) for who in held):
                    yield from self._remaining_steps(duty, period, len(held), now)

    def _remaining_steps(
        self, duty: Obligation, period: ReportingPeriod, steps_taken: int, now: datetime
    ) -> Iterator[_DueStep]:
        for step in self._behaviour(duty, period)[steps_taken:]:
            agency = obligation_holder(duty, self._service.configuration.agencies, step.at)
            if step.at <= now and agency is not None:
                yield _DueStep(step, duty, period, agency)

    def _store_readings(self, conn: Conn, counted: Sequence[tuple[_DueStep, SubmissionEvent]], now: datetime) -> None:
        """The readings, as if each had come when it was released; the newest of each duty goes by the mailbox too."""
        rows = [(one.duty.key, list(_readings(one)), one.step.at) for one, _ in counted]
        readings.append_all(conn, rows)
        # All at once, on the writer's own thread: letter by letter a sum over agencies would first be one over a few.
        for _, some, _ in rows:
            self._service.latest_values.update(some)
        kpi_values.backfill(conn, self._kpi_history(rows))
        newest = {one.duty.key: webhook_message(act, one.period, one.step.values, now) for one, act in counted}
        webhook_queue.enqueue(conn, list(newest.values()))

    def _kpi_history(self, rows: Sequence[tuple[str, list[Reading], datetime]]) -> list[tuple[KpiValue, datetime]]:
        """What the KPIs over such figures were each time that one came."""
        configuration = self._service.configuration
        board = LatestValues(configuration.sources, {}, {})
        board.healths = {one.key: SourceHealth(one.key, SourceState.LIVE, from_ms(0)) for one in configuration.sources}
        ours = {cell.series.key for duty in self._duties for cell in duty.cells}
        wanted = [one for one in configuration.kpis if ours >= {*one.formula.inputs, *one.formula.denominator}]
        held: dict[str, KpiValue] = {}
        found = []
        for _, some, at in rows:
            board.update(some)
            for kpi in wanted:
                value = evaluate(kpi, board, at, held.get(kpi.key))
                if value.value is not None and value != held.get(kpi.key):
                    found.append((value, at))
                held[kpi.key] = value
        return found


def _call_periods(now: datetime) -> Iterator[ReportingPeriod]:
    """Somebody rings four times a day; only the last two days are told."""
    for day in (city_date(now) - timedelta(days=n) for n in (2, 1, 0)):
        for hour in (1, 7, 13, 19):
            found = parse_phone_period(f"{day}t{hour:02}-00")
            if found and found.end <= now:
                yield found


def _readings(one: _DueStep) -> Iterator[Reading]:
    for key, value in one.step.values.items():
        yield Reading(
            key, one.period.observed_at, value, "", "phoned" if one.step.channel is SubmissionChannel.PHONE else "good"
        )


def _apply_step(conn: Conn, one: _DueStep) -> tuple[_DueStep, SubmissionEvent] | None:
    """Adds the step to its log; what may count from then on, with its figures."""
    step, duty, period = one.step, one.duty, one.period
    if step.event_type is None:
        submissions.add_reminder(conn, Reminder(0, duty.key, period.key, step.at, step.actor, one.agency, step.reason))
        return None
    sent = [
        act
        for act in submissions.period_events(conn, duty.key, period.key)
        if act.event_type is SubmissionEventType.SUBMITTED
    ]
    newest = sent[-1].id if sent else 0
    waits = duty.requires_approval and step.event_type is SubmissionEventType.SUBMITTED
    given = SubmissionEvent(
        0,
        duty.key,
        period.key,
        step.event_type,
        step.at,
        step.actor,
        one.agency,
        step.channel,
        newest,
        step.reason,
        waits,
    )
    act = submissions.add(conn, given, step.values)
    if waits or step.event_type is SubmissionEventType.REJECTED:
        return None
    values = step.values if step.event_type is SubmissionEventType.SUBMITTED else submissions.get_values(conn, newest)
    return one._replace(step=replace(step, values=values)), act
