"""Times of a feed: seconds since 1970."""

from datetime import UTC, datetime

from data_sources.gtfs_rt.errors import GtfsCode
from ioc.domain.ingest.parsing import ParseError, parse_timestamp


def time_of(seconds: int) -> datetime:
    """The time of `seconds`, which is not 0, in UTC. Raises ParseError, which says when they are milliseconds."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        parse_timestamp(seconds, "unix_ms")
    except ParseError:
        raise ParseError(GtfsCode.TIME_INVALID, value=str(seconds)) from None
    raise ParseError(GtfsCode.TIME_IN_MILLISECONDS, value=str(seconds))
