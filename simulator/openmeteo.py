"""Answers shaped like Open-Meteo's: one object for a point, a list for several, blocks by hour, by day and current."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from ioc.domain.base.times import CITY_ZONE
from simulator import air
from simulator.city import SimulatedFeed
from simulator.noise import DAY, ZONE
from simulator.payloads import Json

# Point: latitude, longitude of the simulated weather.
POINTS = {
    "ninh-kieu": (10.03, 105.78),
    "thot-not": (10.27, 105.53),
    "vi-thanh": (9.78, 105.47),
    "soc-trang": (9.60, 105.97),
}
_MAX_DAYS = 92  # days

ValueSource = Callable[[str, float], tuple[float | None, str]]  # variable, time -> value, unit


def answer(feed: SimulatedFeed, seed: int, now: float, shift: float, query: Mapping[str, str]) -> Json | list[Json]:
    """The answer of the forecast or the flood service. ValueError, with the reason, for a query that it rejects."""
    points = list(zip(_floats(query, "latitude"), _floats(query, "longitude"), strict=True))
    if not points:
        raise ValueError("Parameter 'latitude' and 'longitude' must have the same number of elements")
    answers = [_point(feed, seed, now, shift, query, lat, lon) for lat, lon in points]
    return answers[0] if len(answers) == 1 else answers


def _floats(query: Mapping[str, str], name: str) -> list[float]:
    return [float(text) for text in query.get(name, "").split(",") if text.strip()]


def _point(
    feed: SimulatedFeed, seed: int, now: float, shift: float, query: Mapping[str, str], lat: float, lon: float
) -> Json:
    zone = UTC if query.get("timezone", "GMT") in ("GMT", "UTC") else CITY_ZONE
    offset = 0 if zone is UTC else ZONE
    record: Json = {
        "latitude": round(lat, 3), "longitude": round(lon, 3), "generationtime_ms": 0.1, "utc_offset_seconds": offset,
        "timezone": "GMT" if not offset else str(CITY_ZONE), "timezone_abbreviation": "GMT" if not offset else "GMT+7",
        "elevation": 3.0,
    }  # fmt: skip
    value = _river(feed, seed) if feed.payload_format == "flood" else _weather(feed, seed, lat, lon)
    start, end = _time_range(query, now, offset)
    blocks = {"hourly": (3600, start, end), "minutely_15": (900, start, end), "daily": (DAY, start, end)}
    for block, (step, first, last) in blocks.items():
        if names := _names(query, block):
            times = [first + n * step for n in range(round((last - first) / step))]
            record |= _series(block, names, times, value, shift, offset, daily=block == "daily")
    if names := _names(query, "current"):
        record |= _current(names, feed.observation_times.last(now), value, shift, offset)
    return record


def _names(query: Mapping[str, str], block: str) -> list[str]:
    return [name for name in query.get(block, "").split(",") if name]


def _time_range(query: Mapping[str, str], now: float, offset: int) -> tuple[float, float]:
    """The first and the last midnight of the query, in the time zone of the answer."""
    midnight = (now + offset) // DAY * DAY - offset
    past, ahead = (
        min(_MAX_DAYS, int(query.get(name, usual))) for name, usual in (("past_days", 0), ("forecast_days", 7))
    )
    return midnight - past * DAY, midnight + ahead * DAY


def _series(
    block: str, names: list[str], times: list[float], value: ValueSource, shift: float, offset: int, *, daily: bool
) -> Json:
    columns = {name: [value(name, t) for t in times] for name in names}
    units = {name: column[0][1] if column else "" for name, column in columns.items()}
    return {
        f"{block}_units": {"time": "iso8601", **units},
        block: {
            "time": [_time(t + shift, offset, daily=daily) for t in times],
            **{name: [number for number, _ in column] for name, column in columns.items()},
        },
    }


def _current(names: list[str], t: float, value: ValueSource, shift: float, offset: int) -> Json:
    pairs = {name: value(name, t) for name in names}
    units, values = {name: unit for name, (_, unit) in pairs.items()}, {name: v for name, (v, _) in pairs.items()}
    return {
        "current_units": {"time": "iso8601", "interval": "seconds", **units},
        "current": {"time": _time(t + shift, offset, daily=False), "interval": 900, **values},
    }


def _time(t: float, offset: int, *, daily: bool) -> str:
    local = datetime.fromtimestamp(t, UTC) + timedelta(seconds=offset)
    return local.strftime("%Y-%m-%d" if daily else "%Y-%m-%dT%H:%M")


def _weather(feed: SimulatedFeed, seed: int, lat: float, lon: float) -> ValueSource:
    point = min(POINTS, key=lambda name: abs(POINTS[name][0] - lat) + abs(POINTS[name][1] - lon))

    def value(name: str, t: float) -> tuple[float | None, str]:
        if name not in air.VARIABLES:
            raise ValueError(f"Data corrupted at path ''. Cannot initialize {name} from invalid String value {name}.")
        model = feed.series_models[f"weather-{point}-{air.VARIABLES[name][0]}"]
        return model.value_at(seed, t), model.unit

    return value


def _river(feed: SimulatedFeed, seed: int) -> ValueSource:
    model = feed.series_models["river-hau-discharge"]

    def value(name: str, t: float) -> tuple[float | None, str]:
        return (model.value_at(seed, t) if name.startswith("river_discharge") else None), model.unit

    return value
