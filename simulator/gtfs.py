"""GTFS: routes and stops as a static zip; positions and delays of the buses as GTFS-Realtime."""

from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from simulator.buses import ROUTES, Bus, BusStop, running_buses
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse

AGENCY = "Cơ quan B (mô phỏng)"


def answer(request: SimulatedRequest) -> SimulatedResponse:
    """Answers realtime.pb and static.zip. PathNotFoundError for another path."""
    if request.path == "static.zip":
        return SimulatedResponse(timetable(), "application/zip")
    if request.path == "realtime.pb":
        return SimulatedResponse(_feed(request), "application/x-protobuf")
    raise PathNotFoundError(request.path)


def _feed(request: SimulatedRequest) -> bytes:
    """A FeedMessage. Concatenated protobuf messages are merged by the reader, so copies need no building."""
    from google.transit.gtfs_realtime_pb2 import FeedMessage

    t = request.feed.observation_times.last(request.now)
    head, entities = FeedMessage(), FeedMessage()
    head.header.gtfs_realtime_version = "2.0"
    head.header.timestamp = round(t + request.shift)
    for bus in running_buses(request.seed, t):
        _vehicle(entities.entity.add(), bus, request.shift)
        _trip(entities.entity.add(), bus)
    body: bytes = entities.SerializePartialToString()
    return bytes(head.SerializeToString()) + body * request.copies


def _vehicle(entity: Any, bus: Bus, shift: float) -> None:
    entity.id = f"v-{bus.key}"
    vehicle = entity.vehicle
    vehicle.vehicle.id, vehicle.vehicle.label = bus.key, f"xe {bus.key.rpartition('-')[2]}"
    vehicle.trip.route_id, vehicle.trip.trip_id, vehicle.stop_id = bus.route, f"t-{bus.key}", stop_id(bus.stop)
    vehicle.position.longitude, vehicle.position.latitude = bus.point
    vehicle.timestamp = round(bus.reported_at + shift)


def _trip(entity: Any, bus: Bus) -> None:
    entity.id = f"t-{bus.key}"
    entity.trip_update.trip.route_id, entity.trip_update.trip.trip_id = bus.route, f"t-{bus.key}"
    entity.trip_update.delay = bus.delay


@cache
def _stops() -> tuple[BusStop, ...]:
    return tuple(dict.fromkeys(stop for route in ROUTES.values() for stop in route.stops))


def stop_id(stop: BusStop) -> str:
    """The stop_id of a stop in static.zip."""
    return f"s{_stops().index(stop) + 1}"


@cache
def timetable() -> bytes:
    """static.zip with agency.txt, routes.txt and stops.txt; the same bytes at every request."""
    tables = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone",
                   f"mp-b,{AGENCY},https://xe-buyt.mo-phong.example,Asia/Ho_Chi_Minh"],
        "routes": ["route_id,agency_id,route_short_name,route_long_name,route_type",
                   *(f"{key},mp-b,{route.name},{route.stops[0].name} - {route.stops[-1].name} (mô phỏng),3"
                     for key, route in ROUTES.items())],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon",
                  *(f"{stop_id(stop)},{stop.name},{stop.point[1]},{stop.point[0]}" for stop in _stops())],
    }  # fmt: skip
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, rows in tables.items():
            info = ZipInfo(f"{name}.txt", (2025, 7, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, "\n".join([*rows, ""]))
    return out.getvalue()
