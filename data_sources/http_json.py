"""HTTP JSON of any shape: the row says by JMESPath where items, series, time, value and unit lie, or events."""

from datetime import datetime

import orjson

from data_sources._mapping import MappingOptions, RequestOptions, options_of, read_documents
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class Options(MappingOptions, RequestOptions):
    """The mapping of the answer, and what is sent with the request."""


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One GET with the row's headers and params."""
    return await options_of(source, Options).get(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each item's values and events. An item that cannot be read is refused; the others go on."""
    return read_documents(options_of(source, Options), (decode_json(page, orjson.loads) for page in payload.pages), now)
