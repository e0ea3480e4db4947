"""What pages of documents ask for: who may act on them, their place in the tree, those that a text names."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ioc.directives.context import (
    Actor,
    DirectiveContext,
    load_positions,
    load_task,
    require_actor,
    valid_positions,
)
from ioc.directives.document_numbers import free_key
from ioc.directives.document_register import configured_documents, known_parents
from ioc.directives.external import system_titles
from ioc.directives.visibility import ISSUING_KINDS, OFFICE_KINDS, is_visible, visible_keys
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.agency import present_holder
from ioc.domain.directives.correction import as_of
from ioc.domain.directives.directive import Document, InstructionAct, Task
from ioc.domain.directives.document_checks import MAX_PARENTS
from ioc.domain.directives.instruction import instruction_acts
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct, permitted_kinds
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_status import TaskStatus
from ioc.storage.directives import documents
from ioc.storage.directives.document_index import find_headers
from ioc.storage.directives.instructions import (
    draft_instructions,
    issued_child,
    returned_instructions,
    unissued_instructions,
)
from ioc.storage.directives.unassigned import WaitingDocument, count_waiting_documents, waiting_documents

MAX_LINKS = 50  # documents above, and below, that the page of a document shows
MAX_LISTED = 100  # instructions without a number


def document_actors(context: DirectiveContext, act: DocumentAct, principal: Principal) -> tuple[Actor, ...]:
    """In which positions, own or by a mandate, the principal may do `act` to documents today; own ones first."""
    return tuple(actor for actor in _actors(context, None, principal) if actor.acting.kind in DOCUMENT_GRANTS[act])


def act_actors(context: DirectiveContext, act: Act, principal: Principal) -> tuple[Actor, ...]:
    """In which positions, own or by a mandate, the principal may do `act` to some tasks today; own ones first."""
    kinds = permitted_kinds(act)
    return tuple(actor for actor in _actors(context, act, principal) if actor.acting.kind in kinds)


def _actors(context: DirectiveContext, act: Act | None, principal: Principal) -> list[Actor]:
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        stored = load_positions(conn)
    own = stored.of_holder(principal, day)
    deputed = (
        (deputy, stored.by_key[mandate.principal_position])
        for mandate in stored.mandates
        for deputy in own
        if mandate.covers(act, day) and mandate.deputy == deputy.key and mandate.principal_position in stored.by_key
    )
    pairs = dict.fromkeys((*((position, position) for position in own), *deputed))
    return [Actor(principal, position, acting) for position, acting in pairs if acting.is_valid(day)]


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document beside another one in the tree. `is_stored`: it is followed here, not only listed in the register."""

    key: str
    number: str
    title: LocalizedText
    is_stored: bool


@dataclass(frozen=True, slots=True)
class DocumentLinks:
    """What a document carries out, from the top, the nearest MAX_LINKS; and what carries it out, the first MAX_LINKS.

    `child_count`: how many there are of the latter that may be seen. `carrying`: number of one of the Office, by which
    an instruction is done, "" for one that is not to be seen; None: there is none. `titles`: of positions, by key.
    `systems`: titles of those that keep documents, by `master`.
    """

    parents: tuple[DocumentLink, ...]
    children: tuple[DocumentLink, ...]
    child_count: int
    carrying: str | None
    titles: Mapping[str, str]
    systems: Mapping[str, str]


def document_links(context: DirectiveContext, document: Document, principal: Principal) -> DocumentLinks:
    """The neighbours of a document that the principal may see. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        configured = configured_documents(conn, context)
        parents = known_parents(conn, configured)
        above = dict.fromkeys(document.parents)
        waiting = deque(above)
        while waiting and len(above) < MAX_LINKS:
            new = [parent for parent in parents.get(waiting.popleft(), ()) if parent not in above]
            above |= dict.fromkeys(new)
            waiting += new
        below = [key for key in parents if document.key in parents[key]]
        found, carrying = find_headers(conn, (*above, *below)), issued_child(conn, document.key)
        stored = load_positions(conn)
        seen = visible_keys(conn, context, stored.seeing(principal, context.today()), found.values())

    def links(keys: Sequence[str]) -> tuple[DocumentLink, ...]:
        known = {key: found.get(key) or (configured[key].document if key in configured else None) for key in keys}
        return tuple(
            DocumentLink(key, each.number, each.title, key in found)
            for key, each in known.items()
            if each is not None and (key not in found or key in seen)
        )

    # Issued ones first: one of them says that a draft is carried out.
    children = sorted(links(below), key=lambda link: not link.number)
    titles = {each.key: each.title for each in stored.by_key.values()}
    shown = tuple(children[:MAX_LINKS])
    systems, number = system_titles(stored, context.today()), None
    if carrying:
        number = carrying.number if carrying.key in seen else ""
    return DocumentLinks(links(list(above)[:MAX_LINKS][::-1]), shown, len(children), number, titles, systems)


def known_spheres(context: DirectiveContext, principal: Principal) -> list[str]:
    """The spheres of the portfolios of positions that are held today, by name. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        held = load_positions(conn).by_key.values()
    day = context.today()
    return sorted({sphere for position in held if position.is_valid(day) for sphere in position.spheres})


def match_documents(
    context: DirectiveContext, text: str, principal: Principal
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Keys of the documents that a text such as "2322/UBND-KGVX; 97/KH-UBND" names, and what it names in vain.

    By number or key, of those followed here and those of the register. PermissionDeniedError; ActError.
    """
    if not document_actors(context, DocumentAct.ENTER, principal):
        raise ActError(ActCode.POSITION_NOT_VALID, position=principal.name)
    names = tuple(dict.fromkeys(name for part in text.split(";") for name in part.replace(",", " ").split()))
    if len(names) > MAX_PARENTS:
        raise ActError(ActCode.TOO_MANY_PARENTS, limit=MAX_PARENTS)
    with context.store.read() as conn:
        by_name = documents.keys_by_name(conn, names)
    configured = {name: each.key for each in context.limits.documents for name in (each.number, each.key)}
    keys = [by_name.get(name) or configured.get(name, "") for name in names]
    return tuple(filter(None, keys)), tuple(name for name, key in zip(names, keys, strict=True) if not key)


def new_document_key(
    context: DirectiveContext, issuer: str, number: str, issued_on: date, principal: Principal
) -> str:  # fmt: skip
    """The key for a document that is entered now; see `free_key`. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        return free_key(conn, issuer, number, issued_on)


def task_at(
    context: DirectiveContext, key: str, at: datetime, principal: Principal
) -> tuple[Task, TaskStatus, str] | None:  # fmt: skip
    """A task with its state at `at` (aware); None for one not assigned then, or that is not to be seen.

    Besides, key of the agency that held it then or has succeeded to that one by today, "" for none.
    PermissionDeniedError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        seeing = load_positions(conn).seeing(principal, day)
        loaded = load_task(conn, key)
        document = documents.find_document(conn, loaded.document.key) if loaded else None
        if loaded is None or document is None or not seeing:
            return None
        if not is_visible(conn, context, seeing, document, loaded.subject(context.agencies, day).asked_agencies):
            return None
    if (state := fold(loaded.history, at)) is None:
        return None
    then = next(task for task in as_of(document, at).tasks if task.key == loaded.task.key)
    return then, state.status(at, context.due_soon_days), present_holder(context.agencies, state.holder, day)


@dataclass(frozen=True, slots=True)
class DocumentsToAssign:
    """Documents with tasks that wait for assignment, the first ones, and how many there are in all."""

    documents: tuple[WaitingDocument, ...] = ()
    total: int = 0


def documents_to_assign(
    context: DirectiveContext, position: str, principal: Principal, limit: int = 10, *, on_behalf_of: str = ""
) -> DocumentsToAssign:  # fmt: skip
    """The documents whose tasks a position, or the one that it stands in for, is to assign; none where it does not.

    PermissionDeniedError; ActError (POSITION_NOT_VALID, MANDATE_MISSING).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        stored, day = load_positions(conn), context.today()
        who = stored.stand_in(stored.require(position, principal, day), on_behalf_of, day)
        if who.acting.kind not in permitted_kinds(Act.ASSIGN) or (who.acts and Act.ASSIGN not in who.acts):
            return DocumentsToAssign()
        return DocumentsToAssign(waiting_documents(conn, limit), count_waiting_documents(conn))


@dataclass(frozen=True, slots=True)
class PositionDrafts:
    """Instructions without a number in the list of a position. `waiting`: for the Office; `returned`: for the position,
    to which the Office gave them back. `acts`: what the position may do, by their keys.
    """

    waiting: tuple[Document, ...] = ()
    returned: tuple[Document, ...] = ()
    acts: Mapping[str, tuple[InstructionAct, ...]] = field(default_factory=dict)


def waiting_drafts(
    context: DirectiveContext, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> PositionDrafts:  # fmt: skip
    """Instructions without number and date that a position follows: the Office all, a leader those that it gave.

    `on_behalf_of`: the position that it stands in for, by a mandate for all acts. PermissionDeniedError; ActError
    (POSITION_NOT_VALID, MANDATE_MISSING).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        stored, day = load_positions(conn), context.today()
        acting = require_actor(stored, principal, position, on_behalf_of, None, day).acting
        valid = valid_positions(stored, day)
        waiting = draft_instructions(conn, valid) if acting.kind in OFFICE_KINDS else []
        gives = acting.kind in DOCUMENT_GRANTS[DocumentAct.INSTRUCT]
        returned = returned_instructions(conn, acting.key) if gives else []
    if gives:
        waiting = [draft for draft in waiting if draft.origin and draft.origin.given_by == acting.key]
    acts = {draft.key: instruction_acts(draft, acting, valid) for draft in (*waiting, *returned)}
    return PositionDrafts(tuple(waiting), tuple(returned), acts)


def own_instructions(context: DirectiveContext, principal: Principal) -> tuple[Document, ...]:
    """The newest MAX_LISTED instructions without a number that the principal may see, withdrawn ones too.

    PermissionDeniedError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        seeing = load_positions(conn).seeing(principal, context.today())
        sees_all = any(position.kind in ISSUING_KINDS for position in seeing)
        given_by = None if sees_all else [position.key for position in seeing]
        return tuple(unissued_instructions(conn, given_by, MAX_LISTED))


def instruction_actors(
    context: DirectiveContext, document: Document, principal: Principal
) -> Mapping[InstructionAct, Actor]:  # fmt: skip
    """What the principal may do now to an instruction without a number, each act in its first position, own ones first.

    PermissionDeniedError.
    """
    actors = _actors(context, None, principal)
    with context.store.read() as conn:
        valid = valid_positions(load_positions(conn), context.today())
        is_carried = issued_child(conn, document.key) is not None
    found = dict[InstructionAct, Actor]()
    for actor in () if is_carried else actors:
        for act in instruction_acts(document, actor.acting, valid):
            found.setdefault(act, actor)
    return found
