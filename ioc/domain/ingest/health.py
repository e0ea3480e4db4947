"""The health of a source at a moment: derived from what its polls brought, never guessed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ioc.domain.ingest.maintenance import current
from ioc.domain.ingest.source import Source


class SourceState(StrEnum):
    """See rulings.md. Whether a source is simulated is a mark beside its state, not a state."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    DOWN = "down"
    REFUSED = "refused"
    OFF = "off"


LOST = frozenset({SourceState.STALE, SourceState.DOWN, SourceState.REFUSED})


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a source. `since`: when it entered `state`. `data_time`: newest observed time kept."""

    source: str
    state: SourceState
    since: datetime
    last_try: datetime | None = None
    last_good: datetime | None = None
    data_time: datetime | None = None
    last_error: str = ""  # of the newest failed poll, "" once a poll is good again
    failures: int = 0  # in a row
    kept: int = 0  # of the newest good poll, as are refused and repeated
    refused: int = 0
    fingerprint: str = ""  # of the row that these polls used
    surprise: str = ""  # how the newest answer differs from the shape that is believed
    surprised: datetime | None = None  # when an answer last began to differ
    repeated: int = 0  # told more than once in the same answer
    last_surprise: str = ""  # the newest one, once it has passed too


def first(source: Source, now: datetime) -> Health:
    """A source that was never asked."""
    state = SourceState.LATE if source.enabled else SourceState.OFF
    return Health(source.key, state, now, fingerprint=source.fingerprint)


def after_good(
    health: Health, now: datetime, data_time: datetime | None, kept: int, refused: int, repeated: int = 0
) -> Health:
    """After an answer that could be read. An unchanged answer keeps the counts of the one before: pass those."""
    known = [t for t in (health.data_time, data_time) if t is not None]
    return replace(
        health, last_try=now, last_good=now, data_time=max(known, default=None),
        last_error="", failures=0, kept=kept, refused=refused, repeated=repeated,
    )  # fmt: skip


def after_failure(health: Health, now: datetime, reason: str) -> Health:
    """After a poll that brought nothing."""
    return replace(health, last_try=now, last_error=reason, failures=health.failures + 1)


def judge(health: Health, source: Source, now: datetime, *, stopped: bool) -> Health:
    """`health` with its state as it is at `now`; `since` moves only when the state does. `stopped`: after 401/403."""
    state = _state(health, source, now, stopped)
    return health if state == health.state else replace(health, state=state, since=now)


def _rested(health: Health, source: Source, now: datetime) -> bool:
    """Whether it was left alone until a moment ago, and the first poll since need not have come yet."""
    found = current(source.maintenance, now - source.every - source.deadline)
    return found is not None and (health.last_try is None or health.last_try < found[1])


def _state(health: Health, source: Source, now: datetime, stopped: bool) -> SourceState:
    if not source.enabled or current(source.maintenance, now):
        return SourceState.OFF
    if stopped:
        return SourceState.REFUSED
    if source.maintenance and _rested(health, source, now):
        return SourceState.LATE
    if health.failures:
        return SourceState.DOWN
    if health.data_time is not None and now - health.data_time > source.age_limit:
        return SourceState.STALE
    if health.last_good is None or now - health.last_good > source.every + source.deadline:
        return SourceState.LATE
    return SourceState.LIVE
