"""Citizen reports through their life: each is sent in, taken in hand, handled by its due time or later, and pleases.

Two systems hear of them: the city's, and one that seven phường brought along, which tells most of what the city's tells
there a little later and somewhat aside, and a few reports that only it has. What each comes to is counted as tallies
count (ioc/domain/ingest/event_count.py), so that the past and the present are of one kind.
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
INHERITED = ("31321", "31333", "31340", "31411", "31471", "31473", "31480")  # the phường of the second one
WINDOW = 30 * DAY  # over which the rates are told
MAX_DAYS = 14  # days that a report may take, so that what was closed within the window began no earlier than that
RECEIVED, IN_PROGRESS, DONE, DONE_DISSATISFIED = "đã tiếp nhận", "đang xử lý", "đã xử lý", "đã xử lý, chưa hài lòng"
# The middle of the city and of Sóc Trăng write most.
_UNIT_WEIGHTS = {"31135": 45.0, "31120": 28.0, "31147": 28.0, "31186": 20.0, "31507": 20.0} | dict.fromkeys(
    INHERITED, 5.0
)
_WEIGHTS = tuple(_UNIT_WEIGHTS.get(code, 3.0 if code in PHUONG else 0.6) for code in UNITS)
_SHARED_FRACTION = 0.7  # of the reports there are in both systems
_FIRST_OWN_NUMBER = 50  # the first number of those that only the second has
_MAX_OFFSET_METRES, _MAX_DELAY_SECONDS = 60.0, 1_500  # metres and seconds between the two tellings of one report


class CitizenReport(NamedTuple):
    """`unit`: code of its commune; `wording`: which of its service's texts; `trace`: a person's number in the note."""

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
        """How far it is at `t`."""
        if t >= self.closed_at:
            return DONE if self.is_satisfied else DONE_DISSATISFIED
        return IN_PROGRESS if t >= self.accepted_at else RECEIVED

    def updated_at(self, t: float) -> float:
        """When it came so far."""
        return max(one for one in (self.sent_at, self.accepted_at, self.closed_at) if one <= t)

    def is_late(self, t: float) -> bool:
        """Whether it was, or still is, past its due time."""
        return min(self.closed_at, t) > self.due_at

    def is_in_window(self, t: float) -> bool:
        """Whether it counts in the window: begun in it while it is open, closed in it once it is."""
        return (self.closed_at if self.closed_at <= t else self.sent_at) > t - WINDOW


@lru_cache(maxsize=2048)
def reports_of_day(seed: int, system: str, day: int) -> tuple[CitizenReport, ...]:
    """The reports of a system that are sent in on a local day."""
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
    service = draw.choices(tuple(SERVICES), [one.weight for one in SERVICES.values()])[0]
    sent, taken, done, due = map(
        _floor_seconds, (sent, sent + needed * draw.uniform(0.03, 0.3), sent + needed, sent + allowed)
    )
    pleased = not late and draw.random() < 0.955
    point = random_point_in(unit, draw)
    return CitizenReport(key, service, unit, point, sent, taken, done, due, pleased, draw.random(), draw.random())


def _floor_seconds(t: float) -> float:
    """To the second, as it is told."""
    return float(floor(t))


def _inherited_copies(seed: int, day: int) -> Iterator[CitizenReport]:
    """What the second system tells of the city's reports: a little later and aside, sometimes with another due time."""
    for n, one in enumerate(reports_of_day(seed, CITY, day)):
        draw = random_for(seed, "heard", one.key)
        if one.unit not in INHERITED or draw.random() >= _SHARED_FRACTION:
            continue
        behind = draw.randint(120, _MAX_DELAY_SECONDS)
        point = offset_point(one.point, draw.uniform(5, _MAX_OFFSET_METRES), draw.uniform(0, 6.28))
        due = one.due_at + (DAY if draw.random() < 0.25 else 0)
        taken, done = one.accepted_at + behind, one.closed_at + behind * draw.randint(1, 6)
        yield one._replace(
            key=f"{day}{n:02}", point=point, sent_at=one.sent_at + behind, accepted_at=taken, closed_at=done, due_at=due
        )


def reports_until(seed: int, system: str, t: float, start: float | None = None) -> Iterator[CitizenReport]:
    """The reports of a system that were sent in from `start` (as far back as matters) until `t`."""
    since = t - WINDOW - MAX_DAYS * DAY if start is None else start
    for day in range(day_of(since), day_of(t) + 1):
        yield from (one for one in reports_of_day(seed, system, day) if since <= one.sent_at <= t)


class ReportCounts(NamedTuple):
    """What the reports come to at a moment."""

    under: int
    on_time: int
    satisfied: int
    overdue: int
    pending: dict[str, int]  # by commune


@lru_cache(maxsize=1024)
def counts(seed: int, system: str, t: float) -> ReportCounts:
    """Counts at `t` of what a system tells and no other told before."""
    under = on_time = satisfied = overdue = 0
    pending: dict[str, int] = {}
    for one in reports_until(seed, system, t):
        if system == OLD and is_duplicate(one):
            continue
        is_open, recent, late = one.closed_at > t, one.is_in_window(t), one.is_late(t)
        if is_open:
            pending[one.unit] = pending.get(one.unit, 0) + 1
        under += recent
        on_time += recent and not is_open and not late
        satisfied += recent and not late and one.status_at(t) != DONE_DISSATISFIED
        overdue += is_open and late
    return ReportCounts(under, on_time, satisfied, overdue, pending)


def is_duplicate(one: CitizenReport) -> bool:
    """Whether a report of the second system is one of the city's."""
    return int(one.key[-2:]) < _FIRST_OWN_NUMBER


def _count(system: str, name: str, seed: int, t: float) -> float:
    found: int = getattr(counts(seed, system, t), name)
    return found


def _pending(system: str, unit: str, seed: int, t: float) -> float:
    return counts(seed, system, t).pending.get(unit, 0)


def series_models(system: str) -> dict[str, SeriesModel]:
    """Every line that is counted over the reports of a system."""
    end = "" if system == CITY else f"-{system}"
    names = {"reports-under": "under", "reports-on-time-count": "on_time", "reports-satisfied-count": "satisfied",
             "reports-overdue": "overdue"}  # fmt: skip
    models: dict[str, Callable[[int, float], float]] = {
        f"{key}{end}": partial(_count, system, name) for key, name in names.items()
    }
    units = UNITS if system == CITY else INHERITED
    models |= {f"reports-pending{end}-{code}": partial(_pending, system, code) for code in units}
    return {key: SeriesModel(model, 0, "phản ánh") for key, model in models.items()}
