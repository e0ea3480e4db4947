"""Counts: classes add up, rates have their denominators, two published cases come out exactly."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.directives.counts import TaskCounts, count_statuses
from ioc.domain.directives.directive import Extension, Task
from ioc.domain.directives.progress import (
    assess_register,
    count_overdue_buckets,
    count_tasks,
    group_by_agency,
    overdue_tasks,
    tasks_without_holder,
)
from ioc.domain.directives.task_status import task_status
from tests.domain.directives.cases import (
    ASSIGNED,
    BASIS,
    at,
    completion_request,
    finished,
    progress_report,
    register,
    task,
)

TODAY = date(2026, 9, 1)
NOW = at(TODAY)
DAY = timedelta(days=1)
PAST, FUTURE = TODAY - 40 * DAY, TODAY + 60 * DAY
KINDS = {
    "on_time": finished(PAST, PAST),
    "late": finished(PAST, PAST + DAY),
    "done_no_deadline": finished(None, PAST),
    "in_time": task(FUTURE),
    "due_soon": task(TODAY + DAY),
    "overdue": task(PAST),
    "no_deadline": task(),
    "withdrawn": task(PAST, withdrawn_at=NOW),
}


def counts_of(**numbers: int) -> TaskCounts:
    """The counts of so many tasks of each kind."""
    return count_statuses(task_status(KINDS[kind], NOW) for kind, number in numbers.items() for _ in range(number))


def test_published_counts_of_hai_phong_in_august_2018() -> None:
    counts = counts_of(
        on_time=4071, late=3085, done_no_deadline=2986, in_time=1000, due_soon=260, no_deadline=500, overdue=258
    )
    assert (counts.total, counts.done, counts.open, counts.open - counts.overdue) == (12160, 10142, 2018, 1760)
    assert round(counts.done_percent or 0, 1) == 83.4
    shares = [round(100 * part / counts.done, 2) for part in (counts.on_time, counts.late, counts.done_no_deadline)]
    assert shares == [40.14, 30.42, 29.44]
    assert (round(counts.overdue_percent or 0, 2), round(counts.overdue_percent_of_outcomes or 0, 2)) == (2.12, 3.48)
    assert counts.with_deadline_outcome == 7414 == counts.on_time + counts.late + counts.overdue


def test_published_counts_of_quang_nam() -> None:
    counts = counts_of(on_time=500, late=85, overdue=181, in_time=60, due_soon=7)
    assert (counts.total, counts.done, counts.overdue, counts.in_time + counts.due_soon) == (833, 585, 181, 67)


def test_overdue_rates_have_three_denominators() -> None:
    counts = counts_of(on_time=3, late=1, done_no_deadline=2, in_time=5, overdue=4, no_deadline=5)
    assert (counts.total, counts.with_due, counts.with_deadline_outcome) == (20, 13, 8)
    assert (counts.overdue_percent, counts.overdue_percent_of_outcomes) == (20.0, 50.0)
    nothing = count_statuses([])
    assert (nothing.overdue_percent, nothing.overdue_percent_of_due, nothing.overdue_percent_of_outcomes) == (
        None,
        None,
        None,
    )


def test_withdrawn_tasks_are_not_in_the_total() -> None:
    counts = counts_of(no_deadline=2, withdrawn=3)
    assert (counts.total, counts.withdrawn) == (2, 3)


@given(st.fixed_dictionaries({kind: st.integers(0, 5) for kind in KINDS}))
def test_classes_add_up(numbers: dict[str, int]) -> None:
    counts = counts_of(**numbers)
    assert {kind: getattr(counts, kind) for kind in KINDS} == numbers
    assert counts.total + counts.withdrawn == sum(numbers.values())
    assert counts.done + counts.open == counts.total
    assert counts.with_deadline_outcome <= counts.with_due <= counts.total
    assert counts.unreported <= counts.open - counts.overdue


def test_overdue_buckets_include_their_limits() -> None:
    ages = (1, 30, 31, 60, 61, 120, 121, 400)
    tasks = [task(TODAY - age * DAY, key=f"t{age}") for age in ages]
    views = assess_register(register(*tasks), NOW).tasks
    assert count_overdue_buckets(views) == (2, 2, 2, 2)
    assert [one.status.days_overdue for one in overdue_tasks(views)] == sorted(ages, reverse=True)


def test_an_extended_task_is_counted_against_its_current_due_date() -> None:
    moved = replace(task(TODAY - 100 * DAY), extensions=(Extension(PAST, PAST, TODAY - 10 * DAY, BASIS),))
    assert count_overdue_buckets(assess_register(register(moved), NOW).tasks) == (1, 0, 0, 0)


def test_reported_and_unreported_open_tasks() -> None:
    tasks = [
        task(FUTURE),
        task(FUTURE, reports=(progress_report(ASSIGNED, 5),)),
        task(),
        task(PAST),
        task_awaiting_acceptance(),
    ]
    counts = count_statuses(task_status(one, NOW) for one in tasks)
    assert (counts.unreported, counts.in_time_unreported, counts.no_deadline_unreported) == (3, 2, 1)
    assert (counts.awaiting_acceptance, counts.not_started) == (1, 3)


def task_awaiting_acceptance() -> Task:
    return task(FUTURE, completion_requests=(completion_request(PAST),))


def test_counts_by_assigned_agency_add_up_to_all() -> None:
    tasks = [task(PAST, key="1", lead="a"), task(FUTURE, key="2", lead="b"), task(None, key="3", lead="a")]
    views = assess_register(register(*tasks), NOW).tasks
    by_agency = {key: count_tasks(own) for key, own in group_by_agency(views, by_holder=False).items()}
    assert {key: one.total for key, one in by_agency.items()} == {"a": 2, "b": 1}
    assert len(tasks_without_holder(views)) == 3  # the register knows no agency
