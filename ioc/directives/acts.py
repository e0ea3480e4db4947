"""The command behind every act on a task: by its row of ACT_RULES, in one transaction with audit entry and result."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ioc.directives.act_command import ActCommand, clean_command, content
from ioc.directives.context import (
    Actor,
    DirectiveContext,
    LoadedTask,
    StoredTexts,
    load_positions,
    load_task,
    require_actor,
)
from ioc.directives.sent_drafts import carried_files, check_read, free_ended_files
from ioc.directives.visibility import is_visible
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_bounds import check_bounds
from ioc.domain.directives.act_checks import check_act
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, PositionKind, TaskEvent
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.directive import Document
from ioc.domain.directives.evidence import EvidenceFile, check_evidence, check_share, logged_files
from ioc.domain.directives.positions import DRAFTED_ACTS, Positions, is_permitted, permitted_kinds
from ioc.domain.directives.task_fold import apply_event
from ioc.domain.directives.task_state import TaskState
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import CommandError
from ioc.storage.db.store import Conn, StoreError
from ioc.storage.directives import act_drafts, events, evidence
from ioc.storage.directives.act_drafts import ActDraft, request_of


@dataclass(frozen=True, slots=True)
class ActResult:
    """The act as it was stored, and the task after it. `is_repeated`: it had been done before and was not repeated.

    `refused_links`: keys of linked tasks that did not take a report, with the reason.
    """

    event: TaskEvent
    state: TaskState
    is_repeated: bool = False
    refused_links: Mapping[str, Failure] = field(default_factory=dict)


class TaskChangedError(ActError):
    """Somebody else changed the task. `changes`: the acts since the version that the sender saw."""

    def __init__(self, changes: tuple[TaskEvent, ...]) -> None:
        super().__init__(ActCode.TASK_CHANGED, at=changes[-1].at)
        self.changes = changes


class _PreviewEndError(Exception):
    """Rolls an act back after everything was checked."""

    def __init__(self, result: ActResult) -> None:
        self.result = result


def perform_act(
    context: DirectiveContext, command: ActCommand, principal: Principal, *, preview: bool = False
) -> ActResult:
    """Does an act; with `preview` checks it, returns what would follow and stores nothing.

    PermissionDeniedError; TaskChangedError; ActError; StoreError. Nothing is stored on an error.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    return _perform(context, clean_command(command, StoredTexts()), principal, preview=preview)


def _perform(context: DirectiveContext, command: ActCommand, principal: Principal, *, preview: bool) -> ActResult:
    """Does an act, of which the texts are as they may be stored, in a transaction of its own."""
    try:
        with context.store.write() as conn:
            now = change_counter.bump(conn, {"directives"}, context.clock())
            held = load_positions(conn)
            loaded = visible_task(conn, context, held, command, principal)
            result = perform_on(conn, context, loaded, held, command, principal, now)
            if preview:
                raise _PreviewEndError(result)
    except _PreviewEndError as rolled_back:
        return rolled_back.result
    return result


def perform_in(
    conn: Conn, context: DirectiveContext, command: ActCommand, principal: Principal, now: datetime
) -> ActResult:
    """Does an act within the transaction of a command that has asked for the permission; its known time is `now`."""
    cleaned, held = clean_command(command, StoredTexts()), load_positions(conn)
    loaded = visible_task(conn, context, held, cleaned, principal)
    return perform_on(conn, context, loaded, held, cleaned, principal, now)


def perform_on(
    conn: Conn, context: DirectiveContext, loaded: LoadedTask, stored_positions: Positions, command: ActCommand,
    principal: Principal, now: datetime,
) -> ActResult:  # fmt: skip
    """`perform_in` on a task and positions that were read in the same transaction, with texts as they are stored."""
    actor = require_actor(
        stored_positions, principal, command.position, command.on_behalf_of, command.act, context.today()
    )
    check_master(loaded.document, actor)
    event = replace(_event(conn, loaded, command, actor, now), clock_at=behind(context.clock(), now))
    if repeated := _find_repeated(conn, loaded, command, event):
        commands.keep_answer(conn, principal.name, command.idempotency_key, str(repeated.id))
        return ActResult(repeated, loaded.state or apply_event(None, repeated), is_repeated=True)
    check_version(loaded, command)
    check_rule(context, actor, stored_positions, loaded, event)
    _check_parts(conn, loaded, event)
    stood = _read_draft(conn, context, actor, loaded, event, command) if event.act in DRAFTED_ACTS else None
    carried = carried_files(stood, command)
    check_files(conn, context, event.act, event.actor, carried)
    if event.act is Act.LINK:
        _check_linked(conn, loaded, event.stated.linked_task)
    stored = _append(conn, context, actor, loaded, event, carried, command.external_id)
    if stood:
        act_drafts.remove_draft(conn, stood.task_id, stood.act, stood.refers_to, stood.at)
    state = apply_event(loaded.state, stored)
    subject = replace(loaded, state=state).subject(context.agencies, event.day)
    free_ended_files(conn, loaded.stored.id, subject, context.agencies, event.day)
    linked = state.linked_tasks if event.act is Act.REPORT else ()
    refused = _report_linked(conn, context, actor, stored_positions, loaded, linked, stored, carried)
    commands.keep_answer(conn, principal.name, command.idempotency_key, str(stored.id))
    return ActResult(stored, state, refused_links=refused)


def _read_draft(
    conn: Conn, context: DirectiveContext, actor: Actor, loaded: LoadedTask, event: TaskEvent, command: ActCommand
) -> ActDraft | None:  # fmt: skip
    """The draft of the act that the agency of `actor` wrote, or one that it succeeded. Errors: of `check_read`."""
    stood = act_drafts.find_draft(conn, loaded.stored.id, event.act, request_of(event.act, event.stated))
    is_own = stood and stood.agency in predecessors(context.agencies, actor.acting.agency, event.day)
    check_read(read := stood if is_own else None, command.draft_at)
    return read


def check_files(
    conn: Conn, context: DirectiveContext, act: Act, actor: str, files: tuple[EvidenceFile, ...]
) -> None:  # fmt: skip
    """EvidenceError where the act does not carry these files, or the person would use more than their share."""
    check_evidence(act, len(files))
    if files:
        check_share(evidence.sizes_of_actor(conn, actor), files, context.limits.evidence_gb)


def check_rule(
    context: DirectiveContext, actor: Actor, positions: Positions, loaded: LoadedTask, event: TaskEvent
) -> None:
    """Raises ActError unless the row of the act lets `actor` do it to the task as it is."""
    subject = loaded.subject(context.agencies, event.day)
    if not is_permitted(actor.acting, event.act, subject, event.stated.refers_to):
        kinds = ", ".join(kind.value for kind in permitted_kinds(event.act))
        raise ActError(ActCode.NOT_PERMITTED, act=event.act.value, permitted=kinds)
    if event.act is Act.ASSIGN and not loaded.document.is_issued:
        raise ActError(ActCode.DOCUMENT_NOT_ISSUED)
    check_act(loaded.state, event, loaded.act_context(context, actor, positions))


def perform_all(
    context: DirectiveContext, commands: tuple[ActCommand, ...], principal: Principal, *, preview: bool = False
) -> list[ActResult | ActError]:
    """Many acts, each in a transaction of its own, with its result or its error: STORE_FAILED once the store fails."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    results, texts = list[ActResult | ActError](), StoredTexts()
    for command in commands:
        try:
            results.append(_perform(context, clean_command(command, texts), principal, preview=preview))
        except ActError as error:
            results.append(error)
        except StoreError:
            if preview or not results:  # nothing is done
                raise
            break
    return results + [ActError(ActCode.STORE_FAILED)] * (len(commands) - len(results))


def visible_task(
    conn: Conn, context: DirectiveContext, held: Positions, command: ActCommand, principal: Principal
) -> LoadedTask:
    """The task of the command. Who may neither do the act nor see the task is told that there is no such one."""
    day = context.today()
    actor = require_actor(held, principal, command.position, command.on_behalf_of, command.act, day)
    loaded = _require_task(conn, command.task)
    subject = loaded.subject(context.agencies, day)
    if not is_permitted(actor.acting, command.act, subject, command.stated.refers_to):
        own = (actor.position, actor.acting)
        if not is_visible(conn, context, own, loaded.document, subject.asked_agencies):
            raise ActError(ActCode.UNKNOWN_TASK, key=command.task[:120])
    return loaded


def _require_task(conn: Conn, key: str) -> LoadedTask:
    loaded = load_task(conn, key)
    if loaded is None:
        raise ActError(ActCode.UNKNOWN_TASK, key=key[:120])
    return loaded


def _find_repeated(conn: Conn, loaded: LoadedTask, command: ActCommand, event: TaskEvent) -> TaskEvent | None:
    """The act that was done under the same idempotency key or external id. ActError (KEY_REUSED) for another one."""
    try:
        done = commands.claim(conn, event.actor, command.idempotency_key, content(command), event.at)
    except CommandError as error:
        raise ActError(ActCode.KEY_REUSED) from error
    if done is not None:
        return events.find_event(conn, int(done))
    stored = events.find_external(conn, loaded.stored.id, command.external_id)
    if stored is not None and (stored.act, stored.stated) != (event.act, event.stated):
        raise ActError(ActCode.KEY_REUSED)
    return stored


def _event(conn: Conn, loaded: LoadedTask, command: ActCommand, actor: Actor, now: datetime) -> TaskEvent:
    stated = command.stated
    if command.refers_to_external:
        answered = events.find_external(conn, loaded.stored.id, command.refers_to_external)
        stated = replace(stated, refers_to=answered.id if answered else None)
    return TaskEvent(
        0, command.task, command.act, now, actor.principal.name, actor.position.key, actor.on_behalf_of, stated
    )


def check_master(document: Document, actor: Actor) -> None:
    """ActError (EXTERNAL_MASTER) where another system keeps the document."""
    master = document.master
    if master and not (actor.acting.kind is PositionKind.SYSTEM and actor.acting.master == master):
        raise ActError(ActCode.EXTERNAL_MASTER, master=master)


def check_version(loaded: LoadedTask, command: ActCommand) -> None:
    """TaskChangedError where somebody acted since the version that the sender saw."""
    changes = loaded.history
    if command.expected_version is not None and command.expected_version != loaded.stored.version:
        since = tuple(item for item in changes if item.id > command.expected_version)
        raise TaskChangedError(since or changes) if changes else ActError(ActCode.NOT_OPEN)


def _check_parts(conn: Conn, loaded: LoadedTask, event: TaskEvent) -> None:
    """An order counts by its parts: withdrawn alone, they would go on in no count."""
    if event.act is Act.WITHDRAW and loaded.task.is_order and events.has_open_parts(conn, loaded.stored.id):
        raise ActError(ActCode.ORDER_HAS_PARTS)


def _append(
    conn: Conn, context: DirectiveContext, actor: Actor, loaded: LoadedTask, event: TaskEvent,
    files: tuple[EvidenceFile, ...], external_id: str = "",
) -> TaskEvent:  # fmt: skip
    check_bounds(loaded.state, event, loaded.history)
    stored = events.append(conn, loaded.stored, loaded.history, event, external_id)
    evidence.append(conn, loaded.stored.id, stored, files)
    values = json.dumps(stored.stated.to_json() | logged_files(files), ensure_ascii=False, sort_keys=True)
    action = f"directive-{event.act.value.replace('_', '-')}"
    context.write_entry(conn, actor.principal, action, event.task, values, actor.on_behalf_of)
    return stored


def _check_linked(conn: Conn, loaded: LoadedTask, key: str) -> None:
    """A task is linked to one that is kept where it is kept itself: only there both take a report.

    Whoever links sees all tasks of documents that are kept here, a system those of its own.
    """
    linked = load_task(conn, key)
    if linked is None or loaded.document.master not in ("", linked.document.master):
        raise ActError(ActCode.UNKNOWN_TASK, key=key[:120])
    if linked.document.master != loaded.document.master:
        raise ActError(ActCode.EXTERNAL_MASTER, master=linked.document.master)


def _report_linked(
    conn: Conn, context: DirectiveContext, actor: Actor, positions: Positions, loaded: LoadedTask,
    keys: tuple[str, ...], report: TaskEvent, files: tuple[EvidenceFile, ...],
) -> dict[str, Failure]:  # fmt: skip
    """One report serves all tasks of the same content that the agency holds; what refuses it, with the reason."""
    refused = dict[str, Failure]()
    for key in dict.fromkeys(keys):
        event = replace(report, task=key)
        try:
            linked = _require_task(conn, key)
            if _holder(linked, context, event) != _holder(loaded, context, event):
                continue
            check_master(linked.document, actor)
            check_rule(context, actor, positions, linked, event)
            _append(conn, context, actor, linked, event, files)
        except ActError as error:
            refused[key] = error.failure
    return refused


def _holder(loaded: LoadedTask, context: DirectiveContext, event: TaskEvent) -> str:
    return loaded.subject(context.agencies, event.day).holder
