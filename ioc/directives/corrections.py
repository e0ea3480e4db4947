"""The command that corrects facts of an entered document which were typed wrongly; what stood before stays known."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from ioc.directives.context import Actor, DirectiveContext, load_positions, stored_text
from ioc.directives.document_numbers import is_number_taken
from ioc.directives.documents import require_document_actor
from ioc.directives.visibility import is_visible
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.correction import (
    MAX_CORRECTIONS,
    MAX_TEXT,
    DocumentFacts,
    TaskFacts,
    fact_changes,
    facts_version,
    with_document_facts,
    with_task_facts,
)
from ioc.domain.directives.directive import Correction, Document
from ioc.domain.directives.document_checks import check_document, marked
from ioc.domain.directives.positions import DocumentAct
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events

_MAX_LABEL, _MAX_REASON = 120, 1_000


@dataclass(frozen=True, slots=True)
class DocumentCorrection:
    """What is corrected in a document, and why. `version`: `facts_version` of what was shown. `form_key`: as of
    Instruction.
    """

    document: str
    facts: DocumentFacts | TaskFacts
    reason: str
    version: str
    position: str
    on_behalf_of: str = ""
    form_key: str = ""


@dataclass(frozen=True, slots=True)
class CorrectableDocument:
    """A document that may be corrected. `assigned`: keys of its tasks whose due date changes by acts alone."""

    document: Document
    assigned: frozenset[str]

    @property
    def version(self) -> str:
        """Of what is shown, for the command."""
        return facts_version(self.document)


def find_correctable(context: DirectiveContext, key: str, principal: Principal) -> CorrectableDocument:
    """A document with what may be corrected in it.

    PermissionDeniedError; ActError (UNKNOWN_DOCUMENT; EXTERNAL_MASTER; DOCUMENT_NOT_ISSUED).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        document = documents.find_document(conn, key)
        seeing = load_positions(conn).seeing(principal, context.today())
        if document is None or not is_visible(conn, context, seeing, document):
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        return CorrectableDocument(_require_own(document), _assigned(conn, document))


def _require_own(document: Document) -> Document:
    """ActError for a document of another system, and for a draft: that one gets number and date when it is issued."""
    if document.master:
        raise ActError(ActCode.EXTERNAL_MASTER, master=document.master)
    if not document.is_issued:
        raise ActError(ActCode.DOCUMENT_NOT_ISSUED)
    return document


def _assigned(conn: Conn, document: Document) -> frozenset[str]:
    stored = {task.key for task in events.tasks_of(conn, document.key) if task.version}
    return frozenset(task.key for task in document.tasks if documents.task_key(document.key, task.key) in stored)


def correct_document(context: DirectiveContext, correction: DocumentCorrection, principal: Principal) -> Document:
    """Corrects facts of a document or of one of its tasks; returns the document.

    PermissionDeniedError; CommandError; StoreError; ActError (DOCUMENT_CHANGED: by somebody else since it was shown;
    NOTHING_CHANGED; DUE_BY_ACT; what `find_correctable` and the entry of a document refuse). Nothing is stored then.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    correction = _cleaned(correction)
    with context.store.write() as conn:
        now, today = change_counter.bump(conn, {"directives"}, context.clock()), context.today()
        actor = require_document_actor(
            conn, principal, correction.position, correction.on_behalf_of, DocumentAct.ENTER, today
        )
        content = repr(replace(correction, form_key=""))
        if commands.claim(conn, principal.name, correction.form_key, content, now, FORM_LIFETIME) is not None:
            return _find(conn, context, actor, correction.document)
        before = _require_own(_find(conn, context, actor, correction.document))
        if facts_version(before) != correction.version:
            raise ActError(ActCode.DOCUMENT_CHANGED)
        after = _corrected(conn, context, before, correction.facts)
        document = _noted(before, after, correction.reason, actor, now)
        documents.put_document(conn, document, now)
        what = [f"{each.task}.{each.field}".strip(".") for each in document.corrections[-1].changes]
        said = json.dumps({"fields": what[:50], "reason": correction.reason}, ensure_ascii=False)
        context.write_entry(conn, principal, "directive-document-corrected", document.key, said, actor.on_behalf_of)
        commands.keep_answer(conn, principal.name, correction.form_key, document.key)
    return document


def _cleaned(correction: DocumentCorrection) -> DocumentCorrection:
    """With its texts as they may be stored. ActError (FIELD_MISSING)."""
    facts, reason = correction.facts, stored_text(correction.reason, _MAX_REASON)
    facts = replace(facts, title=stored_text(facts.title, MAX_TEXT))
    if isinstance(facts, DocumentFacts):
        sphere = None if facts.sphere is None else stored_text(facts.sphere, _MAX_LABEL)
        facts = replace(facts, number=stored_text(facts.number, _MAX_LABEL), sphere=sphere)
    needed = {"title": facts.title, "number": getattr(facts, "number", "-"), "reason": reason}
    if missing := next((name for name, text in needed.items() if not text), ""):
        raise ActError(ActCode.FIELD_MISSING, field=missing)
    return replace(correction, facts=facts, reason=reason)


def _find(conn: Conn, context: DirectiveContext, actor: Actor, key: str) -> Document:
    document = documents.find_document(conn, key)
    if document is None or not is_visible(conn, context, (actor.position, actor.acting), document):
        raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
    return document


def _corrected(
    conn: Conn, context: DirectiveContext, before: Document, facts: DocumentFacts | TaskFacts
) -> Document:  # fmt: skip
    """The document with these facts, checked as when it is entered."""
    assigned = _assigned(conn, before)
    if isinstance(facts, TaskFacts):
        after = with_task_facts(before, facts, assigned)
    else:
        if facts.issued_on > context.today():
            raise ActError(ActCode.ASSIGNED_LATER)
        issuer = before.issuer if facts.issuer is None else facts.issuer
        is_renumbered = (issuer, facts.number, facts.issued_on) != (before.issuer, before.number, before.issued_on)
        # A system may have sent the same document: its other facts are corrected all the same.
        if is_renumbered and is_number_taken(conn, issuer, facts.number, facts.issued_on, besides=before.key):
            raise ActError(ActCode.KEY_TAKEN, key=facts.number)
        after = with_document_facts(before, facts, assigned)
    after = marked(after, context.agencies)
    check_document(after, documents.ancestors_of(conn, after.parents), context.agencies, context.units, before)
    return after


def _noted(before: Document, after: Document, reason: str, actor: Actor, now: datetime) -> Document:
    """`after` with the correction that leads to it from `before`."""
    changes = fact_changes(before, after)
    if not changes:
        raise ActError(ActCode.NOTHING_CHANGED)
    if len(before.corrections) >= MAX_CORRECTIONS:
        raise ActError(ActCode.TOO_MANY_CORRECTIONS, limit=MAX_CORRECTIONS)
    done = Correction(now, actor.principal.name, actor.position.key, actor.on_behalf_of, reason, changes)
    return replace(after, corrections=(*before.corrections, done))
