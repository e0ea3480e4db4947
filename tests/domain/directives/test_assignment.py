"""Assignments: a single successor takes a task over, several need a transfer."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.assignment import NoHolderReason, task_assignment
from ioc.domain.directives.directive import Register, Task, Transfer
from ioc.domain.directives.progress import assess_register, count_tasks, group_by_agency, tasks_without_holder
from tests.domain.directives.cases import ASSIGNED, BASIS, at, document, task

DAY = timedelta(days=1)
LAST = date(2026, 2, 28)
NEXT = LAST + DAY


def agency(key: str, *successor_keys: str, until: date | None = None) -> Agency:
    successors = tuple(Succession(one, NEXT, BASIS) for one in successor_keys)
    return Agency(key, LocalizedText(key), LocalizedText(key), None, until, successors)


AGENCIES = {
    one.key: one
    for one in (
        agency("a", "b", until=LAST),  # 1→1
        agency("c", "d", until=LAST),  # n→1
        agency("e", "d", until=LAST),
        agency("f", "b", "d", until=LAST),  # 1→n
        agency("g", until=LAST),  # without successor
        agency("x", "y", until=LAST),
        agency("y", "x", until=LAST),
        agency("b"),
        agency("d"),
    )
}


def holder(lead: str, day: date = NEXT, **more: object) -> tuple[str | None, NoHolderReason | None]:
    assignment = task_assignment(task(None, lead=lead, **more), AGENCIES, day)
    return assignment.holder, assignment.no_holder_reason


def test_the_last_day_still_belongs_to_the_old_agency() -> None:
    assert (holder("a", LAST), holder("a", NEXT)) == (("a", None), ("b", None))


def test_a_merged_agency_passes_its_tasks_to_its_only_successor() -> None:
    assert holder("c") == holder("e") == ("d", None)


def test_a_split_agency_keeps_its_tasks_in_the_queue_until_a_transfer() -> None:
    assert holder("f") == (None, NoHolderReason.MULTIPLE_SUCCESSORS)
    moved = (Transfer(NEXT + 5 * DAY, "d", BASIS),)
    assert holder("f", NEXT + 4 * DAY, transfers=moved) == (None, NoHolderReason.MULTIPLE_SUCCESSORS)
    found = task_assignment(task(lead="f", transfers=moved), AGENCIES, NEXT + 5 * DAY)
    assert (found.original_agency, found.holder, found.steps[0].is_transfer, found.steps[0].basis) == (
        "f",
        "d",
        True,
        BASIS,
    )


def test_a_task_without_successor_with_a_circle_or_an_unknown_agency_has_no_holder() -> None:
    assert holder("g") == (None, NoHolderReason.NO_SUCCESSOR)
    assert holder("x") == (None, NoHolderReason.CIRCULAR)
    assert holder("nobody") == (None, NoHolderReason.UNKNOWN_AGENCY)


def test_the_last_transfer_wins_and_successions_follow_it() -> None:
    moves = (Transfer(ASSIGNED + 9 * DAY, "c", BASIS), Transfer(ASSIGNED + 2 * DAY, "b", BASIS))
    found = task_assignment(task(lead="a", transfers=moves), AGENCIES, NEXT)
    assert (found.holder, [one.agency for one in found.steps]) == ("d", ["b", "c", "d"])


def test_a_transfer_never_moves_a_deadline() -> None:
    due = ASSIGNED + 20 * DAY
    plain = task(due, lead="f")
    moved = replace(plain, transfers=(Transfer(NEXT, "d", BASIS),))
    now = at(NEXT + 3 * DAY)
    one, other = (assess_register(Register((document(each),), AGENCIES), now).tasks[0] for each in (plain, moved))
    assert (one.status, one.planned_percent) == (other.status, other.planned_percent)


def test_counts_as_assigned_and_as_holder() -> None:
    tasks = [task(key=str(n), lead=lead) for n, lead in enumerate("aacefg")]
    views = assess_register(Register((document(*tasks),), AGENCIES), at(NEXT)).tasks
    assigned, current = (group_by_agency(views, by_holder=by_holder) for by_holder in (False, True))
    assert {key: len(own) for key, own in assigned.items()} == {"a": 2, "c": 1, "e": 1, "f": 1, "g": 1}
    assert {key: len(own) for key, own in current.items()} == {"b": 2, "d": 2, None: 2}
    assert [one.task.lead for one in tasks_without_holder(views)] == ["f", "g"]


@given(st.lists(st.sampled_from("abcdefgxy"), max_size=12), st.integers(0, 120))
def test_both_groupings_add_up_to_all_tasks(leads: list[str], days: int) -> None:
    tasks: list[Task] = [task(ASSIGNED + 40 * DAY, key=str(n), lead=lead) for n, lead in enumerate(leads)]
    views = assess_register(Register((document(*tasks),), AGENCIES), at(ASSIGNED + days * DAY)).tasks
    for by_holder in (False, True):
        parts = [count_tasks(own) for own in group_by_agency(views, by_holder=by_holder).values()]
        assert sum(one.total for one in parts) == len(leads)
        assert sum(one.overdue for one in parts) == count_tasks(views).overdue
