"""What a feed holds that gave no value and no event, for the person who writes the row."""

from collections.abc import Iterator
from typing import Any

from data_sources._mapping import options_of
from data_sources.gtfs_rt.delays import is_run
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.feed import read_feed
from data_sources.gtfs_rt.names import NAMES_PAGE
from data_sources.gtfs_rt.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.source import Source


def describe_entities(source: Source, payload: Payload) -> Iterator[Failure]:
    """How many trips, vehicles and alerts a feed has, and why the row reads none of them. Raises SourceError."""
    options = options_of(source, Options)
    feeds = [read_feed(page) for page in payload.pages if page.media_type != NAMES_PAGE]
    entities = [entity for feed in feeds for entity in feed.entities]
    standing = [entity for entity in entities if not entity.is_deleted]
    if trips := [entity.trip_update for entity in standing if entity.HasField("trip_update")]:
        yield _trips(trips, options)
    declared = {kind.key for kind in source.events}
    for field, kind, code in (
        ("vehicle", options.vehicles, GtfsCode.VEHICLES_UNREAD),
        ("alert", options.alerts, GtfsCode.ALERTS_UNREAD),
    ):
        if kind not in declared and (count := sum(entity.HasField(field) for entity in standing)):
            yield Failure(code, {"n": count, "kind": kind})
    if len(standing) < len(entities):
        yield Failure(GtfsCode.ENTITIES_DELETED, {"n": len(entities) - len(standing)})


def documents_of_feeds(source: Source, payload: Payload) -> Iterator[Any]:
    """The feeds as plain data; of a kind that the row does not read only the id of each entity.

    So of a trip update without stops and delay, which gives no value.
    """
    from google.protobuf.json_format import MessageToDict

    options = options_of(source, Options)
    declared = {kind.key for kind in source.events}
    reads = {"vehicle": options.vehicles in declared, "alert": options.alerts in declared}
    for page in payload.pages:
        if page.media_type == NAMES_PAGE:
            continue
        for entity in read_feed(page).entities:
            fields = MessageToDict(entity, preserving_proto_field_name=True)
            update = entity.trip_update
            has_delay = bool(update.stop_time_update) or update.HasField("delay")
            is_read = reads | {"trip_update": bool(options.delay) and has_delay}
            unread = {field: fields["id"] for field in fields if not is_read.get(field, True)}
            yield {"entity": [fields | unread]}


def _trips(trips: list[Any], options: Options) -> Failure:
    if not options.delay:
        return Failure(GtfsCode.TRIPS_UNREAD, {"n": len(trips)})
    run = sum(map(is_run, trips))
    return Failure(GtfsCode.TRIPS_WITHOUT_DELAY, {"n": len(trips), "cancelled": len(trips) - run, "others": run})
