"""Instructions (ý kiến chỉ đạo): who may do what until one is issued, and what the page where it was given shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document, InstructionAct, InstructionOrigin
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct, Position
from ioc.domain.directives.task_status import TaskStatus

MAX_OF_PAGE = 100  # the newest instructions that a page shows
MAX_STEPS = 100  # returns and corrections of an instruction: they stand with it for good


def instruction_acts(document: Document, position: Position, valid: Collection[str]) -> tuple[InstructionAct, ...]:
    """What `position` may do to a document that is an instruction and has no number; nothing to any other one.

    Who issues gives back what waits for it. Who gave the instruction sends and withdraws it; where that position is
    not among the `valid` ones (keys) any more, who issues withdraws it.
    """
    if document.origin is None or document.is_issued or document.is_withdrawn:
        return ()
    found, issues = list[InstructionAct](), position.kind in DOCUMENT_GRANTS[DocumentAct.ISSUE]
    is_left = is_left_behind(document, valid)
    if issues and not is_left and not document.is_returned:
        found.append(InstructionAct.RETURN)
    if document.origin.given_by == position.key and position.kind in DOCUMENT_GRANTS[DocumentAct.INSTRUCT]:
        found += [InstructionAct.SEND, InstructionAct.WITHDRAW]
    elif issues and is_left:
        found.append(InstructionAct.WITHDRAW)
    return tuple(found)


def is_left_behind(document: Document, valid: Collection[str]) -> bool:
    """Whether the position that gave the instruction is not among the `valid` ones (keys): it can do nothing to it."""
    return document.origin is not None and document.origin.given_by not in valid


def check_open(document: Document, by: str) -> None:
    """Raises ActError where the instruction waits for nobody: it was issued or withdrawn. `by`: title of who did it."""
    if document.is_issued:
        raise ActError(ActCode.INSTRUCTION_ISSUED, number=document.number, by=by)
    if document.is_withdrawn:
        raise ActError(ActCode.INSTRUCTION_WITHDRAWN, at=document.steps[-1].at, by=by)


def check_sent(document: Document) -> None:
    """Raises ActError where the open instruction does not wait for the Office."""
    if document.is_returned:
        raise ActError(ActCode.INSTRUCTION_RETURNED, at=document.steps[-1].at)


def check_version(document: Document, version: int) -> None:
    """Raises ActError where something was done to the instruction since the sender saw `version` steps of it."""
    if len(document.steps) != version:
        code = ActCode.INSTRUCTION_RETURNED if document.is_returned else ActCode.INSTRUCTION_CHANGED
        raise ActError(code, at=document.steps[-1].at if document.steps else "")


@dataclass(frozen=True, slots=True)
class LateInstructions:
    """Instructions, official or simulated ones, that wait too long for a number; `since` (aware): the first of them."""

    count: int
    since: datetime
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class IssuedInstruction:
    """A task of an instruction that has a number, at a moment. `task`: "document/task". `holder`: key of its agency."""

    document: str
    task: str
    number: str
    origin: InstructionOrigin
    holder: str
    status: TaskStatus
    is_simulated: bool
