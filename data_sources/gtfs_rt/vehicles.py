"""A vehicle as an event that expires when its position is too old to be shown."""

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.names import route_id_of
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.text import to_text
from data_sources.gtfs_rt.times import time_of
from ioc.domain.base.times import later_by
from ioc.domain.events.event import Area, Event, EventMoment
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import lies_ahead

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)


def vehicle_event(entity: Any, feed_time: datetime, options: Options, names: dict[str, dict[str, str]]) -> Event:
    """The event of a vehicle. Raises ParseError without a valid position or time, ValueError for a bad day.

    A time after that of the feed is not one of a position: some feeds give the planned departure.
    """
    vehicle = entity.vehicle
    kind, key, observed = vehicle_moment(entity, feed_time, options.vehicles)
    if lies_ahead(observed, feed_time):
        raise ParseError(GtfsCode.TIME_AFTER_FEED, time=observed, feed_time=feed_time)
    route_id = route_id_of(vehicle.trip, names)
    route = names["routes"].get(route_id, route_id)
    title = " · ".join(filter(None, (route, to_text(vehicle.vehicle.label) or key)))
    return Event(
        kind, key, observed, title, started=trip_start(vehicle.trip, options),
        expires=later_by(observed, timedelta(seconds=options.lasting)), area=_area(vehicle),
        facts=_facts(vehicle, route, names["stops"]),
    )  # fmt: skip


def vehicle_moment(entity: Any, feed_time: datetime, kind: str) -> EventMoment:
    """The vehicle and the time of its position. Raises ParseError for a bad time."""
    vehicle = entity.vehicle
    observed = time_of(vehicle.timestamp) if vehicle.timestamp else feed_time
    return EventMoment(kind, to_text(vehicle.vehicle.id or entity.id), observed)


def trip_start(trip: Any, options: Options) -> datetime | None:
    """When the trip began by the timetable, None when it does not say. Hours go past 24 for trips after midnight."""
    clock = _CLOCK.fullmatch(to_text(trip.start_time).strip())
    day = to_text(trip.start_date)
    if clock is None or not re.fullmatch(r"\d{8}", day, re.ASCII):
        return None
    hours, minutes, seconds = map(int, clock.groups())
    # GTFS counts from noon minus twelve hours, which is not midnight on days when the clocks change.
    noon = datetime.strptime(day + " 12", "%Y%m%d %H").replace(tzinfo=options.zone_info)
    options.note_local_time(f"{day} {clock[0]}")
    return later_by(noon.astimezone(UTC), timedelta(hours=hours - 12, minutes=minutes, seconds=seconds))


def _area(vehicle: Any) -> Area | None:
    if not vehicle.HasField("position"):
        return None
    # Positions are floats of 32 bits: more digits mean nothing.
    lon, lat = round(vehicle.position.longitude, 5), round(vehicle.position.latitude, 5)
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise ParseError(GtfsCode.POSITION_INVALID, lon=str(lon), lat=str(lat))
    return Area(lon, lat)


def _facts(vehicle: Any, route: str, stops: dict[str, str]) -> dict[str, str]:
    """Route, stop, trip and speed. The licence plate is left out: it is personal data."""
    stop_id = to_text(vehicle.stop_id)
    facts = {"route": route, "stop": stops.get(stop_id, stop_id), "trip": to_text(vehicle.trip.trip_id)}
    speed = vehicle.position.speed if vehicle.position.HasField("speed") else None
    if speed is not None and isfinite(speed):
        facts["speed"] = f"{speed * 3.6:.0f} km/h"
    return {name: text for name, text in facts.items() if text}
