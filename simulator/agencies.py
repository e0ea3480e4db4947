"""Submissions of simulated agencies: a year of them at the first start, then each at its time.

A period in which a real user has acted is left alone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.config.configuration import Configuration
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
STEPS_PER_TRANSACTION = 200  # few enough that polls do not wait long for the transaction
SIMULATED_NAME_PREFIX = "mp-"  # names of simulated users begin with it


class _DueStep(NamedTuple):
    """A step that is due, and the agency that takes it."""

    step: SimulatedStep
    obligation: Obligation
    period: ReportingPeriod
    agency: str


class _ApprovedStep(NamedTuple):
    """A step that approves values, with these values in `due.step`, and the event of their submission or approval."""

    due: _DueStep
    event: SubmissionEvent

    def readings(self) -> list[Reading]:
        """The approved values as readings."""
        quality = "phoned" if self.due.step.channel is SubmissionChannel.PHONE else "good"
        observed = self.due.period.observed_at
        return [Reading(key, observed, value, "", quality) for key, value in self.due.step.values.items()]


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
            step_count = await self.catch_up()
            if step_count > 1:
                log.info("simulated agencies: %d steps of submissions", step_count)
            await asyncio.sleep(CHECK_SECONDS)

    async def catch_up(self) -> int:
        """Takes the steps that are due, by time and in short transactions. Returns how many there were.

        What they approve reaches the live values at the end: a sum over agencies would else be one over a few of them.
        """
        now, history = self._service.clock(), _KpiHistory(self._service.configuration, self._obligations)
        due, approved = await asyncio.to_thread(self._due_steps, now), list[_ApprovedStep]()
        for n in range(0, len(due), STEPS_PER_TRANSACTION):
            part = due[n : n + STEPS_PER_TRANSACTION]
            approved += await self._service.writer.run_in_writer(self._take_steps, part, history, now)
        if approved:
            await self._service.writer.run_in_writer(self._announce, approved, now)
            for step in approved:
                self._service.latest_values.update(step.readings(), now)
        return len(due)

    def _take_steps(self, due: Sequence[_DueStep], history: "_KpiHistory", now: datetime) -> "list[_ApprovedStep]":
        """Takes steps in one transaction and stores readings as of their approval. Returns the approving steps."""
        with self._service.store.write() as conn:
            applied = [_apply_step(conn, due_step) for due_step in due]
            approved = [step for step in applied if step is not None]
            readings.append_all(
                conn, [(step.due.obligation.key, step.readings(), step.due.step.at) for step in approved]
            )
            kpi_values.backfill(conn, [value for step in approved for value in history.values_after(step)])
            change_counter.bump(conn, {"submissions", "readings", "kpis", "history"}, now)
        return approved

    def _announce(self, approved: "Sequence[_ApprovedStep]", now: datetime) -> None:
        """The newest values of each obligation go through the webhook queue too, so that its source becomes live."""
        newest = {step.due.obligation.key: step for step in approved}
        messages = [webhook_message(step.event, step.due.period, step.due.step.values, now) for step in newest.values()]
        with self._service.store.write() as conn:
            webhook_queue.enqueue(conn, messages)

    def _due_steps(self, now: datetime) -> list[_DueStep]:
        with self._service.store.read() as conn:
            entries: list[SubmissionEvent | Reminder] = [*submissions.list_events(conn), *submissions.reminders(conn)]
        actors: dict[tuple[str, str], list[str]] = {}
        for entry in entries:
            actors.setdefault((entry.obligation, entry.period), []).append(entry.actor)
        return sorted(self._open_steps(actors, now), key=lambda due_step: due_step.step.at)

    def _open_steps(self, actors: Mapping[tuple[str, str], list[str]], now: datetime) -> Iterator[_DueStep]:
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


class _KpiHistory:
    """The values of the KPIs that are computed from submitted values only, as they change from approval to approval."""

    def __init__(self, configuration: Configuration, obligations: Sequence[Obligation]) -> None:
        self._inputs = LatestValues(configuration.sources, {}, {})
        self._inputs.healths = {
            source.key: SourceHealth(source.key, SourceState.LIVE, from_ms(0)) for source in configuration.sources
        }
        submitted = {cell.series.key for obligation in obligations for cell in obligation.cells}
        self._kpis = [kpi for kpi in configuration.kpis if submitted >= {*kpi.formula.inputs, *kpi.formula.denominator}]
        self._previous: dict[str, KpiValue] = {}

    def values_after(self, step: "_ApprovedStep") -> Iterator[tuple[KpiValue, datetime]]:
        """The values that change with the step, with its time."""
        at = step.due.step.at
        self._inputs.update(step.readings(), at)
        for kpi in self._kpis:
            value, previous = evaluate(kpi, self._inputs, at, self._previous.get(kpi.key)), self._previous.get(kpi.key)
            self._previous[kpi.key] = value
            if value.value is not None and value != previous:
                yield value, at


def _periods(obligation: Obligation, now: datetime) -> Iterator[ReportingPeriod]:
    if obligation.cadence is ReportingCadence.AD_HOC:
        yield from _call_periods(now)
    else:
        yield from ended_periods(obligation, now - LOOK_BACK, now)


def _call_periods(now: datetime) -> Iterator[ReportingPeriod]:
    """A telephone report each morning, and four a day of the last two days."""
    for age in range(LOOK_BACK.days, -1, -1):
        day = city_date(now) - timedelta(days=age)
        for hour in (1, 7, 13, 19) if age <= 2 else (7,):
            period = parse_phone_period(f"{day}t{hour:02}-00")
            if period and period.end <= now:
                yield period


def _apply_step(conn: Conn, due: _DueStep) -> _ApprovedStep | None:
    """Adds the step to the log. Returns it when it approves values."""
    step, obligation, period = due.step, due.obligation, due.period
    if step.event_type is None:
        reminder = Reminder(0, obligation.key, period.key, step.at, step.actor, due.agency, step.reason)
        submissions.add_reminder(conn, reminder)
        return None
    deciding = submissions.deciding_events(conn, obligation.key, period.key)
    submitted = [event.id for event in deciding if event.event_type is SubmissionEventType.SUBMITTED]
    newest = submitted[-1] if submitted else 0
    is_submission = step.event_type is SubmissionEventType.SUBMITTED
    if not is_submission and any(event.refers_to == newest and event.id != newest for event in deciding):
        return None  # somebody has withdrawn or decided on it since the steps were listed
    is_pending = obligation.requires_approval and is_submission
    new_event = SubmissionEvent(
        0, obligation.key, period.key, step.event_type, step.at, step.actor, due.agency, step.channel, newest,
        step.reason, is_pending,
    )  # fmt: skip
    event = submissions.add(conn, new_event, step.values)
    if is_pending or step.event_type is SubmissionEventType.REJECTED:
        return None
    values = step.values if is_submission else submissions.get_values(conn, [newest])[newest]
    return _ApprovedStep(due._replace(step=replace(step, values=values)), event)
