"""The assignment of a task: its original agency, its holder, and the transfers and successions between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency, holder, successions
from ioc.domain.directives.directive import Task, Transfer


class NoHolderReason(StrEnum):
    """Why a task has no holder and waits in the exception queue until somebody transfers it."""

    MULTIPLE_SUCCESSORS = "many"  # the agency ended with several successors: only an explicit transfer may choose
    NO_SUCCESSOR = "none"  # it ended with no successor
    CIRCULAR = "circle"  # the successions lead back to where they began
    UNKNOWN_AGENCY = "unknown"  # no such agency in the register


@dataclass(frozen=True, slots=True)
class AssignmentStep:
    """The task came to `agency` on `effective_on`, by `basis`. `is_transfer`: by a transfer of this task itself."""

    agency: str
    effective_on: date
    basis: LocalizedText
    is_transfer: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """From `original_agency` through `steps` to `holder`; None: they end at `last_agency` for `no_holder_reason`."""

    original_agency: str
    holder: str | None
    steps: tuple[AssignmentStep, ...]
    last_agency: str
    no_holder_reason: NoHolderReason | None = None


def task_assignment(task: Task, agencies: Mapping[str, Agency], day: date) -> Assignment:
    """The assignment of `task` on `day`."""
    return resolve_assignment(task.lead, task.transfers, agencies, day)


def resolve_assignment(
    assignee: str, transfers: Iterable[Transfer], agencies: Mapping[str, Agency], day: date
) -> Assignment:
    """The assignment on `day` of what was assigned to `assignee`: the last transfer, then the successions from it."""
    effective = sorted(
        (transfer for transfer in transfers if transfer.effective_on <= day), key=lambda transfer: transfer.effective_on
    )
    steps = [AssignmentStep(transfer.to_agency, transfer.effective_on, transfer.basis, True) for transfer in effective]
    start = effective[-1].to_agency if effective else assignee
    if start not in agencies:
        return Assignment(assignee, None, tuple(steps), start, NoHolderReason.UNKNOWN_AGENCY)
    chain = successions(agencies, start, day)
    steps += [
        AssignmentStep(succession.agency, succession.effective_on, succession.basis, False) for succession in chain
    ]
    current = holder(agencies, start, day)
    last = chain[-1].agency if chain else start
    return Assignment(assignee, current, tuple(steps), last, None if current else _no_holder_reason(agencies[last]))


def _no_holder_reason(agency: Agency) -> NoHolderReason:
    if not agency.successors:
        return NoHolderReason.NO_SUCCESSOR
    return NoHolderReason.MULTIPLE_SUCCESSORS if len(agency.successors) > 1 else NoHolderReason.CIRCULAR
