"""The works on the roads as GeoJSON, asked as OGC API Features."""

from math import pi
from typing import Any

from simulator.payloads import Json, iso
from simulator.places import moved, unit_at
from simulator.speech import Asked, NotHere
from simulator.works import RESTING, ROADS, UNDER_WAY, Work, standing


def answer(asked: Asked) -> Json:
    """The collection of what stands, as OGC API Features gives it."""
    if asked.path != "collections/works/items":
        raise NotHere(asked.path)
    features = [_feature(one, asked.now, asked.shift) for one in standing(asked.seed, asked.now)]
    return {"type": "FeatureCollection", "timeStamp": iso(asked.now + asked.shift), "features": features}


def _feature(one: Work, t: float, shift: float) -> Json:
    name = ROADS[one.road][0]
    updated = max(moment for moment in (one.start, *one.rests) if moment <= t)
    properties = {
        "road": name, "what": one.what, "status": RESTING if one.resting(t) else UNDER_WAY, "lanes": one.lanes,
        "ward": unit_at(ROADS[one.road][1]),
        "from": iso(one.start + shift), "until": iso(one.end + shift), "updated": iso(updated + shift),
    }  # fmt: skip
    return {"type": "Feature", "id": one.key, "geometry": _geometry(one), "properties": properties}


def _geometry(one: Work) -> dict[str, Any]:
    _, middle, turn = ROADS[one.road]
    if one.form == "Point":
        return {"type": "Point", "coordinates": middle}
    ends = (moved(middle, one.metres / 2, turn), moved(middle, one.metres / 2, turn + pi))
    if one.form == "LineString":
        return {"type": "LineString", "coordinates": ends}
    side = moved(ends[0], 60, turn + pi / 2), moved(ends[1], 60, turn + pi / 2)
    return {"type": "Polygon", "coordinates": [[ends[0], ends[1], side[1], side[0], ends[0]]]}
