"""The tasks of a document are assigned, all at once: an import assigns thousands."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ioc.directives.acts import ActResult, check_master, check_rule
from ioc.directives.context import Actor, DirectiveContext, LoadedTask, load_positions, require_actor
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import orders_first
from ioc.domain.directives.task_fold import apply_event, fold
from ioc.domain.directives.task_state import TaskState
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events
from ioc.storage.directives.events import StoredTask


def assign_tasks(
    conn: Conn, context: DirectiveContext, document: Document, position: str, on_behalf_of: str, principal: Principal,
    now: datetime,
) -> tuple[ActResult, ...]:  # fmt: skip
    """Assigns the tasks of `document` that are not assigned yet, orders before their parts, within a transaction.

    Each has its event; the audit log has one entry for all of them. PermissionDeniedError; ActError.
    """
    stored = {task.key: task for task in events.tasks_of(conn, document.key)}
    keys = {task.key: documents.task_key(document.key, task.key) for task in document.tasks}
    waiting = [task for task in orders_first(document.tasks) if not stored[keys[task.key]].version]
    if not waiting:
        return ()
    held = load_positions(conn)
    actor = require_actor(held, principal, position, on_behalf_of, Act.ASSIGN, context.today())
    check_master(document, actor)
    header, states, first = replace(document, tasks=()), dict[str, TaskState | None](), list[TaskEvent]()
    for task in waiting:
        key = keys[task.key]
        event = _assignment(context, header, task, key, actor, now)
        order = _order_state(conn, stored, states, keys.get(task.part_of, ""))
        check_rule(context, actor, held, LoadedTask(stored[key], header, task, (), None, order), event)
        states[key] = apply_event(None, event)
        first.append(event)
    done = events.append_first(conn, [(stored[event.task], event) for event in first])
    what = json.dumps({"tasks": len(done)})
    context.write_entry(conn, principal, "directive-assign", document.key, what, actor.on_behalf_of, now)
    return tuple(ActResult(event, apply_event(None, event)) for event in done)


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
