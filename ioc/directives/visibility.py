"""Who may see which documents and tasks; others are told that there is no such one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ioc.directives.context import DirectiveContext, load_task
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import Act, PositionKind, TaskEvent
from ioc.domain.directives.agency import represented
from ioc.domain.directives.directive import Document, InstructionOrigin, Visibility
from ioc.domain.directives.positions import Position, Positions, permitted_kinds
from ioc.storage.db.store import Conn
from ioc.storage.directives.document_index import find_headers
from ioc.storage.directives.documents import find_document
from ioc.storage.directives.visibility import FULL_ACCESS, ReadAccess, concerned_documents

OFFICE_KINDS = frozenset({
    PositionKind.DOCUMENT_CLERK, PositionKind.FOLLOWER, PositionKind.OFFICE_LEADER, PositionKind.CHAIRMAN,
    PositionKind.VICE_CHAIRMAN,
})  # fmt: skip
ISSUING_KINDS = frozenset({PositionKind.DOCUMENT_CLERK, PositionKind.FOLLOWER, PositionKind.OFFICE_LEADER})

ADVISED_KINDS = frozenset({*permitted_kinds(Act.PROPOSE), *permitted_kinds(Act.DECLINE_PROPOSAL)})


def readable_acts(acts: Sequence[TaskEvent], positions: Sequence[Position]) -> tuple[TaskEvent, ...]:
    """The acts as who holds `positions` reads them: why a proposal was declined is for those who propose or decide."""
    if any(position.kind in ADVISED_KINDS for position in positions):
        return tuple(acts)
    own = {position.key for position in positions}
    return tuple(
        replace(each, stated=replace(each.stated, text=""))
        if each.act is Act.DECLINE_PROPOSAL and each.position not in own
        else each
        for each in acts
    )


def own_agencies(context: DirectiveContext, own: Iterable[Position]) -> tuple[str, ...]:
    """The agencies for which who holds the positions acts today: those of the positions, and their predecessors.

    None of an agency that has ended: whom its tasks concern is its successor.
    """
    day = context.today()
    return tuple(dict.fromkeys(key for each in own for key in represented(context.agencies, each.agency, day)))


def read_access(conn: Conn, context: DirectiveContext, positions: Positions, principal: Principal) -> ReadAccess:
    """What the principal sees today in lists and counts: what `is_visible` says of each document and task."""
    seeing = positions.seeing(principal, context.today())
    if any(position.kind in OFFICE_KINDS for position in seeing):
        return FULL_ACCESS
    agencies = own_agencies(context, seeing)
    documents = concerned_documents(conn, agencies, _masters(seeing))
    return ReadAccess((Visibility.PUBLIC, Visibility.INTERNAL), tuple(documents), agencies)


def visible_keys(
    conn: Conn, context: DirectiveContext, own: Sequence[Position], documents: Iterable[Document]
) -> set[str]:
    """The keys of those of the documents that the holder of these positions may see.

    An instruction that is not issued: the Office and who gave it. A restricted document with all its tasks: the Office,
    the leaders, the system that keeps it, and the agencies that lead, hold or coordinate one of its tasks today.
    """
    kinds = {position.kind for position in own}
    seen, restricted = set[str](), list[str]()
    for each in documents:
        if each.is_unissued_instruction:
            given_by = each.origin and each.origin.given_by
            is_seen = bool(kinds & ISSUING_KINDS) or any(position.key == given_by for position in own)
        else:
            is_seen = each.visibility != Visibility.AGENCIES_CONCERNED or bool(kinds & OFFICE_KINDS)
            restricted += [each.key] * (not is_seen)
        seen |= {each.key} if is_seen else set()
    if restricted:
        seen.update(concerned_documents(conn, own_agencies(context, own), _masters(own), restricted).values())
    return seen


def is_visible(
    conn: Conn, context: DirectiveContext, own: Sequence[Position], document: Document, asked: Collection[str] = ()
) -> bool:  # fmt: skip
    """Whether the holder of these positions may see a document, or a task of it on which `asked` are asked today."""
    is_asked = not set(own_agencies(context, own)).isdisjoint(asked)
    return is_asked or document.key in visible_keys(conn, context, own, (document,))


def seen_document(conn: Conn, context: DirectiveContext, own: Sequence[Position], key: str) -> Document | None:
    """A document as the holder of these positions sees it; None where it is none, or none that they may see.

    Of what it carries out it names the documents that they may see, and those of the configuration: also none that
    does not exist, which would tell the others apart. To the system that sent it it is as it was sent. It does not name
    the task from whose page it was given, where they may not see that one.
    """
    document = find_document(conn, key)
    if document is None or not is_visible(conn, context, own, document):
        return None
    above = find_headers(conn, document.parents)
    named = visible_keys(conn, context, own, above.values()) | {each.key for each in context.limits.documents}
    is_sender = document.master in _masters(own)
    parents = tuple(parent for parent in document.parents if is_sender or parent in named)
    return replace(document, parents=parents, origin=_seen_origin(conn, context, own, document.origin))


def _seen_origin(
    conn: Conn, context: DirectiveContext, own: Sequence[Position], origin: InstructionOrigin | None
) -> InstructionOrigin | None:  # fmt: skip
    loaded = load_task(conn, origin.subject) if origin else None
    if origin is None or loaded is None:
        return origin
    asked = loaded.subject(context.agencies, context.today()).asked_agencies
    if is_visible(conn, context, own, loaded.document, asked):
        return origin
    return replace(origin, page="", subject="", value="", name="")


def _masters(own: Iterable[Position]) -> tuple[str, ...]:
    return tuple(position.master for position in own if position.master)
