"""Codes of failures that no single protocol owns: of the poll itself, and those that several protocols share."""

from ioc.domain.base.failure import ErrorCode


class IngestCode(ErrorCode):
    """Why an answer, or an item of one, brought nothing. Texts: components/messages/errors/ingest.toml."""

    NOTHING_ACCEPTED = "ingest.nothing_accepted"  # location, cause: of the first rejected item
    CLOCK_AHEAD_DAYS = "ingest.clock_ahead_days"  # n
    CLOCK_AHEAD_HOURS = "ingest.clock_ahead_hours"  # n
    CLOCK_AHEAD_ZONE = "ingest.clock_ahead_zone"  # seven hours: a local time written as UTC
    CLOCK_AHEAD_MINUTES = "ingest.clock_ahead_minutes"  # n
    CLOCK_AHEAD_IN_PART = "ingest.clock_ahead_in_part"  # n: of `total` values and events; cause: by how much
    MESSAGES_DROPPED = "ingest.messages_dropped"  # n
    DEADLINE_EXCEEDED = "ingest.deadline_exceeded"  # seconds
    INTERNAL_ERROR = "ingest.internal_error"  # kind: class of the exception
    PRIVATE_ADDRESS = "ingest.private_address"  # host
    SECRET_NOT_SET = "ingest.secret_not_set"  # name
    SERVICE_MESSAGE = "ingest.service_message"  # external: what the service says of its failure
    LIST_OLDER = "ingest.list_older"  # time: when the list was made
    ITEMS_LEFT_OUT = "ingest.items_left_out"  # limit: items that are read
    FEED_CUT = "ingest.feed_cut"  # by its owner
    FEED_LEFT_OUT = "ingest.feed_left_out"  # limit: items, mebibytes: that are read
    TOO_MANY_ITEMS = "ingest.too_many_items"  # limit
    NOT_STORABLE = "ingest.not_storable"  # external: class of the exception, or the first line of the driver's message
    MORE_PAGES = "ingest.more_pages"
    LIST_CUT = "ingest.list_cut"  # read, total: items that came, and that the source has
    LIST_CONTINUES = "ingest.list_continues"  # read: items that came
    SPAN_LEFT_OUT = "ingest.span_left_out"
    PROGRAM_MISSING = "ingest.program_missing"  # program, package: of the server that this machine lacks


# Of rejected items that say that a list did not come whole: nothing can be counted over it.
CUT_CODES = frozenset(
    {
        IngestCode.ITEMS_LEFT_OUT, IngestCode.MORE_PAGES, IngestCode.LIST_CUT, IngestCode.LIST_CONTINUES,
        IngestCode.SPAN_LEFT_OUT, IngestCode.FEED_LEFT_OUT, IngestCode.FEED_CUT,
    }
)  # fmt: skip
