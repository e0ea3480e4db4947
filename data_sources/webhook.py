"""What others POST to /vao/<source>: JSON or CBOR of any shape, read by the same mapping as http_json."""

from datetime import datetime

from data_sources._mapping import MappingOptions, options_of, read_documents
from data_sources._mapping.webhook import TokenName, decode_message, fetch_messages, parse_messages
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class Options(MappingOptions):
    """The mapping of a letter; `push_token`: "${NAME}" of the token that the sender shows."""

    push_token: TokenName


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The letters that wait."""
    return await fetch_messages(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each letter's values and events. A letter or an item that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    return parse_messages(payload.pages, lambda page, at: read_documents(options, [decode_message(page)], at), now)
