"""The ladder of automatic reminders, day by day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.directives.reminder_ladder import is_reminder_due

DUE, DAY = date(2026, 11, 20), timedelta(days=1)
LADDER = (-7, 1, 8)


def reminded_days(ladder: tuple[int, ...], assigned_on: date, days: list[date]) -> list[date]:
    """The days on which a task is reminded when the program runs on `days`."""
    given_on: list[date] = []
    for day in days:
        if is_reminder_due(ladder, day, DUE, given_on[-1] if given_on else None, assigned_on):
            given_on.append(day)
    return given_on


def every_day(first: int, last: int) -> list[date]:
    return [DUE + n * DAY for n in range(first, last + 1)]


def test_each_step_is_given_once_on_its_day() -> None:
    expected = [DUE + offset * DAY for offset in LADDER]
    assert reminded_days(LADDER, DUE - 60 * DAY, every_day(-30, 60)) == expected


def test_missed_steps_are_not_made_up_for_one_by_one() -> None:
    assert reminded_days(LADDER, DUE - 60 * DAY, every_day(20, 60)) == [DUE + 20 * DAY]


def test_step_before_the_assignment_counts_for_nothing() -> None:
    assert reminded_days(LADDER, DUE - 3 * DAY, every_day(-3, 5)) == [DUE + DAY]


def test_moved_due_date_takes_the_steps_along() -> None:
    given_on = DUE + DAY
    later = DUE + 10 * DAY
    assert not is_reminder_due(LADDER, given_on + DAY, later, given_on)
    assert is_reminder_due(LADDER, later - 7 * DAY, later, given_on)


@given(
    st.lists(st.integers(-40, 40), max_size=6).map(tuple), st.integers(-60, 60),
    st.lists(st.integers(-60, 100), unique=True).map(sorted),
)  # fmt: skip
def test_never_more_reminders_than_steps_and_never_before_the_first(
    ladder: tuple[int, ...], assigned: int, days: list[int]
) -> None:
    given_on = reminded_days(ladder, DUE + assigned * DAY, [DUE + n * DAY for n in days])
    assert len(given_on) <= len(set(ladder))
    assert all(ladder and day >= DUE + min(ladder) * DAY and day > DUE + assigned * DAY for day in given_on)
