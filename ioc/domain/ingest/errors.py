"""Codes of failures that the poll itself finds, whatever the protocol."""

from ioc.domain.base.failure import ErrorCode


class IngestCode(ErrorCode):
    """Why an answer brought nothing that may be shown. Texts: components/messages/errors/ingest.toml."""

    NOTHING_ACCEPTED = "ingest.nothing_accepted"  # location, cause: of the first rejected item
    CLOCK_AHEAD_DAYS = "ingest.clock_ahead_days"  # n
    CLOCK_AHEAD_HOURS = "ingest.clock_ahead_hours"  # n
    CLOCK_AHEAD_ZONE = "ingest.clock_ahead_zone"  # seven hours: a local time written as UTC
    CLOCK_AHEAD_MINUTES = "ingest.clock_ahead_minutes"  # n
    MESSAGES_DROPPED = "ingest.messages_dropped"  # n
    DEADLINE_EXCEEDED = "ingest.deadline_exceeded"  # seconds
    INTERNAL_ERROR = "ingest.internal_error"  # kind: class of the exception
