"""Only what can have moved is worked out again; history in memory gives what the store would."""

from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Aggregate, FigureState, Formula, FormulaOp, Kpi, KpiValue, Latest
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from simulator.history_inputs import HistoryInputs, kpi_history
from tests.city import NOW, kpi, source

SECOND = timedelta(seconds=1)
ROW = source(
    series=(
        Series("a", LocalizedText("a"), "m", place="31135"),
        Series("b", LocalizedText("b"), "m", place="31207"),
    )
)


class Past:
    """The store's two answers, counted."""

    def __init__(self) -> None:
        self.asked = 0

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        self.asked += 1
        return Aggregate(2, 5.0, 2.0, 3.0, 2.0, 3.0)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return Latest(moment, 1.0) if series == "kpi-last" else None


def board(values: dict[str, float] | None = None) -> LatestValues:
    health = SourceHealth(ROW.key, SourceState.LIVE, NOW - timedelta(days=1), data_time=NOW)
    made = LatestValues(
        [ROW], {key: Latest(NOW, value) for key, value in (values or {"a": 1.5, "b": 2.5}).items()}, {ROW.key: health}
    )
    made.history = Past()
    return made


def rows() -> list[Kpi]:
    last = kpi("last", formula=Formula(FormulaOp.LAST, ("a",)), limits=())
    mean = kpi("mean", formula=Formula(FormulaOp.MEAN, ("a", "b")), limits=(), has_places=True)
    window = kpi("window", formula=Formula(FormulaOp.MEAN, ("b",), window=timedelta(hours=1)), limits=())
    return [last, mean, window]


def test_the_first_round_works_out_everything_and_the_next_nothing() -> None:
    evaluator = KpiEngine(rows(), board(), {})
    values = {(one.key, one.place): one.value for one in evaluator.evaluate_due(NOW)}
    assert values == {
        ("last", ""): 1.5, ("mean", ""): 2.0, ("mean", "31135"): 1.5, ("mean", "31207"): 2.5, ("window", ""): 2.5,
    }  # fmt: skip
    assert not evaluator.is_due(NOW + SECOND)
    assert evaluator.evaluate_due(NOW + SECOND) == []


def test_a_new_reading_moves_its_own_figures_only() -> None:
    made = board()
    evaluator = KpiEngine(rows(), made, {})
    evaluator.evaluate_due(NOW)
    made.update([Reading("a", NOW + SECOND, 1.9)])
    evaluator.mark_changed(["a"])
    moved = evaluator.evaluate_due(NOW + SECOND)
    assert {(one.key, one.place) for one in moved} == {("last", ""), ("mean", ""), ("mean", "31135")}


def test_figures_over_a_window_are_worked_out_at_most_each_five_seconds() -> None:
    made = board()
    evaluator = KpiEngine(rows(), made, {})
    evaluator.evaluate_due(NOW)
    assert isinstance(made.history, Past)
    asked = made.history.asked
    for step in range(1, 5):
        evaluator.mark_changed(["b"])
        evaluator.evaluate_due(NOW + step * SECOND)
    assert made.history.asked == asked
    evaluator.evaluate_due(NOW + 6 * SECOND)
    assert made.history.asked == asked + 1


def test_a_clock_set_back_does_not_stop_the_slow_figures() -> None:
    made = board()
    evaluator = KpiEngine(rows(), made, {})
    evaluator.evaluate_due(NOW)
    evaluator.mark_changed(["b"])
    assert evaluator.is_due(NOW - timedelta(days=1))


def test_a_value_grows_stale_by_time_alone() -> None:
    evaluator = KpiEngine(rows(), board(), {})
    evaluator.evaluate_due(NOW)
    later = NOW + ROW.age_limit + SECOND
    assert evaluator.is_due(later)
    assert {one.state for one in evaluator.evaluate_due(later)} == {FigureState.STALE}


def test_the_change_is_against_the_value_shown_then() -> None:
    evaluator = KpiEngine(rows(), board(), {})
    evaluator.evaluate_due(NOW)
    assert evaluator.current["last", ""].change == 0.5
    assert evaluator.current["mean", ""].change is None


def test_values_of_kpis_that_are_gone_are_forgotten() -> None:
    old = KpiValue("gone", FigureState.OK, NOW, 1.0)
    assert ("gone", "") not in KpiEngine(rows(), board(), {("gone", ""): old}).current


def test_an_older_reading_does_not_replace_a_newer_one() -> None:
    made = board()
    made.update([Reading("a", NOW - SECOND, 9.0)])
    assert made.latest("a") == Latest(NOW, 1.5)
    made.update([Reading("a", NOW, 1.6)])
    assert made.latest("a") == Latest(NOW, 1.6)


def test_history_in_memory_gives_each_step_its_value() -> None:
    start = NOW - timedelta(hours=6)
    times = [to_ms(start + n * timedelta(hours=1)) for n in range(6)]
    inputs = HistoryInputs({"a": (times, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])}, {"a": (ROW, ROW.series[0])})
    window = kpi("sum", formula=Formula(FormulaOp.SUM, ("a",), window=timedelta(hours=2)), limits=())
    last = replace(rows()[0], decimals=0)
    found = list(kpi_history([last, window], inputs, start, NOW, timedelta(hours=1)))
    assert [value.value for value, _ in found if value.key == "last"] == [1, 2, 3, 4, 5, 6]
    assert [value.value for value, _ in found if value.key == "sum"] == [1, 3, 5, 7, 9, 11]
    assert all(value.is_simulated for value, _ in found)
