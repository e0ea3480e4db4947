"""The map's points: what each station's series show now. Made anew only where something moved."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ioc.config.configuration import Configuration
from ioc.domain.base.units import convert
from ioc.domain.geo.place import Station
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.evaluation import active_limit, series_state
from ioc.domain.kpis.kpi import RANK, FigureState, Kpi, KpiValue, Latest, Severity
from ioc.domain.redundancy import merge_redundant
from ioc.domain.snapshot import MapPoint, SeriesView, SourceView

_STATE_ORDER = (FigureState.OK, FigureState.STALE, FigureState.ERROR, FigureState.NO_DATA, FigureState.OFF)
_NEVER = datetime.max.replace(tzinfo=UTC)

KpiValues = Mapping[tuple[str, str], KpiValue]


class _StationSeries(NamedTuple):
    """A series at a station: where its source stands among the views, and the KPI whose limits are its own."""

    series: Series
    source: int
    kpi: Kpi | None
    unit: str  # that it is told in: its main one's, where it has one


_CacheKey = tuple[tuple[Latest | None, SourceState, str], ...]


class _CachedPoints(NamedTuple):
    """Points with all that they were made from; they hold from `since` to `until`, on a clock that may be set back."""

    key: _CacheKey
    since: datetime
    until: datetime
    points: list[MapPoint]


class MapPointCache:
    """All stations of one configuration. A point whose facts did not move is the same object as before."""

    def __init__(self, configuration: Configuration) -> None:
        self._stations = configuration.stations
        self._groups = _group_by_station(configuration)
        self._cached: dict[int, _CachedPoints] = {}

    def points_at(
        self, latest: Mapping[str, Latest], values: KpiValues, source_views: Sequence[SourceView], now: datetime
    ) -> tuple[MapPoint, ...]:
        """The points at `now`, in the order of their stations' keys. `views`: in the configuration's order."""
        points: list[MapPoint] = []
        for n, group in enumerate(self._groups):
            basis = tuple(
                (
                    latest.get(one.series.key),
                    source_views[one.source].health.state,
                    _current_level(one.kpi, values) if one.kpi else "",
                )
                for one in group
            )
            held = self._cached.get(n)
            if held is None or held.key != basis or not held.since <= now <= held.until:
                held = self._cached[n] = self._build_group(group, basis, source_views, now)
            points += held.points
        return tuple(sorted(points, key=lambda one: one.station.key))

    def _build_group(
        self, group: Sequence[_StationSeries], basis: _CacheKey, views: Sequence[SourceView], now: datetime
    ) -> _CachedPoints:
        seen = {
            one.series.key: _series_view(one, views[one.source], latest, held, now)
            for one, (latest, _, held) in zip(group, basis, strict=True)
        }
        by_station: dict[str, list[SeriesView]] = {}
        for one in merge_redundant(seen):
            by_station.setdefault(one.series.station, []).append(one)
        stations = self._stations
        points = [_point(stations[key], found) for key, found in by_station.items() if key in stations]
        return _CachedPoints(basis, now, _valid_until(group, seen, views), points)


def _group_by_station(configuration: Configuration) -> list[list[_StationSeries]]:
    """Series by station, in the order of the sources; stations that share a quantity told twice stand in one group."""
    limits = _series_limits(configuration.kpis)
    placed = [(n, one) for n, source in enumerate(configuration.sources) for one in source.series if one.station]
    stations, units = {one.key: one.station for _, one in placed}, {one.key: one.unit for _, one in placed}
    chief: dict[str, str] = {}

    def chief_of(station: str) -> str:
        while station in chief:
            station = chief[station]
        return station

    for _, one in placed:
        mine, other = chief_of(one.station), chief_of(stations.get(one.redundant_with, one.station))
        if mine != other:
            chief[mine] = other
    groups: dict[str, list[_StationSeries]] = {}
    for n, one in placed:
        place = _StationSeries(
            one, n, limits.get(one.redundant_with or one.key), units.get(one.redundant_with, one.unit)
        )
        groups.setdefault(chief_of(one.station), []).append(place)
    return list(groups.values())


def _valid_until(
    group: Sequence[_StationSeries], seen: Mapping[str, SeriesView], views: Sequence[SourceView]
) -> datetime:
    """Until when they hold: what is good turns stale by itself, nothing else changes without its basis."""
    ends = (
        one.data_time + views[place.source].source.age_limit
        for place in group
        if (one := seen[place.series.key]).state is FigureState.OK and one.data_time
    )
    return min(ends, default=_NEVER)


def _series_limits(all_kpis: Iterable[Kpi]) -> dict[str, Kpi]:
    """Limits for single series: those of a KPI that is the plain newest value of that series, or is by place."""
    found: dict[str, Kpi] = {}
    for kpi in all_kpis:
        plain = kpi.formula.window is None and kpi.formula.op in ("last", "mean", "max") and kpi.formula.scale == 1
        if kpi.limits and plain and not kpi.formula.denominator:
            for key in kpi.formula.inputs:
                found.setdefault(key, kpi)
    return found


def _current_level(kpi: Kpi, values: KpiValues) -> str:
    """The level that the KPI holds, where it stands for one series: a map must not contradict its tile."""
    if len(kpi.formula.inputs) != 1:
        return ""
    value = values.get((kpi.key, ""))
    return value.level if value else ""


def _point(station: Station, series: Sequence[SeriesView]) -> MapPoint:
    state = next(state for state in _STATE_ORDER if any(one.state is state for one in series))
    severity = max((one.severity for one in series), key=RANK.__getitem__)
    return MapPoint(station, tuple(series), state, severity, any(one.is_simulated for one in series))


def _series_view(
    place: _StationSeries, view: SourceView, latest: Latest | None, held: str, now: datetime
) -> SeriesView:
    kpi = place.kpi
    state = series_state(latest, view.source, view.health, now)
    known = latest.value if latest else None
    known = known if known is None else convert(known, place.series.unit, place.unit)
    value = known if state is FigureState.OK else None
    limit = active_limit(kpi.limits, value, held) if kpi and value is not None else None
    return SeriesView(
        place.series, state, value, known, latest.observed if latest else None,
        view.source.is_simulated, view.source.key, kpi.decimals if kpi else 1,
        limit.severity if limit else Severity.NORMAL, view.source.is_drill,
        is_phoned=latest is not None and latest.quality == "phoned",
    )  # fmt: skip
