"""Commands on documents: enter or change one with its tasks, give an instruction, issue it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.directives.acts import ActCommand, ActResult, perform_in
from ioc.directives.context import Actor, DirectiveContext, load_positions, require_actor
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.directive import Document, InstructionOrigin, Task, Visibility
from ioc.domain.directives.document_checks import check_document, is_secret
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.domain.events.pii_masking import mask_start
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events

_MAX_TEXT = 4_000
# What an act has changed since, or must change: it is not changed by entering the document again.
_ASSIGNED_FIELDS = ("lead", "due", "assigned_on", "part_of", "is_order", "external_id")


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document with its tasks. `secrecy`: as it is marked; anything but "thường" is refused and not kept.

    `assign`: its tasks are assigned at once, by a position that may. Tasks that it had before stay. `is_new`: a
    document of the same key is not changed.
    """

    document: Document
    position: str
    on_behalf_of: str = ""
    secrecy: str = ""
    assign: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction (ý kiến chỉ đạo) from a figure: page, moment, subject and value as they were shown."""

    position: str
    text: str
    agency: str
    page: str
    at: datetime
    subject: str
    value: str
    wished_on: date | None = None
    on_behalf_of: str = ""


def enter_document(context: DirectiveContext, entry: DocumentEntry, principal: Principal) -> tuple[ActResult, ...]:
    """Stores a document, new or changed, and assigns its tasks where asked; returns the assignments.

    PermissionDeniedError; ActError; StoreError. Nothing is stored on an error.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    if is_secret(entry.secrecy):
        raise ActError(ActCode.SECRET_DOCUMENT)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = _require(conn, principal, entry.position, entry.on_behalf_of, DocumentAct.ENTER, now)
        stored = documents.find_document(conn, entry.document.key)
        if stored is not None and entry.is_new:
            raise ActError(ActCode.KEY_TAKEN, key=stored.number or stored.key)
        document = _merged(conn, stored, entry.document, actor)
        check_document(document, documents.parents_of(conn))
        if document.visibility == Visibility.PUBLIC and (stored is None or stored.visibility != Visibility.PUBLIC):
            _require(conn, principal, entry.position, entry.on_behalf_of, DocumentAct.PUBLISH, now)
        documents.put_document(conn, document, now, is_synchronized=bool(document.master))
        context.write_entry(
            conn, principal, "directive-document-entered", document.key, document.number, actor.on_behalf_of, now
        )
        return _assign_all(conn, context, document, entry, principal, now) if entry.assign else ()


def _merged(conn: Conn, stored: Document | None, document: Document, actor: Actor) -> Document:
    """The document as it is to be stored. ActError where another system keeps it, or assigned tasks differ."""
    is_system = actor.acting.kind is PositionKind.SYSTEM
    master = actor.acting.master if is_system else ""
    if is_system and not master:
        raise ActError(ActCode.POSITION_NOT_VALID, position=actor.acting.key)
    if stored is not None and stored.master != master:
        raise ActError(ActCode.EXTERNAL_MASTER, master=stored.master)
    if stored is None:
        return replace(document, master=master)
    if stored.external_id != document.external_id:
        raise ActError(ActCode.KEY_TAKEN, key=stored.key)
    new = {task.key: task for task in document.tasks}
    for task in stored.tasks:
        found = events.find_task(conn, documents.task_key(stored.key, task.key))
        changed = new.get(task.key)
        if found and found.version and changed and _assigned_fields(changed) != _assigned_fields(task):
            raise ActError(ActCode.KEY_TAKEN, key=found.key)
    kept = tuple(new.pop(task.key, task) for task in stored.tasks)
    return replace(document, master=master, tasks=(*kept, *new.values()), origin=stored.origin)


def _assigned_fields(task: Task) -> tuple[object, ...]:
    return tuple(getattr(task, name) for name in _ASSIGNED_FIELDS)


def _require(
    conn: Conn, principal: Principal, position: str, on_behalf_of: str, act: DocumentAct, now: datetime
) -> Actor:
    actor = require_actor(load_positions(conn), principal, position, on_behalf_of, None, city_date(now))
    if actor.acting.kind not in DOCUMENT_GRANTS[act]:
        kinds = ", ".join(sorted(kind.value for kind in DOCUMENT_GRANTS[act]))
        raise ActError(ActCode.NOT_PERMITTED, act=act.value, permitted=kinds)
    return actor


def _assign_all(
    conn: Conn, context: DirectiveContext, document: Document, entry: DocumentEntry, principal: Principal, now: datetime
) -> tuple[ActResult, ...]:
    """Assigns the tasks that are not assigned yet, orders before their parts."""
    results = []
    for task in sorted(document.tasks, key=lambda task: bool(task.part_of)):
        key = documents.task_key(document.key, task.key)
        stored = events.find_task(conn, key)
        if stored is not None and stored.version == 0:
            stated = ActFields(agency=task.lead, due=task.due, assigned_on=task.assigned_on, basis=document.number)
            command = ActCommand(key, Act.ASSIGN, stated, entry.position, entry.on_behalf_of)
            results.append(perform_in(conn, context, command, principal, now))
    return tuple(results)


def assign_document(
    context: DirectiveContext, key: str, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> tuple[ActResult, ...]:  # fmt: skip
    """Assigns the tasks of a document that are not assigned yet; returns the assignments.

    Errors: see `enter_document`.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        document = documents.find_document(conn, key)
        if document is None:
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        return _assign_all(conn, context, document, DocumentEntry(document, position, on_behalf_of), principal, now)


def give_instruction(context: DirectiveContext, instruction: Instruction, principal: Principal) -> Document:
    """Stores an instruction as a draft document with one task, which waits for number and date; returns it."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    text = mask_start(instruction.text.strip(), _MAX_TEXT)
    if not text:
        raise ActError(ActCode.FIELD_MISSING, field="text")
    if instruction.agency not in context.agencies:
        raise ActError(ActCode.AGENCY_UNKNOWN, agency=instruction.agency[:120])
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = _require(conn, principal, instruction.position, instruction.on_behalf_of, DocumentAct.INSTRUCT, now)
        is_simulated = context.agencies[instruction.agency].is_simulated
        document = replace(_draft(conn, instruction, text, actor, now), is_simulated=is_simulated)
        documents.put_document(conn, document, now)
        context.write_entry(conn, principal, "directive-instruction-given", document.key, text, actor.on_behalf_of, now)
    return document


def _draft(conn: Conn, instruction: Instruction, text: str, actor: Actor, now: datetime) -> Document:
    day = city_date(now)
    task = Task("nv-1", LocalizedText(text), instruction.agency, day, instruction.wished_on)
    origin = InstructionOrigin(
        instruction.page, instruction.at, instruction.subject, instruction.value, instruction.agency,
        instruction.wished_on, text, actor.acting.key, now,
    )  # fmt: skip
    return Document(
        f"ykcd-{documents.count_documents(conn) + 1}-{day.year}", "", LocalizedText(text), "ý kiến chỉ đạo",
        actor.acting.agency, None, None, (task,), source=actor.acting.kind.value, origin=origin,
    )  # fmt: skip


def issue_document(
    context: DirectiveContext, key: str, number: str, issued_on: date, position: str, principal: Principal,
    *, on_behalf_of: str = "",
) -> tuple[ActResult, ...]:  # fmt: skip
    """Gives a draft its number and date and assigns its tasks. ActError (UNKNOWN_DOCUMENT, KEY_TAKEN …)."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    if not number.strip():
        raise ActError(ActCode.FIELD_MISSING, field="number")
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = _require(conn, principal, position, on_behalf_of, DocumentAct.ISSUE, now)
        document = documents.find_document(conn, key)
        if document is None:
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        if document.is_issued:
            raise ActError(ActCode.KEY_TAKEN, key=key)
        issued = replace(document, number=number.strip(), issued_on=issued_on)
        documents.put_document(conn, issued, now)
        context.write_entry(conn, principal, "directive-document-issued", key, issued.number, actor.on_behalf_of, now)
        entry = DocumentEntry(issued, position, on_behalf_of)
        return _assign_all(conn, context, issued, entry, principal, now)
