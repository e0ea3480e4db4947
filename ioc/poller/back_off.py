"""How long a source that fails is left alone."""

from datetime import timedelta

from ioc.domain.ingest.source import Source

MAX_BACK_OFF = timedelta(seconds=60)
MAX_RETRY_AFTER = timedelta(hours=1)


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
