"""The map's points: the same object while nothing moved, another one when anything did, time included."""

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
STATIONS = {one: Station(one, LocalizedText(one), "water", 105.7, 10.0, "31135") for one in "ab"}
IDENTITY = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ"))
MADE = Configuration(IDENTITY, (), ROWS, KPIS, Register(), {}, STATIONS, UNITS, {})
VIEWS = tuple(SourceView(one, SourceHealth(one.key, SourceState.LIVE, NOW)) for one in ROWS)
LATEST = {"a-level": Latest(NOW, 1.5), "b-level": Latest(NOW, 1.5)}


def test_what_did_not_move_is_the_same_object() -> None:
    points = MapPointCache(MADE)
    first = points.points_at(LATEST, {}, VIEWS, NOW)
    again = points.points_at({**LATEST, "b-level": Latest(NOW, 1.9)}, {}, VIEWS, NOW)
    assert again[0] is first[0]
    assert again[1].series[0].value == 1.9


def test_time_alone_makes_a_point_stale_and_a_clock_set_back_makes_it_good_again() -> None:
    points = MapPointCache(MADE)
    states = [points.points_at(LATEST, {}, VIEWS, NOW + late)[0].state for late in (AGE, 2 * AGE, AGE)]
    assert states == [FigureState.OK, FigureState.STALE, FigureState.OK]


def test_a_source_that_is_lost_shows_on_its_points() -> None:
    points = MapPointCache(MADE)
    assert points.points_at({}, {}, VIEWS, NOW)[0].state is FigureState.NO_DATA
    down = replace(VIEWS[0], health=replace(VIEWS[0].health, state=SourceState.DOWN))
    assert [one.state for one in points.points_at({}, {}, (down, VIEWS[1]), NOW)] == [
        FigureState.ERROR,
        FigureState.NO_DATA,
    ]


def test_the_level_that_its_figure_holds_is_the_points_own() -> None:
    points, high = MapPointCache(MADE), {**LATEST, "a-level": Latest(NOW, 1.85)}
    assert points.points_at(high, {}, VIEWS, NOW)[0].severity is Severity.ATTENTION
    deadband = replace(LIMIT, deadband=0.2)
    held = MapPointCache(replace(MADE, kpis=(replace(KPIS[0], limits=(deadband,)),)))
    value = KpiValue("tide", FigureState.OK, NOW, 1.7, level="bd1")
    assert held.points_at({**LATEST, "a-level": Latest(NOW, 1.7)}, {}, VIEWS, NOW)[0].severity is Severity.NORMAL
    shown = held.points_at({**LATEST, "a-level": Latest(NOW, 1.7)}, {("tide", ""): value}, VIEWS, NOW)
    assert shown[0].severity is Severity.ATTENTION


def test_a_quantity_that_is_told_twice_stands_with_its_main_series_while_that_is_good() -> None:
    twin = replace(ROWS[1], series=(replace(ROWS[1].series[0], redundant_with="a-level"),))
    points = MapPointCache(replace(MADE, sources=(ROWS[0], twin)))
    views = (VIEWS[0], replace(VIEWS[1], source=twin))
    first = points.points_at(LATEST, {}, views, NOW)
    assert [one.station.key for one in first] == ["a"]
    newer = {**LATEST, "b-level": Latest(NOW + timedelta(seconds=1), 1.6)}
    second = points.points_at(newer, {}, views, NOW + timedelta(seconds=2))
    (seen,) = second[0].series
    assert (second[0].station.key, seen.value, seen.source) == ("a", 1.5, "a")
    assert (
        seen.redundant_sources == ("b",) and seen.disagreement is not None and seen.disagreement.value == 1.6
    )  # moved with the twin
