"""JSON of any form over HTTP: the row says by JMESPath where readings or events are."""

from datetime import datetime

import orjson

from data_sources._mapping import MappingOptions, RequestOptions, options_of, read_documents
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class Options(MappingOptions, RequestOptions):
    """The mapping of the answer, and headers and parameters of the request."""


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET with the row's headers and params."""
    return await options_of(source, Options).get(source, context)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each item. An item that cannot be read is rejected; the others are read."""
    documents = [decode_json(page, orjson.loads) for page in payload.pages]
    return read_documents(options_of(source, Options), documents, now, pages=payload.pages)
