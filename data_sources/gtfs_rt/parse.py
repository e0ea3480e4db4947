"""What a feed tells: vehicles and alerts as events, the mean delay of its trips as readings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from data_sources._mapping import MOST_ITEMS, options_of
from data_sources.gtfs_rt.alerts import alert_of
from data_sources.gtfs_rt.names import NAMES
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.text import text
from data_sources.gtfs_rt.vehicles import vehicle_of
from ioc.domain.events.event import Event
from ioc.domain.ingest.protocol import Page, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, Refused
from ioc.domain.ingest.source import Source


@dataclass(frozen=True, slots=True)
class _Feed:
    entities: list[Any]
    time: datetime
    full: bool
    cut: bool


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each entity's event, and delays. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    declared = {one.key for one in source.events}
    refused: list[Refused] = []
    names = _names(payload.pages, refused)
    events: list[Event] = []
    delays: dict[str, list[int]] = {}
    whole: frozenset[str] = frozenset()
    readings: list[Reading] = []
    for page in (one for one in payload.pages if one.kind != NAMES):
        feed = _feed(page)
        found = len(refused)
        for entity in feed.entities:
            try:
                events += _events(entity, feed, options, names, declared)
                _delayed(entity, options, names, delays)
            except (ValueError, OverflowError, OSError) as error:
                refused.append(Refused(f"entity {text(entity.id)}"[:120], str(error)))
        if feed.cut:
            refused.append(Refused("entity", f"more than {MOST_ITEMS} entities: the rest was left out"))
        if feed.full and len(refused) == found:
            whole = frozenset(declared & {options.vehicles, options.alerts})
        readings += [Reading(key, feed.time, sum(some) / len(some), "s") for key, some in delays.items()]
    return Batch(tuple(readings), tuple(refused), tuple(events), whole)


def _names(pages: tuple[Page, ...], refused: list[Refused]) -> dict[str, dict[str, str]]:
    found: dict[str, Any] = next((orjson.loads(one.body) for one in pages if one.kind == NAMES), {})
    if "fault" in found:
        refused.append(Refused("static", f"the names of lines and stops are missing: {found['fault']}"[:300]))
    return {"routes": found.get("routes", {}), "stops": found.get("stops", {})}


def _feed(page: Page) -> _Feed:
    """SourceError: no feed, or one that does not say of when it is."""
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

    if not page.body:
        raise SourceError("the answer is empty")
    if page.body.lstrip()[:1] == b"<":
        raise SourceError("the answer is HTML or XML, not a GTFS-Realtime feed")
    message = FeedMessage()
    try:
        message.ParseFromString(page.body)
    except (DecodeError, RecursionError):
        raise SourceError("the answer is no whole GTFS-Realtime feed") from None
    if not message.header.timestamp:
        raise SourceError("the feed does not say of when it is: its header has no time")
    try:
        time = datetime.fromtimestamp(message.header.timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        raise SourceError("the time of the feed's header is none") from None
    full = message.header.incrementality == FeedHeader.FULL_DATASET
    return _Feed(list(message.entity[:MOST_ITEMS]), time, full, len(message.entity) > MOST_ITEMS)


def _events(
    entity: Any, feed: _Feed, options: Options, names: dict[str, dict[str, str]], declared: set[str]
) -> Iterator[Event]:
    if entity.is_deleted:
        return  # it expires by itself
    if entity.HasField("vehicle") and options.vehicles in declared:
        yield vehicle_of(entity, feed.time, options, names)
    if entity.HasField("alert") and options.alerts in declared:
        yield alert_of(entity, feed.time, options.alerts, names)


def _delayed(entity: Any, options: Options, names: dict[str, dict[str, str]], delays: dict[str, list[int]]) -> None:
    """Adds what the trip says of its delay at its next stop; one that says nothing is not one on time."""
    if not options.delay or entity.is_deleted or not entity.HasField("trip_update"):
        return
    found = _delay(entity.trip_update)
    if found is None:
        return
    route = text(entity.trip_update.trip.route_id)
    key = options.named(options.delay, lambda _: names["routes"].get(route, route))
    delays.setdefault(key, []).append(found)


def _delay(update: Any) -> int | None:
    if update.HasField("delay"):
        return int(update.delay)
    for stop in update.stop_time_update:
        for at in ("arrival", "departure"):
            if stop.HasField(at) and getattr(stop, at).HasField("delay"):
                return int(getattr(stop, at).delay)
    return None
