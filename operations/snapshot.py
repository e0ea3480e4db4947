"""The read model: one frozen Snapshot from the store, as it is now or as it was at a past moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config import Configuration
from domain.evaluation import level, series_state
from domain.health import Health, first
from domain.kpi import RANK, Kpi, KpiValue, Latest, Severity, State
from domain.place import Station
from domain.snapshot import Figure, Line, MapPoint, SeriesView, Snapshot, SourceView
from domain.source import Series
from operations.attention import attention
from operations.event_views import views
from operations.series_twins import paired
from storage import events, kpis, readings, sources
from storage.events import Told
from storage.store import Conn

LINE_SPAN = timedelta(hours=24)
LINE_POINTS = 96
LINE_STEP = LINE_SPAN / LINE_POINTS

_BEST = (State.OK, State.STALE, State.ERROR, State.NO_DATA, State.OFF)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knew at a moment, before it is put together."""

    values: Mapping[tuple[str, str], KpiValue]
    healths: Mapping[str, Health]
    latest: Mapping[str, Latest]
    lines: Mapping[str, Line]
    events: Sequence[Told] = ()


def facts(conn: Conn, configuration: Configuration, at: datetime | None, now: datetime) -> Facts:
    """Everything from one consistent view; `at` None: the present."""
    series = [one.key for source in configuration.sources for one in source.series if one.station]
    latest = (
        readings.latest(conn, series)
        if at is None
        else {key: found for key in series if (found := readings.before(conn, key, at))}
    )
    values = kpis.current(conn, at)
    drawn = {one.key for one in configuration.kpis}
    told = events.standing(conn, at or now, past=at is not None)
    return Facts(values, sources.current(conn, at), latest, lines(conn, drawn, at or now, received_by=at), told)


def lines(conn: Conn, keys: Iterable[str], end: datetime, received_by: datetime | None = None) -> dict[str, Line]:
    """The last 24 hours of each KPI, its extremes kept. They begin at a round time, so that a line stands still."""
    start = end - LINE_SPAN - timedelta(seconds=end.timestamp() % LINE_STEP.total_seconds())
    return {key: readings.points(conn, f"kpi-{key}", start, end, LINE_POINTS, received_by) for key in keys}


def assemble(known: Facts, configuration: Configuration, now: datetime, version: int, *, live: bool) -> Snapshot:
    """A Snapshot at `now` from what was known then."""
    seen = tuple(SourceView(one, known.healths.get(one.key) or first(one, now)) for one in configuration.sources)
    figures = {one.key: _figure(one, known, now) for one in configuration.kpis}
    bare = Snapshot(
        at=now,
        version=version,
        live=live,
        identity=configuration.identity,
        figures=figures,
        sources=seen,
        points=_points(configuration, known, seen, now),
        units=configuration.units,
        register=configuration.register,
        agency_names={key: one.name for key, one in configuration.agencies.items()},
        events=views(known.events, {one.key: one for one in configuration.sources}, now),
        overview=configuration.overview,
    )
    return replace(bare, attention=attention(bare))


def _figure(kpi: Kpi, known: Facts, now: datetime) -> Figure:
    value = known.values.get((kpi.key, "")) or KpiValue(kpi.key, State.NO_DATA, now)
    places = {place: one for (key, place), one in known.values.items() if key == kpi.key and place}
    line = known.lines.get(kpi.key, ())
    # A line that is read again each minute needs no newer end, which would redraw it with every reading.
    if value.value is not None and value.data_time and (not line or line[-1][0] < value.data_time - LINE_STEP):
        line = (*line, (value.data_time, value.value))
    return Figure(kpi, value, line, places)


def _points(
    configuration: Configuration, known: Facts, views: Iterable[SourceView], now: datetime
) -> tuple[MapPoint, ...]:
    levels = _series_levels(configuration.kpis)
    seen = {
        series.key: _seen(series, view, known, now, levels.get(series.same_as or series.key))
        for view in views
        for series in view.source.series
        if series.station
    }
    by_station: dict[str, list[SeriesView]] = {}
    for one in paired(seen):
        by_station.setdefault(one.series.station, []).append(one)
    stations = configuration.stations
    return tuple(_point(stations[key], found) for key, found in sorted(by_station.items()) if key in stations)


def _series_levels(all_kpis: Iterable[Kpi]) -> dict[str, Kpi]:
    """Limits for single series: those of a KPI that is the plain newest value of that series, or is by place."""
    found: dict[str, Kpi] = {}
    for kpi in all_kpis:
        plain = kpi.formula.window is None and kpi.formula.op in ("last", "mean", "max") and kpi.formula.scale == 1
        if kpi.limits and plain and not kpi.formula.to:
            for key in kpi.formula.inputs:
                found.setdefault(key, kpi)
    return found


def _seen(series: Series, view: SourceView, known: Facts, now: datetime, kpi: Kpi | None) -> SeriesView:
    latest = known.latest.get(series.key)
    state = series_state(latest, view.source, view.health, now)
    value = latest.value if latest and state is State.OK else None
    limit = level(kpi.limits, value, _held(kpi, known)) if kpi and value is not None else None
    return SeriesView(
        series, state, value, latest.value if latest else None, latest.observed if latest else None,
        view.source.simulated, view.source.key, kpi.decimals if kpi else 1,
        limit.severity if limit else Severity.NORMAL, view.source.drill,
    )  # fmt: skip


def _held(kpi: Kpi, known: Facts) -> str:
    """The level that the KPI holds, where it stands for one series: a map must not contradict its tile."""
    value = known.values.get((kpi.key, ""))
    return value.level if value and len(kpi.formula.inputs) == 1 else ""


def _point(station: Station, series: list[SeriesView]) -> MapPoint:
    state = next(state for state in _BEST if any(one.state is state for one in series))
    severity = max((one.severity for one in series), key=RANK.__getitem__)
    return MapPoint(station, tuple(series), state, severity, any(one.simulated for one in series))
