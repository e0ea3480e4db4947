"""A document's course in time: what was reported, what was planned, and where its pace leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ioc.domain.base.times import CITY, city_date
from ioc.domain.directives.directive import Register
from ioc.domain.directives.forecast import Forecast, forecast
from ioc.domain.directives.plan import planned
from ioc.domain.directives.progress import Assessment, DocumentView, assess_document
from ioc.domain.directives.rollup import TaskView
from ioc.domain.directives.task_status import Work, status

POINTS = 60
AHEAD = timedelta(days=60)

DayLine = tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """`done` and `plan` in percent by day. `forecast` None: fewer than four reports. `until`: the chart's end."""

    today: date
    until: date
    done: DayLine
    plan: DayLine
    forecast: Forecast | None


def course(assessment: Assessment, view: DocumentView, at: datetime) -> Course:
    """The course of one document up to `at`, and its plan to the last due date."""
    dues = [one.status.due for one in view.tasks if one.status.due and one.status.work is not Work.WITHDRAWN]
    until = max([*dues, assessment.day + AHEAD])
    begun = min([one.task.assigned for one in view.tasks] or [assessment.day])
    reported = _reported(view, assessment.register, at)
    band = forecast([(float(day.toordinal()), percent) for day, percent in reported])
    now = view.rollup.percent
    done = reported if now is None else (*reported, (assessment.day, now))
    return Course(assessment.day, until, done, _plan(view, begun, until, at), band)


def _reported(view: DocumentView, register: Register, at: datetime) -> DayLine:
    """The roll-up as it was known at the last event of each day."""
    last = {city_date(moment): moment for moment in sorted(_moments(view)) if moment <= at}
    days = _thinned(sorted(last.items()))
    found = [(day, assess_document(view.document, register, moment).rollup.percent) for day, moment in days]
    return tuple((day, percent) for day, percent in found if percent is not None)


def _moments(view: DocumentView) -> list[datetime]:
    reports = [one.at for task in view.tasks for one in task.task.reports]
    closed = [one.decided for task in view.tasks for one in task.task.submissions if one.decided and one.accepted]
    return reports + closed


def _plan(view: DocumentView, begun: date, until: date, at: datetime) -> DayLine:
    """The weighted plan of the tasks that the bar stands on; one without a due date counts as where it stood."""
    told = [one for one in view.tasks if one.status.percent is not None and one.weight > 0]
    whole = sum(one.weight for one in told)
    step = max((until - begun).days // POINTS, 1)
    days = {begun + timedelta(days=n) for n in range(0, (until - begun).days, step)} | {until}
    turns = {mile.due for one in told for mile in one.task.milestones} | {one.status.due or until for one in told}
    shown = sorted(day for day in {*days, *turns, city_date(at)} if begun <= day <= until)
    return tuple(
        (day, sum(one.weight * _expected(one, day, at) for one in told) / whole)
        for day in (shown if view.rollup.dated else ())
    )


def _expected(view: TaskView, day: date, at: datetime) -> float:
    plan = planned(view.task, view.status.due, day)
    if plan is not None:
        return plan
    then = min(at, datetime.combine(day, time(23, 59, 59), CITY))
    return status(view.task, then).percent or 0.0


def _thinned(days: Sequence[tuple[date, datetime]]) -> Sequence[tuple[date, datetime]]:
    """At most POINTS of them, the newest among them."""
    step = -(-len(days) // POINTS) or 1
    return list(reversed(days))[::step][::-1]
