"""The timeline of a document: reported progress, planned progress and the forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.directive import Register
from ioc.domain.directives.forecast import Forecast, forecast
from ioc.domain.directives.plan import planned_percent
from ioc.domain.directives.progress import DocumentView, RegisterAssessment, assess_document
from ioc.domain.directives.rollup import TaskView
from ioc.domain.directives.task_status import task_status

MAX_POINTS = 60
PLAN_LOOKAHEAD = timedelta(days=60)

DayLine = tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class ProgressTimeline:
    """`actual` and `plan`: percent by day. `forecast` None: fewer than four reports. `end`: last day of the chart."""

    today: date
    end: date
    actual: DayLine
    plan: DayLine
    forecast: Forecast | None


def progress_timeline(assessment: RegisterAssessment, view: DocumentView, at: datetime) -> ProgressTimeline:
    """The progress of one document up to `at`, and its plan up to the last due date."""
    live = [task.status for task in view.tasks if task.status.is_counted]
    end = max([*(status.due for status in live if status.due), assessment.day + PLAN_LOOKAHEAD])
    start = min([task.task.assigned_on for task in view.tasks] or [assessment.day])
    reported = _reported_line(view, assessment.register, at)
    current = view.rollup.percent
    return ProgressTimeline(
        today=assessment.day,
        end=end,
        actual=reported if current is None else (*reported, (assessment.day, current)),
        plan=_plan_line(view, start, end, at),
        forecast=forecast([(float(day.toordinal()), percent) for day, percent in reported]),
    )


def _reported_line(view: DocumentView, register: Register, at: datetime) -> DayLine:
    """The roll-up after the last event of each day."""
    last_events = {city_date(moment): moment for moment in sorted(_change_times(view)) if moment <= at}
    days = _downsample(sorted(last_events.items()))
    points = [(day, assess_document(view.document, register, moment).rollup.percent) for day, moment in days]
    return tuple((day, percent) for day, percent in points if percent is not None)


def _change_times(view: DocumentView) -> list[datetime]:
    reports = [report.at for task in view.tasks for report in task.task.reports]
    accepted = [
        request.decided_at
        for task in view.tasks
        for request in task.task.completion_requests
        if request.decided_at and request.is_accepted
    ]
    return reports + accepted


def _plan_line(view: DocumentView, start: date, end: date, at: datetime) -> DayLine:
    """The weighted plan of the reported tasks; a task without a due date counts with its progress on each day."""
    if not view.rollup.planned_count:
        return ()
    reported = [task for task in view.tasks if task.status.percent is not None and task.weight > 0]
    total = sum(task.weight for task in reported)
    step = max((end - start).days // MAX_POINTS, 1)
    days = {start + timedelta(days=n) for n in range(0, (end - start).days, step)} | {end, city_date(at)}
    days |= {milestone.due for task in reported for milestone in task.task.milestones}
    days |= {task.status.due or end for task in reported}
    return tuple(
        (day, sum(task.weight * _planned_or_actual(task, day, at) for task in reported) / total)
        for day in sorted(days)
        if start <= day <= end
    )


def _planned_or_actual(view: TaskView, day: date, at: datetime) -> float:
    plan = planned_percent(view.task, view.status.due, day)
    if plan is not None:
        return plan
    end_of_day = datetime.combine(day, time(23, 59, 59), CITY_ZONE)
    return task_status(view.task, min(at, end_of_day)).percent or 0.0


def _downsample(days: Sequence[tuple[date, datetime]]) -> Sequence[tuple[date, datetime]]:
    """At most MAX_POINTS days, evenly chosen, always with the newest."""
    step = -(-len(days) // MAX_POINTS) or 1
    return list(reversed(days))[::step][::-1]
