"""Counters of dropped data: rejected items, and data shed while the store could not be written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

QUIET_PERIOD = timedelta(days=1)  # after so long without a drop the count of recent drops begins again


class DropReason(StrEnum):
    """Why something was dropped."""

    REJECTED = "rejected"  # it could not be read or was not plausible
    SHED = "shed"  # it was good, but the buffer was full while the store could not be written


@dataclass(frozen=True, slots=True)
class DropCounter:
    """Drops of one source. `total`: ever; `recent`: since `began_at`, without a gap over QUIET_PERIOD, to `last_at`."""

    source: str
    total: int
    recent: int
    began_at: datetime
    last_at: datetime

    def merge(self, later: "DropCounter") -> "DropCounter":
        """The sum of both; `later` came after this one."""
        merged = replace(later, total=self.total + later.total, last_at=max(self.last_at, later.last_at))
        if later.began_at - self.last_at > QUIET_PERIOD:
            return merged
        return replace(merged, recent=self.recent + later.recent, began_at=self.began_at)


def single_drop(source: str, count: int, at: datetime) -> DropCounter:
    """The counter of `count` drops at one moment."""
    return DropCounter(source, count, count, at, at)
