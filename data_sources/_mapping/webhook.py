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
from ioc.domain.ingest.data_time import is_late, latest_value_time
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
    pages: Iterable[ResponsePage], parse: Callable[[ResponsePage, datetime], Batch], now: datetime
) -> Batch:
    """The content of all messages, each parsed for the moment it came. An unreadable one is rejected.

    Each message is an answer of its own: a later one may correct an earlier one. A message that lists all open events
    of a kind ends the events of that kind from earlier messages. A message that states no time is as new as its
    receipt.
    """
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    lists = _EventLists()
    times: list[datetime] = []
    for n, page in enumerate(pages):
        received = page.received_at or now
        try:
            batch = settle_message(parse(page, received))
            time = batch.source_time or latest_value_time(batch.readings) or received
        except Exception as error:  # noqa: BLE001 — no message may cost the others
            rejected.append(RejectedItem(f"#{n + 1}", message_failure(error)))
            lists.complete_kinds = frozenset()
            continue
        times.append(time)
        readings += of_answer(batch.readings, n)
        rejected += rejected_of_answer(batch.rejected_items, n)
        if not lists.add(batch, received):
            failure = Failure(IngestCode.LIST_OLDER, {"time": batch.source_time or received})
            rejected.append(RejectedItem(f"#{n + 1}", failure))
    return Batch(
        tuple(readings), tuple(rejected), lists.events(), lists.complete_kinds, source_time=max(times, default=None),
        list_time=lists.made_at,
    )  # fmt: skip


class _EventLists:
    """The events of several messages. `complete_kinds`: those that the last one lists; `made_at`: the last list."""

    def __init__(self) -> None:
        self._answers: list[list[Event]] = []
        self.complete_kinds: frozenset[str] = frozenset()
        self.made_at: datetime | None = None

    def add(self, batch: Batch, received: datetime) -> bool:
        """The events of one more message; False where its list came late and is older than the one before it."""
        if batch.complete_kinds:
            made = batch.source_time or received
            if self.made_at is not None and made < self.made_at and is_late(made, received):
                return False
            self.made_at, listed = made, {(event.kind, event.key) for event in batch.events}
            self._answers = [
                [
                    self._ended(event, batch.complete_kinds, made)
                    for event in answer
                    if (event.kind, event.key) not in listed
                ]
                for answer in self._answers
            ]
        self.complete_kinds = batch.complete_kinds
        self._answers.append(list(batch.events))
        return True

    def events(self) -> tuple[Event, ...]:
        """Each with its last state."""
        return tuple(without_superseded(self._answers))

    @staticmethod
    def _ended(event: Event, kinds: frozenset[str], at: datetime) -> Event:
        """Closed where it is of `kinds` and not newer than the list that lacks it."""
        if event.kind not in kinds or event.stage is not EventStage.OPEN or event.observed > at:
            return event
        return replace(event, stage=EventStage.CLOSED, closed=event.closed or at)


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
