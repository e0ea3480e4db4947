"""Citizen reports through their life: each one is sent in, has a due time, is handled, and pleases or does not."""

from functools import lru_cache, partial
from random import Random
from typing import NamedTuple

from simulator.chance import DAY, ZONE, day_of, dice, weekday_of
from simulator.line import Line
from simulator.places import PHUONG, UNITS

_WEIGHTS = tuple(3.2 if code in PHUONG else 1.0 for code in UNITS)
WINDOW = 30  # days over which the rates are told


class Report(NamedTuple):
    """`unit`: number of its commune in places.UNITS."""

    sent: float
    done: float
    due: float
    unit: int
    pleased: bool


class Tally(NamedTuple):
    """What the reports of the window come to at a moment."""

    under: int
    on_time: int
    satisfied: int
    today: int
    pending: tuple[int, ...]  # by commune


@lru_cache(maxsize=512)
def of_day(seed: int, day: int) -> tuple[Report, ...]:
    """The reports that are sent in on a local day."""
    draw = dice(seed, "reports", day)
    count = draw.randint(34, 50) if weekday_of(day) < 5 else draw.randint(20, 32)
    return tuple(_one(draw, day) for _ in range(count))


def _one(draw: Random, day: int) -> Report:
    sent = day * DAY - ZONE + draw.triangular(5, 23, 10) * 3600
    allowed = draw.choice((1, 2, 2, 3)) * DAY
    late = draw.random() < 0.025
    taken = allowed + draw.uniform(0.5, 20) * 3600 if late else min(allowed * 0.95, draw.gammavariate(2.2, 8.2 * 3600))
    unit = draw.choices(range(len(UNITS)), _WEIGHTS)[0]
    return Report(sent, sent + taken, sent + allowed, unit, not late and draw.random() < 0.955)


@lru_cache(maxsize=1024)
def tally(seed: int, t: float) -> Tally:
    """Counts at `t` over the reports of the last 30 days and today."""
    under = on_time = satisfied = 0
    pending = [0] * len(UNITS)
    today = day_of(t)
    for day in range(today - WINDOW, today + 1):
        for sent, done, due, unit, pleased in of_day(seed, day):
            if sent > t:
                continue
            under += 1
            if done > t:
                pending[unit] += 1
            on_time += done <= due
            satisfied += pleased
    sent_today = sum(one.sent <= t for one in of_day(seed, today))
    return Tally(under, on_time, satisfied, sent_today, tuple(pending))


def _under(seed: int, t: float) -> float:
    return tally(seed, t).under


def _on_time(seed: int, t: float) -> float:
    return tally(seed, t).on_time


def _satisfied(seed: int, t: float) -> float:
    return tally(seed, t).satisfied


def _today(seed: int, t: float) -> float:
    return tally(seed, t).today


def _pending(unit: int, seed: int, t: float) -> float:
    return tally(seed, t).pending[unit]


def lines() -> dict[str, Line]:
    """Every line of the citizen reports."""
    found = {
        "reports-under": Line(_under, 0, "phản ánh"),
        "reports-on-time-count": Line(_on_time, 0, "phản ánh"),
        "reports-satisfied-count": Line(_satisfied, 0, "phản ánh"),
        "reports-today": Line(_today, 0, "phản ánh"),
    }
    found |= {f"reports-pending-{code}": Line(partial(_pending, n), 0, "phản ánh") for n, code in enumerate(UNITS)}
    return found
