"""The ladder of automatic reminders (đôn đốc): days before and after the due date on which an open task is reminded."""

from collections.abc import Sequence
from datetime import date, timedelta


def is_reminder_due(
    ladder: Sequence[int], day: date, due: date, reminded_on: date | None, assigned_on: date = date.min
) -> bool:
    """Whether a task is reminded on `day`: its newest step up to that day has no automatic reminder on it or since.

    `ladder`: days relative to the due date, negative before it. Steps that were missed are not made up for one by one,
    and one on the day of the assignment or before counts for nothing. A due date that moves takes the steps along.
    """
    steps = [due + timedelta(days=offset) for offset in ladder]
    newest = max((step for step in steps if assigned_on < step <= day), default=None)
    return newest is not None and (reminded_on is None or reminded_on < newest)
