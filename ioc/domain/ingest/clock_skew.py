"""Whether the clock of a source runs ahead: what it told last lies in the future, of every series."""

from datetime import datetime, timedelta

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Batch

_CITY_OFFSET_HOURS = 7
_HOURS, _DAYS = timedelta(hours=2), timedelta(days=3)


def clock_lead(batch: Batch, now: datetime) -> timedelta | None:
    """By how much; None when the newest time of any series, or any event, may be true: that is a fault of the others.

    Of a source whose clock is right some times are refused, if any; of one that runs ahead the newest always are.
    """
    newest: dict[str, datetime] = {}
    told = [(one.series, one.observed) for one in batch.readings]
    told += [(f"{one.kind}/{one.key}", one.observed) for one in batch.events]
    for name, at in told:
        if at.tzinfo is not None:
            newest[name] = max(at, newest.get(name, at))
    leads = sorted(at - now for at in newest.values())
    return leads[len(leads) // 2] if leads and leads[0] > MAX_CLOCK_LEAD else None


def skew_failure(lead: timedelta) -> Failure:
    """As coarse as a reader needs, so that it stands still."""
    if lead >= _DAYS:
        return Failure(IngestCode.CLOCK_AHEAD_DAYS, {"n": round(lead / timedelta(days=1))})
    hours = round(lead / timedelta(hours=1))
    if lead >= _HOURS:
        zone = hours == _CITY_OFFSET_HOURS
        return Failure(IngestCode.CLOCK_AHEAD_ZONE) if zone else Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": hours})
    return Failure(IngestCode.CLOCK_AHEAD_MINUTES, {"n": round(lead / timedelta(minutes=1))})


SKEW_CODES = frozenset({
    IngestCode.CLOCK_AHEAD_DAYS, IngestCode.CLOCK_AHEAD_HOURS, IngestCode.CLOCK_AHEAD_ZONE,
    IngestCode.CLOCK_AHEAD_MINUTES,
})  # fmt: skip
