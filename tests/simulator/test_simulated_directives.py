"""The simulated documents: the same for a seed and day, valid rows, and only simulated agencies."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from data_sources import protocols
from ioc.config.loading import load
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Register
from ioc.domain.directives.progress import assess_register, count_overdue_buckets, count_tasks, tasks_without_holder
from ioc.domain.directives.rollup import TaskView
from simulator.directives import make_directives
from simulator.task_lives import DOCUMENTS

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-"}


def load_register(day: date) -> Register:
    """The register as the demonstration loads it; invalid rows would raise."""
    configuration = load(
        ROOT / "config" / "demo", ENVIRONMENT, protocols(), today=day, generate=lambda today: make_directives(7, today)
    )
    return configuration.register


def tasks(day: date) -> tuple[TaskView, ...]:
    register = load_register(day)
    assessed = assess_register(register, datetime.combine(day, time(9), CITY_ZONE))
    return tuple(view for view in assessed.tasks if view.document.is_simulated)


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2027, 2, 28), date(2030, 7, 1)])
def test_register_of_any_day_has_tasks_of_every_status(day: date) -> None:
    counts = count_tasks(tasks(day))
    assert (counts.total, counts.done, counts.overdue, counts.withdrawn) == (182, 88, 18, 1)
    assert counts.due_soon > 0 and counts.awaiting_acceptance > 0 and counts.unreported > 0 and counts.no_deadline > 0
    assert count_overdue_buckets(tasks(day)) == (9, 4, 3, 2)
    assert len(tasks_without_holder(tasks(day))) == 1


def test_same_seed_and_day_give_the_same_documents() -> None:
    day = date(2026, 11, 24)
    assert make_directives(7, day) == make_directives(7, day) != make_directives(8, day)


def test_no_report_is_in_the_future_and_every_agency_is_simulated() -> None:
    day = date(2026, 11, 24)
    register, now = load_register(day), datetime.combine(day + timedelta(days=1), time(), CITY_ZONE)
    for view in tasks(day):
        assert all(report.at < now for report in view.task.reports) and "/MP-" in view.document.number
        names = {
            view.task.lead,
            view.assignment.holder or view.task.lead,
            *view.task.coordinating,
            view.document.issuer,
        }
        assert all(register.agencies[name].is_simulated for name in names)


def test_what_a_proposal_says_stays_true_on_later_days() -> None:
    """It begins the reminder that is sent later, so it counts no days."""
    steps = [step for life in DOCUMENTS for task in life.tasks for step in task.steps]
    texts = [step.stated["text"] for step in steps if step.stated.get("proposed") is Act.REMIND]
    assert texts and not [text for text in texts if re.search(r"quá hạn \d+ ngày", text.lower())]
