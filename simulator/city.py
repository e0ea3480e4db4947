"""The simulated city: which source brings which lines, how often, and every value from a seed and a time alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from simulator import (
    air,
    alerts,
    buses,
    cameras,
    drill,
    flood,
    news,
    reports,
    river,
    safety,
    second_gauge,
    services,
    station,
    traffic,
    water,
    works,
)
from simulator.chance import DAY, ZONE
from simulator.grid import Every, Grid, Monthly, SchoolDays
from simulator.line import Line

_FINE_FOR, _MIDDLE_FOR = 2 * DAY, 30 * DAY
_MIDNIGHT = Every(DAY, -ZONE)
Ladder = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Feed:
    """A source. `shape`: how its answers look (payloads.py). `ladder`: seconds between values of its history."""

    key: str
    shape: str
    grid: Grid
    lines: Mapping[str, Line]
    ladder: Ladder

    def moments(self, start: float, end: float, now: float, step: float | None) -> Iterator[float]:
        """The times of its history within start ≤ t < end: by `step`, else fine, middle, coarse by age at `now`."""
        if step is not None:
            yield from self.grid.between(start, end, step)
            return
        edges = (start, max(start, now - _MIDDLE_FOR), max(start, now - _FINE_FOR), end)
        for n, one in enumerate(reversed(self.ladder)):
            yield from self.grid.between(edges[n], min(end, edges[n + 1]), one)


_QUICK: Ladder = (60, 900, 3600)
_STEADY: Ladder = (600, 1800, 3600)
_SLOW: Ladder = (900, 3600, 3 * 3600)
_DAILY: Ladder = (DAY, DAY, DAY)
_COUNTED: Ladder = (3600, 3 * 3600, 6 * 3600)


def _some(lines: Mapping[str, Line], *starts: str) -> dict[str, Line]:
    return {key: line for key, line in lines.items() if key.startswith(starts)}


@cache
def feeds() -> Mapping[str, Feed]:
    """Every source of the city by its key."""
    wet, dusty, roads, served, safe = water.lines(), air.lines(), traffic.lines(), services.lines(), safety.lines()
    lost = _some(served, "service-lost-")
    aqi = {key: line for key, line in dusty.items() if key.endswith("-aqi")}
    pm25 = {key: line for key, line in dusty.items() if key.endswith("-pm25")}
    score = {key: line for key, line in _some(served, "service-").items() if key not in lost}
    made = (
        Feed("sim-water", "sensorthings", Every(5), _some(wet, "water-"), _QUICK),
        Feed("sim-rain", "sensorthings", Every(60), _some(wet, "rain-"), _STEADY),
        Feed("sim-salt", "sensorthings", Every(300), _some(wet, "salt-"), _STEADY),
        Feed("sim-air", "sensorthings", Every(60), pm25, _STEADY),
        Feed("sim-aqi", "rows", Every(3600), aqi, (3600, 3600, 3600)),
        Feed("sim-weather", "weather", Every(900), _some(dusty, "weather-"), (900, 3600, 3600)),
        Feed("sim-river", "flood", _MIDNIGHT, river.lines(), _DAILY),
        Feed("sim-traffic", "roads", Every(5), _some(roads, "road-"), _QUICK),
        Feed("sim-bridge", "rows", Every(1), _some(roads, "bridge-"), _QUICK),
        Feed("sim-incidents", "rows", Every(10), _some(roads, "traffic-"), (300, 900, 3600)),
        Feed("sim-dossiers", "local", Every(10), _some(served, "dossiers-"), _SLOW),
        Feed("sim-service", "rows", _MIDNIGHT, score, _DAILY),
        Feed("sim-service-units", "rows", _MIDNIGHT, lost, _DAILY),
        Feed("sim-beds", "rows", Every(60), _some(safe, "hospital-"), _SLOW),
        Feed("sim-investment", "local", _MIDNIGHT, _some(served, "investment-"), _DAILY),
        Feed("sim-pupils", "local", SchoolDays(), _some(served, "pupils-"), _DAILY),
        Feed("sim-security", "rows", Every(10), _some(safe, "security-"), _SLOW),
        Feed("sim-tourism", "rows", Every(900), _some(served, "tourism-"), _SLOW),
        Feed("sim-press", "rows", Every(300), _some(served, "press-"), _SLOW),
        Feed("sim-figures", "sheet", Monthly(), _some(safe, "figures-"), _DAILY),
    )
    return {feed.key: feed for feed in (*made, *_eventful())}


def _eventful() -> tuple[Feed, ...]:
    """The sources of events, the exercise, and those that tell what others tell or that send by themselves."""
    return (
        Feed("sim-reports", "open311", Every(1), reports.lines(reports.CITY), _COUNTED),
        Feed("sim-reports-old", "inherited", Every(1), reports.lines(reports.OLD), _COUNTED),
        Feed("sim-alerts", "cap", Every(1), alerts.lines(), _SLOW),
        Feed("sim-bus", "gtfs", Every(5), buses.lines(), _SLOW),
        Feed("sim-roadworks", "geojson", Every(1), works.lines(), _SLOW),
        Feed("sim-news", "rss", Every(1), news.lines(), _SLOW),
        Feed("sim-cameras", "cameras", Every(1), cameras.lines(), _SLOW),
        Feed("sim-drill", "drill", Every(10), drill.lines(), _STEADY),
        Feed("sim-gauge", "rows", Every(60), second_gauge.lines(), _STEADY),
        Feed("sim-station", "tt10", Every(300), station.lines(), _SLOW),
        Feed("sim-flood", "push", Every(20), flood.lines(), _STEADY),
    )


@cache
def lines() -> Mapping[str, Line]:
    """Every line of the city by the key of its series."""
    return {key: line for feed in feeds().values() for key, line in feed.lines.items()}


def value(series: str, moment: datetime, seed: int) -> float:
    """What `series` comes to at `moment`. KeyError if the city has no such series."""
    return lines()[series].at(seed, moment.timestamp())
