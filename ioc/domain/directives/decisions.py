"""What was decided: an act that decides a request may leave out what the request states; what an agency must hear."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, TaskEvent, TaskRelation

_HELD_ACTS = {act for act, rule in ACT_RULES.items() if TaskRelation.LEAD in {grant.relation for grant in rule.grants}}
# The last of these tells whether the agency that holds a task has acted since somebody reminded or refused it.
NEWS_OF_AGENCY = (
    Act.REMIND, Act.DECIDE_EXTENSION, Act.DECIDE_ADJUSTMENT, Act.ANSWER_EXPLANATION, Act.TRANSFER, *sorted(_HELD_ACTS),
)  # fmt: skip


def news_of_agency(last: Mapping[str, TaskEvent]) -> dict[str, TaskEvent]:
    """Of the last acts of NEWS_OF_AGENCY, by task: reminders, and refusals of an extension or an adjustment."""
    deciding = (Act.DECIDE_EXTENSION, Act.DECIDE_ADJUSTMENT)
    return {
        task: event
        for task, event in last.items()
        if event.act is Act.REMIND or (event.act in deciding and event.stated.is_granted is False)
    }


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
