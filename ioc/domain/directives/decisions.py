"""What was decided: an act that decides a request may leave out what the request states."""

from collections.abc import Iterable
from dataclasses import replace

from ioc.domain.directives.acts import Act, ActFields, TaskEvent


def decided_fields(event: TaskEvent, asked: Iterable[TaskEvent]) -> ActFields:
    """What an act states; an extension that is granted without a day of its own is until the one asked for.

    `asked`: acts among which that is which it answers. An adjustment moves the due date only to a day that the
    decision names.
    """
    stated = event.stated
    if event.act is not Act.DECIDE_EXTENSION or not stated.is_granted or stated.due:
        return stated
    request = next((each.stated for each in asked if each.id == stated.refers_to), None)
    return replace(stated, due=request.due) if request else stated
