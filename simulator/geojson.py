"""The works on the roads as GeoJSON, asked as OGC API Features."""

from math import pi
from typing import Any

from simulator.payloads import Json, iso
from simulator.places import offset_point, unit_at
from simulator.request import PathNotFoundError, SimulatedRequest
from simulator.works import ACTIVE, PAUSED, ROADS, RoadWork, open_works


def answer(asked: SimulatedRequest) -> Json:
    """The collection of what stands, as OGC API Features gives it."""
    if asked.path != "collections/works/items":
        raise PathNotFoundError(asked.path)
    features = [_feature(one, asked.now, asked.shift) for one in open_works(asked.seed, asked.now)]
    return {"type": "FeatureCollection", "timeStamp": iso(asked.now + asked.shift), "features": features}


def _feature(one: RoadWork, t: float, shift: float) -> Json:
    name = ROADS[one.road][0]
    updated = max(moment for moment in (one.start, *one.pause) if moment <= t)
    properties = {
        "road": name, "what": one.activity, "status": PAUSED if one.is_paused(t) else ACTIVE, "lanes": one.lanes,
        "ward": unit_at(ROADS[one.road][1]),
        "from": iso(one.start + shift), "until": iso(one.end + shift), "updated": iso(updated + shift),
    }  # fmt: skip
    return {"type": "Feature", "id": one.key, "geometry": _geometry(one), "properties": properties}


def _geometry(one: RoadWork) -> dict[str, Any]:
    _, middle, turn = ROADS[one.road]
    if one.geometry_type == "Point":
        return {"type": "Point", "coordinates": middle}
    ends = (offset_point(middle, one.length_metres / 2, turn), offset_point(middle, one.length_metres / 2, turn + pi))
    if one.geometry_type == "LineString":
        return {"type": "LineString", "coordinates": ends}
    side = offset_point(ends[0], 60, turn + pi / 2), offset_point(ends[1], 60, turn + pi / 2)
    return {"type": "Polygon", "coordinates": [[ends[0], ends[1], side[1], side[0], ends[0]]]}
