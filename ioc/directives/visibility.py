"""Who may see which documents and tasks; others are told that there is no such one."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ioc.directives.context import DirectiveContext
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import Act, PositionKind, TaskEvent
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.directive import Document, Visibility
from ioc.domain.directives.positions import Position, Positions, permitted_kinds

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


def seen_documents(
    context: DirectiveContext, positions: Positions, principal: Principal
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """What the principal sees today: the visibilities of documents, none for all; besides, what concerns the agencies.

    These are those of the positions by which it sees, and those whose tasks they hold by succession.
    """
    day = context.today()
    seeing = positions.seeing(principal, day)
    if any(position.kind in OFFICE_KINDS for position in seeing):
        return (), ()
    agencies = (key for each in seeing for key in predecessors(context.agencies, each.agency, day))
    return (Visibility.PUBLIC, Visibility.INTERNAL), tuple(dict.fromkeys(agencies))


def may_see(position: Position, document: Document, parties: Collection[str]) -> bool:
    """Whether a position may see a document, or a task of it with these parties (TaskSubject.concerned).

    An instruction that is not issued: the Office and who gave it.
    """
    if document.is_unissued_instruction:
        return position.kind in ISSUING_KINDS or (document.origin and document.origin.given_by) == position.key
    if document.visibility != Visibility.AGENCIES_CONCERNED or position.kind in OFFICE_KINDS:
        return True
    concerned = set(parties) | {key for task in document.tasks for key in (task.lead, *task.coordinating)}
    is_concerned = bool(position.agency) and position.agency in concerned
    return is_concerned or (bool(position.master) and position.master == document.master)


def is_visible(own: Sequence[Position], document: Document, parties: Collection[str] = ()) -> bool:
    """Whether the holder of these positions may see a document, or a task of it with these parties."""
    is_open = document.visibility != Visibility.AGENCIES_CONCERNED and not document.is_unissued_instruction
    return is_open or any(may_see(position, document, parties) for position in own)
