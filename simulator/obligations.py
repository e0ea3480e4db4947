"""The simulated agencies hand in: some always in time, some late, one that has to be reminded. The same for a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.submissions.obligation import Cadence, Cell, Duty, Period, due
from ioc.domain.submissions.submission import Did, How, Step
from simulator.chance import dice, drift, fixed

CLERK, HEAD, WATCH = "mp-can-bo", "mp-lanh-dao", "mp-truc-ban"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Habit:
    """How often an agency is late; each how-manieth week it forgets (0: none), and for how many days."""

    late: float
    forgets: int = 0
    days: float = 0.0


_HABITS = (_Habit(0.02), _Habit(0.05), _Habit(0.1))
# A city in which everybody is in time shows nothing: one commune is always behind with something, one now and then.
_SLOW = {"mp-xa-d": _Habit(0.2, 4, 25), "mp-xa-b": _Habit(0.1, 9, 17)}


def course(seed: int, duty: Duty, period: Period) -> tuple[Step, ...]:
    """What is done about the period, by time: reminders, submissions, verdicts."""
    if duty.cadence is Cadence.ANY:
        told = {cell.series.key: figure(seed, duty, cell, period) for cell in duty.cells}
        return (Step(period.end + 3 * HOUR / 60, Did.SENT, WATCH, told, "Trực ban ghi lại (mô phỏng)", How.PHONE),)
    return tuple(sorted(_steps(seed, duty, period), key=lambda one: one.at))


def _steps(seed: int, duty: Duty, period: Period) -> Iterator[Step]:
    draw, by = dice(seed, "duty", duty.key, period.key), due(duty, period)
    habit = _SLOW.get(duty.agency) or _HABITS[int(fixed(seed, "habit", duty.agency) * len(_HABITS))]
    room = by - period.end
    sent = period.end + room * draw.uniform(0.3, 0.95)
    if draw.random() < habit.late:
        sent = by + HOUR * draw.uniform(1, 30)
    week = period.end.toordinal() // 7
    if habit.forgets and week % habit.forgets == 0 and duty.cadence is Cadence.WEEKLY:
        sent = by + DAY * habit.days
        if week // habit.forgets % 2 == 0:
            yield Step(by + DAY + HOUR * draw.uniform(0, 6), None, WATCH, why="Đôn đốc gửi số liệu (mô phỏng)")
    values: dict[str, float | None] = {one.series.key: figure(seed, duty, one, period) for one in duty.cells}
    yield Step(sent, Did.SENT, CLERK, values)
    if duty.release:
        yield from _verdicts(draw.random(), sent, values, draw.uniform(0.5, 30))


def _verdicts(chance: float, sent: datetime, values: dict[str, float | None], hours: float) -> Iterator[Step]:
    decided = sent + HOUR * hours
    if chance < 0.06:
        yield Step(decided, Did.RETURNED, HEAD, why="Số liệu chưa khớp kỳ trước (mô phỏng)")
        again = decided + HOUR * hours
        yield Step(again, Did.SENT, CLERK, values)
        decided = again + HOUR * hours
    yield Step(decided, Did.RELEASED, HEAD)


def figure(seed: int, duty: Duty, cell: Cell, period: Period) -> float:
    """A figure that wanders within the middle of its range from period to period."""
    series = cell.series
    t, width = period.end.timestamp(), series.high - series.low
    level = 0.35 + 0.3 * fixed(seed, "level", series.key)
    value = series.low + width * (level + 0.12 * drift(seed, series.key, t, 90 * 86_400))
    value *= 1 + 0.02 * drift(seed, f"{series.key}/{duty.key}", t, 7 * 86_400)
    return float(round(value)) if cell.whole else round(value, 1)
