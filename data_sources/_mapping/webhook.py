"""What is pushed to our own address: the token of its way in, and letters into plain data."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

# Never the token itself: rows stand in the configuration's log.
TokenName = Annotated[str, Field(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")]
_MAX_DEPTH = 50


async def fetch_messages(source: Source, world: FetchContext) -> Payload:
    """All that was pushed and not yet taken. Silence is no answer: it may be the sender's death."""
    found = await world.pending_messages(source)
    pages, ids = tuple(one.page for one in found), tuple(one.id for one in found)
    return Payload(pages, is_unchanged=not found, has_data=bool(found), message_ids=ids)


def parse_messages(
    pages: Iterable[ResponsePage], parse: Callable[[ResponsePage, datetime], Batch], now: datetime
) -> Batch:
    """What all letters bring, each read at the moment it came. One that is garbage is refused; the others go on.

    What a letter names as all that stand has the last word over the letters before it.
    """
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    events: list[Event] = []
    whole: frozenset[str] = frozenset()
    for n, page in enumerate(pages):
        try:
            batch = parse(page, page.received_at or now)
        except SourceError as error:
            refused.append(RejectedItem(f"letter {n + 1}", error.failure))
            whole = frozenset()
            continue
        whole = batch.complete_kinds
        readings += batch.readings
        refused += batch.rejected_items
        events = [one for one in events if one.kind not in whole] + list(batch.events)
    return Batch(tuple(readings), tuple(refused), tuple(events), whole)


def decode_message(page: ResponsePage) -> Any:
    """The letter's JSON or CBOR as plain data. SourceError when it is neither."""
    if page.media_type.partition(";")[0].strip() != "application/cbor":
        return decode_json(page, orjson.loads)
    import cbor2

    try:
        # Written out as JSON, nothing is left of CBOR's own kinds: tags, keys that are no text, shared values.
        return orjson.loads(orjson.dumps(cbor2.loads(page.body, max_depth=_MAX_DEPTH), option=orjson.OPT_NON_STR_KEYS))
    except (cbor2.CBORDecodeError, ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError):
        raise SourceError(untyped("the letter is no CBOR of plain data")) from None
