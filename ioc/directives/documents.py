"""Commands on documents: enter or change one with its tasks, assign these."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.directives.acts import ActResult
from ioc.directives.assignment import assign_tasks
from ioc.directives.briefing_log import enter_notice
from ioc.directives.context import (
    Actor,
    DirectiveContext,
    StoredTexts,
    load_positions,
    require_actor,
    stored_text,
)
from ioc.directives.document_numbers import NumberedLater
from ioc.directives.external import with_keys
from ioc.directives.visibility import is_visible
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.directive import Document, Task, Visibility
from ioc.domain.directives.document_checks import (
    check_document,
    check_size,
    is_secret,
    marked,
)
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.domain.directives.task_fold import apply_event
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events

_MAX_TEXT, _MAX_LABEL = 4_000, 120
# What an act has changed since, or must change: it is not changed by entering the document again.
_ASSIGNED_FIELDS = ("lead", "due", "assigned_on", "part_of", "is_order")


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document with its tasks. `secrecy`: as it is marked; anything but "thường" is refused and not kept.

    `assign`: its tasks are assigned at once, by a position that may. Tasks that it had before, and that are not among
    them, stay as they are. `is_new`: a document of the same key is not changed. `form_key`: as of Instruction.
    `briefing`: key of the briefing whose conclusions it holds, "" for none.
    """

    document: Document
    position: str
    on_behalf_of: str = ""
    secrecy: str = ""
    assign: bool = False
    is_new: bool = False
    form_key: str = ""
    briefing: str = ""


def enter_document(context: DirectiveContext, entry: DocumentEntry, principal: Principal) -> tuple[ActResult, ...]:
    """Stores a document, new or changed, and assigns its tasks where asked; returns the assignments.

    PermissionDeniedError; ActError; CommandError; StoreError. Nothing is stored on an error.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    entry = prepared(entry)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        content = repr(replace(entry, form_key=""))
        answer = commands.claim(conn, principal.name, entry.form_key, content, now, FORM_LIFETIME)
        if answer is not None:
            done = events.find_events(conn, json.loads(answer))
            return tuple(ActResult(event, apply_event(None, event), is_repeated=True) for event in done)
        results = enter_in(conn, context, [entry], principal, now, NumberedLater(conn))
        commands.keep_answer(conn, principal.name, entry.form_key, json.dumps([each.event.id for each in results]))
    return results


def prepared(entry: DocumentEntry) -> DocumentEntry:
    """`entry` with its texts as they may be stored: before a transaction, in which nobody else writes.

    ActError for a document with a degree of secrecy, and for more than a document may hold.
    """
    if is_secret(entry.secrecy):
        raise ActError(ActCode.SECRET_DOCUMENT)
    check_size(entry.document)
    return replace(entry, document=_cleaned(entry.document))


@dataclass(frozen=True, slots=True)
class StoredEntries:
    """Documents that a transaction has stored, and by whom. `to_assign`: those with tasks that are to be assigned."""

    actor: Actor
    documents: tuple[Document, ...]
    to_assign: tuple[Document, ...]

    @property
    def audited(self) -> list[AuditedAct]:
        """What the audit log says of it."""
        by = self.actor.on_behalf_of
        return [AuditedAct("directive-document-entered", each.key, each.number, by) for each in self.documents]


def enter_in(
    conn: Conn, context: DirectiveContext, entries: Sequence[DocumentEntry], principal: Principal, now: datetime,
    instructions: NumberedLater,
) -> tuple[ActResult, ...]:  # fmt: skip
    """`enter_document` of `prepared` entries in the transaction of a command that has asked for the permission.

    `entries`: as of `store_in`. `instructions`: of this transaction, the same for all entries of the command.
    """
    stored = store_in(conn, context, entries, principal, now, instructions)
    position, on_behalf_of = entries[0].position, entries[0].on_behalf_of
    for entry, each in zip(entries, stored.documents, strict=True):
        if entry.briefing:
            enter_notice(conn, stored.actor, entry.briefing, each.key, now)
    context.write_entries(conn, principal, stored.audited, context.clock())
    return assign_tasks(conn, context, stored.to_assign, position, on_behalf_of, principal, now)


def store_in(
    conn: Conn, context: DirectiveContext, entries: Sequence[DocumentEntry], principal: Principal, now: datetime,
    instructions: NumberedLater,
) -> StoredEntries:  # fmt: skip
    """Stores the documents of `enter_in`, without entries of logs and assignments, which follow in the transaction.

    `entries`: at least one, by one position, of documents that differ.
    """
    position, on_behalf_of, day = entries[0].position, entries[0].on_behalf_of, context.today()
    actor = require_document_actor(conn, principal, position, on_behalf_of, DocumentAct.ENTER, day)
    master, entered = _master(actor), [entry.document for entry in entries]
    if master:
        entered = [with_keys(conn, master, each) for each in entered]
    present = documents.find_documents(conn, [each.key for each in entered])
    assigned, merged = _assigned_tasks(conn, present), list[Document]()
    above = documents.ancestors_of(conn, {parent for each in entered for parent in each.parents})
    for entry, each in zip(entries, entered, strict=True):
        if entry.is_new and instructions.find(each.issuer, each.number, each.issued_on):
            raise ActError(ActCode.KEY_TAKEN, key=each.number)
        stored = present.get(each.key)
        if stored is not None and entry.is_new:
            raise ActError(ActCode.KEY_TAKEN, key=stored.number or stored.key)
        merged.append(document := marked(_merged(stored, each, master, assigned), context.agencies))
        check_document(document, above, context.agencies, context.units, stored)
        if document.visibility == Visibility.PUBLIC and (stored is None or stored.visibility != Visibility.PUBLIC):
            _check_granted(actor, DocumentAct.PUBLISH, ActCode.PUBLISH_NOT_PERMITTED)
    documents.put_documents(conn, merged, now, is_synchronized=bool(master))
    to_assign = (
        _of_entry(document, each)
        for entry, document, each in zip(entries, merged, entered, strict=True)
        if entry.assign
    )
    return StoredEntries(actor, tuple(merged), tuple(to_assign))


def _assigned_tasks(conn: Conn, of: Collection[str]) -> set[str]:
    """The keys of the assigned tasks of documents."""
    return {task.key for task in events.tasks_of(conn, *of) if task.version}


def _of_entry(document: Document, entered: Document) -> Document:
    """`document` with the tasks alone that were entered now, and the orders that they are parts of."""
    keys = {key for task in entered.tasks for key in (task.key, task.part_of)}
    return replace(document, tasks=tuple(task for task in document.tasks if task.key in keys))


def _master(actor: Actor) -> str:
    """The system whose documents the actor enters, "" for a person."""
    is_system = actor.acting.kind is PositionKind.SYSTEM
    if is_system and not actor.acting.master:
        raise ActError(ActCode.POSITION_NOT_VALID, position=actor.acting.key)
    return actor.acting.master if is_system else ""


def _cleaned(document: Document) -> Document:
    """The document with its texts as they may be stored: parts of an order have the same ones."""
    texts = StoredTexts()

    def text(value: LocalizedText) -> LocalizedText:
        return LocalizedText(texts[value.vi, _MAX_TEXT], texts[value.en, _MAX_TEXT])

    tasks = (
        replace(task, title=text(task.title), product=text(task.product), note=text(task.note))
        for task in document.tasks
    )
    return replace(
        document, number=stored_text(document.number, _MAX_LABEL), title=text(document.title),
        kind=stored_text(document.kind, _MAX_LABEL), sphere=stored_text(document.sphere, _MAX_LABEL),
        summary=text(document.summary), short=text(document.short), tasks=tuple(tasks),
    )  # fmt: skip


def _merged(stored: Document | None, document: Document, master: str, assigned: Collection[str]) -> Document:
    """The document as it is to be stored. ActError where another system keeps it, or assigned tasks differ."""
    if stored is not None and stored.master != master:
        raise ActError(ActCode.EXTERNAL_MASTER, master=stored.master)
    if stored is None:
        return replace(document, master=master)
    if stored.external_id != document.external_id:
        raise ActError(ActCode.KEY_TAKEN, key=stored.key)
    new = {task.key: task for task in document.tasks}
    for task in stored.tasks:
        key, changed = documents.task_key(stored.key, task.key), new.get(task.key)
        if key in assigned and changed and _is_reassigned(task, changed):
            raise ActError(ActCode.KEY_TAKEN, key=key)
    kept = tuple(new.pop(task.key, task) for task in stored.tasks)
    return replace(
        document,
        is_simulated=document.is_simulated or stored.is_simulated,
        master=master,
        tasks=(*kept, *new.values()),
        origin=stored.origin,
        corrections=stored.corrections,
        steps=stored.steps,
    )


def _is_reassigned(stored: Task, changed: Task) -> bool:
    """Whether it differs in what an assigned task keeps; one without an external id may get one."""
    if stored.external_id not in ("", changed.external_id):
        return True
    return any(getattr(stored, name) != getattr(changed, name) for name in _ASSIGNED_FIELDS)


def require_document_actor(
    conn: Conn, principal: Principal, position: str, on_behalf_of: str, act: DocumentAct, day: date
) -> Actor:
    """Who does `act` to a document. PermissionDeniedError; ActError for a position that may not."""
    actor = require_actor(load_positions(conn), principal, position, on_behalf_of, None, day)
    _check_granted(actor, act, ActCode.NOT_PERMITTED)
    return actor


def _check_granted(actor: Actor, act: DocumentAct, code: ActCode) -> None:
    if actor.acting.kind not in DOCUMENT_GRANTS[act]:
        kinds = ", ".join(sorted(kind.value for kind in DOCUMENT_GRANTS[act]))
        raise ActError(code, act=act.value, permitted=kinds)


def assign_document(
    context: DirectiveContext, key: str, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> tuple[ActResult, ...]:  # fmt: skip
    """Assigns the tasks of a document that are not assigned yet; returns the assignments.

    Errors: see `enter_document`.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = require_actor(load_positions(conn), principal, position, on_behalf_of, Act.ASSIGN, context.today())
        document = documents.find_document(conn, key)
        if document is None or not is_visible(conn, context, (actor.position, actor.acting), document):
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        return assign_tasks(conn, context, [document], position, on_behalf_of, principal, now)
