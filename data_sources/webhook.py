"""Messages that others POST to /vao/<source>: JSON or CBOR of any form, with the same mapping as http_json."""

from datetime import datetime

from data_sources._mapping import MappingOptions, options_of, read_documents
from data_sources._mapping.webhook import BytesPerSecond, TokenName, decode_message, fetch_messages, parse_messages
from ioc.domain.ingest.protocol import WEBHOOK_BYTES_PER_SECOND, FetchContext, Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class Options(MappingOptions):
    """The mapping of a message; `push_token`: "${NAME}" of the token that the sender must send.

    `bytes_per_second`: of its messages, on average.
    """

    push_token: TokenName
    bytes_per_second: BytesPerSecond = WEBHOOK_BYTES_PER_SECOND


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The messages that wait."""
    return await fetch_messages(source, context)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each message. An unreadable message or item is rejected; the others are read."""
    options = options_of(source, Options)

    def parse_message(page: ResponsePage, at: datetime) -> Batch:
        return read_documents(options, [decode_message(page)], at, pages=[page])

    lists_all = options.event_options is not None and options.event_options.complete
    return parse_messages(payload.pages, parse_message, now, lists_all=lists_all)
