"""Bars: planned progress, states, roll-ups that leave out what nobody reported, orders to many addressees."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Extension, Milestone, Register, Task
from ioc.domain.directives.plan import ProgressTolerance, planned_percent
from ioc.domain.directives.progress import assess_register, overdue_task_attention
from ioc.domain.directives.rollup import Rollup, roll_up
from ioc.domain.directives.timeline import progress_timeline
from ioc.domain.kpis.kpi import Severity
from tests.domain.directive_cases import BASIS, GIVEN, at, document, finished, register, said, task

DAY = timedelta(days=1)
DUE = GIVEN + 100 * DAY
HALF = GIVEN + 50 * DAY
LIMITS = ProgressTolerance(5, 15, 31, 92)


def rolled(*tasks: Task, day: date = HALF) -> Rollup:
    return assess_register(register(*tasks), at(day)).documents[0].rollup


def test_planned_is_linear_from_assignment_to_the_due_date() -> None:
    one = task(DUE)
    assert [planned_percent(one, DUE, GIVEN + n * DAY) for n in (-5, 0, 25, 100, 150)] == [0, 0, 25, 100, 100]


def test_planned_follows_the_milestones_cumulative_weights() -> None:
    steps = (Milestone(LocalizedText("b"), DUE, 3), Milestone(LocalizedText("a"), GIVEN + 20 * DAY, 1))
    one = task(DUE, milestones=steps)
    assert [planned_percent(one, DUE, GIVEN + n * DAY) for n in (0, 10, 20, 60, 100)] == [0, 12.5, 25, 62.5, 100]


def test_without_a_due_date_there_is_no_plan() -> None:
    assert planned_percent(task(), None, HALF) is None


def test_an_extension_stretches_the_plan() -> None:
    moved = task(DUE, extensions=(Extension(GIVEN + DAY, DUE, GIVEN + 200 * DAY, BASIS),))
    assert assess_register(register(moved), at(HALF)).tasks[0].planned_percent == 25


@pytest.mark.parametrize(
    ("gap", "severity"),
    [(-20, "normal"), (0, "normal"), (5, "normal"), (5.1, "attention"), (14.9, "attention"), (15, "critical")],
)
def test_a_bars_state_from_its_gap(gap: float, severity: str) -> None:
    assert LIMITS.severity_by_gap(gap) == severity
    assert rolled(task(DUE, reports=(said(GIVEN, 50 - gap),))).severity == severity


def test_both_limits_are_configuration() -> None:
    one = task(DUE, reports=(said(GIVEN, 48),))
    strict = register(one, behind_points=1.0, far_behind_points=2.0)
    assert assess_register(strict, at(HALF)).documents[0].rollup.severity is Severity.CRITICAL


@pytest.mark.parametrize(("silent", "severity"), [(31, "normal"), (32, "attention"), (93, "critical")])
def test_without_a_plan_silence_judges(silent: int, severity: str) -> None:
    one = task(reports=(said(GIVEN, 40),))
    found = assess_register(register(one), at(GIVEN + silent * DAY))
    assert found.tasks[0].severity == severity == found.documents[0].rollup.severity


def test_a_roll_up_is_the_weighted_mean_of_what_was_reported() -> None:
    tasks = (
        task(DUE, key="a", weight=3.0, reports=(said(GIVEN, 20),)),
        task(DUE, key="b", reports=(said(GIVEN, 60),)),
        task(DUE, key="silent", weight=50.0),
        task(DUE, key="gone", reports=(said(GIVEN, 90),), withdrawn_at=at(GIVEN + DAY)),
    )
    found = rolled(*tasks)
    assert (found.percent, found.reported_count, found.total, found.planned_percent) == (30, 2, 3, 50)


def test_bar_and_tick_stand_on_the_same_tasks() -> None:
    found = rolled(task(DUE, key="a", reports=(said(GIVEN, 30),)), task(key="b", reports=(said(GIVEN, 80),)))
    assert (found.percent, found.planned_percent, found.gap, found.planned_count) == (55, 65, 10, 1)


def test_what_nobody_reported_cannot_be_judged_and_is_never_zero() -> None:
    for tasks in ((task(DUE),), (task(), task(DUE, key="b")), (task(DUE, withdrawn_at=at(GIVEN)),), ()):
        found = rolled(*tasks)
        assert (found.percent, found.severity, found.gap) == (None, None, None)
    assert rolled(task(DUE, reports=(said(GIVEN, 0),))).percent == 0


def test_overdue_tasks_do_not_colour_the_bar() -> None:
    found = assess_register(register(task(DUE, reports=(said(GIVEN, 96),))), at(DUE + 9 * DAY)).documents[0]
    assert (found.counts.overdue, found.rollup.severity) == (1, Severity.NORMAL)


def test_an_order_to_many_weighs_as_one_task_and_has_one_roll_up() -> None:
    order = task(DUE, key="order", weight=2.0)
    children = [task(DUE, key=f"c{n}", part_of="order", reports=(said(GIVEN, 100),)) for n in range(4)]
    silent = task(DUE, key="c9", part_of="order")
    found = assess_register(register(order, *children, silent, task(DUE, key="x", reports=(said(GIVEN, 0),))), at(HALF))
    view = found.documents[0]
    assert view.counts.total == 6
    assert [one.weight for one in view.tasks] == [0.4] * 5 + [1.0]
    assert view.rollup.percent == pytest.approx(100 * 1.6 / 2.6)
    assert (view.orders[0].rollup.percent, view.orders[0].rollup.reported_count, view.orders[0].rollup.total) == (
        100,
        4,
        5,
    )


def test_what_was_not_yet_given_or_issued_is_not_there() -> None:
    made = Register((document(task(DUE), task(DUE, key="b", assigned_on=HALF)),))
    assert [len(assess_register(made, at(day)).tasks) for day in (GIVEN - DAY, GIVEN, HALF)] == [0, 1, 2]


def test_the_same_answer_serves_until_midnight_or_the_next_event() -> None:
    made = register(task(DUE, reports=(said(HALF, 10),)))
    morning, noon, evening = (assess_register(made, at(HALF, hour)) for hour in (8, 13, 20))
    assert noon is evening and morning is not noon
    assert morning.tasks[0].status.percent is None and noon.tasks[0].status.percent == 10
    assert assess_register(made, at(HALF + DAY)) is not noon


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50), st.booleans()), max_size=8))
def test_a_roll_up_lies_within_its_reports(rows: list[tuple[float, float, bool]]) -> None:
    tasks = [
        task(DUE, key=f"t{n}", weight=weight, reports=(said(GIVEN, percent),) if told else ())
        for n, (percent, weight, told) in enumerate(rows)
    ]
    found, seen = rolled(*tasks), [percent for percent, _, told in rows if told]
    assert (found.percent is None) == (not seen)
    if found.percent is not None:
        assert min(seen) - 1e-6 <= found.percent <= max(seen) + 1e-6
    assert (found.reported_count, found.total) == (len(seen), len(rows))
    assert roll_up((), LIMITS).total == 0


def test_newly_overdue_tasks_ask_for_attention_for_a_week() -> None:
    made = register(task(DUE, key="a"), task(DUE - 7 * DAY, key="b"), task(DUE + DAY, key="c"))
    found = overdue_task_attention(made, at(DUE + DAY))
    assert [(one.key, one.kind, one.link) for one in found] == [("mp-1-2026-a", "task", "/chi-dao/mp-1-2026")]
    assert found[0].since == at(DUE + DAY, 0)
    assert len(overdue_task_attention(replace(made, newly_overdue_days=8), at(DUE + DAY))) == 2
    handed = finished(DUE, DUE)
    assert overdue_task_attention(register(handed), at(DUE + DAY)) == ()


def test_a_course_ends_where_the_bar_and_its_tick_stand() -> None:
    reports = tuple(said(GIVEN + 8 * n * DAY, 7.0 * n) for n in range(6))
    made = register(task(DUE, reports=reports), task(key="free", reports=(said(GIVEN + 4 * DAY, 30),)))
    found = assess_register(made, at(HALF))
    way = progress_timeline(found, found.documents[0], at(HALF))
    assert way.actual[-1] == (HALF, found.documents[0].rollup.percent)
    assert dict(way.plan)[HALF] == pytest.approx(found.documents[0].rollup.planned_percent)
    assert way.end >= DUE and way.forecast is not None


def test_a_document_without_reports_has_no_course() -> None:
    found = assess_register(register(task(DUE), task()), at(HALF))
    way = progress_timeline(found, found.documents[0], at(HALF))
    assert (way.actual, way.plan, way.forecast) == ((), (), None)
