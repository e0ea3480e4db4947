"""Statistics: the three published cases come out exactly, each rate names its denominator."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.statistics import (
    AgencyView,
    DirectiveStatistics,
    GroupedTasks,
    TaskGroup,
    collect_statistics,
    named_rates,
)
from ioc.domain.directives.task_status import DeadlineState, WorkState
from tests.domain.directives.cases import at

DAY = date(2026, 9, 1)
_STATES = {
    "on_time": (WorkState.DONE, DeadlineState.DONE_ON_TIME),
    "late": (WorkState.DONE, DeadlineState.DONE_LATE),
    "done_no_deadline": (WorkState.DONE, DeadlineState.NO_DEADLINE),
    "in_time": (WorkState.ACTIVE, DeadlineState.ON_TRACK),
    "overdue": (WorkState.ACTIVE, DeadlineState.OVERDUE),
    "no_deadline": (WorkState.ACTIVE, DeadlineState.NO_DEADLINE),
    "paused": (WorkState.PAUSED, None),
    "withdrawn": (WorkState.WITHDRAWN, None),
}


def group(name: str, size: int, **more: object) -> TaskGroup:
    work, deadline = _STATES[name]
    fields = {
        "agency": "a", "work_state": work, "deadline": deadline, "first_deadline": deadline,
        "bucket": 1 if deadline is DeadlineState.OVERDUE else None, "is_reported": True, "is_late_at_office": False,
        "is_part": False, "size": size,
    } | more  # fmt: skip
    return TaskGroup(**fields)  # type: ignore[arg-type]


def collect(*groups: TaskGroup, view: AgencyView = AgencyView.ASSIGNED, **agencies: Agency) -> DirectiveStatistics:
    return collect_statistics(GroupedTasks(groups), at(DAY), DAY, view, agencies)


def groups_of(**sizes: int) -> Iterator[TaskGroup]:
    return (group(name, size) for name, size in sizes.items())


def percents(counts: TaskCounts) -> dict[str, float | None]:
    return {name: rate.percent for name, rate in named_rates(counts).items()}


def test_hai_phong_in_august_2018() -> None:
    counts = collect(
        *groups_of(on_time=4071, late=3085, done_no_deadline=2986, in_time=1260, no_deadline=500, overdue=258)
    ).counts
    assert (counts.total, counts.done, counts.open, counts.open - counts.overdue) == (12160, 10142, 2018, 1760)
    rates = named_rates(counts)
    rounded = {
        name: round(rates[name].percent or 0, 2)
        for name in (
            "on_time_of_done", "late_of_done", "no_deadline_of_done", "overdue_of_all", "overdue_of_decided",
        )
    }  # fmt: skip
    assert rounded == {
        "on_time_of_done": 40.14, "late_of_done": 30.42, "no_deadline_of_done": 29.44, "overdue_of_all": 2.12,
        "overdue_of_decided": 3.48,
    }  # fmt: skip
    assert round(rates["done_of_all"].percent or 0, 1) == 83.4
    assert (rates["overdue_of_decided"].whole, rates["overdue_of_decided"].denominator) == (7414, "decided")


def test_quang_nam() -> None:
    counts = collect(*groups_of(on_time=585, overdue=181, in_time=67)).counts
    assert (counts.total, counts.done, counts.overdue, counts.in_time) == (833, 585, 181, 67)


def test_report_1270_of_december_2017() -> None:
    counts = collect(*groups_of(on_time=14068, late=1983, in_time=5640, overdue=223)).counts
    assert (counts.total, counts.done, counts.open) == (21914, 16051, 5863)
    rates = named_rates(counts)
    assert rates["overdue_of_decided"].whole == 16274 == counts.with_deadline_outcome
    # The report truncates its 98.62 % and 1.38 %; exactly they are these.
    assert rates["overdue_of_decided"].percent == pytest.approx(1.370, abs=5e-4)
    done_of_decided = 100 - (rates["overdue_of_decided"].percent or 0)
    assert done_of_decided == pytest.approx(98.630, abs=5e-4)


def test_paused_and_withdrawn_tasks_stand_beside_the_total() -> None:
    found = collect(*groups_of(in_time=3, paused=2, withdrawn=4))
    assert (found.counts.total, found.counts.paused, found.counts.withdrawn) == (3, 2, 4)
    assert sum(found.by_state.values()) == 9 and found.numbers.tasks == 3


def test_rates_of_nothing_are_none_and_those_of_the_first_due_date_have_their_own_names() -> None:
    nothing = collect()
    assert set(percents(nothing.counts).values()) == {None}
    moved = collect(group("on_time", 4), group("on_time", 1, first_deadline=DeadlineState.DONE_LATE))
    rates = named_rates(moved.counts, moved.first_counts)
    assert (rates["on_time_of_decided"].percent, rates["on_time_of_decided_first"].percent) == (100, 80)
    assert not [name for name in rates if name.endswith("_first") and "done_of_all" in name]


def test_an_order_counts_as_one_task_and_by_its_parts() -> None:
    tasks = GroupedTasks([group("in_time", 103, is_part=True), group("overdue", 81)], orders=1)
    found = collect_statistics(tasks, at(DAY), DAY, AgencyView.HELD, {})
    assert (found.numbers, found.counts.total) == ((82, 103), 184)


def test_tasks_are_held_by_successors_or_wait_in_the_exception_queue() -> None:
    basis = LocalizedText("1/QĐ")
    ended = DAY - timedelta(days=1)
    text = LocalizedText("x")
    agencies = {
        "a": Agency("a", text, text, until=ended, successors=(Succession("b", DAY, basis),)),
        "b": Agency("b", text, text),
        "c": Agency("c", text, text, until=ended),
    }
    groups = (group("in_time", 2), group("overdue", 3, agency="b"), group("overdue", 4, agency="c"))
    held = collect(*groups, view=AgencyView.HELD, **agencies)
    assert {key: counts.total for key, counts in held.by_agency.items()} == {"b": 5, "": 4}
    assigned = collect(*groups, view=AgencyView.ASSIGNED, **agencies)
    assert {key: counts.total for key, counts in assigned.by_agency.items()} == {"a": 2, "b": 3, "c": 4}
    assert held.ageing == (0, 7, 0, 0)
