"""The health of every source, and when each may be polled again, by a clock that may be set meanwhile."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, ClockWatch, following, is_within
from ioc.domain.ingest.health import LOST_STATES, SourceHealth, SourceState, after_set_back, assess_health
from ioc.domain.ingest.source import Source

log = logging.getLogger("ioc.poll")

MAX_BACK_OFF = timedelta(seconds=60)
MAX_RETRY_AFTER = timedelta(hours=1)
_PAUSE = timedelta(seconds=2)  # time passes in steps of a second; a longer one is a pause of this process


class HealthTracker:
    """Sources are named by their keys. `unasked`: not asked since a pause of ours: of this process or of the store."""

    def __init__(self, healths: dict[str, SourceHealth], watch: ClockWatch, on_set_back: Callable[[str], None]) -> None:
        """`on_set_back`: called with the key of a source whose times move with a clock that was set back."""
        self.healths, self._watch, self._on_set_back = healths, watch, on_set_back
        self._seen_back, self._followed = timedelta(0), dict.fromkeys(healths, timedelta(0))
        self._not_before = dict[str, datetime]()
        self.unasked, self._judged_at = set(healths), watch.now()  # a process begins with a pause

    def is_stopped(self, source: Source) -> bool:
        """Whether it answered 401 or 403 and its row has not changed since."""
        health = self.healths[source.key]
        return health.state is SourceState.REFUSED and health.fingerprint == source.fingerprint

    def is_backing_off(self, source: str, now: datetime) -> bool:
        """Whether it waits after a failure. No back-off is longer than MAX_RETRY_AFTER."""
        not_before = self._not_before.get(source, now)
        return is_within(MAX_RETRY_AFTER, not_before - MAX_RETRY_AFTER, now)

    def begin_back_off(self, source: Source, failures: int, retry_after: float | None) -> None:
        """`failures`: how many in a row. `retry_after`: seconds that the server asked for."""
        self._not_before[source.key] = self._watch.now() + back_off(source, failures, retry_after)

    def end_back_off(self, source: str) -> None:
        """After a good answer."""
        self._not_before.pop(source, None)

    def now(self, source: str, received: datetime | None = None) -> tuple[datetime, timedelta]:
        """A time of a poll, after its last good one and after its messages were `received`; as ClockWatch.read."""
        (now, back, _), last = self._watch.read(), self.healths[source].last_success
        return following(now, last and last - (back - self._followed[source]), received), back

    def set_back_since(self, source: str, back: timedelta) -> timedelta:
        """How far the times of the health moved since a reading of the clock that told `back`."""
        return self._followed[source] - back

    def follow_clock(self, source: str) -> SourceHealth:
        """The health of `source`. Its times, and that of its next poll, move with a clock that was set back."""
        now, total, _ = self._watch.read()
        if back := total - self._followed[source]:
            self.healths[source] = after_set_back(self.healths[source], now, back)
            self._followed[source] = total
            self._on_set_back(source)
            if source in self._not_before:
                self._not_before[source] -= back
        return self.healths[source]

    def keep(self, source: Source, health: SourceHealth, at: datetime, *, is_stopped: bool) -> SourceHealth:
        """Keeps `health` after a poll that ended at `at`, judged; returns it as it is kept."""
        previous = self.healths[source.key]
        self.unasked.discard(source.key)
        health = health if health.fingerprint == source.fingerprint else replace(health, fingerprint=source.fingerprint)
        health = assess_health(health, source, at, is_refused=is_stopped)
        self._change(previous, health)
        return health

    def judge_all(
        self, sources: Mapping[str, Source], waiting: Collection[str], on_clock_set: Callable[[Iterable[str]], None]
    ) -> list[SourceHealth]:
        """The healths that changed since the last call by the passing of time: late, stale.

        `waiting`: sources that wait for us. `on_clock_set`: called with all sources once the clock was set by more than
        a minute. A pause of this process as long as that looks like a clock that was set forward.
        """
        now, total, _ = self._watch.read()
        if now - self._judged_at > _PAUSE:
            self.unasked.update(sources)
        if total != self._seen_back or now - self._judged_at > CLOCK_TOLERANCE:
            on_clock_set(sources)
        self._seen_back, self._judged_at, changed = total, now, []
        for key, source in sources.items():
            previous, moved = self.healths[key], self.follow_clock(key)
            is_unasked = key in self.unasked or key in waiting
            health = assess_health(moved, source, now, is_refused=self.is_stopped(source), is_unasked=is_unasked)
            if health is not previous:
                self._change(previous, health)
                changed.append(health)
        return changed

    def _change(self, previous: SourceHealth, health: SourceHealth) -> None:
        self.healths[health.source] = health
        _log_transition(previous, health)


def back_off(source: Source, failures: int, retry_after: float | None) -> timedelta:
    """How long to wait after `failures` in a row before the next poll.

    `retry_after`: seconds that the source asked for, at most an hour; else the interval, doubled up to a minute.
    """
    if retry_after is not None:
        return min(timedelta(seconds=max(0.0, retry_after)), MAX_RETRY_AFTER)
    if failures < 2:
        return timedelta(0)
    longest = max(MAX_BACK_OFF - source.poll_interval, timedelta(0))
    return min(source.poll_interval * float(2 ** min(failures - 2, 16)), longest)


def _log_transition(previous: SourceHealth, current: SourceHealth) -> None:
    """One line when a source is lost, one when it is back."""
    if (previous.state in LOST_STATES) is (current.state in LOST_STATES):
        return
    if current.state in LOST_STATES:
        log.warning("%s is lost (%s): %s", current.source, current.state, current.last_error or "its data are too old")
    else:
        log.info("%s is back", current.source)
