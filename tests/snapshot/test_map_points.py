"""The cache of map points: unchanged points are the same objects, time and inputs invalidate them."""

from dataclasses import replace
from datetime import timedelta

from ioc.config.configuration import Configuration
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.geo.place import Station
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp, KpiValue, Latest, Limit, Severity
from ioc.domain.snapshot import CentreIdentity, SourceView
from ioc.snapshot.map_points import MapPointCache
from tests.city import NOW, UNITS, kpi, source

AGE = timedelta(minutes=10)
LIMIT = Limit("bd1", LocalizedText("báo động I"), 1.8, True, Severity.ATTENTION)


def row(key: str) -> Source:
    return source(key, age_limit=AGE, series=(Series(f"{key}-level", LocalizedText(key), "m", -3, 4, "31135", key),))


ROWS = (row("a"), row("b"))
KPIS = (kpi("tide", formula=Formula(FormulaOp.LAST, ("a-level",)), limits=(LIMIT,)),)
STATIONS = {key: Station(key, LocalizedText(key), "water", 105.7, 10.0, "31135") for key in "ab"}
IDENTITY = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ"))
CONFIGURATION = Configuration(IDENTITY, (), ROWS, KPIS, Register(), {}, STATIONS, UNITS, {})
VIEWS = tuple(SourceView(row, SourceHealth(row.key, SourceState.LIVE, NOW)) for row in ROWS)
LATEST = {"a-level": Latest(NOW, 1.5), "b-level": Latest(NOW, 1.5)}


def test_unchanged_point_is_the_same_object() -> None:
    points = MapPointCache(CONFIGURATION)
    first = points.points_at(LATEST, {}, VIEWS, NOW)
    again = points.points_at({**LATEST, "b-level": Latest(NOW, 1.9)}, {}, VIEWS, NOW)
    assert again[0] is first[0]
    assert again[1].series[0].value == 1.9


def test_point_turns_stale_by_time_and_recovers_when_the_clock_is_set_back() -> None:
    points = MapPointCache(CONFIGURATION)
    states = [points.points_at(LATEST, {}, VIEWS, NOW + late)[0].state for late in (AGE, 2 * AGE, AGE)]
    assert states == [FigureState.OK, FigureState.STALE, FigureState.OK]


def test_lost_source_shows_on_its_points() -> None:
    points = MapPointCache(CONFIGURATION)
    assert points.points_at({}, {}, VIEWS, NOW)[0].state is FigureState.NO_DATA
    down = replace(VIEWS[0], health=replace(VIEWS[0].health, state=SourceState.DOWN))
    assert [view.state for view in points.points_at({}, {}, (down, VIEWS[1]), NOW)] == [
        FigureState.ERROR,
        FigureState.NO_DATA,
    ]


def test_point_keeps_the_level_of_its_kpi() -> None:
    points, high = MapPointCache(CONFIGURATION), {**LATEST, "a-level": Latest(NOW, 1.85)}
    assert points.points_at(high, {}, VIEWS, NOW)[0].severity is Severity.ATTENTION
    deadband = replace(LIMIT, deadband=0.2)
    cached = MapPointCache(replace(CONFIGURATION, kpis=(replace(KPIS[0], limits=(deadband,)),)))
    value = KpiValue("tide", FigureState.OK, NOW, 1.7, level="bd1")
    assert cached.points_at({**LATEST, "a-level": Latest(NOW, 1.7)}, {}, VIEWS, NOW)[0].severity is Severity.NORMAL
    points_with_level = cached.points_at({**LATEST, "a-level": Latest(NOW, 1.7)}, {("tide", ""): value}, VIEWS, NOW)
    assert points_with_level[0].severity is Severity.ATTENTION


def test_redundant_series_is_merged_into_the_primary_point() -> None:
    twin = replace(ROWS[1], series=(replace(ROWS[1].series[0], redundant_with="a-level"),))
    points = MapPointCache(replace(CONFIGURATION, sources=(ROWS[0], twin)))
    views = (VIEWS[0], replace(VIEWS[1], source=twin))
    first = points.points_at(LATEST, {}, views, NOW)
    assert [point.station.key for point in first] == ["a"]
    newer = {**LATEST, "b-level": Latest(NOW + timedelta(seconds=1), 1.6)}
    second = points.points_at(newer, {}, views, NOW + timedelta(seconds=2))
    (series_view,) = second[0].series
    assert (second[0].station.key, series_view.value, series_view.source) == ("a", 1.5, "a")
    assert (
        series_view.redundant_sources == ("b",)
        and series_view.disagreement is not None
        and series_view.disagreement.value == 1.6
    )  # follows its redundant series


def test_a_point_has_the_decimals_of_the_kpi_in_its_unit() -> None:
    window = kpi("mean", decimals=3, unit="m", formula=Formula(FormulaOp.MEAN, ("b-level",), window=AGE))
    other = kpi("other", decimals=0, unit="cm", limits=(), target=None, formula=Formula(FormulaOp.SUM, ("b-level",)))
    points = MapPointCache(replace(CONFIGURATION, kpis=(*KPIS, window, other)))
    assert points.points_at(LATEST, {}, VIEWS, NOW)[1].series[0].decimals == 3


def test_points_are_valid_until_the_first_of_their_readings_is_outdated() -> None:
    points = MapPointCache(CONFIGURATION)
    points.points_at({**LATEST, "a-level": Latest(NOW - timedelta(minutes=1), 1.5)}, {}, VIEWS, NOW)
    assert points.valid_until() == NOW - timedelta(minutes=1) + AGE
    points.points_at(LATEST, {}, VIEWS, NOW)
    assert points.valid_until() == NOW + AGE
