"""Webhook messages: what was pushed to our own address, decoded into plain data."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

from data_sources._mapping.cbor import decode_cbor
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.message_failure import message_failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.validation import settle_message, without_superseded
from ioc.domain.ingest.data_time import latest_value_time
from ioc.domain.ingest.decoding import decode_json, parse_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, of_answer, rejected_of_answer
from ioc.domain.ingest.source import Source

_TOKEN_NAME = re.compile(r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")


def _validate_token_name(text: str) -> str:
    if not _TOKEN_NAME.fullmatch(text):
        raise ConfigValueError(OptionCode.SECRET_NOT_A_REFERENCE)
    return text


# The name of an environment variable, never the token itself: the log of the configuration shows rows.
TokenName = Annotated[
    str, AfterValidator(_validate_token_name), Field(json_schema_extra={"pattern": _TOKEN_NAME.pattern})
]
# What a source may send on average: at least so much that one message of 1 MiB fits into the burst of 32 seconds.
BytesPerSecond = Annotated[int, Field(ge=32_768, le=10_000_000)]


async def fetch_messages(source: Source, context: FetchContext) -> Payload:
    """All messages that were pushed and not yet taken. None is not a good answer: the sender may be dead."""
    messages = await context.pending_messages(source)
    pages, ids = tuple(message.page for message in messages), tuple(message.id for message in messages)
    return Payload(pages, is_unchanged=not messages, has_data=bool(messages), message_ids=ids)


def parse_messages(
    pages: Iterable[ResponsePage], parse: Callable[[ResponsePage, datetime], Batch], now: datetime
) -> Batch:
    """The content of all messages, each parsed for the moment it came. An unreadable one is rejected.

    Each message is an answer of its own: a later one may correct an earlier one. A message that lists all open events
    of a kind ends the events of that kind from earlier messages. A message that states no time is as new as its
    receipt.
    """
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    batches: list[Batch] = []
    times: list[datetime] = []
    for n, page in enumerate(pages):
        try:
            batch = settle_message(parse(page, page.received_at or now))
            time = batch.source_time or latest_value_time(batch.readings) or page.received_at or now
        except Exception as error:  # noqa: BLE001 — no message may cost the others
            rejected.append(RejectedItem(f"#{n + 1}", message_failure(error)))
            batches.append(Batch())
            continue
        batches.append(batch)
        times.append(time)
        readings += of_answer(batch.readings, n)
        rejected += rejected_of_answer(batch.rejected_items, n)
    events, complete_kinds = _combine_events(batches, now)
    return Batch(tuple(readings), tuple(rejected), events, complete_kinds, source_time=max(times, default=None))


def _combine_events(batches: Iterable[Batch], now: datetime) -> tuple[tuple[Event, ...], frozenset[str]]:
    """The events of all messages, and the kinds that the last one lists."""
    answers: list[list[Event]] = []
    complete_kinds: frozenset[str] = frozenset()
    for batch in _by_time_of_lists(batches):
        complete_kinds, listed = batch.complete_kinds, {event.key for event in batch.events}
        if complete_kinds:
            answers = [
                [
                    _ended(event, batch.source_time or now) if event.kind in complete_kinds else event
                    for event in answer
                    if event.kind not in complete_kinds or event.key not in listed
                ]
                for answer in answers
            ]
        answers.append(list(batch.events))
    return tuple(without_superseded(answers)), complete_kinds


def _by_time_of_lists(batches: Iterable[Batch]) -> list[Batch]:
    """In the order of their receipt, but lists of all events in that of their own times; others follow theirs."""
    latest, timed = datetime.min.replace(tzinfo=UTC), list[tuple[datetime, Batch]]()
    for batch in batches:
        if batch.complete_kinds and batch.source_time:
            latest = batch.source_time
        timed.append((latest, batch))
    return [batch for _, batch in sorted(timed, key=lambda time_and_batch: time_and_batch[0])]


def _ended(event: Event, at: datetime) -> Event:
    is_open = event.stage is EventStage.OPEN
    return replace(event, stage=EventStage.CLOSED, closed=event.closed or at) if is_open else event


def decode_message(page: ResponsePage) -> Any:
    """The JSON or CBOR of a message as plain data. Raises SourceError when it is neither."""
    if page.media_type.partition(";")[0].strip() != "application/cbor":
        return decode_json(page, orjson.loads)
    document = decode_cbor(page.body, MappingCode.NOT_CBOR)
    try:
        # The way through JSON removes the types that only CBOR has: tags, keys that are no text, shared values.
        return parse_json(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS), orjson.loads)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise SourceError(MappingCode.NOT_CBOR) from None
