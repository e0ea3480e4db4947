"""What others POST to /vao/<source>: JSON or CBOR of any shape, read by the same mapping as http_json."""

from datetime import datetime

from data_sources._mapping import MappingOptions, options_of, read
from data_sources._mapping.webhook import TokenName, each, letters, plain_of
from ioc.domain.ingest.protocol import Payload, World
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class Options(MappingOptions):
    """The mapping of a letter; `push_token`: "${NAME}" of the token that the sender shows."""

    push_token: TokenName


async def fetch(source: Source, world: World) -> Payload:
    """The letters that wait."""
    return await letters(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each letter's values and events. A letter or an item that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    return each(payload.pages, lambda page, at: read(options, [plain_of(page)], at), now)
