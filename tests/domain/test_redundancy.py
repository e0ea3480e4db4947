"""One quantity from two sources: one number at one moment, the main one's while that is good, in the past too."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ioc.config.configuration import Configuration
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.geo.place import Station
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Aggregate, FigureState, Formula, FormulaOp, KpiValue, Latest, Severity
from ioc.domain.snapshot import AttentionKind, CentreIdentity, Disagreement, SeriesView, Snapshot
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.snapshot.builder import SnapshotData, build_snapshot, load_data
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings, source_health
from tests.city import NOW, UNITS, kpi, source

AGE = timedelta(minutes=10)
LATE = NOW + AGE + timedelta(seconds=1)
MAIN = source("a", age_limit=AGE, series=(Series("a-level", LocalizedText("Mực nước"), "m", -3, 4, "31135", "a"),))
TWIN = source(
    "b",
    age_limit=AGE,
    series=(
        Series("b-level", LocalizedText("b"), "cm", -300, 400, "31135", "b", redundant_with="a-level", tolerance=5),
    ),
)
KPI = kpi("tide", formula=Formula(FormulaOp.LAST, ("a-level",)), limits=(), decimals=2)
STATIONS = {one: Station(one, LocalizedText(one), "water", 105.7, 10.0, "31135") for one in "ab"}
# The twin is declared before its main one: the order of rows says nothing of who is the main one.
MADE = Configuration(
    CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ")),
    (),
    (TWIN, MAIN),
    (KPI,),
    Register(),
    {},
    STATIONS,
    UNITS,
    {},
)
HEALTHS = {one: SourceHealth(one, SourceState.LIVE, NOW - AGE, data_time=NOW) for one in "ab"}


class Past:
    """Of the twin there were 120 cm all the time, of the main one nothing."""

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return Aggregate(2, 240.0, 110.0, 130.0, 110.0, 130.0) if series == "b-level" else None

    def before(self, series: str, moment: datetime) -> Latest | None:
        return Latest(moment, 120.0) if series == "b-level" else None


def evaluated(latest: dict[str, Latest], now: datetime, formula: Formula = KPI.formula) -> KpiValue:
    board = LatestValues(MADE.sources, latest, HEALTHS)
    board.history = Past()
    (value,) = KpiEngine([replace(KPI, formula=formula)], board, {}).evaluate_due(now)
    return value


def shown(latest: dict[str, Latest], now: datetime = NOW, made: Configuration = MADE) -> Snapshot:
    values = {("tide", ""): evaluated(latest, now)}
    return build_snapshot(SnapshotData(values, HEALTHS, latest, {}), made, MapPointCache(made), now, 1, live=True)


def only(snapshot: Snapshot) -> SeriesView:
    (point,) = snapshot.map_points
    (seen,) = point.series
    return seen


def test_a_rogue_twin_that_is_newer_replaces_nothing_and_is_told_apart_everywhere() -> None:
    snapshot = shown({"a-level": Latest(NOW - AGE / 2, -0.09), "b-level": Latest(NOW, 130.0)})
    seen, figure = only(snapshot), snapshot.figures["tide"]
    assert seen.value == figure.value.value == -0.09 and figure.value.failover_source == seen.failover_for == ""
    assert seen.source == "a" and seen.redundant_sources == ("b",) and figure.redundant_series == (seen,)
    assert seen.disagreement is not None and round(seen.disagreement.gap, 6) == 1.39
    assert replace(seen.disagreement, gap=0.0) == Disagreement(0.0, 1.3, "b", NOW)
    (notice,) = [one for one in snapshot.attention if one.kind is AttentionKind.DISAGREEMENT]
    assert (notice.key, notice.severity, notice.link) == ("a-level", Severity.ATTENTION, "/chi-so/tide")
    assert notice.since == NOW - AGE / 2


@pytest.mark.parametrize(("centimetres", "apart"), [(155.0, False), (155.2, True), (144.8, True)])
def test_within_the_tolerance_of_either_unit_all_agree(centimetres: float, apart: bool) -> None:
    snapshot = shown({"a-level": Latest(NOW, 1.5), "b-level": Latest(NOW, centimetres)})
    assert (only(snapshot).disagreement is not None) is apart
    assert any(one.kind is AttentionKind.DISAGREEMENT for one in snapshot.attention) is apart


def test_where_the_main_one_is_stale_its_twin_stands_in_named_with_one_number_and_unit() -> None:
    snapshot = shown({"a-level": Latest(NOW, -0.09), "b-level": Latest(LATE, 130.0)}, LATE)
    seen, value = only(snapshot), snapshot.figures["tide"].value
    assert seen.value == value.value == 1.3 and seen.series.key == "a-level" and seen.series.unit == "m"
    assert (seen.source, seen.failover_for, value.failover_source) == ("b", "a", "b")
    assert seen.data_time == value.data_time == LATE and value.state is FigureState.OK


def test_where_no_one_is_good_the_main_ones_state_is_shown() -> None:
    snapshot = shown({"a-level": Latest(NOW, -0.09), "b-level": Latest(NOW + timedelta(seconds=0.5), 130.0)}, LATE)
    seen, value = only(snapshot), snapshot.figures["tide"].value
    assert (seen.source, seen.state, value.state) == ("a", FigureState.STALE, FigureState.STALE)
    assert (seen.failover_for, value.failover_source, seen.disagreement) == ("", "", None)


@pytest.mark.parametrize(("op", "expected"), [(FormulaOp.MEAN, 1.2), (FormulaOp.MAX, 1.3), (FormulaOp.CHANGE, 0.1)])
def test_over_time_the_twins_own_past_is_read_in_the_main_ones_unit(op: FormulaOp, expected: float) -> None:
    latest = {"b-level": Latest(NOW, 130.0)}
    value = evaluated(latest, NOW, Formula(op, ("a-level",), window=timedelta(hours=1)))
    assert value.value == pytest.approx(expected) and value.failover_source == "b"


def test_a_figure_follows_its_twin_and_goes_back_to_its_main_one() -> None:
    board = LatestValues(MADE.sources, {"a-level": Latest(NOW, 1.0), "b-level": Latest(LATE, 130.0)}, HEALTHS)
    evaluator = KpiEngine([KPI], board, {})
    assert evaluator.evaluate_due(NOW)[0].value == 1.0
    assert [(one.value, one.failover_source) for one in evaluator.evaluate_due(LATE)] == [(1.3, "b")]
    for series, told, expected in (("b-level", 140.0, (1.4, "b")), ("a-level", 1.1, (1.1, ""))):
        board.update([Reading(series, LATE, told)])
        evaluator.mark_changed([series])
        assert [(one.value, one.failover_source) for one in evaluator.evaluate_due(LATE)] == [expected]


def test_what_is_of_an_exercise_is_no_twin_of_what_is_real() -> None:
    drill: Source = replace(TWIN, is_drill=True)
    latest = {"b-level": Latest(NOW, 130.0)}
    made = replace(MADE, sources=(drill, MAIN))
    assert LatestValues(made.sources, latest, HEALTHS).redundant_series == {}
    points = build_snapshot(
        SnapshotData({}, HEALTHS, latest, {}), made, MapPointCache(made), NOW, 1, live=True
    ).map_points
    assert [(one.station.key, one.series[0].redundant_sources) for one in points] == [("a", ()), ("b", ())]


def test_the_past_shows_the_number_and_the_source_that_were_shown(store: Store) -> None:
    moments = (
        (NOW, {"a-level": Latest(NOW, 1.0), "b-level": Latest(NOW, 130.0)}),
        (LATE, {"a-level": Latest(NOW, 1.0), "b-level": Latest(LATE, 131.0)}),
    )
    with store.write() as conn:
        source_health.record(conn, list(HEALTHS.values()), NOW)
        for now, latest in moments:
            for key in ("a", "b"):
                one = latest[f"{key}-level"]
                readings.append(conn, key, [Reading(f"{key}-level", one.observed, one.value)], now)
            kpi_values.record(conn, [evaluated(latest, now)], now)
    for now, (number, told, main) in ((NOW, (1.0, "a", "")), (LATE, (1.31, "b", "a"))):
        with store.read() as conn:
            known = load_data(conn, MADE, now, LATE)
        snapshot = build_snapshot(known, MADE, MapPointCache(MADE), now, 1, live=False)
        seen, value = only(snapshot), snapshot.figures["tide"].value
        assert seen.value == value.value == number
        assert (seen.source, seen.failover_for) == (told, main) and value.failover_source == (told if main else "")
        assert (AttentionKind.DISAGREEMENT in [one.kind for one in snapshot.attention]) is (not main)
