"""What the sources answer, by the shape of their feed: plain rows, roads, Vietnamese local records."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ioc.domain.base.times import CITY
from simulator.city import Feed

Json = dict[str, Any]


def told(feed: Feed, seed: int, now: float) -> tuple[float, dict[str, float]]:
    """The time of the newest observation and its values."""
    t = feed.grid.last(now)
    return t, {key: line.at(seed, t) for key, line in feed.lines.items()}


def iso(t: float) -> str:
    """`t` with the city's offset."""
    return datetime.fromtimestamp(t, CITY).isoformat(timespec="seconds")


def utc(t: float) -> str:
    """`t` as SensorThings writes it."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def rows(feed: Feed, seed: int, now: float, shift: float) -> Json:
    """{"data": [{"id", "time", "value", "unit"}]}: one row for each series."""
    t, values = told(feed, seed, now)
    time = iso(t + shift)
    return {
        "data": [
            {"id": key, "time": time, "value": value, "unit": feed.lines[key].unit} for key, value in values.items()
        ]
    }


def roads(feed: Feed, seed: int, now: float, shift: float) -> Json:
    """{"generated", "roads": [{"code", "speed_kmh", "vehicles_per_hour"}]}: two values in each item."""
    t, values = told(feed, seed, now)
    codes = [key.removesuffix("-speed") for key in values if key.endswith("-speed")]
    items = [
        {"code": code, "speed_kmh": values[f"{code}-speed"], "vehicles_per_hour": values[f"{code}-flow"]}
        for code in codes
    ]
    return {"generated": iso(t + shift), "roads": items}


def local(feed: Feed, seed: int, now: float, shift: float) -> Json:
    """{"thoiDiem": "16:18:07 24/11/2026", "soLieu": [{"ma", "giaTri", "donVi"}]}: numbers as text, bare time."""
    t, values = told(feed, seed, now)
    items = [{"ma": key, "giaTri": f"{value:g}" if value < 1e5 else str(round(value, 1)), "donVi": feed.lines[key].unit}
             for key, value in values.items()]  # fmt: skip
    return {"thoiDiem": datetime.fromtimestamp(t + shift, CITY).strftime("%H:%M:%S %d/%m/%Y"), "soLieu": items}


SHAPES: dict[str, Callable[[Feed, int, float, float], Json]] = {"rows": rows, "roads": roads, "local": local}
