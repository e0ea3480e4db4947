"""Tasks that people act on in the program, as the pages that everybody sees count them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from ioc.domain.directives.instruction import LateInstructions
from ioc.domain.directives.statistics import DirectiveStatistics


@dataclass(frozen=True, slots=True)
class FollowedPart:
    """The tasks of official documents, or of simulated ones alone, as their agencies hold them."""

    statistics: DirectiveStatistics
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class NewlyOverdue:
    """How many tasks, official or simulated ones, are overdue for at most `days`; `since` (aware): the first of them.

    An order counts by its parts.
    """

    count: int
    since: datetime
    days: int
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class FollowedTasks:
    """Tasks at a moment, official ones before simulated ones, without a part that has none.

    `parts`: of public and internal documents; `public_parts`: of public ones alone. `documents`: keys of documents
    of the configuration that are followed here: they are counted here only. `day`: on which was counted.
    """

    parts: tuple[FollowedPart, ...] = ()
    public_parts: tuple[FollowedPart, ...] = ()
    documents: frozenset[str] = frozenset()
    newly_overdue: tuple[NewlyOverdue, ...] = ()
    late_instructions: tuple[LateInstructions, ...] = ()
    day: date | None = field(default=None, compare=False)


NO_FOLLOWED_TASKS = FollowedTasks()
