"""MQTT: messages of the row's topics, listened to beside the polls; JSON by mapping, SenML, ChirpStack, Sparkplug B."""

import asyncio
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any

from data_sources._mapping import find, options_of, read
from data_sources.mqtt import subscriptions
from data_sources.mqtt.inbox import Message
from data_sources.mqtt.listener import Listener
from data_sources.mqtt.options import Options
from data_sources.mqtt.payloads import Reader, reader
from data_sources.mqtt.sparkplug import rebirth
from data_sources.mqtt.topics import told
from ioc.domain.events.event import Event
from ioc.domain.ingest.parsing import fill, slug
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Reading, Refused
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("mqtts://host:8883", "mqtt://host:1883")

_READ = "read"
_LOOK = 0.05
_FIRST_WAIT = 2.0  # seconds in which the first poll waits for something to come


async def fetch(source: Source, world: World) -> Payload:
    """What has come since the last poll. SourceError while there is no connection, or when the gateways have gone."""
    held = subscriptions.of(source, options_of(source, Options), world)
    if held.listener.first:
        await _begun(held.listener, source.deadline.total_seconds() * 0.8)
    elif world.memory.pop(_READ, None):
        held.listener.well()
    elif held.listener.again():
        held.lives = held.before
    messages, lost = held.listener.take()
    if not messages and not lost and not held.listener.ready:
        raise held.listener.fault or SourceError("the server has not answered yet", retry_after=0)
    held.before, pages = held.lives.copy(), held.lives.pages(messages)
    world.memory[_READ] = True  # the memory is emptied when nothing could be made of a poll
    if held.options.rebirth:
        _ask(held, messages, world.now())
    if not pages and (gone := held.lives.gone()):
        raise SourceError(f"the gateway said that it is offline: {gone[:100]}", retry_after=0)
    return Payload(tuple(pages), unchanged=not pages and not lost, lost=lost)


async def _begun(listener: Listener, seconds: float) -> None:
    """Waits for the connection, then a little for something to come: else a trial would see nothing."""
    ends = monotonic() + seconds
    while not listener.ready and listener.fault is None and monotonic() < ends:
        await asyncio.sleep(_LOOK)
    ends = min(ends, monotonic() + _FIRST_WAIT)
    while listener.ready and not listener.waiting and monotonic() < ends:
        await asyncio.sleep(_LOOK)


def _ask(held: subscriptions.Held, messages: list[Message], now: datetime) -> None:
    for node in held.lives.unknown(messages, monotonic()):
        group, name = node.split("/")
        held.listener.publish(f"spBv1.0/{group}/NCMD/{name}", rebirth(int(now.timestamp() * 1000)))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each message's values. A message, or an item of one, that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    documents = reader(options.format, options.retained)
    readings: list[Reading] = []
    refused: list[Refused] = []
    events: list[Event] = []
    for page in payload.pages:
        message = _message(page, now)
        if message.role == "gone":
            readings += _silenced(source, options, message)
            continue
        try:
            batch = _read(options, documents, message)
        except SourceError as error:
            refused.append(Refused(message.address[:120], error.reason, _sample(message, options)))
            continue
        readings += batch.readings
        events += batch.events
        refused += [replace(one, where=f"{message.address[:80]}: {one.where}") for one in batch.refused]
    return Batch(tuple(readings), tuple(refused), tuple(events))


def _sample(message: Message, options: Options) -> str:
    """The beginning of what cannot be read; nothing where persons write, for it may be personal."""
    return "" if options.events else message.body[:60].decode("utf-8", "replace")


def _message(page: Page, now: datetime) -> Message:
    if isinstance(page, Message):
        return page
    return Message(page.body, page.kind, page.charset, page.address, received=now)


def _read(options: Options, documents: Reader, message: Message) -> Batch:
    if message.retained and options.timeless and not options.retained:
        raise SourceError("a retained message without a time of its own: nobody knows how old it is")
    faults: list[Refused] = []
    made = [_faultless(one, faults) for one in documents(message)]
    batch = read(options, made, message.received, {"mqtt": told(message.address)}, partial=options.partial)
    return Batch(batch.readings, (*faults, *batch.refused), batch.events)


def _faultless(document: Any, faults: list[Refused]) -> Any:
    """`document` without the records that its format's own rules refuse; those among `faults`."""
    if not isinstance(document, list):
        return document
    kept = []
    for n, one in enumerate(document):
        if isinstance(one, dict) and len(one) == 1 and "fault" in one:
            faults.append(Refused(f"items[{n}]", one["fault"]))
        else:
            kept.append(one)
    return kept


def _silenced(source: Source, options: Options, message: Message) -> list[Reading]:
    """No value from now on for what the gateway brought."""
    will = options.will
    beside = {"mqtt": told(message.address)}
    patterns = [fill(one, lambda hole: slug(str(find(beside, hole) or ""))) for one in will.series] if will else []
    return [
        Reading(key, message.received, None)
        for key in source.wanted()
        if not patterns or any(fnmatchcase(key, one) for one in patterns)
    ]
