"""What a feed tells: vehicles and alerts as events, the mean delay of its trips as readings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from data_sources._mapping import MAX_ITEMS, options_of
from data_sources.gtfs_rt.alerts import alert_event
from data_sources.gtfs_rt.names import NAMES_PAGE
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.text import to_text
from data_sources.gtfs_rt.vehicles import vehicle_event
from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source


@dataclass(frozen=True, slots=True)
class _Feed:
    entities: list[Any]
    time: datetime
    is_full_dataset: bool
    is_truncated: bool


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each entity's event, and delays. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    declared = {one.key for one in source.events}
    refused: list[RejectedItem] = []
    names = _names_of_pages(payload.pages, refused)
    events: list[Event] = []
    delays: dict[str, list[int]] = {}
    whole: frozenset[str] = frozenset()
    readings: list[Reading] = []
    for page in (one for one in payload.pages if one.media_type != NAMES_PAGE):
        feed = _feed(page)
        found = len(refused)
        for entity in feed.entities:
            try:
                events += _events(entity, feed, options, names, declared)
                _collect_delay(entity, options, names, delays)
            except (ValueError, OverflowError, OSError) as error:
                refused.append(RejectedItem(f"entity {to_text(entity.id)}"[:120], untyped(str(error))))
        if feed.is_truncated:
            refused.append(RejectedItem("entity", untyped(f"more than {MAX_ITEMS} entities: the rest was left out")))
        if feed.is_full_dataset and len(refused) == found:
            whole = frozenset(declared & {options.vehicles, options.alerts})
        readings += [Reading(key, feed.time, sum(some) / len(some), "s") for key, some in delays.items()]
    return Batch(tuple(readings), tuple(refused), tuple(events), whole)


def _names_of_pages(pages: tuple[ResponsePage, ...], refused: list[RejectedItem]) -> dict[str, dict[str, str]]:
    found: dict[str, Any] = next((orjson.loads(one.body) for one in pages if one.media_type == NAMES_PAGE), {})
    if "fault" in found:
        refused.append(
            RejectedItem("static", untyped(f"the names of lines and stops are missing: {found['fault']}"[:300]))
        )
    return {"routes": found.get("routes", {}), "stops": found.get("stops", {})}


def _feed(page: ResponsePage) -> _Feed:
    """SourceError: no feed, or one that does not say of when it is."""
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

    if not page.body:
        raise SourceError(untyped("the answer is empty"))
    if page.body.lstrip()[:1] == b"<":
        raise SourceError(untyped("the answer is HTML or XML, not a GTFS-Realtime feed"))
    message = FeedMessage()
    try:
        message.ParseFromString(page.body)
    except (DecodeError, RecursionError):
        raise SourceError(untyped("the answer is no whole GTFS-Realtime feed")) from None
    if not message.header.timestamp:
        raise SourceError(untyped("the feed does not say of when it is: its header has no time"))
    try:
        time = datetime.fromtimestamp(message.header.timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        raise SourceError(untyped("the time of the feed's header is none")) from None
    full = message.header.incrementality == FeedHeader.FULL_DATASET
    return _Feed(list(message.entity[:MAX_ITEMS]), time, full, len(message.entity) > MAX_ITEMS)


def _events(
    entity: Any, feed: _Feed, options: Options, names: dict[str, dict[str, str]], declared: set[str]
) -> Iterator[Event]:
    if entity.is_deleted:
        return  # it expires by itself
    if entity.HasField("vehicle") and options.vehicles in declared:
        yield vehicle_event(entity, feed.time, options, names)
    if entity.HasField("alert") and options.alerts in declared:
        yield alert_event(entity, feed.time, options.alerts, names)


def _collect_delay(
    entity: Any, options: Options, names: dict[str, dict[str, str]], delays: dict[str, list[int]]
) -> None:
    """Adds what the trip says of its delay at its next stop; one that says nothing is not one on time."""
    if not options.delay or entity.is_deleted or not entity.HasField("trip_update"):
        return
    found = _delay(entity.trip_update)
    if found is None:
        return
    route = to_text(entity.trip_update.trip.route_id)
    key = options.series_key(options.delay, lambda _: names["routes"].get(route, route))
    delays.setdefault(key, []).append(found)


def _delay(update: Any) -> int | None:
    if update.HasField("delay"):
        return int(update.delay)
    for stop in update.stop_time_update:
        for at in ("arrival", "departure"):
            if stop.HasField(at) and getattr(stop, at).HasField("delay"):
                return int(getattr(stop, at).delay)
    return None
