"""Counting: classes add up, rates name their denominators, the two published cases come out exactly."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.directives.counts import count_statuses
from ioc.domain.directives.directive import Task
from ioc.domain.directives.progress import (
    assess_register,
    count_overdue_buckets,
    count_tasks,
    group_by_agency,
    overdue_tasks,
    tasks_without_holder,
)
from ioc.domain.directives.task_status import task_status
from tests.domain.directive_cases import GIVEN, at, finished, handed, register, said, task

TODAY = date(2026, 9, 1)
NOW = at(TODAY)
DAY = timedelta(days=1)
PAST, FUTURE = TODAY - 40 * DAY, TODAY + 60 * DAY
KINDS = {
    "on_time": finished(PAST, PAST),
    "late": finished(PAST, PAST + DAY),
    "done_free": finished(None, PAST),
    "in_time": task(FUTURE),
    "soon": task(TODAY + DAY),
    "overdue": task(PAST),
    "free": task(),
    "withdrawn": task(PAST, withdrawn_at=NOW),
}


def some(**numbers: int) -> list[Task]:
    return [KINDS[kind] for kind, number in numbers.items() for _ in range(number)]


def test_hai_phong_august_2018() -> None:
    found = count_statuses(
        task_status(one, NOW)
        for one in some(on_time=4071, late=3085, done_free=2986, in_time=1000, soon=260, free=500, overdue=258)
    )
    assert (found.total, found.done, found.open, found.open - found.overdue) == (12160, 10142, 2018, 1760)
    assert round(found.done_percent or 0, 1) == 83.4
    shares = [round(100 * part / found.done, 2) for part in (found.on_time, found.late, found.done_no_deadline)]
    assert shares == [40.14, 30.42, 29.44]
    assert (round(found.overdue_percent or 0, 2), round(found.overdue_percent_of_outcomes or 0, 2)) == (2.12, 3.48)
    assert found.with_deadline_outcome == 7414 == found.on_time + found.late + found.overdue


def test_quang_nam() -> None:
    found = count_statuses(task_status(one, NOW) for one in some(on_time=500, late=85, overdue=181, in_time=60, soon=7))
    assert (found.total, found.done, found.overdue, found.in_time + found.due_soon) == (833, 585, 181, 67)


def test_three_denominators() -> None:
    found = count_statuses(
        task_status(one, NOW) for one in some(on_time=3, late=1, done_free=2, in_time=5, overdue=4, free=5)
    )
    assert (found.total, found.with_due, found.with_deadline_outcome) == (20, 13, 8)
    assert (found.overdue_percent, found.overdue_percent_of_outcomes) == (20.0, 50.0)
    nothing = count_statuses([])
    assert (nothing.overdue_percent, nothing.overdue_percent_of_due, nothing.overdue_percent_of_outcomes) == (
        None,
        None,
        None,
    )


def test_withdrawn_stand_beside_the_total() -> None:
    found = count_statuses(task_status(one, NOW) for one in some(free=2, withdrawn=3))
    assert (found.total, found.withdrawn) == (2, 3)


@given(st.fixed_dictionaries({kind: st.integers(0, 5) for kind in KINDS}))
def test_classes_add_up(numbers: dict[str, int]) -> None:
    found = count_statuses(task_status(one, NOW) for one in some(**numbers))
    assert {kind: getattr(found, kind) for kind in KINDS} == numbers
    assert found.total + found.withdrawn == sum(numbers.values())
    assert found.done + found.open == found.total
    assert found.with_deadline_outcome <= found.with_due <= found.total
    assert found.unreported <= found.open - found.overdue


def test_overdue_buckets_at_their_edges() -> None:
    ages = (1, 30, 31, 60, 61, 120, 121, 400)
    tasks = [task(TODAY - age * DAY, key=f"t{age}") for age in ages]
    views = assess_register(register(*tasks), NOW).tasks
    assert count_overdue_buckets(views) == (2, 2, 2, 2)
    assert [one.status.days_overdue for one in overdue_tasks(views)] == sorted(ages, reverse=True)


def test_an_extended_task_is_counted_against_its_current_due_date() -> None:
    from ioc.domain.directives.directive import Extension
    from tests.domain.directive_cases import BASIS

    moved = replace(task(TODAY - 100 * DAY), extensions=(Extension(PAST, PAST, TODAY - 10 * DAY, BASIS),))
    assert count_overdue_buckets(assess_register(register(moved), NOW).tasks) == (1, 0, 0, 0)


def test_reported_and_unreported_open_tasks() -> None:
    tasks = [task(FUTURE), task(FUTURE, reports=(said(GIVEN, 5),)), task(), task(PAST), handed_in()]
    found = count_statuses(task_status(one, NOW) for one in tasks)
    assert (found.unreported, found.in_time_unreported, found.no_deadline_unreported) == (3, 2, 1)
    assert (found.awaiting_acceptance, found.not_started) == (1, 3)


def handed_in() -> Task:
    return task(FUTURE, completion_requests=(handed(PAST),))


def test_agencies_as_assigned_add_up_to_all() -> None:
    tasks = [task(PAST, key="1", lead="a"), task(FUTURE, key="2", lead="b"), task(None, key="3", lead="a")]
    views = assess_register(register(*tasks), NOW).tasks
    found = {key: count_tasks(own) for key, own in group_by_agency(views, by_holder=False).items()}
    assert {key: one.total for key, one in found.items()} == {"a": 2, "b": 1}
    assert len(tasks_without_holder(views)) == 3  # the register knows no agency
