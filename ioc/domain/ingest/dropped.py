"""What did not reach the store: items that were refused, and what was shed while the store could not be written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# What comes after so long without any is another story, told from its own beginning.
QUIET = timedelta(days=1)


class Way(StrEnum):
    """How it was given up."""

    REFUSED = "refused"  # it could not be believed or read
    SHED = "shed"  # it was good, and there was no room to keep it until the store could be written


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Of one source. `total`: since the store was begun; `recent`: since `began`, never a day apart; `last`: newest."""

    source: str
    total: int
    recent: int
    began: datetime
    last: datetime

    def then(self, later: "GivenUp") -> "GivenUp":
        """Both, `later` being the one that came after."""
        both = replace(later, total=self.total + later.total, last=max(self.last, later.last))
        if later.began - self.last > QUIET:
            return both
        return replace(both, recent=self.recent + later.recent, began=self.began)


def once(source: str, count: int, at: datetime) -> GivenUp:
    """`count` things at one moment."""
    return GivenUp(source, count, count, at, at)
