"""Commands on instructions (ý kiến chỉ đạo): one is given as a draft document, and issued with number and date."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count

from ioc.directives.acts import ActResult
from ioc.directives.assignment import assign_tasks
from ioc.directives.briefing_log import concluding_briefing
from ioc.directives.context import Actor, DirectiveContext, load_positions, stored_text, valid_positions
from ioc.directives.document_numbers import is_number_taken, used_besides
from ioc.directives.documents import require_document_actor
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Document, InstructionOrigin, Task
from ioc.domain.directives.document_checks import check_assignable, check_day, check_days, marked
from ioc.domain.directives.instruction import check_open, check_sent, check_version, is_left_behind
from ioc.domain.directives.positions import DocumentAct
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents
from ioc.storage.directives.events import last_acts, tasks_of
from ioc.storage.directives.instructions import issued_child

_MAX_TEXT, _MAX_LABEL = 4_000, 120
_MAX_NAME = 200  # characters of what the instruction is about


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction (ý kiến chỉ đạo) from a figure: page, moment, subject and value as they were shown.

    `form_key`: of the form, which within minutes is one instruction; "": each time.
    """

    position: str
    text: str
    agency: str
    page: str
    at: datetime
    subject: str
    value: str
    wished_on: date | None = None
    on_behalf_of: str = ""
    form_key: str = ""
    name: str = ""


def give_instruction(context: DirectiveContext, instruction: Instruction, principal: Principal) -> Document:
    """Stores an instruction as a draft document with one task, which waits for number and date; returns it.

    PermissionDeniedError; ActError for what could never be assigned; CommandError; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    check_days(instruction)
    text, day = checked_text(context, instruction.text, instruction.agency, instruction.wished_on), context.today()
    instruction = replace(instruction, name=stored_text(instruction.name, _MAX_NAME))
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = require_document_actor(
            conn, principal, instruction.position, instruction.on_behalf_of, DocumentAct.INSTRUCT, day
        )  # fmt: skip
        content = repr(replace(instruction, form_key="", value="", name=""))  # what was shown is read anew each time
        given = commands.claim(conn, principal.name, instruction.form_key, content, now, FORM_LIFETIME)
        stored = documents.find_document(conn, given) if given is not None else None
        if stored is not None:
            return stored
        draft = _draft(conn, instruction, text, actor, now, day)
        document = marked(draft, context.agencies)
        documents.put_document(conn, document, now)
        commands.keep_answer(conn, principal.name, instruction.form_key, document.key)
        context.write_entry(conn, principal, "directive-instruction-given", document.key, text, actor.on_behalf_of)
    return document


def checked_text(context: DirectiveContext, text: str, agency: str, wished_on: date | None) -> str:
    """The text of an instruction as it is stored. ActError where it, its agency or its day is none."""
    stored, day = stored_text(text, _MAX_TEXT), context.today()
    if not stored:
        raise ActError(ActCode.FIELD_MISSING, field="text")
    check_day("wished_on", wished_on)
    if wished_on is not None and wished_on < day:
        raise ActError(ActCode.DUE_BEFORE_ASSIGNED)
    check_assignable(agency, context.agencies, day)
    return stored


def _draft(conn: Conn, instruction: Instruction, text: str, actor: Actor, now: datetime, day: date) -> Document:
    task = Task("nv-1", LocalizedText(text), instruction.agency, day, instruction.wished_on)
    origin = InstructionOrigin(
        instruction.page, instruction.at, instruction.subject, instruction.value, instruction.agency,
        instruction.wished_on, text, actor.acting.key, now, instruction.name,
    )  # fmt: skip
    return Document(
        _free_key(conn, day.year), "", LocalizedText(text), "ý kiến chỉ đạo",
        actor.acting.agency, None, None, (task,), source=actor.acting.kind.value, origin=origin,
    )  # fmt: skip


def _free_key(conn: Conn, year: int) -> str:
    """The next key that no document has: other systems choose ids of which such a key may be made."""
    keys = (f"ykcd-{number}-{year}" for number in count(documents.count_documents(conn) + 1))
    return next(key for key in keys if documents.find_header(conn, key) is None)


def require_open(conn: Conn, document: Document) -> None:
    """ActError (INSTRUCTION_ISSUED, _WITHDRAWN) with the title of the position that ended the instruction."""
    if document.is_issued:
        first = last_acts(conn, [task.id for task in tasks_of(conn, document.key)], Act.ASSIGN)
        by = next((event.position for event in first.values()), "")
    else:
        by = document.steps[-1].position if document.is_withdrawn else ""
    held = load_positions(conn).by_key
    check_open(document, held[by].title if by in held else by)


def require_not_carried(conn: Conn, key: str) -> None:
    """ActError (INSTRUCTION_CARRIED, _CONCLUDED) where a document carries it out, or the notice of a briefing will."""
    if carrying := issued_child(conn, key):
        raise ActError(ActCode.INSTRUCTION_CARRIED, number=carrying.number)
    if briefing := concluding_briefing(conn, key):
        raise ActError(ActCode.INSTRUCTION_CONCLUDED, day=f"{briefing.day:%d/%m/%Y}")


def issue_document(
    context: DirectiveContext, key: str, number: str, issued_on: date, position: str, principal: Principal,
    *, on_behalf_of: str = "", version: int | None = None, is_number_meant: bool = False,
) -> tuple[ActResult, ...]:  # fmt: skip
    """Gives a draft its number and date and assigns its tasks. ActError (UNKNOWN_DOCUMENT, INSTRUCTION_ISSUED …).

    `version`: how many steps of an instruction the sender saw, None: it does not matter. `is_number_meant`: also where
    a document of another day, which may have another issuer, has that number (NUMBER_USED).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    number = stored_text(number, _MAX_LABEL)
    if not number:
        raise ActError(ActCode.FIELD_MISSING, field="number")
    check_day("issued_on", issued_on)
    if issued_on > context.today():
        raise ActError(ActCode.ASSIGNED_LATER)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = require_document_actor(conn, principal, position, on_behalf_of, DocumentAct.ISSUE, context.today())
        document = documents.find_document(conn, key)
        if document is None:
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        require_open(conn, document)
        require_not_carried(conn, key)
        if not is_left_behind(document, valid_positions(load_positions(conn), context.today())):
            check_sent(document)
        if version is not None:
            check_version(document, version)
        if is_number_taken(conn, document.issuer, number, issued_on):
            raise ActError(ActCode.KEY_TAKEN, key=number)
        if not is_number_meant and (used_on := used_besides(conn, document.issuer, number, issued_on)):
            raise ActError(ActCode.NUMBER_USED, number=number, day=used_on.isoformat())
        issued = replace(document, number=number, issued_on=issued_on)
        documents.put_document(conn, issued, now)
        context.write_entry(conn, principal, "directive-document-issued", key, issued.number, actor.on_behalf_of)
        return assign_tasks(conn, context, [issued], position, on_behalf_of, principal, now)
