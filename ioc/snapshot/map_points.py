"""Map points: the current view of each station's series, cached until an input of theirs changes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from ioc.config.configuration import Configuration
from ioc.domain.base.clock_set_back import was_set_back
from ioc.domain.base.units import convert
from ioc.domain.geo.place import Station
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.judgement import NO_JUDGEMENT, judge
from ioc.domain.kpis.kpi import RANK, FigureState, Kpi, KpiValue, Latest
from ioc.domain.kpis.moment import series_state
from ioc.domain.redundancy import merge_redundant
from ioc.domain.snapshot import MapPoint, SeriesView, SourceView

_STATE_ORDER = (FigureState.OK, FigureState.STALE, FigureState.ERROR, FigureState.NO_DATA, FigureState.OFF)
_NEVER = datetime.max.replace(tzinfo=UTC)

KpiValues = Mapping[tuple[str, str], KpiValue]


class _StationSeries(NamedTuple):
    """A series at a station, the index of its source among the source views, and the KPI whose limits apply to it."""

    series: Series
    source: int
    kpi: Kpi | None
    decimals: int
    unit: str  # of display: that of its primary series, where it is redundant


class _Group(NamedTuple):
    """Series whose points depend on one another, and what their points depend on."""

    members: tuple[_StationSeries, ...]
    keys: tuple[str, ...]  # of the series
    sources: tuple[int, ...]  # indexes among the source views
    kpis: tuple[Kpi, ...]  # those whose own value counts: see `_current_value`


# The newest readings, the states of the sources, the values of KPIs, in the order of the group.
_CacheKey = tuple[list[Latest | None], list[SourceState], list[KpiValue | None]]


class _CachedPoints(NamedTuple):
    """Points and the inputs they were built from; valid from `since` to `until`."""

    key: _CacheKey
    since: datetime
    until: datetime
    points: list[MapPoint]


class MapPointCache:
    """Map points of all stations of one configuration. An unchanged point is returned as the same object."""

    def __init__(self, configuration: Configuration) -> None:
        self._stations = configuration.stations
        self._groups = _group_by_station(configuration)
        self._cached: dict[int, _CachedPoints] = {}

    def points_at(
        self, latest: Mapping[str, Latest], values: KpiValues, source_views: Sequence[SourceView], now: datetime
    ) -> tuple[MapPoint, ...]:
        """The points at `now`, sorted by station key. `source_views`: in configuration order."""
        points: list[MapPoint] = []
        for n, group in enumerate(self._groups):
            basis = (
                list(map(latest.get, group.keys)),
                [source_views[source].health.state for source in group.sources],
                [_current_value(kpi, values) for kpi in group.kpis],
            )
            cached = self._cached.get(n)
            if cached is None or cached.key != basis or was_set_back(cached.since, now) or now > cached.until:
                series_views = {
                    member.series.key: _series_view(member, source_views[member.source], newest, values, now)
                    for member, newest in zip(group.members, basis[0], strict=True)
                }
                until = _valid_until(group.members, series_views, source_views)
                cached = self._cached[n] = _CachedPoints(basis, now, until, self._merged_points(series_views))
            points += cached.points
        return tuple(sorted(points, key=attrgetter("station.key")))

    def valid_until(self) -> datetime:
        """Until when the points given last are valid without a new input."""
        return min((cached.until for cached in self._cached.values()), default=_NEVER)

    def _merged_points(self, series_views: Mapping[str, SeriesView]) -> list[MapPoint]:
        by_station: dict[str, list[SeriesView]] = {}
        for view in merge_redundant(series_views):
            by_station.setdefault(view.series.station, []).append(view)
        stations = self._stations
        return [_point(stations[key], views) for key, views in by_station.items() if key in stations]


def _group_by_station(configuration: Configuration) -> list[_Group]:
    """Series grouped by station (union-find): stations that share a redundant series form one group."""
    limits, decimals = _series_limits(configuration.kpis), _series_decimals(configuration.kpis)
    at_stations = [
        (index, series)
        for index, source in enumerate(configuration.sources)
        for series in source.series
        if series.station
    ]
    stations = {series.key: series.station for _, series in at_stations}
    units = {series.key: series.unit for _, series in at_stations}
    parents: dict[str, str] = {}

    def root(station: str) -> str:
        while station in parents:
            station = parents[station]
        return station

    for _, series in at_stations:
        own_root, other_root = root(series.station), root(stations.get(series.redundant_with, series.station))
        if own_root != other_root:
            parents[own_root] = other_root
    groups: dict[str, list[_StationSeries]] = {}
    for index, series in at_stations:
        member = _StationSeries(
            series,
            index,
            limits.get(series.redundant_with or series.key),
            decimals.get((series.redundant_with or series.key, units.get(series.redundant_with, series.unit)), 1),
            units.get(series.redundant_with, series.unit),
        )
        groups.setdefault(root(series.station), []).append(member)
    return [_group(tuple(members)) for members in groups.values()]


def _group(members: tuple[_StationSeries, ...]) -> _Group:
    kpis = {kpi.key: kpi for member in members if (kpi := member.kpi) and len(kpi.formula.inputs) == 1}
    sources = dict.fromkeys(member.source for member in members)
    return _Group(members, tuple(member.series.key for member in members), tuple(sources), tuple(kpis.values()))


def _valid_until(
    group: Sequence[_StationSeries], series_views: Mapping[str, SeriesView], views: Sequence[SourceView]
) -> datetime:
    """Until when the points are valid: only staleness changes them without a new input."""
    ends = (
        view.data_time + views[place.source].source.age_limit
        for place in group
        if (view := series_views[place.series.key]).state is FigureState.OK and view.data_time
    )
    return min(ends, default=_NEVER)


def _series_limits(all_kpis: Iterable[Kpi]) -> dict[str, Kpi]:
    """Series key -> the KPI whose limits and target apply to it: of plain latest values, without a window."""
    kpi_by_series: dict[str, Kpi] = {}
    for kpi in sorted(all_kpis, key=lambda kpi: not kpi.limits):  # a target never displaces limits
        plain = kpi.formula.window is None and kpi.formula.op in ("last", "mean", "max") and kpi.formula.scale == 1
        if (kpi.limits or kpi.target) and plain and not kpi.formula.denominator:
            for key in kpi.formula.inputs:
                kpi_by_series.setdefault(key, kpi)
    return kpi_by_series


def _series_decimals(all_kpis: Iterable[Kpi]) -> dict[tuple[str, str], int]:
    """(series key, unit) -> the decimals with which a KPI in that unit shows it."""
    kpis = sorted(all_kpis, key=lambda kpi: kpi.decimals)
    return {(key, kpi.unit): kpi.decimals for kpi in kpis for key in kpi.formula.inputs}


def _current_value(kpi: Kpi, values: KpiValues) -> KpiValue | None:
    """The value of a KPI with a single input: its deadbands hold on the map as they do on the tile."""
    return values.get((kpi.key, "")) if len(kpi.formula.inputs) == 1 else None


def _point(station: Station, series: Sequence[SeriesView]) -> MapPoint:
    worst_state = next(state for state in _STATE_ORDER if any(view.state is state for view in series))
    severity = max((view.severity for view in series), key=RANK.__getitem__)
    return MapPoint(station, tuple(series), worst_state, severity, any(view.is_simulated for view in series))


def _series_view(
    place: _StationSeries, view: SourceView, latest: Latest | None, values: KpiValues, now: datetime
) -> SeriesView:
    kpi = place.kpi
    state = series_state(latest, view.source, view.health, now)
    last_value = latest.value if latest else None
    last_value = last_value if last_value is None else convert(last_value, place.series.unit, place.unit)
    value = last_value if state is FigureState.OK else None
    judgement = judge(kpi, value, previous=_current_value(kpi, values)) if kpi and value is not None else NO_JUDGEMENT
    return SeriesView(
        place.series, state, value, last_value, latest.observed if latest else None,
        view.source.is_simulated, view.source.key, kpi.decimals if kpi else place.decimals,
        judgement.severity, view.source.is_drill,
        is_phoned=latest is not None and latest.quality == "phoned", is_target_met=judgement.is_target_met,
    )  # fmt: skip
