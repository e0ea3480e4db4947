"""Clock skew: a source whose newest times of every series lie in the future has a clock that runs ahead."""

from datetime import datetime, timedelta

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.option_reasons import PlainCode
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Batch, lies_ahead

_CITY_OFFSET_HOURS = 7
_HOURS, _DAYS = timedelta(hours=2), timedelta(days=3)


def clock_lead(batch: Batch, now: datetime) -> timedelta | None:
    """The median lead of the source's clock; None when the newest time of any series or event is not in the future.

    The time of the answer as a whole counts like that of a series. With a right clock single times are wrong at most;
    with a clock that runs ahead the newest of every series is.
    """
    times = [(reading.series, reading.observed) for reading in batch.readings]
    times += [(f"{event.kind}/{event.key}", event.observed) for event in batch.events]
    times += [("", batch.source_time)] if batch.source_time else []
    newest: dict[str, datetime] = {}
    for name, observed in times:
        if observed.tzinfo is not None:
            newest[name] = max(observed, newest.get(name, observed))
    leads = sorted(observed - now for observed in newest.values())
    return leads[len(leads) // 2] if leads and leads[0] > MAX_CLOCK_LEAD else None


def skew_failure(lead: timedelta) -> Failure:
    """The failure for a clock that is ahead by `lead`, rounded so that it stays the same between polls."""
    if lead >= _DAYS:
        return Failure(IngestCode.CLOCK_AHEAD_DAYS, {"n": round(lead / timedelta(days=1))})
    hours = round(lead / timedelta(hours=1))
    if lead >= _HOURS:
        if hours == _CITY_OFFSET_HOURS:
            return Failure(IngestCode.CLOCK_AHEAD_ZONE)
        return Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": hours})
    return Failure(IngestCode.CLOCK_AHEAD_MINUTES, {"n": round(lead / timedelta(minutes=1))})


def skew_of(batch: Batch, now: datetime) -> Failure | None:
    """The failure for a source's clock that runs ahead; it counts the values and events that it concerns, if not all.

    None when the clock is not ahead. That of the answer as a whole counts by itself: its age is not known.
    """
    if (lead := clock_lead(batch, now)) is None:
        made = batch.source_time  # of the answer as a whole, which alone may be ahead
        return skew_failure(made - now) if made and lies_ahead(made, now) else None
    times = [*(reading.observed for reading in batch.readings), *(event.observed for event in batch.events)]
    n = sum(time.tzinfo is not None and lies_ahead(time, now) for time in times)
    cause = skew_failure(lead)
    if n == len(times):
        return cause
    return Failure(IngestCode.CLOCK_AHEAD_IN_PART, {"n": n, "total": len(times), "cause": cause})


SKEW_CODES: frozenset[ErrorCode] = frozenset({
    IngestCode.CLOCK_AHEAD_DAYS, IngestCode.CLOCK_AHEAD_HOURS, IngestCode.CLOCK_AHEAD_ZONE,
    IngestCode.CLOCK_AHEAD_MINUTES, IngestCode.CLOCK_AHEAD_IN_PART, PlainCode.CLOCK_AHEAD_HOURS,
})  # fmt: skip
