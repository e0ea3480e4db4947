"""The health of a source at a moment, derived from the results of its polls."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, was_set_back
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.clock_skew import SKEW_CODES
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.maintenance import active_window
from ioc.domain.ingest.reading import lies_ahead
from ioc.domain.ingest.source import Source


class SourceState(StrEnum):
    """The state of a source. Whether it is simulated is shown beside the state and is no state itself."""

    LIVE = "live"
    LATE = "late"  # no good answer for longer than interval plus deadline (no pause of ours), or just after maintenance
    NO_DATA = "no_data"  # it has not brought a value yet, nor a list of events
    STALE = "stale"  # its newest data is older than the age limit
    DOWN = "down"  # the last fetch failed; values are kept until the age limit
    REFUSED = "refused"  # 401 or 403, until the row changes
    OFF = "off"  # by configuration, or in a maintenance window


FAILING_STATES = frozenset({SourceState.DOWN, SourceState.REFUSED})
LOST_STATES = FAILING_STATES | {SourceState.STALE}


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """The result of all polls of a source. `since`: when it entered `state`.

    `data_time`: how new its data are by its own time; the moment of the newest good poll when it states none.
    """

    source: str
    state: SourceState
    since: datetime
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    data_time: datetime | None = None
    last_error: Failure | None = None  # of the newest failed poll, None after a good one
    consecutive_failures: int = 0
    accepted_count: int = 0  # of the newest good poll, as the other counts are
    rejected_count: int = 0
    fingerprint: str = ""  # of the row that these polls used
    drift: tuple[Failure, ...] = ()  # how the newest answer differs from the learned schema
    drift_since: datetime | None = None  # when answers began to differ
    duplicate_count: int = 0  # readings that one answer held more than once
    last_drift: tuple[Failure, ...] = ()  # the newest drift, also after it has ended


def initial_health(source: Source, now: datetime) -> SourceHealth:
    """The health of a source that was never polled."""
    state = SourceState.NO_DATA if source.is_enabled else SourceState.OFF
    return SourceHealth(source.key, state, now, fingerprint=source.fingerprint)


def is_poll_time(health: SourceHealth) -> bool:
    """Whether the data time is the moment of the newest good poll: its answer stated no time of its own."""
    return health.data_time is not None and health.data_time == health.last_success


def states_own_time(health: SourceHealth, source: Source) -> bool:
    """Whether the age of its data counts from a time that the source states, not from when its answer came."""
    return source.has_own_time and not ((source.events or source.may_lack_time) and is_poll_time(health))


def after_success(
    health: SourceHealth,
    now: datetime,
    data_time: datetime | None,
    accepted_count: int,
    rejected_count: int,
    duplicate_count: int = 0,
) -> SourceHealth:
    """The health after a good poll. For an unchanged answer, pass the counts of the answer before."""
    times = [time for time in (health.data_time, data_time) if time is not None]
    if data_time is not None:  # a later time than now was given by a clock that has been set back since
        times = [time for time in times if time <= now] or [data_time]
    return replace(
        health,
        last_attempt=now,
        last_success=now,
        data_time=max(times, default=None),
        last_error=None,
        consecutive_failures=0,
        accepted_count=accepted_count,
        rejected_count=rejected_count,
        duplicate_count=duplicate_count,
    )


def after_failure(health: SourceHealth, now: datetime, failure: Failure) -> SourceHealth:
    """The health after a poll that failed."""
    return replace(health, last_attempt=now, last_error=failure, consecutive_failures=health.consecutive_failures + 1)


def with_drift(health: SourceHealth, drift: tuple[Failure, ...], now: datetime) -> SourceHealth:
    """`health` when an answer has shown `drift`; () ends one, which is still known as the last."""
    if drift == health.drift:
        return health
    since = now if drift and not health.drift else health.drift_since
    return replace(health, drift=drift, drift_since=since, last_drift=drift or health.last_drift)


def assess_health(
    health: SourceHealth, source: Source, now: datetime, *, is_refused: bool, is_unasked: bool = False
) -> SourceHealth:
    """`health` with its state at `now`; `since` moves only when the state does. `is_refused`: after 401 or 403.

    `is_unasked`: the poller stood still or the store did not answer, and the source has not been asked since: a live
    source does not become late by that.
    """
    state = _source_state(health, source, now, is_refused)
    if state is SourceState.LATE and is_unasked and health.state is SourceState.LIVE:
        return health
    return health if state == health.state else replace(health, state=state, since=now)


def after_set_back(health: SourceHealth, now: datetime, back: timedelta) -> SourceHealth:
    """`health` after the clock was set back by `back` to `now`: how long ago each poll was remains the same.

    A time that the source states is of another clock, unless it lies in the future.
    """
    by_our_clock = {name: getattr(health, name) for name in ("last_attempt", "last_success")}
    if health.data_time and (is_poll_time(health) or health.data_time > now):
        by_our_clock["data_time"] = health.data_time
    return replace(health, **{name: time - back for name, time in by_our_clock.items() if time is not None})


def is_outdated(data_time: datetime, age_limit: timedelta, at: datetime) -> bool:
    """Whether data of `data_time` is past its age limit at `at`, or lies in the future, so that its age is unknown."""
    return at - data_time > age_limit or lies_ahead(data_time, at)


def health_at(health: SourceHealth, source: Source, at: datetime, tolerance: timedelta = timedelta(0)) -> SourceHealth:
    """`health`, the newest record, as it stands at `at`: stale past its age limit, also when no poller recorded that.

    `tolerance`: by how much the recorded data time may lag behind the true one.
    """
    if health.state not in (SourceState.LIVE, SourceState.LATE) or health.data_time is None:
        return health
    if not is_outdated(health.data_time, source.age_limit + tolerance, at):
        return health
    return replace(health, state=SourceState.STALE, since=min(health.data_time + source.age_limit, at))


def is_unusable(health: SourceHealth) -> bool:
    """Whether the last answer was of no use: that stands until another one comes, however long a listener is silent."""
    return health.last_error is not None and health.last_error.code in {*SKEW_CODES, IngestCode.NOTHING_ACCEPTED}


def _is_resuming(health: SourceHealth, source: Source, now: datetime) -> bool:
    """Whether a maintenance window ended so recently that the first poll after it may not have happened yet."""
    window = active_window(source.maintenance, now - source.poll_interval - source.deadline)
    return window is not None and (health.last_attempt is None or health.last_attempt < window[1])


def _source_state(health: SourceHealth, source: Source, now: datetime, is_refused: bool) -> SourceState:
    if not source.is_enabled or active_window(source.maintenance, now):
        return SourceState.OFF
    if is_refused:
        return SourceState.REFUSED
    if source.maintenance and _is_resuming(health, source, now):
        return SourceState.LATE
    if health.consecutive_failures:
        return SourceState.DOWN
    if health.data_time is None:
        return SourceState.NO_DATA
    if is_outdated(health.data_time, source.age_limit, now):
        return SourceState.STALE
    answered = health.last_success
    if answered is None or was_set_back(answered, now, CLOCK_TOLERANCE):
        return SourceState.LATE
    return SourceState.LATE if now - answered > source.poll_interval + source.deadline else SourceState.LIVE
