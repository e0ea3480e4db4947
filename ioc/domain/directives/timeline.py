"""A document's course in time: what was reported, what was planned, and where its pace leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.directive import Register
from ioc.domain.directives.forecast import Forecast, forecast
from ioc.domain.directives.plan import planned_percent
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, assess_document
from ioc.domain.directives.rollup import TaskView
from ioc.domain.directives.task_status import WorkState, task_status

MAX_POINTS = 60
PLAN_LOOKAHEAD = timedelta(days=60)

DayLine = tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class ProgressTimeline:
    """`done` and `plan` in percent by day. `forecast` None: fewer than four reports. `until`: the chart's end."""

    today: date
    end: date
    actual: DayLine
    plan: DayLine
    forecast: Forecast | None


def progress_timeline(assessment: RegisterAssessment, view: DocumentView, at: datetime) -> ProgressTimeline:
    """The course of one document up to `at`, and its plan to the last due date."""
    dues = [one.status.due for one in view.tasks if one.status.due and one.status.work_state is not WorkState.WITHDRAWN]
    until = max([*dues, assessment.day + PLAN_LOOKAHEAD])
    begun = min([one.task.assigned_on for one in view.tasks] or [assessment.day])
    reported = _reported_line(view, assessment.register, at)
    band = forecast([(float(day.toordinal()), percent) for day, percent in reported])
    now = view.rollup.percent
    done = reported if now is None else (*reported, (assessment.day, now))
    return ProgressTimeline(assessment.day, until, done, _plan_line(view, begun, until, at), band)


def _reported_line(view: DocumentView, register: Register, at: datetime) -> DayLine:
    """The roll-up as it was known at the last event of each day."""
    last = {city_date(moment): moment for moment in sorted(_change_times(view)) if moment <= at}
    days = _downsample(sorted(last.items()))
    found = [(day, assess_document(view.document, register, moment).rollup.percent) for day, moment in days]
    return tuple((day, percent) for day, percent in found if percent is not None)


def _change_times(view: DocumentView) -> list[datetime]:
    reports = [one.at for task in view.tasks for one in task.task.reports]
    closed = [
        one.decided_at
        for task in view.tasks
        for one in task.task.completion_requests
        if one.decided_at and one.is_accepted
    ]
    return reports + closed


def _plan_line(view: DocumentView, begun: date, until: date, at: datetime) -> DayLine:
    """The weighted plan of the tasks that the bar stands on; one without a due date counts as where it stood."""
    told = [one for one in view.tasks if one.status.percent is not None and one.weight > 0]
    whole = sum(one.weight for one in told)
    step = max((until - begun).days // MAX_POINTS, 1)
    days = {begun + timedelta(days=n) for n in range(0, (until - begun).days, step)} | {until}
    turns = {mile.due for one in told for mile in one.task.milestones} | {one.status.due or until for one in told}
    shown = sorted(day for day in {*days, *turns, city_date(at)} if begun <= day <= until)
    return tuple(
        (day, sum(one.weight * _planned_or_actual(one, day, at) for one in told) / whole)
        for day in (shown if view.rollup.planned_count else ())
    )


def _planned_or_actual(view: TaskView, day: date, at: datetime) -> float:
    plan = planned_percent(view.task, view.status.due, day)
    if plan is not None:
        return plan
    then = min(at, datetime.combine(day, time(23, 59, 59), CITY_ZONE))
    return task_status(view.task, then).percent or 0.0


def _downsample(days: Sequence[tuple[date, datetime]]) -> Sequence[tuple[date, datetime]]:
    """At most POINTS of them, the newest among them."""
    step = -(-len(days) // MAX_POINTS) or 1
    return list(reversed(days))[::step][::-1]
