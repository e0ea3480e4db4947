"""HTTP JSON of any shape: the row says by JMESPath where items, series, time, value and unit lie, or events."""

from datetime import datetime

import orjson

from data_sources.mapping import MappingOptions, RequestOptions, options_of, read
from domain.answer import json_of
from domain.feed import Payload, World
from domain.reading import Batch
from domain.source import Source


class Options(MappingOptions, RequestOptions):
    """The mapping of the answer, and what is sent with the request."""


async def fetch(source: Source, world: World) -> Payload:
    """One GET with the row's headers and params."""
    return await options_of(source, Options).get(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each item's values and events. An item that cannot be read is refused; the others go on."""
    return read(options_of(source, Options), (json_of(page, orjson.loads) for page in payload.pages), now)
