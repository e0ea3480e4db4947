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
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.evaluation import evaluate
from ioc.domain.kpis.kpi import KpiValue
from ioc.domain.submissions.obligation import Cadence, Duty, Period, called, owed
from ioc.domain.submissions.submission import Act, Did, How, Reminder, Step, holder
from ioc.poller.service import Centre
from ioc.poller.state import Board
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import kpi_values, readings
from ioc.submissions.service import letter

log = logging.getLogger("ioc.agencies")

Course = Callable[[Duty, Period], Sequence[Step]]
BACK = timedelta(days=400)
LOOK_SECONDS = 30.0
OURS = "mp-"  # what the names of simulated people begin with


class _Due(NamedTuple):
    """A step that is to be taken, and the agency for which."""

    step: Step
    duty: Duty
    period: Period
    agency: str


class Agencies:
    """Takes the steps of the simulated duties whose time has come and that are not in the log yet."""

    def __init__(self, centre: Centre, course: Course) -> None:
        self._centre, self._course = centre, course
        self._duties = [
            one for one in centre.configuration.duties
            if one.enabled and one.simulated
        ]  # fmt: skip

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while self._duties:
            taken = await self._centre.writer.do(self._catch_up)
            if taken > 1:
                log.info("the simulated agencies have handed in: %d steps", taken)
            await asyncio.sleep(LOOK_SECONDS)

    def _catch_up(self) -> int:
        with self._centre.store.write() as conn:
            now = self._centre.clock()
            due = sorted(self._due(conn, now), key=lambda one: one.step.at)
            if due:
                change_counter.bump(conn, {"handed", "readings", "kpis"}, now)
                counted = [found for one in due if (found := _take(conn, one)) is not None]
                self._remember(conn, counted, now)
        return len(due)

    def _due(self, conn: Conn, now: datetime) -> Iterator[_Due]:
        taken: dict[tuple[str, str], list[str]] = {}
        for act in submissions.acts(conn):
            taken.setdefault((act.duty, act.period), []).append(act.who)
        for reminder in submissions.reminders(conn):
            taken.setdefault((reminder.duty, reminder.period), []).append(reminder.who)
        for duty in self._duties:
            for period in _calls(now) if duty.cadence is Cadence.ANY else owed(duty, now - BACK, now):
                held = taken.get((duty.key, period.key), [])
                if all(who.startswith(OURS) for who in held):
                    yield from self._rest(duty, period, len(held), now)

    def _rest(self, duty: Duty, period: Period, held: int, now: datetime) -> Iterator[_Due]:
        for step in self._course(duty, period)[held:]:
            agency = holder(duty, self._centre.configuration.agencies, step.at)
            if step.at <= now and agency is not None:
                yield _Due(step, duty, period, agency)

    def _remember(self, conn: Conn, counted: Sequence[tuple[_Due, Act]], now: datetime) -> None:
        """The readings, as if each had come when it was released; the newest of each duty goes by the mailbox too."""
        rows = [(one.duty.key, list(_readings(one)), one.step.at) for one, _ in counted]
        readings.append_all(conn, rows)
        # All at once, on the writer's own thread: letter by letter a sum over agencies would first be one over a few.
        for _, some, _ in rows:
            self._centre.board.take(some)
        kpi_values.backfill(conn, self._history(rows))
        newest = {one.duty.key: letter(act, one.period, one.step.values, now) for one, act in counted}
        webhook_queue.post(conn, list(newest.values()))

    def _history(self, rows: Sequence[tuple[str, list[Reading], datetime]]) -> list[tuple[KpiValue, datetime]]:
        """What the KPIs over such figures were each time that one came."""
        configuration = self._centre.configuration
        board = Board(configuration.sources, {}, {})
        board.healths = {one.key: Health(one.key, SourceState.LIVE, from_ms(0)) for one in configuration.sources}
        ours = {cell.series.key for duty in self._duties for cell in duty.cells}
        wanted = [one for one in configuration.kpis if ours >= {*one.formula.inputs, *one.formula.to}]
        held: dict[str, KpiValue] = {}
        found = []
        for _, some, at in rows:
            board.take(some)
            for kpi in wanted:
                value = evaluate(kpi, board, at, held.get(kpi.key))
                if value.value is not None and value != held.get(kpi.key):
                    found.append((value, at))
                held[kpi.key] = value
        return found


def _calls(now: datetime) -> Iterator[Period]:
    """Somebody rings four times a day; only the last two days are told."""
    for day in (city_date(now) - timedelta(days=n) for n in (2, 1, 0)):
        for hour in (1, 7, 13, 19):
            found = called(f"{day}t{hour:02}-00")
            if found and found.end <= now:
                yield found


def _readings(one: _Due) -> Iterator[Reading]:
    for key, value in one.step.values.items():
        yield Reading(key, one.period.observed, value, "", "phoned" if one.step.how is How.PHONE else "good")


def _take(conn: Conn, one: _Due) -> tuple[_Due, Act] | None:
    """Adds the step to its log; what may count from then on, with its figures."""
    step, duty, period = one.step, one.duty, one.period
    if step.did is None:
        submissions.urge(conn, Reminder(0, duty.key, period.key, step.at, step.who, one.agency, step.why))
        return None
    sent = [act for act in submissions.course(conn, duty.key, period.key) if act.did is Did.SENT]
    newest = sent[-1].id if sent else 0
    waits = duty.release and step.did is Did.SENT
    given = Act(0, duty.key, period.key, step.did, step.at, step.who, one.agency, step.how, newest, step.why, waits)
    act = submissions.add(conn, given, step.values)
    if waits or step.did is Did.RETURNED:
        return None
    values = step.values if step.did is Did.SENT else submissions.values(conn, newest)
    return one._replace(step=replace(step, values=values)), act
