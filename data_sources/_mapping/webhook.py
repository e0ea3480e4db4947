"""What is pushed to our own address: the token of its way in, and letters into plain data."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from ioc.domain.events.event import Event
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Reading, Refused
from ioc.domain.ingest.source import Source

# Never the token itself: rows stand in the configuration's log.
TokenName = Annotated[str, Field(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")]
_DEEPEST = 50


async def letters(source: Source, world: World) -> Payload:
    """All that was pushed and not yet taken. Silence is no answer: it may be the sender's death."""
    found = await world.mail(source)
    pages, ids = tuple(one.page for one in found), tuple(one.id for one in found)
    return Payload(pages, unchanged=not found, heard=bool(found), mail=ids)


def each(pages: Iterable[Page], parse: Callable[[Page, datetime], Batch], now: datetime) -> Batch:
    """What all letters bring, each read at the moment it came. One that is garbage is refused; the others go on.

    What a letter names as all that stand has the last word over the letters before it.
    """
    readings: list[Reading] = []
    refused: list[Refused] = []
    events: list[Event] = []
    whole: frozenset[str] = frozenset()
    for n, page in enumerate(pages):
        try:
            batch = parse(page, page.received or now)
        except SourceError as error:
            refused.append(Refused(f"letter {n + 1}", error.reason))
            whole = frozenset()
            continue
        whole = batch.whole
        readings += batch.readings
        refused += batch.refused
        events = [one for one in events if one.kind not in whole] + list(batch.events)
    return Batch(tuple(readings), tuple(refused), tuple(events), whole)


def plain_of(page: Page) -> Any:
    """The letter's JSON or CBOR as plain data. SourceError when it is neither."""
    if page.kind.partition(";")[0].strip() != "application/cbor":
        return json_of(page, orjson.loads)
    import cbor2

    try:
        # Written out as JSON, nothing is left of CBOR's own kinds: tags, keys that are no text, shared values.
        return orjson.loads(orjson.dumps(cbor2.loads(page.body, max_depth=_DEEPEST), option=orjson.OPT_NON_STR_KEYS))
    except (cbor2.CBORDecodeError, ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError):
        raise SourceError("the letter is no CBOR of plain data") from None
