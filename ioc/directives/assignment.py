"""Tasks are assigned: those of a document all at once, or chosen ones of many documents, each with its result."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ioc.directives.acts import ActResult, check_master, check_rule
from ioc.directives.context import Actor, DirectiveContext, LoadedTask, load_positions, require_actor
from ioc.directives.visibility import is_visible
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import orders_first
from ioc.domain.directives.positions import Positions
from ioc.domain.directives.task_fold import apply_event, fold
from ioc.domain.directives.task_numbers import TaskNumbers, number_of_tasks
from ioc.domain.directives.task_state import TaskState
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn, StoreError
from ioc.storage.directives import documents, events
from ioc.storage.directives.events import StoredTask

Acts = tuple[tuple[StoredTask, TaskEvent], ...]


@dataclass(frozen=True, slots=True)
class CheckedAssignments:
    """Assignments that may be done, by the key of their document, orders before their parts. `actor`: by whom."""

    actor: Actor
    acts: Mapping[str, Acts]


def assign_tasks(
    conn: Conn, context: DirectiveContext, entered: Sequence[Document], position: str, on_behalf_of: str,
    principal: Principal, now: datetime,
) -> tuple[ActResult, ...]:  # fmt: skip
    """Assigns the tasks of stored documents that are not assigned yet, orders before their parts, in a transaction.

    Each has its event; the audit log has one entry for all of a document. PermissionDeniedError; ActError.
    """
    checked = check_assignments(conn, context, entered, position, on_behalf_of, principal, now)
    return _acts(append_assignments(conn, context, checked, now)) if checked else ()


def assigned_numbers(document: Document, done: Iterable[ActResult]) -> TaskNumbers:
    """The tasks of the document that `done` has assigned."""
    keys = {each.event.task for each in done}
    return number_of_tasks(task for task in document.tasks if documents.task_key(document.key, task.key) in keys)


def check_assignments(
    conn: Conn, context: DirectiveContext, entered: Sequence[Document], position: str, on_behalf_of: str,
    principal: Principal, now: datetime,
) -> CheckedAssignments | None:  # fmt: skip
    """What `assign_tasks` would do, None for nothing; nothing is stored. Errors: as of it."""
    stored = _stored_tasks(conn, *(document.key for document in entered))
    waiting = [document for document in entered if _waits(document, stored)]
    if not waiting:
        return None
    held = load_positions(conn)
    actor = require_actor(held, principal, position, on_behalf_of, Act.ASSIGN, context.today())
    acts = dict[str, Acts]()
    for document in waiting:
        check_master(document, actor)
        prepared = _prepare(conn, context, document, stored, actor, held, now)
        for error in prepared.refused.values():
            raise error
        acts[document.key] = prepared.acts
    return CheckedAssignments(actor, acts)


def unassigned_documents(
    context: DirectiveContext, entered: Iterable[Document], principal: Principal
) -> tuple[Document, ...]:  # fmt: skip
    """What their assignment would assign: documents, stored or not, with those tasks that no agency has been given.

    PermissionDeniedError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    found = list(entered)
    with context.store.read() as conn:
        stored = _stored_tasks(conn, *(document.key for document in found))
    assigned = {key for key, task in stored.items() if task.version}
    waiting = (replace(each, tasks=tuple(_left(each, assigned))) for each in found)
    return tuple(document for document in waiting if document.tasks)


def _left(document: Document, assigned: Set[str]) -> Iterator[Task]:
    return (task for task in document.tasks if documents.task_key(document.key, task.key) not in assigned)


def _stored_tasks(conn: Conn, *keys: str) -> dict[str, StoredTask]:
    return {task.key: task for task in events.tasks_of(conn, *keys)}


def _waits(document: Document, stored: Mapping[str, StoredTask]) -> bool:
    return any(not stored[documents.task_key(document.key, task.key)].version for task in document.tasks)


def assign_all(
    context: DirectiveContext, keys: Sequence[str], position: str, on_behalf_of: str, principal: Principal, *,
    preview: bool = False, form_key: str = "",
) -> dict[str, ActResult | ActError]:  # fmt: skip
    """Assigns tasks that wait for it, each with its result or its error, those of a document in one transaction.

    An order that waits is assigned with its part. `preview`: nothing is stored. `form_key`: sent twice, it is done
    once. PermissionDeniedError; CommandError; StoreError where nothing is done yet.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    chosen, results = defaultdict[str, list[str]](list), dict[str, ActResult | ActError]()
    for key in keys:
        chosen[key.rpartition("/")[0]].append(key)
    for document, of_document in chosen.items():
        key = f"{form_key}-{document}" if form_key else ""
        asked = _AskedAssignment(document, tuple(of_document), position, on_behalf_of, key)
        try:
            done = _preview(context, asked, principal) if preview else _assign_chosen(context, asked, principal)
        except ActError as error:
            done = dict.fromkeys(of_document, error)
        except StoreError:
            if preview or not results:
                raise
            break
        results |= done
    return {key: results.get(key, ActError(ActCode.STORE_FAILED)) for key in keys}


@dataclass(frozen=True, slots=True)
class _AskedAssignment:
    """Tasks of one document that are to be assigned."""

    document: str
    keys: tuple[str, ...]
    position: str
    on_behalf_of: str
    form_key: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The acts that were checked, by task, and why others are not done, by the key of the task."""

    acts: Acts
    refused: Mapping[str, ActError]


def _preview(
    context: DirectiveContext, asked: _AskedAssignment, principal: Principal
) -> dict[str, ActResult | ActError]:  # fmt: skip
    """What would follow; nobody else has to wait for it."""
    with context.store.read() as conn:
        _, _, prepared = _prepare_chosen(conn, context, asked, principal, context.clock())
    return _results(asked, _acts(event for _, event in prepared.acts), prepared.refused)


def _assign_chosen(
    context: DirectiveContext, asked: _AskedAssignment, principal: Principal
) -> dict[str, ActResult | ActError]:  # fmt: skip
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        answer = commands.claim(conn, principal.name, asked.form_key, list(asked.keys), now, FORM_LIFETIME)
        if answer is not None:
            return _repeated(conn, asked, json.loads(answer))
        document, actor, prepared = _prepare_chosen(conn, context, asked, principal, now)
        checked = CheckedAssignments(actor, {document.key: prepared.acts})
        done = _acts(append_assignments(conn, context, checked, now)) if prepared.acts else ()
        refused = {key: error.failure.to_json() for key, error in prepared.refused.items()}
        kept = json.dumps({"done": [each.event.id for each in done], "refused": refused})
        commands.keep_answer(conn, principal.name, asked.form_key, kept)
    return _results(asked, done, prepared.refused)


def _repeated(conn: Conn, asked: _AskedAssignment, answer: Mapping[str, Any]) -> dict[str, ActResult | ActError]:
    """The results of the first time."""
    acts = _acts(events.find_events(conn, answer["done"]), is_repeated=True)
    refused = {key: ActError(Failure.from_json(body)) for key, body in answer["refused"].items()}
    return _results(asked, acts, refused)


def _results(
    asked: _AskedAssignment, done: Sequence[ActResult], refused: Mapping[str, ActError]
) -> dict[str, ActResult | ActError]:
    """By the keys that were asked for: an order that went with its part has no result of its own."""
    found: dict[str, ActResult | ActError] = {each.event.task: each for each in done} | dict(refused)
    return {key: found[key] for key in asked.keys}


def _prepare_chosen(
    conn: Conn, context: DirectiveContext, asked: _AskedAssignment, principal: Principal, now: datetime
) -> tuple[Document, Actor, _Prepared]:
    """The document with the tasks that were asked for, and the orders that they are parts of; who acts; the acts.

    PermissionDeniedError; ActError, for a task that there is not too.
    """
    held, document = load_positions(conn), documents.find_document(conn, asked.document)
    actor = require_actor(held, principal, asked.position, asked.on_behalf_of, Act.ASSIGN, context.today())
    if document is None or not is_visible(conn, context, (actor.position, actor.acting), document):
        raise ActError(ActCode.UNKNOWN_DOCUMENT, key=asked.document[:120])
    check_master(document, actor)
    by_key = {documents.task_key(document.key, task.key): task for task in document.tasks}
    if unknown := next((key for key in asked.keys if key not in by_key), None):
        raise ActError(ActCode.UNKNOWN_TASK, key=unknown[:120])
    wanted = {key for asked_key in asked.keys for key in (by_key[asked_key].key, by_key[asked_key].part_of)}
    chosen = replace(document, tasks=tuple(task for task in document.tasks if task.key in wanted))
    prepared = _prepare(conn, context, chosen, _stored_tasks(conn, document.key), actor, held, now)
    again = _assigned_before(conn, document, asked.keys)
    return chosen, actor, replace(prepared, refused={**prepared.refused, **again})


def _assigned_before(conn: Conn, document: Document, keys: Sequence[str]) -> dict[str, ActError]:
    """The tasks that are assigned already, with the state that they are in."""
    found = dict[str, ActError]()
    for task in events.tasks_of(conn, document.key):
        state = fold(events.task_events(conn, task.id)) if task.version and task.key in keys else None
        if state is not None:
            act, work = Act.ASSIGN.value, state.work_state.value
            found[task.key] = ActError(ActCode.ACT_NOT_POSSIBLE, act=act, state=work)
    return found


def _prepare(
    conn: Conn, context: DirectiveContext, document: Document, stored: Mapping[str, StoredTask], actor: Actor,
    held: Positions, now: datetime,
) -> _Prepared:  # fmt: skip
    """The assignments of the tasks of `document` that wait for it, checked; a part waits for its order."""
    keys = {task.key: documents.task_key(document.key, task.key) for task in document.tasks}
    header, states = replace(document, tasks=()), dict[str, TaskState | None]()
    acts, refused = list[tuple[StoredTask, TaskEvent]](), dict[str, ActError]()
    for task in orders_first(document.tasks):
        key, order_key = keys[task.key], keys.get(task.part_of, "")
        if stored[key].version:
            continue
        event = _assignment(context, header, task, key, actor, now)
        order = _order_state(conn, stored, states, order_key)
        try:
            if order_key in refused:
                raise refused[order_key]
            check_rule(context, actor, held, LoadedTask(stored[key], header, task, (), None, order), event)
        except ActError as error:
            refused[key] = error
            continue
        states[key] = apply_event(None, event)
        acts.append((stored[key], event))
    return _Prepared(tuple(acts), refused)


def append_assignments(
    conn: Conn, context: DirectiveContext, checked: CheckedAssignments, now: datetime
) -> list[TaskEvent]:
    """Stores acts that were checked in this transaction as done `now`, with an audit entry for each document."""
    clock = behind(context.clock(), now)
    acts = [
        (task, replace(event, at=now, clock_at=clock))
        for of_document in checked.acts.values()
        for task, event in of_document
    ]
    done, by = events.append_first(conn, acts), checked.actor
    entries = [
        AuditedAct("directive-assign", key, json.dumps({"tasks": len(of_document)}), by.on_behalf_of)
        for key, of_document in checked.acts.items()
    ]
    context.write_entries(conn, by.principal, entries, context.clock())
    return done


def _acts(done: Iterable[TaskEvent], *, is_repeated: bool = False) -> tuple[ActResult, ...]:
    """Assignments with the states that follow from them."""
    return tuple(ActResult(event, apply_event(None, event), is_repeated=is_repeated) for event in done)


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
