"""Late counts per agency over a rolling year, and the thresholds at which the city acts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.submissions.submission import HandedIn, Owed, Status, Threshold

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Record:
    """An agency's year: of `owed` periods that fell due, `late` were not sent in time, `open` of these not to this day.

    It answers for what fell due while it held the duty: who takes a duty over begins with a clean sheet.
    """

    agency: str
    owed: int
    late: int
    open: int
    reminders: int
    reached: Threshold | None
    coming: Threshold | None  # the next one, None after the last

    @property
    def on_time(self) -> float | None:
        """Share sent in time, of 1; None where nothing fell due."""
        return (self.owed - self.late) / self.owed if self.owed else None


def records(handed: HandedIn, every: Iterable[Owed], now: datetime) -> list[Record]:
    """The year before `now` of each agency that owed anything or was reminded, the worst first."""
    start = now - YEAR
    fell: dict[str, list[Owed]] = {}
    for one in every:
        if start < one.standing.due <= now and one.blamed is not None:
            fell.setdefault(one.blamed, []).append(one)
    urged: dict[str, int] = {}
    for reminder in handed.reminders:
        if start < reminder.at <= now:
            urged[reminder.agency] = urged.get(reminder.agency, 0) + 1
    found = [_record(handed, key, fell.get(key, []), urged.get(key, 0)) for key in fell.keys() | urged.keys()]
    return sorted(found, key=lambda one: (-_counted(handed, one.reminders, one.late), -one.late, one.agency))


def _record(handed: HandedIn, agency: str, fell: list[Owed], reminders: int) -> Record:
    late = sum(one.standing.late for one in fell)
    count = _counted(handed, reminders, late)
    limits = handed.lateness.limits
    return Record(
        agency,
        len(fell),
        late,
        sum(one.standing.status is Status.LATE for one in fell),
        reminders,
        handed.lateness.reached(count),
        next((one for one in limits if one.at > count), None),
    )


def _counted(handed: HandedIn, reminders: int, late: int) -> int:
    return reminders if handed.lateness.counts == "reminders" else late
