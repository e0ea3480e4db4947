"""What was handed in for a period, what became of it, and how the period stands at a moment: derived, never kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from ioc.domain.base.localized_text import Text
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import city_date
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.assignment import passed
from ioc.domain.submissions.obligation import Duty, Period, due, owed


class Did(StrEnum):
    """What somebody did."""

    SENT = "sent"
    RELEASED = "released"
    RETURNED = "returned"


class How(StrEnum):
    """On which way figures came."""

    FORM = "form"
    FILE = "file"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the log. `of`: the number that is released or returned; of a correction, what it corrects; 0: nothing.

    `agency`: for which it was done. `open`: sent where a release is asked, so that it waits for one.
    """

    id: int
    duty: str
    period: str
    did: Did
    at: datetime
    who: str
    agency: str
    how: How = How.FORM
    of: int = 0
    why: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody urged an agency (đôn đốc) over a period that was late."""

    id: int
    duty: str
    period: str
    at: datetime
    who: str
    agency: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a simulated agency does about a period; `did` None: it is reminded. A verdict is on what was sent last."""

    at: datetime
    did: Did | None
    who: str
    values: Mapping[str, float | None] = field(default_factory=dict)
    why: str = ""
    how: How = How.FORM


class Status(StrEnum):
    """How a period stands at a moment. Judged by when it was sent: the clock stops there, and resumes if returned."""

    NOT_YET = "not_yet"  # chưa đến hạn
    SOON = "soon"  # sắp đến hạn
    SENT = "sent"  # đã gửi
    WAITING = "waiting"  # chờ duyệt
    RETURNED = "returned"  # trả lại, and still within its time
    LATE = "late"  # chậm
    SENT_LATE = "sent_late"  # đã gửi muộn


@dataclass(frozen=True, slots=True)
class Standing:
    """`late`: it was, or is, not sent by `due`. `newest`: what was last sent; `waiting`: that, while nobody decided.

    `good`: what counts, released or in need of no release. `sent`: when it was first sent so that it stands.
    """

    status: Status
    due: datetime
    late: bool
    newest: Act | None = None
    waiting: Act | None = None
    good: Act | None = None
    sent: datetime | None = None
    verdict: Act | None = None  # on `newest`


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where the city acts: so many in a year, and what then happens."""

    key: str
    name: Text
    at: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class Lateness:
    """What is counted over a year ("reminders" or "late") and the thresholds, rising; days of rest for due days."""

    counts: str = "reminders"
    limits: tuple[Threshold, ...] = ()
    rest: tuple[date, ...] = ()

    def reached(self, count: int) -> Threshold | None:
        """The highest threshold that `count` has reached."""
        return next((one for one in reversed(self.limits) if count >= one.at), None)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """All that a snapshot knows of handing in: duties, the logs up to its moment, and the city's thresholds."""

    duties: tuple[Duty, ...] = ()
    acts: Sequence[Act] = ()
    reminders: Sequence[Reminder] = ()
    lateness: Lateness = field(default_factory=Lateness)

    def courses(self) -> Mapping[tuple[str, str], list[Act]]:
        """The acts of each (duty, period), in their order."""
        found: dict[tuple[str, str], list[Act]] = {}
        for one in self.acts:
            found.setdefault((one.duty, one.period), []).append(one)
        return found


NOTHING_HANDED = HandedIn()


def standing(duty: Duty, period: Period, acts: Iterable[Act], now: datetime, rest: Collection[date] = ()) -> Standing:
    """How `period` stands at `now` after `acts` on it, in their order; later ones are not looked at."""
    by, known = due(duty, period, rest), [one for one in acts if one.at <= now]
    sent = [one for one in known if one.did is Did.SENT]
    verdicts = {one.of: one for one in known if one.did is not Did.SENT}
    upright = [one for one in sent if one.id not in verdicts or verdicts[one.id].did is Did.RELEASED]
    good = [one for one in upright if one.id in verdicts or not one.open]
    newest = sent[-1] if sent else None
    verdict = verdicts.get(newest.id) if newest else None
    waiting = newest if newest and newest.open and verdict is None else None
    late = upright[0].at > by if upright else now > by
    status = _status(duty, by, now, late=late, sent=bool(upright), waiting=bool(waiting), returned=bool(verdict))
    return Standing(
        status, by, late, newest, waiting, good[-1] if good else None, upright[0].at if upright else None, verdict
    )


def _status(
    duty: Duty, by: datetime, now: datetime, *, late: bool, sent: bool, waiting: bool, returned: bool
) -> Status:
    if waiting:
        return Status.WAITING
    if sent:
        return Status.SENT_LATE if late else Status.SENT
    if late:
        return Status.LATE
    if returned:
        return Status.RETURNED
    return Status.SOON if by - now <= duty.soon else Status.NOT_YET


def holder(duty: Duty, agencies: Mapping[str, Agency], moment: datetime) -> str | None:
    """Which agency owes the duty at `moment`; None while an act of transfer is missing."""
    return passed(duty.agency, duty.transfers, agencies, city_date(moment)).holder


@dataclass(frozen=True, slots=True)
class Owed:
    """A period of a duty at a moment. `agency`: who holds the duty now, None for nobody; `blamed`: who did at `due`."""

    duty: Duty
    period: Period
    standing: Standing
    agency: str | None
    blamed: str | None
    reminders: tuple[Reminder, ...] = ()


def everything(
    handed: HandedIn, agencies: Mapping[str, Agency], now: datetime, back: timedelta = timedelta(days=400)
) -> list[Owed]:
    """Every period that ended within `back` before `now`, by duty and time."""
    courses, urged = handed.courses(), _urged(handed.reminders, now)
    found = []
    for duty in handed.duties:
        mine = holder(duty, agencies, now)
        for period in owed(duty, now - back, now):
            how = standing(duty, period, courses.get((duty.key, period.key), ()), now, handed.lateness.rest)
            at_due = mine if how.due >= now else holder(duty, agencies, how.due)
            found.append(Owed(duty, period, how, mine, at_due, urged.get((duty.key, period.key), ())))
    return found


def _urged(reminders: Iterable[Reminder], now: datetime) -> dict[tuple[str, str], tuple[Reminder, ...]]:
    found: dict[tuple[str, str], tuple[Reminder, ...]] = {}
    for one in reminders:
        if one.at <= now:
            found[one.duty, one.period] = (*found.get((one.duty, one.period), ()), one)
    return found
