"""The tasks of documents are assigned, all at once: an import assigns thousands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ioc.directives.acts import ActResult, check_master, check_rule
from ioc.directives.context import Actor, DirectiveContext, LoadedTask, load_positions, require_actor
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import orders_first
from ioc.domain.directives.positions import Positions
from ioc.domain.directives.task_fold import apply_event, fold
from ioc.domain.directives.task_state import TaskState
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events
from ioc.storage.directives.events import StoredTask


def assign_tasks(
    conn: Conn, context: DirectiveContext, entered: Sequence[Document], position: str, on_behalf_of: str,
    principal: Principal, now: datetime,
) -> tuple[ActResult, ...]:  # fmt: skip
    """Assigns the tasks of stored documents that are not assigned yet, orders before their parts, in a transaction.

    Each has its event; the audit log has one entry for all of a document. PermissionDeniedError; ActError.
    """
    stored = {task.key: task for task in events.tasks_of(conn, *(document.key for document in entered))}
    waiting = {document.key: _not_assigned(document, stored) for document in entered}
    if not any(waiting.values()):
        return ()
    held = load_positions(conn)
    actor = require_actor(held, principal, position, on_behalf_of, Act.ASSIGN, context.today())
    first = list[TaskEvent]()
    for document in entered:
        if waiting[document.key]:
            check_master(document, actor)
            first += _assignments(conn, context, document, waiting[document.key], stored, actor, held, now)
    done = events.append_first(conn, [(stored[event.task], event) for event in first])
    for key, tasks in waiting.items():
        if tasks:
            what = json.dumps({"tasks": len(tasks)})
            context.write_entry(conn, principal, "directive-assign", key, what, actor.on_behalf_of, now)
    return tuple(ActResult(event, apply_event(None, event)) for event in done)


def _not_assigned(document: Document, stored: Mapping[str, StoredTask]) -> list[Task]:
    ordered = orders_first(document.tasks)
    return [task for task in ordered if not stored[documents.task_key(document.key, task.key)].version]


def _assignments(
    conn: Conn, context: DirectiveContext, document: Document, waiting: Sequence[Task],
    stored: Mapping[str, StoredTask], actor: Actor, held: Positions, now: datetime,
) -> list[TaskEvent]:  # fmt: skip
    """The first events of the tasks of a document, checked."""
    header, states, first = replace(document, tasks=()), dict[str, TaskState | None](), list[TaskEvent]()
    for task in waiting:
        key = documents.task_key(document.key, task.key)
        event = _assignment(context, header, task, key, actor, now)
        order = documents.task_key(document.key, task.part_of) if task.part_of else ""
        loaded = LoadedTask(stored[key], header, task, (), None, _order_state(conn, stored, states, order))
        check_rule(context, actor, held, loaded, event)
        states[key] = apply_event(None, event)
        first.append(event)
    return first


def _assignment(
    context: DirectiveContext, document: Document, task: Task, key: str, actor: Actor, now: datetime
) -> TaskEvent:
    stated = ActFields(agency=task.lead, due=task.due, assigned_on=task.assigned_on, basis=document.number)
    return TaskEvent(
        0, key, Act.ASSIGN, now, actor.principal.name, actor.position.key, actor.on_behalf_of, stated,
        behind(context.clock(), now),
    )  # fmt: skip


def _order_state(
    conn: Conn, stored: Mapping[str, StoredTask], states: dict[str, TaskState | None], order: str
) -> TaskState | None:
    """The state of the order of that key, "" for none; `states` keeps what was read."""
    if order and order not in states:
        states[order] = fold(events.task_events(conn, stored[order].id))
    return states.get(order)
