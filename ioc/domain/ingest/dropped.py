"""What did not reach the store: items that were refused, and what was shed while the store could not be written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# What comes after so long without any is another story, told from its own beginning.
QUIET_PERIOD = timedelta(days=1)


class DropReason(StrEnum):
    """How it was given up."""

    REJECTED = "rejected"  # it could not be believed or read
    SHED = "shed"  # it was good, and there was no room to keep it until the store could be written


@dataclass(frozen=True, slots=True)
class DropCounter:
    """Of one source. `total`: since the store was begun; `recent`: since `began`, never a day apart; `last`: newest."""

    source: str
    total: int
    recent: int
    began_at: datetime
    last_at: datetime

    def merge(self, later: "DropCounter") -> "DropCounter":
        """Both, `later` being the one that came after."""
        both = replace(later, total=self.total + later.total, last_at=max(self.last_at, later.last_at))
        if later.began_at - self.last_at > QUIET_PERIOD:
            return both
        return replace(both, recent=self.recent + later.recent, began_at=self.began_at)


def single_drop(source: str, count: int, at: datetime) -> DropCounter:
    """`count` things at one moment."""
    return DropCounter(source, count, count, at, at)
