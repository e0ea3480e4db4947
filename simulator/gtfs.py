"""GTFS: the timetable's names as a zip of tables, and GTFS-Realtime positions and delays of the buses."""

from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from simulator.buses import ROUTES, Bus, BusStop, running_buses
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse

AGENCY = "Cơ quan B (mô phỏng)"


def answer(asked: SimulatedRequest) -> SimulatedResponse:
    """realtime.pb or static.zip."""
    if asked.path == "static.zip":
        return SimulatedResponse(timetable(), "application/zip")
    if asked.path == "realtime.pb":
        return SimulatedResponse(_feed(asked), "application/x-protobuf")
    raise PathNotFoundError(asked.path)


def _feed(asked: SimulatedRequest) -> bytes:
    """Protobuf's messages add up when they are written one after the other: so copies cost no building."""
    from google.transit.gtfs_realtime_pb2 import FeedMessage

    t = asked.feed.observation_times.last(asked.now)
    head, entities = FeedMessage(), FeedMessage()
    head.header.gtfs_realtime_version = "2.0"
    head.header.timestamp = round(t + asked.shift)
    for bus in running_buses(asked.seed, t):
        _vehicle(entities.entity.add(), bus, asked.shift)
        _trip(entities.entity.add(), bus)
    told: bytes = entities.SerializePartialToString()
    return bytes(head.SerializeToString()) + told * asked.copies


def _vehicle(entity: Any, bus: Bus, shift: float) -> None:
    entity.id = f"v-{bus.key}"
    one = entity.vehicle
    one.vehicle.id, one.vehicle.label = bus.key, f"xe {bus.key.rpartition('-')[2]}"
    one.trip.route_id, one.trip.trip_id, one.stop_id = bus.route, f"t-{bus.key}", stop_id(bus.stop)
    one.position.longitude, one.position.latitude = bus.point
    one.timestamp = round(bus.reported_at + shift)


def _trip(entity: Any, bus: Bus) -> None:
    entity.id = f"t-{bus.key}"
    entity.trip_update.trip.route_id, entity.trip_update.trip.trip_id = bus.route, f"t-{bus.key}"
    entity.trip_update.delay = bus.delay


@cache
def _stops() -> tuple[BusStop, ...]:
    return tuple(dict.fromkeys(stop for route in ROUTES.values() for stop in route.stops))


def stop_id(stop: BusStop) -> str:
    """The id of a stop in the timetable."""
    return f"s{_stops().index(stop) + 1}"


@cache
def timetable() -> bytes:
    """The zip of agency, routes and stops; the same bytes whenever it is asked."""
    tables = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone",
                   f"mp-b,{AGENCY},https://xe-buyt.mo-phong.example,Asia/Ho_Chi_Minh"],
        "routes": ["route_id,agency_id,route_short_name,route_long_name,route_type",
                   *(f"{key},mp-b,{one.name},{one.stops[0].name} - {one.stops[-1].name} (mô phỏng),3"
                     for key, one in ROUTES.items())],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon",
                  *(f"{stop_id(one)},{one.name},{one.point[1]},{one.point[0]}" for one in _stops())],
    }  # fmt: skip
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, rows in tables.items():
            info = ZipInfo(f"{name}.txt", (2025, 7, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, "\n".join([*rows, ""]))
    return out.getvalue()
