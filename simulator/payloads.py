"""JSON answers by the format of a feed: rows, roads, Vietnamese records, the exercise, road works as GeoJSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import pi
from typing import Any

from ioc.domain.base.times import CITY_ZONE
from simulator import drill
from simulator.city import SimulatedFeed
from simulator.places import offset_point, unit_at
from simulator.request import PathNotFoundError, SimulatedRequest
from simulator.works import ACTIVE, PAUSED, ROADS, RoadWork, open_works

Json = dict[str, Any]


def newest_values(feed: SimulatedFeed, seed: int, now: float) -> tuple[float, dict[str, float]]:
    """The time of the newest observation and its values."""
    t = feed.observation_times.last(now)
    return t, {key: model.value_at(seed, t) for key, model in feed.series_models.items()}


def iso(t: float) -> str:
    """`t` as ISO 8601 in Asia/Ho_Chi_Minh."""
    return datetime.fromtimestamp(t, CITY_ZONE).isoformat(timespec="seconds")


def utc(t: float) -> str:
    """`t` as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def rows(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"data": [{"id", "time", "value", "unit"}]}: one row for each series."""
    t, values = newest_values(feed, seed, now)
    time = iso(t + shift)
    return {
        "data": [
            {"id": key, "time": time, "value": value, "unit": feed.series_models[key].unit}
            for key, value in values.items()
        ]
    }


def roads(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"generated", "roads": [{"code", "speed_kmh", "vehicles_per_hour"}]}: two values in each item."""
    t, values = newest_values(feed, seed, now)
    codes = [key.removesuffix("-speed") for key in values if key.endswith("-speed")]
    items = [
        {"code": code, "speed_kmh": values[f"{code}-speed"], "vehicles_per_hour": values[f"{code}-flow"]}
        for code in codes
    ]
    return {"generated": iso(t + shift), "roads": items}


def local(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"thoiDiem": "16:18:07 24/11/2026", "soLieu": [{"ma", "giaTri", "donVi"}]}: numbers as text, bare time."""
    t, values = newest_values(feed, seed, now)
    items = [
        {
            "ma": key,
            "giaTri": f"{value:g}" if value < 1e5 else str(round(value, 1)),
            "donVi": feed.series_models[key].unit,
        }
        for key, value in values.items()
    ]
    return {"thoiDiem": datetime.fromtimestamp(t + shift, CITY_ZONE).strftime("%H:%M:%S %d/%m/%Y"), "soLieu": items}


JSON_FORMATS: dict[str, Callable[[SimulatedFeed, int, float, float], Json]] = {
    "rows": rows,
    "roads": roads,
    "local": local,
}


def drill_answer(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"thoiDiem", "soDo": [{"ma", "giaTri", "donVi"}], "tinhHuong": [{"ma", "ten", "mucDo", …}]}."""
    t = feed.observation_times.last(now)
    values = [
        {"ma": key, "giaTri": model.value_at(seed, t), "donVi": model.unit}
        for key, model in feed.series_models.items()
        if key not in drill.EVENT_COUNTS
    ]
    return {"thoiDiem": iso(t + shift), "soDo": values, "tinhHuong": _situations(t, shift)}


def _situations(t: float, shift: float) -> list[Json]:
    start, situations = drill.cycle_start(t), []
    for n, (title, text, severity, begins, ends, (x, y)) in enumerate(drill.SCRIPT, 1):
        begun, over = start + begins * 3600, start + ends * 3600
        if begun <= t:
            situations.append({
                "ma": f"DT-{round(start / drill.CYCLE_SECONDS)}-{n}", "ten": title, "noiDung": text, "mucDo": severity,
                "batDau": iso(begun + shift), "ketThuc": iso(over + shift), "kinhDo": x, "viDo": y,
                "diaBan": unit_at((x, y)),
                "trangThai": "đang diễn tập" if t < over else "kết thúc tình huống",
                "capNhat": iso((over if over <= t else begun) + shift),
            })  # fmt: skip
    return situations


def geojson_answer(request: SimulatedRequest) -> Json:
    """The collection of open road works, as OGC API Features gives it."""
    if request.path != "collections/works/items":
        raise PathNotFoundError(request.path)
    features = [_road_work_feature(work, request.now, request.shift) for work in open_works(request.seed, request.now)]
    return {"type": "FeatureCollection", "timeStamp": iso(request.now + request.shift), "features": features}


def _road_work_feature(work: RoadWork, t: float, shift: float) -> Json:
    name = ROADS[work.road][0]
    updated = max(moment for moment in (work.start, *work.pause) if moment <= t)
    properties = {
        "road": name, "what": work.activity, "status": PAUSED if work.is_paused(t) else ACTIVE, "lanes": work.lanes,
        "ward": unit_at(ROADS[work.road][1]),
        "from": iso(work.start + shift), "until": iso(work.end + shift), "updated": iso(updated + shift),
    }  # fmt: skip
    return {"type": "Feature", "id": work.key, "geometry": _road_work_geometry(work), "properties": properties}


def _road_work_geometry(work: RoadWork) -> dict[str, Any]:
    _, middle, turn = ROADS[work.road]
    if work.geometry_type == "Point":
        return {"type": "Point", "coordinates": middle}
    ends = (offset_point(middle, work.length_metres / 2, turn), offset_point(middle, work.length_metres / 2, turn + pi))
    if work.geometry_type == "LineString":
        return {"type": "LineString", "coordinates": ends}
    side = offset_point(ends[0], 60, turn + pi / 2), offset_point(ends[1], 60, turn + pi / 2)
    return {"type": "Polygon", "coordinates": [[ends[0], ends[1], side[1], side[0], ends[0]]]}
