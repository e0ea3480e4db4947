"""The times of the polls by our clock: those of one source only grow, unless the clock is set back by far."""

from collections.abc import Mapping
from datetime import datetime

from ioc.domain.base.clock_set_back import following
from ioc.domain.base.times import Clock
from ioc.domain.ingest.health import SourceHealth


class SourceTimes:
    """Times what the sources bring without a time of its own: the later answer is the newer one.

    A clock that falls back by less than CLOCK_TOLERANCE would give it an earlier time than the answer before it has,
    which would stay the newest until the clock shows that time again.
    """

    def __init__(self, clock: Clock, healths: Mapping[str, SourceHealth]) -> None:
        """`healths`: of earlier polls."""
        self._clock = clock
        self._polled = {key: health.last_success for key, health in healths.items() if health.last_success}

    def now(self, source: str) -> datetime:
        """What the clock shows, or a time just after the last good poll of `source`. On any thread."""
        return following(self._clock(), self._polled.get(source))

    def keep(self, source: str, polled: datetime) -> None:
        """`polled`: the time of a good poll."""
        self._polled[source] = polled
