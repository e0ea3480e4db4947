"""Submissions of the simulated agencies: some always in time, some late, one after reminders. Reproducible."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingCadence, ReportingPeriod, due_at
from ioc.domain.submissions.submission import SimulatedStep, SubmissionChannel, SubmissionEventType
from simulator.noise import random_for, smooth_noise, stable_random

CLERK, AGENCY_HEAD, DUTY_OFFICER = "mp-can-bo", "mp-lanh-dao", "mp-truc-ban"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Habit:
    """How often an agency is late; every n-th week it forgets (0: never), and for how many days."""

    late_probability: float
    forgets_every: int = 0
    days_late: float = 0.0


_HABITS = (_Habit(0.02), _Habit(0.05), _Habit(0.1))
# Late agencies are needed to show overdue submissions: one commune always has some, another sometimes.
_LATE_AGENCIES = {"mp-xa-d": _Habit(0.2, 4, 25), "mp-xa-b": _Habit(0.1, 9, 17)}


def submission_steps(seed: int, duty: Obligation, period: ReportingPeriod) -> tuple[SimulatedStep, ...]:
    """The steps of a period in order of time: reminders, submissions, approvals, rejections."""
    if duty.cadence is ReportingCadence.AD_HOC:
        values = {cell.series.key: simulated_value(seed, duty, cell, period) for cell in duty.cells}
        return (
            SimulatedStep(
                period.end + 3 * HOUR / 60,
                SubmissionEventType.SUBMITTED,
                DUTY_OFFICER,
                values,
                "Trực ban ghi lại (mô phỏng)",
                SubmissionChannel.PHONE,
            ),
        )
    return tuple(sorted(_steps(seed, duty, period), key=lambda step: step.at))


def _steps(seed: int, duty: Obligation, period: ReportingPeriod) -> Iterator[SimulatedStep]:
    draw, by = random_for(seed, "duty", duty.key, period.key), due_at(duty, period)
    habit = _LATE_AGENCIES.get(duty.agency) or _HABITS[int(stable_random(seed, "habit", duty.agency) * len(_HABITS))]
    room = by - period.end
    sent = period.end + room * draw.uniform(0.3, 0.95)
    if draw.random() < habit.late_probability:
        sent = by + HOUR * draw.uniform(1, 30)
    week = period.end.toordinal() // 7
    if habit.forgets_every and week % habit.forgets_every == 0 and duty.cadence is ReportingCadence.WEEKLY:
        sent = by + DAY * habit.days_late
        if week // habit.forgets_every % 2 == 0:
            yield SimulatedStep(
                by + DAY + HOUR * draw.uniform(0, 6), None, DUTY_OFFICER, reason="Đôn đốc gửi số liệu (mô phỏng)"
            )
    values: dict[str, float | None] = {
        cell.series.key: simulated_value(seed, duty, cell, period) for cell in duty.cells
    }
    yield SimulatedStep(sent, SubmissionEventType.SUBMITTED, CLERK, values)
    if duty.requires_approval:
        yield from _review_steps(draw.random(), sent, values, draw.uniform(0.5, 30))


def _review_steps(
    chance: float, sent: datetime, values: dict[str, float | None], hours: float
) -> Iterator[SimulatedStep]:
    decided = sent + HOUR * hours
    if chance < 0.06:
        yield SimulatedStep(
            decided, SubmissionEventType.REJECTED, AGENCY_HEAD, reason="Số liệu chưa khớp kỳ trước (mô phỏng)"
        )
        again = decided + HOUR * hours
        yield SimulatedStep(again, SubmissionEventType.SUBMITTED, CLERK, values)
        decided = again + HOUR * hours
    yield SimulatedStep(decided, SubmissionEventType.APPROVED, AGENCY_HEAD)


def simulated_value(seed: int, duty: Obligation, cell: FormCell, period: ReportingPeriod) -> float:
    """A value within the middle of its range that changes from period to period."""
    series = cell.series
    t, width = period.end.timestamp(), series.high - series.low
    level = 0.35 + 0.3 * stable_random(seed, "level", series.key)
    value = series.low + width * (level + 0.12 * smooth_noise(seed, series.key, t, 90 * 86_400))
    value *= 1 + 0.02 * smooth_noise(seed, f"{series.key}/{duty.key}", t, 7 * 86_400)
    return float(round(value)) if cell.is_integer else round(value, 1)
