"""Whether the clock of a source runs ahead: what it told last lies in the future, of every series."""

from datetime import datetime, timedelta

from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Batch

_REASON_PREFIX = "the source's clock is "
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


def skew_reason(lead: timedelta) -> str:
    """As it is kept among the reasons; as coarse as a reader needs, so that it stands still."""
    for unit, word, least in ((timedelta(days=1), "d", _DAYS), (timedelta(hours=1), "h", _HOURS)):
        if lead >= least:
            return f"{_REASON_PREFIX}{round(lead / unit)} {word} ahead: what it tells lies in the future"
    return f"{_REASON_PREFIX}{round(lead / timedelta(minutes=1))} min ahead: what it tells lies in the future"


def is_skew_reason(reason: str) -> bool:
    """Whether a kept reason is that of a clock that is off."""
    return reason.startswith(_REASON_PREFIX)
