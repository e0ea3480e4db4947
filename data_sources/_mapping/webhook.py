"""Webhook messages: what was pushed to our own address, decoded into plain data."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

from data_sources._mapping.cbor import decode_cbor
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.message_failure import message_failure
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.validation import settle_message, without_superseded
from ioc.domain.ingest.data_time import is_out_of_order, latest_value_time
from ioc.domain.ingest.decoding import decode_json, parse_json
from ioc.domain.ingest.errors import IngestCode
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
    pages: Iterable[ResponsePage], parse: Callable[[ResponsePage, datetime], Batch], now: datetime, *,
    lists_all: bool = False,
) -> Batch:  # fmt: skip
    """The content of all messages, each parsed for the moment it came. An unreadable one is rejected.

    Each message is an answer of its own: a later one may correct an earlier one. A message that states no time is as
    new as its receipt. `lists_all`: see _EventLists.
    """
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    lists = _EventLists(lists_all)
    times: list[datetime] = []
    for n, page in enumerate(pages):
        received = page.received_at or now
        try:
            batch = settle_message(parse(page, received))
            time = batch.source_time or latest_value_time(batch.readings) or received
        except Exception as error:  # noqa: BLE001 — no message may cost the others
            rejected.append(RejectedItem(f"#{n + 1}", message_failure(error)))
            continue
        times.append(time)
        readings += of_answer(batch.readings, n)
        rejected += rejected_of_answer(batch.rejected_items, n)
        if not lists.add(batch, received):
            failure = Failure(IngestCode.LIST_OLDER, {"time": batch.source_time or received})
            rejected.append(RejectedItem(f"#{n + 1}", failure))
    return Batch(
        tuple(readings), tuple(rejected), lists.events(), lists.complete_kinds, source_time=max(times, default=None),
        list_time=lists.made_at, list_count=lists.count, list_endings=tuple(lists.ended.values()),
    )  # fmt: skip


class _EventLists:
    """The events of several messages. `complete_kinds`, `count`: of the last whole list; `made_at`: of the last list;
    `ended`: the events that a list ended, by kind and key, as they were before.

    `lists_all`: each is to list all open events of its kind, and ends those from earlier messages that it lacks, unless
    one of its items is rejected. A list was made before it was received, whatever the clock of its sender says.
    """

    def __init__(self, lists_all: bool) -> None:
        self._lists_all = lists_all
        self._answers: list[tuple[datetime, list[Event]]] = []  # with the time of receipt
        self.complete_kinds: frozenset[str] = frozenset()
        self.made_at: datetime | None = None
        self.count: int | None = None
        self.ended: dict[tuple[str, str], Event] = {}

    def add(self, batch: Batch, received: datetime) -> bool:
        """The events of one more message; False where its list came late and is older than the one before it."""
        if self._lists_all:
            made = min(batch.list_time, received) if batch.list_time else None
            if made and self.made_at and made < self.made_at and is_out_of_order(made, self.made_at, received):
                return False
            self.made_at = made or self.made_at
            self._end_missing(batch, made or received)
            if batch.complete_kinds:
                self.count = len(batch.readings) + len(batch.events)
        self.complete_kinds = batch.complete_kinds or self.complete_kinds
        self._answers.append((received, list(batch.events)))
        return True

    def _end_missing(self, batch: Batch, made: datetime) -> None:
        """Close the events that a complete list lacks, unless they are newer than it."""
        listed = {(event.kind, event.key) for event in batch.events}

        def after(event: Event, received: datetime) -> Event:
            is_newer = min(event.observed, received) > made
            if event.kind not in batch.complete_kinds or event.stage is not EventStage.OPEN or is_newer:
                return event
            self.ended[event.kind, event.key] = event
            return replace(event, stage=EventStage.CLOSED, closed=event.closed or made)

        for key in listed:
            self.ended.pop(key, None)
        self._answers = [
            (received, [after(event, received) for event in events if (event.kind, event.key) not in listed])
            for received, events in self._answers
        ]

    def events(self) -> tuple[Event, ...]:
        """Each with its last state."""
        return tuple(without_superseded([events for _, events in self._answers]))


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
