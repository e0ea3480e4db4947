"""MQTT: messages of the row's topics, listened to beside the polls; JSON by mapping, SenML, ChirpStack, Sparkplug B."""

import asyncio
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any

from data_sources._mapping import find, options_of, read_documents
from data_sources.mqtt import listeners
from data_sources.mqtt.formats import DocumentReader, document_reader
from data_sources.mqtt.listener import TopicListener
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import rebirth_command
from data_sources.mqtt.topics import topic_context
from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event
from ioc.domain.ingest.parsing import fill_placeholders, slugify
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("mqtts://host:8883", "mqtt://host:1883")

_READ_KEY = "read"
_POLL_INTERVAL = 0.05
_FIRST_WAIT = 2.0  # seconds in which the first poll waits for something to come


async def fetch(source: Source, world: FetchContext) -> Payload:
    """What has come since the last poll. SourceError while there is no connection, or when the gateways have gone."""
    held = listeners.listener_for(source, options_of(source, Options), world)
    if held.listener.is_first_poll:
        await _await_first_messages(held.listener, source.deadline.total_seconds() * 0.8)
    elif world.memory.pop(_READ_KEY, None):
        held.listener.confirm_read()
    elif held.listener.retry_smaller():
        held.liveness = held.previous_liveness
    messages, lost = held.listener.take()
    if not messages and not lost and not held.listener.is_ready:
        raise held.listener.error or SourceError(untyped("the server has not answered yet"), retry_after=0)
    held.previous_liveness, pages = held.liveness.copy(), held.liveness.relevant_messages(messages)
    world.memory[_READ_KEY] = True  # the memory is emptied when nothing could be made of a poll
    if held.options.rebirth:
        _request_rebirths(held, messages, world.now())
    if not pages and (gone := held.liveness.offline_gateway()):
        raise SourceError(untyped(f"the gateway said that it is offline: {gone[:100]}"), retry_after=0)
    return Payload(tuple(pages), is_unchanged=not pages and not lost, dropped=lost)


async def _await_first_messages(listener: TopicListener, seconds: float) -> None:
    """Waits for the connection, then a little for something to come: else a trial would see nothing."""
    ends = monotonic() + seconds
    while not listener.is_ready and listener.error is None and monotonic() < ends:
        await asyncio.sleep(_POLL_INTERVAL)
    ends = min(ends, monotonic() + _FIRST_WAIT)
    while listener.is_ready and not listener.has_messages and monotonic() < ends:
        await asyncio.sleep(_POLL_INTERVAL)


def _request_rebirths(held: listeners.SourceListener, messages: list[MqttMessage], now: datetime) -> None:
    for node in held.liveness.nodes_without_birth(messages, monotonic()):
        group, name = node.split("/")
        held.listener.publish(f"spBv1.0/{group}/NCMD/{name}", rebirth_command(int(now.timestamp() * 1000)))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each message's values. A message, or an item of one, that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    documents = document_reader(options.format, options.retained)
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    events: list[Event] = []
    for page in payload.pages:
        message = _message(page, now)
        if message.role == "gone":
            readings += _offline_readings(source, options, message)
            continue
        try:
            batch = _read(options, documents, message)
        except SourceError as error:
            refused.append(RejectedItem(message.address[:120], error.failure, _sample(message, options)))
            continue
        readings += batch.readings
        events += batch.events
        refused += [replace(one, location=f"{message.address[:80]}: {one.location}") for one in batch.rejected_items]
    return Batch(tuple(readings), tuple(refused), tuple(events))


def _sample(message: MqttMessage, options: Options) -> str:
    """The beginning of what cannot be read; nothing where persons write, for it may be personal."""
    return "" if options.events else message.body[:60].decode("utf-8", "replace")


def _message(page: ResponsePage, now: datetime) -> MqttMessage:
    if isinstance(page, MqttMessage):
        return page
    return MqttMessage(page.body, page.media_type, page.charset, page.address, received_at=now)


def _read(options: Options, documents: DocumentReader, message: MqttMessage) -> Batch:
    if message.is_retained and options.is_timeless and not options.retained:
        raise SourceError(untyped("a retained message without a time of its own: nobody knows how old it is"))
    faults: list[RejectedItem] = []
    made = [_without_faults(one, faults) for one in documents(message)]
    batch = read_documents(
        options, made, message.received_at, {"mqtt": topic_context(message.address)}, partial=options.is_partial
    )
    return Batch(batch.readings, (*faults, *batch.rejected_items), batch.events)


def _without_faults(document: Any, faults: list[RejectedItem]) -> Any:
    """`document` without the records that its format's own rules refuse; those among `faults`."""
    if not isinstance(document, list):
        return document
    kept = []
    for n, one in enumerate(document):
        if isinstance(one, dict) and len(one) == 1 and "fault" in one:
            faults.append(RejectedItem(f"items[{n}]", untyped(one["fault"])))
        else:
            kept.append(one)
    return kept


def _offline_readings(source: Source, options: Options, message: MqttMessage) -> list[Reading]:
    """No value from now on for what the gateway brought."""
    will = options.will
    beside = {"mqtt": topic_context(message.address)}
    patterns = (
        [fill_placeholders(one, lambda hole: slugify(str(find(beside, hole) or ""))) for one in will.series]
        if will
        else []
    )
    return [
        Reading(key, message.received_at, None)
        for key in source.polled_series()
        if not patterns or any(fnmatchcase(key, one) for one in patterns)
    ]
