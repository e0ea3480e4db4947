"""Who holds a task: its addressee, whom it was transferred to, and by which acts it came to today's holder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ioc.domain.base.localized_text import Text
from ioc.domain.directives.agency import Agency, holder, successions
from ioc.domain.directives.directive import Task, Transfer


class Reason(StrEnum):
    """Why a task has no holder: it stands in the exception queue until someone transfers it."""

    MANY = "many"  # the agency ended with several successors: only an explicit transfer may choose
    NONE = "none"  # it ended with no successor
    CIRCLE = "circle"  # the successions lead back to where they began
    UNKNOWN = "unknown"  # no such agency in the register


@dataclass(frozen=True, slots=True)
class Step:
    """The task came to `agency` on the day `on`, by `basis`. `transfer`: by an explicit act on this very task."""

    agency: str
    on: date
    basis: Text
    transfer: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """`original` was given it, `holder` has it now, through `steps`. No holder: `stuck` at `last` for a reason."""

    original: str
    holder: str | None
    steps: tuple[Step, ...]
    last: str
    stuck: Reason | None = None


def holding(task: Task, agencies: Mapping[str, Agency], day: date) -> Holding:
    """Who holds `task` on `day`."""
    return passed(task.lead, task.transfers, agencies, day)


def passed(given: str, transfers: Iterable[Transfer], agencies: Mapping[str, Agency], day: date) -> Holding:
    """Who holds on `day` what was given to `given`: the last transfer by then wins, successions lead on from there."""
    moves = sorted((one for one in transfers if one.on <= day), key=lambda one: one.on)
    steps = [Step(one.to, one.on, one.basis, True) for one in moves]
    start = moves[-1].to if moves else given
    if start not in agencies:
        return Holding(given, None, tuple(steps), start, Reason.UNKNOWN)
    chain = successions(agencies, start, day)
    steps += [Step(one.agency, one.on, one.basis, False) for one in chain]
    now = holder(agencies, start, day)
    last = chain[-1].agency if chain else start
    return Holding(given, now, tuple(steps), last, None if now else _reason(agencies[last]))


def _reason(agency: Agency) -> Reason:
    if not agency.successors:
        return Reason.NONE
    return Reason.MANY if len(agency.successors) > 1 else Reason.CIRCLE
