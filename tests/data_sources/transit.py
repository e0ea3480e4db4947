"""GTFS for the tests: feeds in protobuf, timetables in zip."""

import io
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from google.protobuf.json_format import ParseDict
from google.transit.gtfs_realtime_pb2 import FeedMessage

AT = 1_795_511_880  # 2026-11-24T09:18:00Z


def feed(*entities: dict[str, Any], at: int = AT, **header: Any) -> bytes:
    """A feed of entities written as protobuf's JSON."""
    message = {"header": {"gtfsRealtimeVersion": "2.0", "timestamp": at, **header}, "entity": list(entities)}
    return bytes(ParseDict(message, FeedMessage()).SerializeToString())


def vehicle(key: str = "1", **more: Any) -> dict[str, Any]:
    """An entity with a vehicle in the middle of the city."""
    defaults = {"position": {"latitude": 10.03, "longitude": 105.78}, "vehicle": {"id": key}, "timestamp": AT - 20}
    return {"id": f"v{key}", "vehicle": {**defaults, **more}}


def trip(key: str, route: str, **more: Any) -> dict[str, Any]:
    """An entity with a trip's update."""
    return {"id": f"t{key}", "tripUpdate": {"trip": {"tripId": key, "routeId": route}, **more}}


def timetable(**tables: str | bytes) -> bytes:
    """A zip of tables."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.txt", text)
    return out.getvalue()
