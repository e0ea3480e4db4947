"""The simulated city: its sources, their series and intervals. Every value follows from a seed and a time alone.

`history_values` answers GET /history/<source>?from=&to=[&step=] with {"source", "series": {series: [[ms, value], …]}}:
times rise, from ≤ time < to; each value equals the one that the source served live at that time.
"""

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
    protocol_series,
    reports,
    safety,
    services,
    traffic,
    water,
    works,
)
from simulator.noise import DAY, ZONE
from simulator.observation_times import FixedInterval, Monthly, ObservationTimes, SchoolDays
from simulator.series_model import SeriesModel

_FINE_AGE, _MIDDLE_AGE = 2 * DAY, 30 * DAY
_MIDNIGHT = FixedInterval(DAY, -ZONE)
HistorySteps = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SimulatedFeed:
    """A source. `payload_format`: format of its answers. `history_steps`: seconds between values of its history, fine,
    middle and coarse.
    """

    key: str
    payload_format: str
    observation_times: ObservationTimes
    series_models: Mapping[str, SeriesModel]
    history_steps: HistorySteps

    def history_times(self, start: float, end: float, now: float, step: float | None) -> Iterator[float]:
        """The times of its history within start ≤ t < end: by `step`, else fine, middle, coarse by age at `now`."""
        if step is not None:
            yield from self.observation_times.between(start, end, step)
            return
        edges = (start, max(start, now - _MIDDLE_AGE), max(start, now - _FINE_AGE), end)
        for n, seconds in enumerate(reversed(self.history_steps)):
            yield from self.observation_times.between(edges[n], min(end, edges[n + 1]), seconds)


_FAST_STEPS: HistorySteps = (60, 900, 3600)
_MEDIUM_STEPS: HistorySteps = (600, 1800, 3600)
_SLOW_STEPS: HistorySteps = (900, 3600, 3 * 3600)
_DAILY_STEPS: HistorySteps = (DAY, DAY, DAY)
_COUNT_STEPS: HistorySteps = (3600, 3 * 3600, 6 * 3600)


def _with_prefix(models: Mapping[str, SeriesModel], *prefixes: str) -> dict[str, SeriesModel]:
    return {key: model for key, model in models.items() if key.startswith(prefixes)}


@cache
def feeds() -> Mapping[str, SimulatedFeed]:
    """Every source of the city by its key."""
    wet, dusty, roads, served, safe = (
        water.series_models(),
        air.series_models(),
        traffic.series_models(),
        services.series_models(),
        safety.series_models(),
    )
    lost = _with_prefix(served, "service-lost-")
    aqi = {key: model for key, model in dusty.items() if key.endswith("-aqi")}
    pm25 = {key: model for key, model in dusty.items() if key.endswith("-pm25")}
    score = {key: model for key, model in _with_prefix(served, "service-").items() if key not in lost}
    polled = (
        SimulatedFeed("sim-water", "sensorthings", FixedInterval(5), _with_prefix(wet, "water-"), _FAST_STEPS),
        SimulatedFeed("sim-rain", "sensorthings", FixedInterval(60), _with_prefix(wet, "rain-"), _MEDIUM_STEPS),
        SimulatedFeed("sim-salt", "sensorthings", FixedInterval(300), _with_prefix(wet, "salt-"), _MEDIUM_STEPS),
        SimulatedFeed("sim-air", "sensorthings", FixedInterval(60), pm25, _MEDIUM_STEPS),
        SimulatedFeed("sim-aqi", "rows", FixedInterval(3600), aqi, (3600, 3600, 3600)),
        SimulatedFeed("sim-weather", "weather", FixedInterval(900), _with_prefix(dusty, "weather-"), (900, 3600, 3600)),
        SimulatedFeed("sim-river", "flood", _MIDNIGHT, water.river_models(), _DAILY_STEPS),
        SimulatedFeed("sim-traffic", "roads", FixedInterval(5), _with_prefix(roads, "road-"), _FAST_STEPS),
        SimulatedFeed("sim-bridge", "rows", FixedInterval(1), _with_prefix(roads, "bridge-"), _FAST_STEPS),
        SimulatedFeed("sim-incidents", "rows", FixedInterval(10), _with_prefix(roads, "traffic-"), (300, 900, 3600)),
        SimulatedFeed("sim-dossiers", "local", FixedInterval(10), _with_prefix(served, "dossiers-"), _SLOW_STEPS),
        SimulatedFeed("sim-service", "rows", _MIDNIGHT, score, _DAILY_STEPS),
        SimulatedFeed("sim-service-units", "rows", _MIDNIGHT, lost, _DAILY_STEPS),
        SimulatedFeed("sim-beds", "rows", FixedInterval(60), _with_prefix(safe, "hospital-"), _SLOW_STEPS),
        SimulatedFeed("sim-investment", "local", _MIDNIGHT, _with_prefix(served, "investment-"), _DAILY_STEPS),
        SimulatedFeed("sim-pupils", "local", SchoolDays(), _with_prefix(served, "pupils-"), _DAILY_STEPS),
        SimulatedFeed("sim-security", "rows", FixedInterval(10), _with_prefix(safe, "security-"), _SLOW_STEPS),
        SimulatedFeed("sim-tourism", "rows", FixedInterval(900), _with_prefix(served, "tourism-"), _SLOW_STEPS),
        SimulatedFeed("sim-press", "rows", FixedInterval(300), _with_prefix(served, "press-"), _SLOW_STEPS),
        SimulatedFeed("sim-figures", "sheet", Monthly(), _with_prefix(safe, "figures-"), _DAILY_STEPS),
    )
    return {feed.key: feed for feed in (*polled, *_event_feeds(), *_protocol_feeds())}


def _event_feeds() -> tuple[SimulatedFeed, ...]:
    """The sources of events, the exercise, the redundant gauges, and the source that sends webhooks."""
    return (
        SimulatedFeed("sim-reports", "open311", FixedInterval(1), reports.series_models(reports.CITY), _COUNT_STEPS),
        SimulatedFeed(
            "sim-reports-old", "inherited", FixedInterval(1), reports.series_models(reports.OLD), _COUNT_STEPS
        ),
        SimulatedFeed("sim-alerts", "cap", FixedInterval(1), alerts.series_models(), _SLOW_STEPS),
        SimulatedFeed("sim-bus", "gtfs", FixedInterval(5), buses.series_models(), _SLOW_STEPS),
        SimulatedFeed("sim-roadworks", "geojson", FixedInterval(1), works.series_models(), _SLOW_STEPS),
        SimulatedFeed("sim-news", "rss", FixedInterval(1), news.series_models(), _SLOW_STEPS),
        SimulatedFeed("sim-cameras", "cameras", FixedInterval(1), cameras.series_models(), _SLOW_STEPS),
        SimulatedFeed("sim-drill", "drill", FixedInterval(10), drill.series_models(), _MEDIUM_STEPS),
        SimulatedFeed("sim-gauge", "rows", FixedInterval(60), water.second_gauge_models(), _MEDIUM_STEPS),
        SimulatedFeed("sim-station", "tt10", FixedInterval(300), air.station_models(), _SLOW_STEPS),
        SimulatedFeed("sim-flood", "push", FixedInterval(20), flood.series_models(), _MEDIUM_STEPS),
    )


def _protocol_feeds() -> tuple[SimulatedFeed, ...]:
    """The sources that only the profile `protocols` has."""
    return (
        SimulatedFeed("sim-ngsi", "ngsi", FixedInterval(60), protocol_series.ngsi_models(), _SLOW_STEPS),
        SimulatedFeed("sim-openaq", "openaq", FixedInterval(3600), protocol_series.openaq_models(), _SLOW_STEPS),
        SimulatedFeed("sim-kiwis", "kiwis", FixedInterval(300), protocol_series.kiwis_models(), _SLOW_STEPS),
        SimulatedFeed("sim-waterml", "waterml", FixedInterval(900), protocol_series.waterml_models(), _SLOW_STEPS),
        SimulatedFeed(
            "sim-prometheus", "prometheus", FixedInterval(15), protocol_series.prometheus_models(), _SLOW_STEPS
        ),
        SimulatedFeed("sim-mqtt", "mqtt", FixedInterval(5), protocol_series.mqtt_models(), _SLOW_STEPS),
        SimulatedFeed("sim-sql", "sql", FixedInterval(10), protocol_series.sql_models(), _SLOW_STEPS),
    )


@cache
def series_models() -> Mapping[str, SeriesModel]:
    """The model of every series of the city by its key."""
    return {key: model for feed in feeds().values() for key, model in feed.series_models.items()}


def value(series: str, moment: datetime, seed: int) -> float:
    """The value of `series` at `moment`. KeyError if the city has no such series."""
    return series_models()[series].value_at(seed, moment.timestamp())


HistoryValues = dict[str, list[list[float]]]
MAX_VALUES = 1_500_000  # values in one answer


def history_values(
    feed: SimulatedFeed, seed: int, start: float, end: float, now: float, step: float | None = None
) -> HistoryValues:
    """The values of every series of `feed` within start ≤ t < end, none later than `now`."""
    moments = list(feed.history_times(start, min(end, now + 0.001), now, step))
    if len(moments) * len(feed.series_models) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values: ask for a shorter time or a longer step")
    history: HistoryValues = {key: [] for key in feed.series_models}
    # Moment by moment: series that share a cached count of one moment use it while it is cached.
    pairs = [(history[key], series.model, series.decimals) for key, series in feed.series_models.items()]
    for t in moments:
        ms = round(t * 1000)
        for values, model, decimals in pairs:
            values.append([ms, round(model(seed, t), decimals) + 0.0])
    return history
