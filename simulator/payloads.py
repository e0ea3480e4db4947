"""What the sources answer, by the shape of their feed: plain rows, roads, Vietnamese local records."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ioc.domain.base.times import CITY_ZONE
from simulator.city import SimulatedFeed

Json = dict[str, Any]


def newest_values(feed: SimulatedFeed, seed: int, now: float) -> tuple[float, dict[str, float]]:
    """The time of the newest observation and its values."""
    t = feed.observation_times.last(now)
    return t, {key: line.value_at(seed, t) for key, line in feed.series_models.items()}


def iso(t: float) -> str:
    """`t` with the city's offset."""
    return datetime.fromtimestamp(t, CITY_ZONE).isoformat(timespec="seconds")


def utc(t: float) -> str:
    """`t` as SensorThings writes it."""
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
