"""Who holds a task: its addressee, whom it was transferred to, and by which acts it came to today's holder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency, holder, successions
from ioc.domain.directives.directive import Task, Transfer


class NoHolderReason(StrEnum):
    """Why a task has no holder: it stands in the exception queue until someone transfers it."""

    MULTIPLE_SUCCESSORS = "many"  # the agency ended with several successors: only an explicit transfer may choose
    NO_SUCCESSOR = "none"  # it ended with no successor
    CIRCULAR = "circle"  # the successions lead back to where they began
    UNKNOWN_AGENCY = "unknown"  # no such agency in the register


@dataclass(frozen=True, slots=True)
class AssignmentStep:
    """The task came to `agency` on the day `on`, by `basis`. `transfer`: by an explicit act on this very task."""

    agency: str
    effective_on: date
    basis: LocalizedText
    is_transfer: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """`original` was given it, `holder` has it now, through `steps`. No holder: `stuck` at `last` for a reason."""

    original_agency: str
    holder: str | None
    steps: tuple[AssignmentStep, ...]
    last_agency: str
    no_holder_reason: NoHolderReason | None = None


def task_assignment(task: Task, agencies: Mapping[str, Agency], day: date) -> Assignment:
    """Who holds `task` on `day`."""
    return resolve_assignment(task.lead, task.transfers, agencies, day)


def resolve_assignment(
    assignee: str, transfers: Iterable[Transfer], agencies: Mapping[str, Agency], day: date
) -> Assignment:
    """Who holds on `day` what was given to `given`: the last transfer by then wins, successions lead on from there."""
    moves = sorted((one for one in transfers if one.effective_on <= day), key=lambda one: one.effective_on)
    steps = [AssignmentStep(one.to_agency, one.effective_on, one.basis, True) for one in moves]
    start = moves[-1].to_agency if moves else assignee
    if start not in agencies:
        return Assignment(assignee, None, tuple(steps), start, NoHolderReason.UNKNOWN_AGENCY)
    chain = successions(agencies, start, day)
    steps += [AssignmentStep(one.agency, one.effective_on, one.basis, False) for one in chain]
    now = holder(agencies, start, day)
    last = chain[-1].agency if chain else start
    return Assignment(assignee, now, tuple(steps), last, None if now else _no_holder_reason(agencies[last]))


def _no_holder_reason(agency: Agency) -> NoHolderReason:
    if not agency.successors:
        return NoHolderReason.NO_SUCCESSOR
    return NoHolderReason.MULTIPLE_SUCCESSORS if len(agency.successors) > 1 else NoHolderReason.CIRCULAR
