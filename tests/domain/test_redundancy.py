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
REDUNDANT = source(
    "b",
    age_limit=AGE,
    series=(
        Series("b-level", LocalizedText("b"), "cm", -300, 400, "31135", "b", redundant_with="a-level", tolerance=5),
    ),
)
KPI = kpi("tide", formula=Formula(FormulaOp.LAST, ("a-level",)), limits=(), decimals=2)
STATIONS = {key: Station(key, LocalizedText(key), "water", 105.7, 10.0, "31135") for key in "ab"}
# The redundant source is declared before the main one: the order of the rows does not decide which is the main one.
CONFIGURATION = Configuration(
    CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ")),
    (),
    (REDUNDANT, MAIN),
    (KPI,),
    Register(),
    {},
    STATIONS,
    UNITS,
    {},
)
HEALTHS = {key: SourceHealth(key, SourceState.LIVE, NOW - AGE, data_time=NOW) for key in "ab"}


class FakeHistory:
    """A history with 120 cm of the redundant series at all times and nothing of the main one."""

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return Aggregate(2, 240.0, 110.0, 130.0, 110.0, 130.0) if series == "b-level" else None

    def before(self, series: str, moment: datetime) -> Latest | None:
        return Latest(moment, 120.0) if series == "b-level" else None


def evaluated(latest: dict[str, Latest], now: datetime, formula: Formula = KPI.formula) -> KpiValue:
    latest_values = LatestValues(CONFIGURATION.sources, latest, HEALTHS)
    latest_values.history = FakeHistory()
    (value,) = KpiEngine([replace(KPI, formula=formula)], latest_values, {}).evaluate_due(now)
    return value


def snapshot_of(
    latest: dict[str, Latest], now: datetime = NOW, configuration: Configuration = CONFIGURATION
) -> Snapshot:
    values = {("tide", ""): evaluated(latest, now)}
    return build_snapshot(
        SnapshotData(values, HEALTHS, latest, {}), configuration, MapPointCache(configuration), now, 1, live=True
    )


def only_series(snapshot: Snapshot) -> SeriesView:
    (point,) = snapshot.map_points
    (view,) = point.series
    return view


def test_newer_faulty_redundant_value_replaces_nothing_and_is_a_disagreement() -> None:
    snapshot = snapshot_of({"a-level": Latest(NOW - AGE / 2, -0.09), "b-level": Latest(NOW, 130.0)})
    view, figure = only_series(snapshot), snapshot.figures["tide"]
    assert view.value == figure.value.value == -0.09 and figure.value.failover_source == view.failover_for == ""
    assert view.source == "a" and view.redundant_sources == ("b",) and figure.redundant_series == (view,)
    assert view.disagreement is not None and round(view.disagreement.gap, 6) == 1.39
    assert replace(view.disagreement, gap=0.0) == Disagreement(0.0, 1.3, "b", NOW)
    (notice,) = [item for item in snapshot.attention if item.kind is AttentionKind.DISAGREEMENT]
    assert (notice.key, notice.severity, notice.link) == ("a-level", Severity.ATTENTION, "/chi-so/tide")
    assert notice.since == NOW - AGE / 2


@pytest.mark.parametrize(("centimetres", "has_disagreement"), [(155.0, False), (155.2, True), (144.8, True)])
def test_values_within_the_tolerance_agree_across_units(centimetres: float, has_disagreement: bool) -> None:
    snapshot = snapshot_of({"a-level": Latest(NOW, 1.5), "b-level": Latest(NOW, centimetres)})
    assert (only_series(snapshot).disagreement is not None) is has_disagreement
    assert any(item.kind is AttentionKind.DISAGREEMENT for item in snapshot.attention) is has_disagreement


def test_redundant_source_replaces_a_stale_main_source_with_its_name_in_the_main_unit() -> None:
    snapshot = snapshot_of({"a-level": Latest(NOW, -0.09), "b-level": Latest(LATE, 130.0)}, LATE)
    view, value = only_series(snapshot), snapshot.figures["tide"].value
    assert view.value == value.value == 1.3 and view.series.key == "a-level" and view.series.unit == "m"
    assert (view.source, view.failover_for, value.failover_source) == ("b", "a", "b")
    assert view.data_time == value.data_time == LATE and value.state is FigureState.OK


def test_main_source_decides_the_state_when_none_is_live() -> None:
    snapshot = snapshot_of(
        {"a-level": Latest(NOW, -0.09), "b-level": Latest(NOW + timedelta(seconds=0.5), 130.0)}, LATE
    )
    view, value = only_series(snapshot), snapshot.figures["tide"].value
    assert (view.source, view.state, value.state) == ("a", FigureState.STALE, FigureState.STALE)
    assert (view.failover_for, value.failover_source, view.disagreement) == ("", "", None)


@pytest.mark.parametrize(("op", "expected"), [(FormulaOp.MEAN, 1.2), (FormulaOp.MAX, 1.3), (FormulaOp.CHANGE, 0.1)])
def test_window_of_a_failover_uses_the_redundant_history_in_the_main_unit(op: FormulaOp, expected: float) -> None:
    latest = {"b-level": Latest(NOW, 130.0)}
    value = evaluated(latest, NOW, Formula(op, ("a-level",), window=timedelta(hours=1)))
    assert value.value == pytest.approx(expected) and value.failover_source == "b"


def test_figure_fails_over_and_returns_to_its_main_source() -> None:
    latest_values = LatestValues(
        CONFIGURATION.sources, {"a-level": Latest(NOW, 1.0), "b-level": Latest(LATE, 130.0)}, HEALTHS
    )
    evaluator = KpiEngine([KPI], latest_values, {})
    assert evaluator.evaluate_due(NOW)[0].value == 1.0
    assert [(value.value, value.failover_source) for value in evaluator.evaluate_due(LATE)] == [(1.3, "b")]
    for series, number, expected in (("b-level", 140.0, (1.4, "b")), ("a-level", 1.1, (1.1, ""))):
        latest_values.update([Reading(series, LATE, number)], LATE)
        evaluator.mark_changed([series])
        assert [(value.value, value.failover_source) for value in evaluator.evaluate_due(LATE)] == [expected]


def test_drill_source_is_not_redundant_with_a_real_one() -> None:
    drill: Source = replace(REDUNDANT, is_drill=True)
    latest = {"b-level": Latest(NOW, 130.0)}
    configuration = replace(CONFIGURATION, sources=(drill, MAIN))
    assert LatestValues(configuration.sources, latest, HEALTHS).redundant_series == {}
    points = build_snapshot(
        SnapshotData({}, HEALTHS, latest, {}), configuration, MapPointCache(configuration), NOW, 1, live=True
    ).map_points
    assert [(point.station.key, point.series[0].redundant_sources) for point in points] == [("a", ()), ("b", ())]


def test_past_snapshot_has_the_value_and_the_source_shown_then(store: Store) -> None:
    moments = (
        (NOW, {"a-level": Latest(NOW, 1.0), "b-level": Latest(NOW, 130.0)}),
        (LATE, {"a-level": Latest(NOW, 1.0), "b-level": Latest(LATE, 131.0)}),
    )
    with store.write() as conn:
        source_health.record(conn, list(HEALTHS.values()), NOW)
        for now, latest in moments:
            for key in ("a", "b"):
                newest = latest[f"{key}-level"]
                readings.append(conn, key, [Reading(f"{key}-level", newest.observed, newest.value)], now)
            kpi_values.record(conn, [evaluated(latest, now)], now)
    for now, (number, source_key, main) in ((NOW, (1.0, "a", "")), (LATE, (1.31, "b", "a"))):
        with store.read() as conn:
            data = load_data(conn, CONFIGURATION, now, LATE)
        snapshot = build_snapshot(data, CONFIGURATION, MapPointCache(CONFIGURATION), now, 1, live=False)
        view, value = only_series(snapshot), snapshot.figures["tide"].value
        assert view.value == value.value == number
        assert (view.source, view.failover_for) == (source_key, main) and value.failover_source == (
            source_key if main else ""
        )
        assert (AttentionKind.DISAGREEMENT in [item.kind for item in snapshot.attention]) is (not main)
