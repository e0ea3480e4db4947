"""Citizen reports: each is sent, accepted, and closed by its due time or later, to satisfaction or not.

Two systems have them: the city's, and an older one of seven phường. The older one has most reports of the city's
there, a little later and displaced, and a few of its own. Counts follow ioc/domain/ingest/event_count.py, so
that the simulated history agrees with what is counted live.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from math import floor
from random import Random
from typing import NamedTuple

from simulator.noise import DAY, ZONE, day_of, random_for, weekday_of
from simulator.places import PHUONG, UNITS, offset_point, random_point_in
from simulator.report_texts import SERVICES
from simulator.series_model import SeriesModel

CITY, OLD = "city", "old"  # the two systems
INHERITED = ("31321", "31333", "31340", "31411", "31471", "31473", "31480")  # the phường of the older system
WINDOW = 30 * DAY  # over which the rates are computed
MAX_DAYS = 14  # days that a report may take, so that what was closed within the window began no earlier than that
RECEIVED, IN_PROGRESS, DONE, DONE_DISSATISFIED = "đã tiếp nhận", "đang xử lý", "đã xử lý", "đã xử lý, chưa hài lòng"
# Most reports come from the centres of the city and of Sóc Trăng.
_UNIT_WEIGHTS = {"31135": 45.0, "31120": 28.0, "31147": 28.0, "31186": 20.0, "31507": 20.0} | dict.fromkeys(
    INHERITED, 5.0
)
_WEIGHTS = tuple(_UNIT_WEIGHTS.get(code, 3.0 if code in PHUONG else 0.6) for code in UNITS)
_SHARED_FRACTION = 0.7  # of the reports there are in both systems
_FIRST_OWN_NUMBER = 50  # the first number of reports that only the older system has
_MAX_OFFSET_METRES, _MAX_DELAY_SECONDS = 60.0, 1_500  # between the two records of one report


class CitizenReport(NamedTuple):
    """`unit`: code of its commune. `text_random`, `note_random`: 0..1, choose the description and the progress note."""

    key: str
    service: str
    unit: str
    point: tuple[float, float]
    sent_at: float
    accepted_at: float
    closed_at: float
    due_at: float
    is_satisfied: bool
    text_random: float
    note_random: float

    def status_at(self, t: float) -> str:
        """Its status at `t`."""
        if t >= self.closed_at:
            return DONE if self.is_satisfied else DONE_DISSATISFIED
        return IN_PROGRESS if t >= self.accepted_at else RECEIVED

    def updated_at(self, t: float) -> float:
        """The time of its last change of status before `t`."""
        return max(moment for moment in (self.sent_at, self.accepted_at, self.closed_at) if moment <= t)

    def is_late(self, t: float) -> bool:
        """Whether it was, or still is, past its due time."""
        return min(self.closed_at, t) > self.due_at

    def is_in_window(self, t: float) -> bool:
        """Whether it counts in the window: sent in it while it is open, else closed in it."""
        return (self.closed_at if self.closed_at <= t else self.sent_at) > t - WINDOW


@lru_cache(maxsize=2048)
def reports_of_day(seed: int, system: str, day: int) -> tuple[CitizenReport, ...]:
    """The reports of a system that are sent on a local day."""
    if system == CITY:
        draw = random_for(seed, "reports", day)
        count = draw.randint(14, 20) if weekday_of(day) < 5 else draw.randint(8, 13)
        return tuple(_random_report(draw, f"PA-{day}-{n:02}", day, UNITS, _WEIGHTS) for n in range(1, count + 1))
    draw = random_for(seed, "reports/old", day)
    own = (
        _random_report(draw, f"{day}{n:02}", day, INHERITED, None)
        for n in range(_FIRST_OWN_NUMBER, _FIRST_OWN_NUMBER + draw.randint(0, 2))
    )
    return (*_inherited_copies(seed, day), *own)


def _random_report(
    draw: Random, key: str, day: int, units: tuple[str, ...], weights: tuple[float, ...] | None
) -> CitizenReport:
    sent = day * DAY - ZONE + draw.triangular(5, 23, 10) * 3600
    allowed = draw.choice((3, 5, 5, 7)) * DAY
    late = draw.random() < 0.03
    needed = allowed + draw.uniform(0.5, 40) * 3600 if late else min(allowed * 0.95, draw.gammavariate(2.2, 0.9 * DAY))
    unit = draw.choices(units, weights)[0]
    service = draw.choices(tuple(SERVICES), [service.weight for service in SERVICES.values()])[0]
    sent, accepted, closed, due = map(
        _floor_seconds, (sent, sent + needed * draw.uniform(0.03, 0.3), sent + needed, sent + allowed)
    )
    is_satisfied = not late and draw.random() < 0.955
    point = random_point_in(unit, draw)
    return CitizenReport(
        key, service, unit, point, sent, accepted, closed, due, is_satisfied, draw.random(), draw.random()
    )


def _floor_seconds(t: float) -> float:
    """In whole seconds, as in the answers."""
    return float(floor(t))


def _inherited_copies(seed: int, day: int) -> Iterator[CitizenReport]:
    """The older system's records of the city's reports: later, displaced, sometimes with another due time."""
    for n, report in enumerate(reports_of_day(seed, CITY, day)):
        draw = random_for(seed, "heard", report.key)
        if report.unit not in INHERITED or draw.random() >= _SHARED_FRACTION:
            continue
        delay = draw.randint(120, _MAX_DELAY_SECONDS)
        point = offset_point(report.point, draw.uniform(5, _MAX_OFFSET_METRES), draw.uniform(0, 6.28))
        due = report.due_at + (DAY if draw.random() < 0.25 else 0)
        accepted, closed = report.accepted_at + delay, report.closed_at + delay * draw.randint(1, 6)
        yield report._replace(
            key=f"{day}{n:02}",
            point=point,
            sent_at=report.sent_at + delay,
            accepted_at=accepted,
            closed_at=closed,
            due_at=due,
        )


def reports_until(seed: int, system: str, t: float, start: float | None = None) -> Iterator[CitizenReport]:
    """The reports of a system sent from `start` until `t`; by default all that count in the window."""
    since = t - WINDOW - MAX_DAYS * DAY if start is None else start
    for day in range(day_of(since), day_of(t) + 1):
        yield from (report for report in reports_of_day(seed, system, day) if since <= report.sent_at <= t)


class ReportCounts(NamedTuple):
    """Counts of reports at a moment."""

    under: int
    on_time: int
    satisfied: int
    overdue: int
    pending: dict[str, int]  # by commune


@lru_cache(maxsize=1024)
def counts(seed: int, system: str, t: float) -> ReportCounts:
    """Counts at `t` of the reports of a system, without duplicates of the other system."""
    under = on_time = satisfied = overdue = 0
    pending: dict[str, int] = {}
    for report in reports_until(seed, system, t):
        if system == OLD and is_duplicate(report):
            continue
        is_open, recent, late = report.closed_at > t, report.is_in_window(t), report.is_late(t)
        if is_open:
            pending[report.unit] = pending.get(report.unit, 0) + 1
        under += recent
        on_time += recent and not is_open and not late
        satisfied += recent and not late and report.status_at(t) != DONE_DISSATISFIED
        overdue += is_open and late
    return ReportCounts(under, on_time, satisfied, overdue, pending)


def is_duplicate(report: CitizenReport) -> bool:
    """Whether a report of the older system is a report of the city's system too."""
    return int(report.key[-2:]) < _FIRST_OWN_NUMBER


def _count(system: str, name: str, seed: int, t: float) -> float:
    count: int = getattr(counts(seed, system, t), name)
    return count


def _pending(system: str, unit: str, seed: int, t: float) -> float:
    return counts(seed, system, t).pending.get(unit, 0)


def series_models(system: str) -> dict[str, SeriesModel]:
    """The series that are counted over the reports of a system."""
    end = "" if system == CITY else f"-{system}"
    names = {"reports-under": "under", "reports-on-time-count": "on_time", "reports-satisfied-count": "satisfied",
             "reports-overdue": "overdue"}  # fmt: skip
    models: dict[str, Callable[[int, float], float]] = {
        f"{key}{end}": partial(_count, system, name) for key, name in names.items()
    }
    units = UNITS if system == CITY else INHERITED
    models |= {f"reports-pending{end}-{code}": partial(_pending, system, code) for code in units}
    return {key: SeriesModel(model, 0, "phản ánh") for key, model in models.items()}
