"""Commands on an instruction without a number: the Office gives it back, who gave it sends it again or withdraws it."""

import json
from dataclasses import dataclass, replace
from datetime import date

from ioc.directives.context import (
    Actor,
    DirectiveContext,
    load_positions,
    require_actor,
    stored_text,
    valid_positions,
)
from ioc.directives.instructions import checked_text, require_not_carried, require_open
from ioc.directives.visibility import is_visible
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.correction import fact_changes
from ioc.domain.directives.directive import Document, InstructionAct, InstructionStep
from ioc.domain.directives.document_checks import marked
from ioc.domain.directives.instruction import MAX_STEPS, check_version, instruction_acts
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct, Positions
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents

_MAX_REASON = 1_000
_AUDITED = {InstructionAct.RETURN: "returned", InstructionAct.SEND: "sent", InstructionAct.WITHDRAW: "withdrawn"}


@dataclass(frozen=True, slots=True)
class InstructionCommand:
    """Who acts on the instruction with the key `document`. `version`: how many steps of it the sender saw.

    `form_key`: as of Instruction.
    """

    document: str
    version: int
    position: str
    on_behalf_of: str = ""
    form_key: str = ""


@dataclass(frozen=True, slots=True)
class SentInstruction:
    """What an instruction says from now on: the text, the agency (key) that is to act, and the wished date."""

    text: str
    agency: str
    wished_on: date | None = None


def return_instruction(
    context: DirectiveContext, command: InstructionCommand, reason: str, principal: Principal
) -> Document:
    """The Office gives an instruction back to who gave it, with the reason; returns it as it stands then.

    PermissionDeniedError; CommandError; StoreError; ActError (FIELD_MISSING, and see `_step`).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    reason = stored_text(reason, _MAX_REASON)
    if not reason:
        raise ActError(ActCode.FIELD_MISSING, field="reason")
    return _step(context, command, InstructionAct.RETURN, principal, reason=reason)


def send_instruction(
    context: DirectiveContext, command: InstructionCommand, sent: SentInstruction, principal: Principal
) -> Document:
    """Who gave an instruction corrects it, or sends it again after it was given back; errors as of `give_instruction`.

    ActError besides: NOTHING_CHANGED where it waits for the Office as it is; see `_step`.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    sent = replace(sent, text=checked_text(context, sent.text, sent.agency, sent.wished_on))
    return _step(context, command, InstructionAct.SEND, principal, sent=sent)


def withdraw_instruction(context: DirectiveContext, command: InstructionCommand, principal: Principal) -> Document:
    """Who gave an instruction withdraws it: it waits nowhere, and stays known. Errors: see `return_instruction`."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    return _step(context, command, InstructionAct.WITHDRAW, principal)


def _step(
    context: DirectiveContext, command: InstructionCommand, act: InstructionAct, principal: Principal, *,
    reason: str = "", sent: SentInstruction | None = None,
) -> Document:  # fmt: skip
    """Does the act in one transaction. ActError: UNKNOWN_DOCUMENT; INSTRUCTION_CARRIED, _ISSUED, _WITHDRAWN,
    _CONCLUDED where it waits for nobody; INSTRUCTION_RETURNED, _CHANGED for another version; NOT_PERMITTED;
    TOO_MANY_STEPS.
    """
    with context.store.write() as conn:
        now, day = change_counter.bump(conn, {"directives"}, context.clock()), context.today()
        held = load_positions(conn)
        actor = require_actor(held, principal, command.position, command.on_behalf_of, None, day)
        before = _find(conn, context, actor, command.document)
        after = _sent(before, sent, context) if sent else before
        content = repr([act.value, replace(command, form_key=""), reason, sent])
        if commands.claim(conn, principal.name, command.form_key, content, now, FORM_LIFETIME) is not None:
            return before
        _check(conn, before, act, actor, held, command.version, day)
        changes = tuple(each for each in fact_changes(before, after) if each.task)
        if act is InstructionAct.SEND and not changes and not before.is_returned:
            raise ActError(ActCode.NOTHING_CHANGED)
        step = InstructionStep(now, principal.name, actor.position.key, actor.on_behalf_of, act, reason, changes)
        document = replace(after, steps=(*before.steps, step))
        documents.put_document(conn, document, now)
        commands.keep_answer(conn, principal.name, command.form_key, document.key)
        said = json.dumps(
            {"reason": reason} if reason else {each.field: each.after for each in changes}, ensure_ascii=False
        )
        action = f"directive-instruction-{_AUDITED[act]}"
        context.write_entry(conn, principal, action, document.key, said, actor.on_behalf_of)
    return document


def _find(conn: Conn, context: DirectiveContext, actor: Actor, key: str) -> Document:
    document = documents.find_document(conn, key)
    own = (actor.position, actor.acting)
    if document is None or document.origin is None or not is_visible(conn, context, own, document):
        raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
    return document


def _check(
    conn: Conn, document: Document, act: InstructionAct, actor: Actor, held: Positions, version: int, day: date
) -> None:
    require_open(conn, document)
    require_not_carried(conn, document.key)
    check_version(document, version)
    if act not in instruction_acts(document, actor.acting, valid_positions(held, day)):
        granted = DOCUMENT_GRANTS[DocumentAct.ISSUE if act is InstructionAct.RETURN else DocumentAct.INSTRUCT]
        raise ActError(ActCode.NOT_PERMITTED, act=f"{act.value}_instruction", permitted=", ".join(sorted(granted)))
    if act is not InstructionAct.WITHDRAW and len(document.steps) >= MAX_STEPS:
        raise ActError(ActCode.TOO_MANY_STEPS, limit=MAX_STEPS)


def _sent(document: Document, sent: SentInstruction, context: DirectiveContext) -> Document:
    """The document with what is sent now; page, moment, subject and value stay."""
    if document.origin is None:
        return document
    title = document.title if document.title.vi == sent.text else LocalizedText(sent.text)
    first, *others = document.tasks
    task = replace(first, title=title, lead=sent.agency, due=sent.wished_on)
    origin = replace(document.origin, text=sent.text, agency=sent.agency, wished_on=sent.wished_on)
    return marked(replace(document, title=title, tasks=(task, *others), origin=origin), context.agencies)
