"""What followers have proposed for tasks, who decides it, and since when something waits: by numbers of events."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from ioc.domain.directives.acts import Act, ItemKind, TaskEvent
from ioc.storage.directives import events
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    directive_event,
    directive_interval,
    directive_open_item,
    directive_task,
)

_E, _O, _T = directive_event.c, directive_open_item.c, directive_task.c
_CONFIRMING = (Act.CONFIRM_COMPLETION.value, Act.RETURN_COMPLETION.value)
_WAITS = (Act.SUBMIT_COMPLETION, Act.PAUSE)  # after which a task itself waits for a decision


class OpenProposals(NamedTuple):
    """`proposed`: what is proposed and not decided, by key of the task, the oldest first.

    `declined`: by key of the task and what was proposed, the last act that declined it.
    `waits`: number of the last completion report or pause of those tasks that have one.
    """

    proposed: Mapping[str, Sequence[TaskEvent]]
    waits: Mapping[str, int]
    declined: Mapping[str, Mapping[Act, TaskEvent]]


def is_proposed_to(acts: Collection[Act], *, is_starred: bool | None) -> ColumnElement[bool]:
    """Open items that are no proposals, or propose one of `acts`; a completion's decision as the task `is_starred`."""
    task = directive_interval.alias().c
    is_confirmed = exists().where(
        task.task_id == _O.task_id, task.valid_to_ms + 0 == OPEN_END_MS, task.is_starred.is_(is_starred)
    )  # by the task, not among all that are present
    here = and_(_O.proposed.in_([act.value for act in acts]), or_(_O.proposed.not_in(_CONFIRMING), is_confirmed))
    return or_(_O.kind != ItemKind.PROPOSAL.value, here)


def open_proposals(conn: Connection, tasks: Collection[str]) -> OpenProposals:
    """The open proposals on the tasks of these keys."""
    asked = select(_O.event_id).join_from(directive_open_item, directive_task, _T.id == _O.task_id)
    asked = asked.where(_T.key.in_(tasks), _O.kind == ItemKind.PROPOSAL.value)
    proposed = dict[str, list[TaskEvent]]()
    for event in sorted(events.find_events(conn, conn.execute(asked).scalars().all()), key=lambda each: each.id):
        proposed.setdefault(event.task, []).append(event)
    last = select(_T.key, func.max(_E.id).label("number")).join_from(
        directive_task, directive_event, _E.task_id == _T.id
    )
    declined = _declined(conn, tasks)
    waiting = last.where(_T.key.in_({*proposed, *declined}), _E.act.in_([act.value for act in _WAITS])).group_by(_T.key)
    return OpenProposals(proposed, {row.key: row.number for row in conn.execute(waiting)}, declined)


def _declined(conn: Connection, tasks: Collection[str]) -> dict[str, dict[Act, TaskEvent]]:
    done = select(_E.id).join_from(directive_task, directive_event, _E.task_id == _T.id)
    done = done.where(_T.key.in_(tasks), _E.act == Act.DECLINE_PROPOSAL.value)
    found = sorted(events.find_events(conn, conn.execute(done).scalars().all()), key=lambda each: each.id)
    asked = events.find_events(conn, [event.stated.refers_to for event in found if event.stated.refers_to])
    proposed, declined = {event.id: event.stated.proposed for event in asked}, dict[str, dict[Act, TaskEvent]]()
    for event in found:
        if act := proposed.get(event.stated.refers_to or 0):
            declined.setdefault(event.task, {})[act] = event
    return declined
