"""Handing in: figures checked, kept in the log of submissions, and posted like any letter once they may count.

Everything here is one transaction: the line of the log, the letter, and what the caller writes beside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from ioc.config.configuration import Configuration
from ioc.domain.base.times import CITY, Clock, city_date
from ioc.domain.ingest.protocol import Page
from ioc.domain.submissions.compliance import YEAR
from ioc.domain.submissions.obligation import Cadence, Duty, Period, called, named, owed, period_of
from ioc.domain.submissions.submission import Act, Did, How, Reminder, Standing, Status, holder, standing
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.webhook_queue import Posted

SHORTEST_REASON = 5  # characters; a correction or a return that says less says nothing
LONGEST_REASON = 1_000
# Told by telephone is a moment of today or yesterday; older ones belong to a period.
OLDEST_CALL = timedelta(days=2)
LONGEST_PERIOD = timedelta(days=200)
LONGEST_WAIT = timedelta(days=400)

# Writes beside the act, in its transaction: conn, what was done, about what, what it changed, why, when.
Beside = Callable[[Conn, str, str, str, str, datetime], object]


class Refused(Exception):
    """It cannot be done; `key` names the message handed.<key>, `parts` fill it."""

    def __init__(self, key: str, **parts: str) -> None:
        super().__init__(key)
        self.key, self.parts = key, parts


@dataclass(frozen=True, slots=True)
class Person:
    """Who does it; the right to was asked before."""

    name: str
    beside: Beside


@dataclass(frozen=True, slots=True)
class Given:
    """What is handed in. `moment`: of a call about a duty without periods. `why`: of a correction."""

    duty: Duty
    period: Period
    values: Mapping[str, float | None]
    how: How
    why: str = ""


class Desk:
    """Where figures are handed in, released and returned. Thread-safe: the store's transactions are its order."""

    def __init__(self, store: Store, configuration: Configuration, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._agencies, self._lateness = configuration.agencies, configuration.lateness
        self.duties = {one.key: one for one in configuration.duties if one.enabled}

    def holder(self, duty: Duty) -> str | None:
        """The agency that owes the duty now."""
        return holder(duty, self._agencies, self._clock())

    def period(self, duty: Duty, key: str) -> Period:
        """The period called so, of which figures may be handed in. Refused when it is none, or has not ended yet."""
        now = self._clock()
        if duty.cadence is Cadence.ANY:
            return _recent(_called(key), now)
        found = named(duty, key)
        if found is None or found.days[0] < duty.since or (duty.until and found.days[1] > duty.until):
            raise Refused("no_period", period=key[:20])
        if found.end > now:
            raise Refused("not_ended", period=found.key, day=f"{found.days[1]:%d/%m/%Y}")
        return found

    def minute(self) -> str:
        """This minute, as the period of a call."""
        return f"{self._clock().astimezone(CITY):%Y-%m-%dt%H-%M}"

    def newest(self, duty: Duty) -> str:
        """The period that ended last."""
        now = self._clock()
        ended = [one.key for one in owed(duty, now - LONGEST_PERIOD, now)]
        return ended[-1] if ended else ""

    def named(self, duty: Duty, key: str) -> Period:
        """The period of something that was sent, whenever that was."""
        return named(duty, key) or _called(key)

    def before(self, duty: Duty, period: Period) -> Period:
        """The period before; of a call itself."""
        return period if duty.cadence is Cadence.ANY else period_of(duty, city_date(period.start - timedelta(days=1)))

    def waiting(self) -> list[Act]:
        """What waits for somebody to release it, the oldest first."""
        courses: dict[tuple[str, str], list[Act]] = {}
        with self._store.read() as conn:
            now = self._clock()
            for one in submissions.acts(conn, since=now - LONGEST_WAIT):
                courses.setdefault((one.duty, one.period), []).append(one)
        found = []
        for (key, period), acts in courses.items():
            if duty := self.duties.get(key):
                waits = standing(duty, self.named(duty, period), acts, now, self._lateness.rest).waiting
                found += [waits] if waits else []
        return sorted(found, key=lambda one: one.id)

    def urged(self) -> list[Reminder]:
        """Every reminder of the past year, by whose number the city acts."""
        start = self._clock() - YEAR
        with self._store.read() as conn:
            return [one for one in submissions.reminders(conn) if one.at > start]

    def standing(self, duty: Duty, period: Period) -> Standing:
        """How the period stands now."""
        with self._store.read() as conn:
            return self._standing(conn, duty, period, self._clock())

    def course(self, duty: Duty, period: Period) -> list[Act]:
        """All that was done about it."""
        with self._store.read() as conn:
            return submissions.course(conn, duty.key, period.key)

    def values(self, number: int) -> dict[str, float | None]:
        """The figures of a submission."""
        with self._store.read() as conn:
            return submissions.values(conn, number)

    def hand_in(self, given: Given, by: Person) -> Act:
        """Keeps what is handed in; posts it where no release is asked. Refused."""
        duty, period, why = given.duty, given.period, _reason(given.why)
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"handed"}, self._clock())
            before = self._standing(conn, duty, period, now)
            self._may_send(conn, given, before, why)
            agency = self._holder(duty, now)
            corrected = before.newest.id if before.newest else 0
            act = submissions.add(
                conn,
                Act(0, duty.key, period.key, Did.SENT, now, by.name, agency, given.how, corrected, why, duty.release),
                given.values,
            )
            if not duty.release:
                self._post(conn, act, period, given.values, now)
            told = orjson.dumps(dict(given.values), option=orjson.OPT_SORT_KEYS).decode()
            by.beside(conn, f"{'phoned' if given.how is How.PHONE else 'handed'}-in", _about(act), told, why, now)
        return act

    def _may_send(self, conn: Conn, given: Given, before: Standing, why: str) -> None:
        if before.waiting:
            raise Refused("waits_already")
        if before.good is None:
            return
        if len(why) < SHORTEST_REASON:
            raise Refused("why_correct")
        if submissions.values(conn, before.good.id) == dict(given.values) and before.good.how == given.how:
            raise Refused("nothing_new")

    def release(self, number: int, by: Person) -> Act:
        """Lets what waits count. Refused; never one's own."""
        return self._decide(number, by, Did.RELEASED, "")

    def send_back(self, number: int, by: Person, why: str) -> Act:
        """Returns what waits, with a reason. Refused."""
        if len(_reason(why)) < SHORTEST_REASON:
            raise Refused("why_return")
        return self._decide(number, by, Did.RETURNED, _reason(why))

    def _decide(self, number: int, by: Person, did: Did, why: str) -> Act:
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"handed"}, self._clock())
            sent = submissions.get(conn, number)
            duty = self.duties.get(sent.duty) if sent else None
            if sent is None or duty is None:
                raise Refused("not_waiting")
            period = self.named(duty, sent.period)
            if self._standing(conn, duty, period, now).waiting != sent:
                raise Refused("not_waiting")
            if sent.who == by.name:
                raise Refused("four_eyes")
            verdict = Act(0, duty.key, sent.period, did, now, by.name, sent.agency, sent.how, sent.id, why)
            act = submissions.add(conn, verdict)
            if did is Did.RELEASED:
                self._post(conn, sent, period, submissions.values(conn, sent.id), now)
            by.beside(conn, f"figures-{did.value}", _about(sent), "", why, now)
        return act

    def urge(self, duty: Duty, period: Period, by: Person, why: str) -> Reminder:
        """Reminds whoever owes a period that is late; once a day, for reminders are counted. Refused."""
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"handed"}, self._clock())
            if self._standing(conn, duty, period, now).status is not Status.LATE:
                raise Refused("not_late")
            earlier = [one for one in submissions.reminders(conn, duty=duty.key) if one.period == period.key]
            if any(city_date(one.at) == city_date(now) for one in earlier):
                raise Refused("urged_today")
            made = Reminder(0, duty.key, period.key, now, by.name, self._holder(duty, now), _reason(why))
            submissions.urge(conn, made)
            by.beside(conn, "urged", f"{duty.key} {period.key}", made.agency, made.why, now)
        return made

    def _standing(self, conn: Conn, duty: Duty, period: Period, now: datetime) -> Standing:
        return standing(duty, period, submissions.course(conn, duty.key, period.key), now, self._lateness.rest)

    def _holder(self, duty: Duty, now: datetime) -> str:
        found = holder(duty, self._agencies, now)
        if found is None:
            raise Refused("no_holder")
        return found

    def _post(
        self, conn: Conn, act: Act, period: Period, values: Mapping[str, float | None], now: datetime
    ) -> None:  # fmt: skip
        if not all(webhook_queue.post(conn, [letter(act, period, values, now)])):
            raise Refused("mail_full")


def letter(act: Act, period: Period, values: Mapping[str, float | None], now: datetime) -> Posted:
    """What was handed in, as the poller reads it."""
    told = {"how": act.how.value, "observed": period.observed.isoformat(), "values": dict(values)}
    return Posted(act.duty, Page(orjson.dumps(told), "application/json"), now)


def _called(key: str) -> Period:
    if (found := called(key)) is None:
        raise Refused("no_period", period=key[:20])
    return found


def _recent(period: Period, now: datetime) -> Period:
    if not timedelta(0) <= now - period.start <= OLDEST_CALL:
        raise Refused("call_moment")
    return period


def _about(act: Act) -> str:
    return f"{act.duty} {act.period} {act.id}"


def _reason(given: str) -> str:
    return " ".join(given.split())[:LONGEST_REASON]
