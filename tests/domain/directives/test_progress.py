"""Planned progress, severities, roll-ups without unreported tasks, orders to several agencies, timelines."""

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
from ioc.domain.snapshot import AttentionKind, OverdueTask
from tests.domain.directives.cases import ASSIGNED, BASIS, at, document, finished, progress_report, register, task

DAY = timedelta(days=1)
DUE = ASSIGNED + 100 * DAY
HALF = ASSIGNED + 50 * DAY
LIMITS = ProgressTolerance(5, 15, 31, 92)


def rollup_of(*tasks: Task, day: date = HALF) -> Rollup:
    return assess_register(register(*tasks), at(day)).documents[0].rollup


def test_planned_is_linear_from_assignment_to_the_due_date() -> None:
    one = task(DUE)
    assert [planned_percent(one, DUE, ASSIGNED + n * DAY) for n in (-5, 0, 25, 100, 150)] == [0, 0, 25, 100, 100]


def test_planned_follows_the_milestones_cumulative_weights() -> None:
    steps = (Milestone(LocalizedText("b"), DUE, 3), Milestone(LocalizedText("a"), ASSIGNED + 20 * DAY, 1))
    one = task(DUE, milestones=steps)
    assert [planned_percent(one, DUE, ASSIGNED + n * DAY) for n in (0, 10, 20, 60, 100)] == [0, 12.5, 25, 62.5, 100]


def test_without_a_due_date_there_is_no_plan() -> None:
    assert planned_percent(task(), None, HALF) is None


def test_an_extension_stretches_the_plan() -> None:
    moved = task(DUE, extensions=(Extension(ASSIGNED + DAY, DUE, ASSIGNED + 200 * DAY, BASIS),))
    assert assess_register(register(moved), at(HALF)).tasks[0].planned_percent == 25


@pytest.mark.parametrize(
    ("gap", "severity"),
    [
        (-20, "normal"), (0, "normal"), (5, "normal"), (5.04, "normal"), (5.1, "attention"), (14.9, "attention"),
        (14.96, "critical"), (15, "critical"),
    ],
)  # fmt: skip
def test_severity_by_points_behind_plan(gap: float, severity: str) -> None:
    assert LIMITS.severity_by_gap(gap) == severity
    assert rollup_of(task(DUE, reports=(progress_report(ASSIGNED, 50 - gap),))).severity == severity


def test_the_limits_come_from_the_register() -> None:
    one = task(DUE, reports=(progress_report(ASSIGNED, 48),))
    strict = register(one, behind_points=1.0, far_behind_points=2.0)
    assert assess_register(strict, at(HALF)).documents[0].rollup.severity is Severity.CRITICAL


@pytest.mark.parametrize(("days", "severity"), [(31, "normal"), (32, "attention"), (93, "critical")])
def test_severity_by_silence_without_a_plan(days: int, severity: str) -> None:
    one = task(reports=(progress_report(ASSIGNED, 40),))
    found = assess_register(register(one), at(ASSIGNED + days * DAY))
    assert found.tasks[0].severity == severity == found.documents[0].rollup.severity


def test_a_roll_up_is_the_weighted_mean_of_reported_tasks() -> None:
    tasks = (
        task(DUE, key="a", weight=3.0, reports=(progress_report(ASSIGNED, 20),)),
        task(DUE, key="b", reports=(progress_report(ASSIGNED, 60),)),
        task(DUE, key="silent", weight=50.0),
        task(DUE, key="gone", reports=(progress_report(ASSIGNED, 90),), withdrawn_at=at(ASSIGNED + DAY)),
    )
    found = rollup_of(*tasks)
    assert (found.percent, found.reported_count, found.total, found.planned_percent) == (30, 2, 3, 50)


def test_progress_and_plan_are_means_over_the_same_tasks() -> None:
    found = rollup_of(
        task(DUE, key="a", reports=(progress_report(ASSIGNED, 30),)),
        task(key="b", reports=(progress_report(ASSIGNED, 80),)),
    )
    assert (found.percent, found.planned_percent, found.gap, found.planned_count) == (55, 65, 10, 1)


def test_without_reports_there_is_no_progress_and_no_severity() -> None:
    for tasks in ((task(DUE),), (task(), task(DUE, key="b")), (task(DUE, withdrawn_at=at(ASSIGNED)),), ()):
        found = rollup_of(*tasks)
        assert (found.percent, found.severity, found.gap) == (None, None, None)
    assert rollup_of(task(DUE, reports=(progress_report(ASSIGNED, 0),))).percent == 0


def test_an_overdue_task_does_not_change_the_severity_of_progress() -> None:
    found = assess_register(register(task(DUE, reports=(progress_report(ASSIGNED, 96),))), at(DUE + 9 * DAY)).documents[
        0
    ]
    assert (found.counts.overdue, found.rollup.severity) == (1, Severity.NORMAL)


def test_an_order_to_several_agencies_weighs_as_one_task() -> None:
    order = task(DUE, key="order", weight=2.0)
    children = [task(DUE, key=f"c{n}", part_of="order", reports=(progress_report(ASSIGNED, 100),)) for n in range(4)]
    silent = task(DUE, key="c9", part_of="order")
    found = assess_register(
        register(order, *children, silent, task(DUE, key="x", reports=(progress_report(ASSIGNED, 0),))), at(HALF)
    )
    view = found.documents[0]
    assert view.counts.total == 6
    assert [one.weight for one in view.tasks] == [0.4] * 5 + [1.0]
    assert view.rollup.percent == pytest.approx(100 * 1.6 / 2.6)
    assert (view.orders[0].rollup.percent, view.orders[0].rollup.reported_count, view.orders[0].rollup.total) == (
        100,
        4,
        5,
    )


def test_documents_and_tasks_of_later_days_are_left_out() -> None:
    made = Register((document(task(DUE), task(DUE, key="b", assigned_on=HALF)),))
    assert [len(assess_register(made, at(day)).tasks) for day in (ASSIGNED - DAY, ASSIGNED, HALF)] == [0, 1, 2]


def test_an_assessment_is_cached_until_midnight_or_the_next_event() -> None:
    made = register(task(DUE, reports=(progress_report(HALF, 10),)))
    morning, noon, evening = (assess_register(made, at(HALF, hour)) for hour in (8, 13, 20))
    assert noon is evening and morning is not noon
    assert morning.tasks[0].status.percent is None and noon.tasks[0].status.percent == 10
    assert assess_register(made, at(HALF + DAY)) is not noon


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50), st.booleans()), max_size=8))
def test_a_roll_up_lies_within_its_reports(rows: list[tuple[float, float, bool]]) -> None:
    tasks = [
        task(DUE, key=f"t{n}", weight=weight, reports=(progress_report(ASSIGNED, percent),) if is_reported else ())
        for n, (percent, weight, is_reported) in enumerate(rows)
    ]
    found, reported = rollup_of(*tasks), [percent for percent, _, is_reported in rows if is_reported]
    assert (found.percent is None) == (not reported)
    if found.percent is not None:
        assert min(reported) - 1e-6 <= found.percent <= max(reported) + 1e-6
    assert (found.reported_count, found.total) == (len(reported), len(rows))
    assert roll_up((), LIMITS).total == 0


def test_tasks_need_attention_for_a_week_after_their_due_date() -> None:
    made = register(task(DUE, key="a"), task(DUE - 7 * DAY, key="b"), task(DUE + DAY, key="c"))
    found = overdue_task_attention(made, at(DUE + DAY))
    assert [(one.key, one.kind, one.link) for one in found] == [
        ("mp-1-2026-a", AttentionKind.TASK, "/chi-dao/mp-1-2026")
    ]
    assert found[0].since == at(DUE + DAY, 0) and found[0].facts == OverdueTask("1/MP-UBND", DUE, 1, None)
    assert len(overdue_task_attention(replace(made, newly_overdue_days=8), at(DUE + DAY))) == 2
    done = finished(DUE, DUE)
    assert overdue_task_attention(register(done), at(DUE + DAY)) == ()


def test_a_timeline_ends_with_the_current_progress_and_plan() -> None:
    reports = tuple(progress_report(ASSIGNED + 8 * n * DAY, 7.0 * n) for n in range(6))
    made = register(task(DUE, reports=reports), task(key="free", reports=(progress_report(ASSIGNED + 4 * DAY, 30),)))
    found = assess_register(made, at(HALF))
    timeline = progress_timeline(found, found.documents[0], at(HALF))
    assert timeline.actual[-1] == (HALF, found.documents[0].rollup.percent)
    assert dict(timeline.plan)[HALF] == pytest.approx(found.documents[0].rollup.planned_percent)
    assert timeline.end >= DUE and timeline.forecast is not None


def test_a_document_without_reports_has_an_empty_timeline() -> None:
    found = assess_register(register(task(DUE), task()), at(HALF))
    timeline = progress_timeline(found, found.documents[0], at(HALF))
    assert (timeline.actual, timeline.plan, timeline.forecast) == ((), (), None)
