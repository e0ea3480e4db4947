"""Parsing of a feed: vehicles and alerts into events, the mean delay of its trips into readings."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson

from data_sources._mapping import MAX_ITEMS, options_of
from data_sources.gtfs_rt.alerts import alert_event, alert_moment
from data_sources.gtfs_rt.delays import Delays
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.feed import Feed, read_feed
from data_sources.gtfs_rt.names import NAMES_PAGE
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.text import to_text
from data_sources.gtfs_rt.vehicles import vehicle_event, vehicle_moment
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Event, EventMoment
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

Names = dict[str, dict[str, str]]
T = TypeVar("T")


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The events of all entities and the mean delays; entities that cannot be read are rejected items."""
    options = options_of(source, Options)
    declared = {kind.key for kind in source.events}
    rejected: list[RejectedItem] = []
    names = _names_of_pages(payload.pages, rejected, options)
    events: list[Event] = []
    delays = Delays(options, names)
    complete_kinds: frozenset[str] = frozenset()
    feed_time: datetime | None = None
    readings: list[Reading] = []
    for page in (page for page in payload.pages if page.media_type != NAMES_PAGE):
        feed = read_feed(page)
        feed_time = feed.time
        incomplete: set[str] = set()
        for entity in feed.entities:
            for kind, read_event, read_moment in _event_readers(entity, feed, options, names, declared):
                read = _read(read_event, entity, rejected, read_moment)
                events += read
                incomplete |= set() if read else {kind}
            _read(partial(delays.add, entity, feed.time), entity, rejected)
        if feed.is_truncated:
            rejected.append(RejectedItem("entity", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))
        elif feed.is_full_dataset:
            complete_kinds = frozenset((declared & {options.vehicles, options.alerts}) - incomplete)
        readings += delays.readings(feed.time)
    rejected += delays.notices()
    return Batch(
        tuple(readings), tuple(rejected), tuple(events), complete_kinds, source_time=feed_time, list_time=feed_time
    )


def _read(
    read: Callable[[], T],
    entity: Any,
    rejected: list[RejectedItem],
    read_moment: Callable[[], EventMoment] | None = None,
) -> list[T]:
    """What `read` returns; [] when it fails: the entity is then rejected, with its moment as far as that is known."""
    try:
        return [read()]
    except ParseError as error:
        failure = error.failure
    except (ValueError, OverflowError):  # of the day of a trip
        failure = Failure(GtfsCode.START_TIME_INVALID)
    moment = None
    with suppress(ParseError):
        moment = read_moment() if read_moment else None
    rejected.append(RejectedItem(shorten(f"entity[{to_text(entity.id)}]", 120), failure, moment=moment))
    return []


def _names_of_pages(pages: tuple[ResponsePage, ...], rejected: list[RejectedItem], options: Options) -> Names:
    names: dict[str, Any] = next((orjson.loads(page.body) for page in pages if page.media_type == NAMES_PAGE), {})
    if options.static and all(page.media_type != NAMES_PAGE for page in pages):  # a poll has them, or a failure
        cause = Failure(GtfsCode.TIMETABLE_NOT_GIVEN)
        rejected.append(RejectedItem("static", Failure(GtfsCode.NAMES_MISSING, {"cause": cause})))
    if "failure" in names:
        cause = Failure.from_json(names["failure"])
        rejected.append(RejectedItem("static", Failure(GtfsCode.NAMES_MISSING, {"cause": cause})))
    return {table: names.get(table, {}) for table in ("routes", "stops", "trips")}


def _event_readers(
    entity: Any, feed: Feed, options: Options, names: Names, declared: set[str]
) -> Iterator[tuple[str, Callable[[], Event], Callable[[], EventMoment]]]:
    """For each event of the entity: its kind, a function that reads it, and one that reads its moment only."""
    if entity.is_deleted:
        return  # its event expires by itself
    if entity.HasField("vehicle") and options.vehicles in declared:
        yield (
            options.vehicles,
            partial(vehicle_event, entity, feed.time, options, names),
            partial(vehicle_moment, entity, feed.time, options.vehicles),
        )
    if entity.HasField("alert") and options.alerts in declared:
        yield (
            options.alerts,
            partial(alert_event, entity, feed.time, options.alerts, names),
            partial(alert_moment, entity, feed.time, options.alerts),
        )
