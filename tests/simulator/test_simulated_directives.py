"""The simulated documents: repeatable, fresh on any day, good rows, and only simulated names."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from data_sources import protocols
from ioc.config.loading import load
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.directive import Register
from ioc.domain.directives.progress import assess_register, count_overdue_buckets, count_tasks, tasks_without_holder
from ioc.domain.directives.rollup import TaskView
from simulator.directives import make_directives

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-"}


def made(day: date) -> Register:
    """As the demonstration loads it; wrong rows would be Faults."""
    found = load(
        ROOT / "config" / "demo", ENVIRONMENT, protocols(), today=day, generate=lambda today: make_directives(7, today)
    )
    return found.register


def tasks(day: date) -> tuple[TaskView, ...]:
    register = made(day)
    shown = assess_register(register, datetime.combine(day, time(9), CITY_ZONE))
    return tuple(one for one in shown.tasks if one.document.is_simulated)


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2027, 2, 28), date(2030, 7, 1)])
def test_whatever_the_day_the_picture_is_full(day: date) -> None:
    found = count_tasks(tasks(day))
    assert (found.total, found.done, found.overdue, found.withdrawn) == (182, 88, 18, 1)
    assert found.due_soon > 0 and found.awaiting_acceptance > 0 and found.unreported > 0 and found.no_deadline > 0
    assert count_overdue_buckets(tasks(day)) == (9, 4, 3, 2)
    assert len(tasks_without_holder(tasks(day))) == 1


def test_the_same_seed_and_day_make_the_same() -> None:
    day = date(2026, 11, 24)
    assert make_directives(7, day) == make_directives(7, day) != make_directives(8, day)


def test_nothing_lies_in_the_future_and_every_name_is_made_up() -> None:
    day = date(2026, 11, 24)
    register, now = made(day), datetime.combine(day + timedelta(days=1), time(), CITY_ZONE)
    for view in tasks(day):
        assert all(one.at < now for one in view.task.reports) and "/MP-" in view.document.number
        names = {
            view.task.lead,
            view.assignment.holder or view.task.lead,
            *view.task.coordinating,
            view.document.issuer,
        }
        assert all(register.agencies[name].is_simulated for name in names)
