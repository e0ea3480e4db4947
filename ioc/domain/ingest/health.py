"""The health of a source at a moment: derived from what its polls brought, never guessed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.maintenance import active_window
from ioc.domain.ingest.source import Source


class SourceState(StrEnum):
    """See rulings.md. Whether a source is simulated is a mark beside its state, not a state."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    DOWN = "down"
    REFUSED = "refused"
    OFF = "off"


LOST_STATES = frozenset({SourceState.STALE, SourceState.DOWN, SourceState.REFUSED})


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What is known of a source. `since`: when it entered `state`. `data_time`: newest observed time kept."""

    source: str
    state: SourceState
    since: datetime
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    data_time: datetime | None = None
    last_error: Failure | None = None  # of the newest failed poll, None once a poll is good again
    failures: int = 0  # in a row
    accepted_count: int = 0  # of the newest good poll, as are refused and repeated
    rejected_count: int = 0
    fingerprint: str = ""  # of the row that these polls used
    drift: tuple[Failure, ...] = ()  # how the newest answer differs from the shape that is believed
    drift_since: datetime | None = None  # when an answer last began to differ
    duplicate_count: int = 0  # told more than once in the same answer
    last_drift: tuple[Failure, ...] = ()  # the newest one, once it has passed too


def initial_health(source: Source, now: datetime) -> SourceHealth:
    """A source that was never asked."""
    state = SourceState.LATE if source.is_enabled else SourceState.OFF
    return SourceHealth(source.key, state, now, fingerprint=source.fingerprint)


def after_success(
    health: SourceHealth,
    now: datetime,
    data_time: datetime | None,
    accepted_count: int,
    rejected_count: int,
    duplicate_count: int = 0,
) -> SourceHealth:
    """After an answer that could be read. An unchanged answer keeps the counts of the one before: pass those."""
    known = [t for t in (health.data_time, data_time) if t is not None]
    return replace(
        health,
        last_attempt=now,
        last_success=now,
        data_time=max(known, default=None),
        last_error=None,
        failures=0,
        accepted_count=accepted_count,
        rejected_count=rejected_count,
        duplicate_count=duplicate_count,
    )


def after_failure(health: SourceHealth, now: datetime, reason: Failure) -> SourceHealth:
    """After a poll that brought nothing."""
    return replace(health, last_attempt=now, last_error=reason, failures=health.failures + 1)


def assess_health(health: SourceHealth, source: Source, now: datetime, *, is_refused: bool) -> SourceHealth:
    """`health` with its state as it is at `now`; `since` moves only when the state does. `stopped`: after 401/403."""
    state = _source_state(health, source, now, is_refused)
    return health if state == health.state else replace(health, state=state, since=now)


def _is_resuming(health: SourceHealth, source: Source, now: datetime) -> bool:
    """Whether it was left alone until a moment ago, and the first poll since need not have come yet."""
    found = active_window(source.maintenance, now - source.poll_interval - source.deadline)
    return found is not None and (health.last_attempt is None or health.last_attempt < found[1])


def _source_state(health: SourceHealth, source: Source, now: datetime, stopped: bool) -> SourceState:
    if not source.is_enabled or active_window(source.maintenance, now):
        return SourceState.OFF
    if stopped:
        return SourceState.REFUSED
    if source.maintenance and _is_resuming(health, source, now):
        return SourceState.LATE
    if health.failures:
        return SourceState.DOWN
    if health.data_time is not None and now - health.data_time > source.age_limit:
        return SourceState.STALE
    if health.last_success is None or now - health.last_success > source.poll_interval + source.deadline:
        return SourceState.LATE
    return SourceState.LIVE
