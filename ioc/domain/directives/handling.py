"""How tasks were handled: time until received, returned reports, days at the Office, open petitions (kiến nghị)."""

from collections.abc import Iterable
from typing import NamedTuple

_DAY_SECONDS = 86_400


class HandlingFigures(NamedTuple):
    """Sums over tasks.

    `received_count`: tasks that their holder has received, and `received_s`: seconds from the moment at which each came
    to it until then. `returns`: of completion reports, and `returned_count`: tasks with one. `office_days`: days past
    the due date that returned reports spent at the Office, as they stand in the tasks. `open_petitions`, and
    `petition_count`: tasks with one.
    """

    received_count: int = 0
    received_s: int = 0
    returns: int = 0
    returned_count: int = 0
    office_days: int = 0
    open_petitions: int = 0
    petition_count: int = 0

    @property
    def received_days_mean(self) -> float | None:
        """Mean days until receipt, not rounded; None of no task."""
        return self.received_s / self.received_count / _DAY_SECONDS if self.received_count else None


NO_HANDLING = HandlingFigures()


def add_up(figures: Iterable[HandlingFigures]) -> HandlingFigures:
    """Their sum."""
    return HandlingFigures(*map(sum, zip(*figures, strict=True)))
