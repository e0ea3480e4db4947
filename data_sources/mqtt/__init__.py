"""MQTT: a connection that listens between the polls; JSON by mapping, SenML, ChirpStack, Sparkplug B."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any

from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import MAX_ITEMS, find, options_of, read_documents
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.message_failure import message_failure
from data_sources.mqtt import listeners
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.formats import DocumentReader, document_reader
from data_sources.mqtt.listener import TopicListener
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import DEATHS, parse_topic, rebirth_command, session_numbers
from data_sources.mqtt.topics import topic_context
from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Event
from ioc.domain.events.validation import settle_message, without_superseded
from ioc.domain.ingest.data_time import latest_value_time
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode, fill_placeholders
from ioc.domain.ingest.protocol import (
    HAD_NO_TURN_KEY,
    HAS_FAILED_KEY,
    IS_LATE_KEY,
    PARSE_SECONDS_KEY,
    FetchContext,
    Payload,
    ResponsePage,
    SourceError,
)
from ioc.domain.ingest.reading import ENDED, Batch, Reading, RejectedItem, of_answer, rejected_of_answer
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("mqtts://host:8883", "mqtt://host:1883")

_NO_TOPIC = re.compile("[+#\0]")  # what no message may be sent to, though one came from there
_MAX_PATHS = 120  # characters of the paths of a row that a failure names
_POLL_INTERVAL = 0.05  # seconds
_FIRST_WAIT = 2.0  # seconds in which the first poll waits for a message


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The messages since the last poll. Raises SourceError without a connection, or when every gateway is offline."""
    entry = listeners.listener_for(source, options_of(source, Options), context)
    listener = entry.listener
    if listener.is_first_poll:
        await _await_first_messages(listener, source.deadline.total_seconds() * 0.8)
    elif (seconds := context.memory.pop(PARSE_SECONDS_KEY, None)) is not None:
        listener.confirm_read(seconds)
    elif context.memory.pop(HAD_NO_TURN_KEY, None):
        listener.put_back()
        entry.liveness.undo_changes()
    elif context.memory.pop(IS_LATE_KEY, None):
        listener.retry_late()
        entry.liveness.undo_changes()
    elif context.memory.pop(HAS_FAILED_KEY, None) and listener.retry_smaller():
        entry.liveness.undo_changes()
    taken = listener.take()
    entry.liveness.keep_changes()
    messages, dropped = taken.messages, taken.dropped
    if not messages and not dropped and not listener.is_ready:
        raise listener.error or SourceError(MqttCode.NO_ANSWER_YET, retry_after=0)
    late = [message for message in messages if message.role == "late"]
    messages = [message for message in messages if message.role != "late"]
    is_sparkplug = entry.options.format == "sparkplug"
    sessions = await read_in_thread(source, session_numbers, messages) if is_sparkplug else {}
    pages = [*late]
    for part in entry.liveness.relevant_parts(messages, sessions):
        pages += part
        await asyncio.sleep(0)  # between parts the event loop serves others
    if entry.options.rebirth:
        _request_rebirths(entry, messages, context.now())
    if not pages and (gateway := entry.liveness.offline_gateway()):
        taken.on_committed()  # there is nothing to store of them
        raise SourceError(MqttCode.GATEWAY_OFFLINE, retry_after=0, gateway=gateway[:100])
    return Payload(
        tuple(pages),
        is_unchanged=not pages and not dropped,
        dropped=dropped,
        has_more=taken.has_more,
        on_committed=taken.on_committed,
    )


async def _await_first_messages(listener: TopicListener, seconds: float) -> None:
    """Wait for the connection, then a little for messages: a test of the source would see nothing otherwise."""
    ends = monotonic() + seconds
    while not listener.is_ready and listener.error is None and monotonic() < ends:
        await asyncio.sleep(_POLL_INTERVAL)
    ends = min(ends, monotonic() + _FIRST_WAIT)
    while listener.is_ready and not listener.has_messages and monotonic() < ends:
        await asyncio.sleep(_POLL_INTERVAL)


def _request_rebirths(entry: listeners.SourceListener, messages: list[MqttMessage], now: datetime) -> None:
    nodes = entry.liveness.nodes_without_birth(messages, monotonic())
    command = rebirth_command(int(now.timestamp() * 1000)) if nodes else b""
    for node in nodes:
        if not _NO_TOPIC.search(node):
            group, name = node.split("/")
            entry.listener.publish(f"spBv1.0/{group}/NCMD/{name}", command)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each message; messages and items that cannot be read are rejected items.

    Each message is an answer of its own: a later one may correct an earlier one.
    """
    options = options_of(source, Options)
    decode = document_reader(options, source.polled_series())
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    answers: list[tuple[Event, ...]] = []  # the events of each message
    times: list[datetime] = []
    for n, page in enumerate(payload.pages):
        message = _as_message(page, now)
        try:
            if message.role == "late":
                raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=source.deadline.total_seconds())
            if message.role == "gone":
                batch = Batch(tuple(_offline_readings(source, options, message)))
            else:
                batch = _ended_by_death(settle_message(_read(options, decode, message)), options, message)
                if batch.readings or batch.events:
                    times.append(batch.source_time or latest_value_time(batch.readings) or message.received_at)
        except Exception as error:  # noqa: BLE001 — no message may cost the others
            rejected.append(
                RejectedItem(shorten(message.address, 120), message_failure(error), _sample(message, options))
            )
            continue
        readings += of_answer(batch.readings, n)
        answers.append(batch.events)
        if len(rejected) < MAX_ITEMS:  # of the messages of a poll together
            rejected += [
                replace(item, location=f"{shorten(message.address, 80)}: {item.location}")
                for item in rejected_of_answer(batch.rejected_items, n)
            ]
    if len(rejected) > MAX_ITEMS:
        left_out = RejectedItem("messages", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS}))
        rejected = [*rejected[:MAX_ITEMS], left_out]
    events = tuple(without_superseded(answers))
    return Batch(tuple(readings), tuple(rejected), events, source_time=max(times, default=None))


def _ended_by_death(batch: Batch, options: Options, message: MqttMessage) -> Batch:
    at = parse_topic(message.address) if options.format == "sparkplug" else None
    if at is None or at.message_type not in DEATHS:
        return batch
    return replace(batch, readings=tuple(replace(reading, quality=ENDED) for reading in batch.readings))


def _sample(message: MqttMessage, options: Options) -> str:
    """The beginning of the message; "" for events, which may hold personal data."""
    return "" if options.events else shorten(message.body[:400].decode("utf-8", "replace"), 60)


def _as_message(page: ResponsePage, now: datetime) -> MqttMessage:
    if isinstance(page, MqttMessage):
        return page
    return MqttMessage(page.body, page.media_type, page.charset, page.address, received_at=now)


def _read(options: Options, decode: DocumentReader, message: MqttMessage) -> Batch:
    if options.is_timeless and not options.retained and (message.is_retained or message.is_kept):
        raise SourceError(_unknown_age(message))
    rejected: list[RejectedItem] = []
    documents = [_without_failures(document, rejected) for document in _without_failures(decode(message), rejected)]
    context = {"mqtt": topic_context(message.address)}
    batch = read_documents(options, documents, message.received_at, context, partial=options.is_partial)
    rejected += (_with_reason(item, options, message) for item in batch.rejected_items)
    return replace(batch, rejected_items=tuple(rejected)) if rejected else batch


def _unknown_age(message: MqttMessage) -> MqttCode:
    return MqttCode.RETAINED_WITHOUT_TIME if message.is_retained else MqttCode.KEPT_WITHOUT_TIME


def _with_reason(item: RejectedItem, options: Options, message: MqttMessage) -> RejectedItem:
    """`item`; one that has no value of the row may be of another application under the same topics."""
    if options.format == "senml" and message.is_kept and item.failure.code == ParseCode.TIME_MISSING:
        return replace(item, failure=Failure(MqttCode.KEPT_WITHOUT_TIME))
    if item.failure.code != MappingCode.NO_VALUES:
        return item
    paths = shorten(", ".join(value.path for _, value in options.value_mappings), _MAX_PATHS)
    return replace(item, failure=Failure(MqttCode.NO_VALUE_OF_ROW, {**item.failure.params, "paths": paths}))


def _without_failures(document: Any, rejected: list[RejectedItem]) -> Any:
    """`document` without the records that its format could not decode; they are added to `rejected`."""
    if not isinstance(document, list):
        return document
    rejected += [RejectedItem(f"items[{n}]", item) for n, item in enumerate(document) if isinstance(item, Failure)]
    return [item for item in document if not isinstance(item, Failure)]


def _offline_readings(source: Source, options: Options, message: MqttMessage) -> list[Reading]:
    """A reading without a value for each series of the gateway that went offline."""
    context = {"mqtt": topic_context(message.address)}
    patterns = [
        fill_placeholders(template, lambda path: slugify(str(find(context, path) or "")))
        for template in (options.will.series if options.will else ())
    ]
    return [
        Reading(key, message.received_at, None, quality=ENDED)
        for key in source.polled_series()
        if not patterns or any(fnmatchcase(key, pattern) for pattern in patterns)
    ]
