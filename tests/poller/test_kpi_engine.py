"""KPI engine: only figures that may have changed are evaluated; history in memory equals the store's."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Aggregate, FigureState, Formula, FormulaOp, Kpi, KpiValue, Latest
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.storage.db.errors import StoreCode, StoreError
from simulator.history_inputs import HistoryInputs, kpi_history
from tests.city import NOW, kpi, source

SECOND = timedelta(seconds=1)
ROW = source(
    series=(
        Series("a", LocalizedText("a"), "m", place="31135"),
        Series("b", LocalizedText("b"), "m", place="31207"),
    )
)


class FakeHistory:
    """The history of the store, with a count of its queries."""

    def __init__(self) -> None:
        self.queries = 0

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        self.queries += 1
        return Aggregate(2, 5.0, 2.0, 3.0, 2.0, 3.0)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return Latest(moment, 1.0) if series == "kpi-last" else None


def latest_values(values: dict[str, float] | None = None) -> LatestValues:
    health = SourceHealth(ROW.key, SourceState.LIVE, NOW - timedelta(days=1), data_time=NOW)
    inputs = LatestValues(
        [ROW], {key: Latest(NOW, value) for key, value in (values or {"a": 1.5, "b": 2.5}).items()}, {ROW.key: health}
    )
    inputs.history = FakeHistory()
    return inputs


def rows() -> list[Kpi]:
    last = kpi("last", formula=Formula(FormulaOp.LAST, ("a",)), limits=())
    mean = kpi("mean", formula=Formula(FormulaOp.MEAN, ("a", "b")), limits=(), has_places=True)
    window = kpi("window", formula=Formula(FormulaOp.MEAN, ("b",), window=timedelta(hours=1)), limits=())
    return [last, mean, window]


def test_first_round_evaluates_every_figure_and_the_next_none() -> None:
    evaluator = KpiEngine(rows(), latest_values(), {})
    values = {(value.key, value.place): value.value for value in evaluator.evaluate_due(NOW)}
    assert values == {
        ("last", ""): 1.5, ("mean", ""): 2.0, ("mean", "31135"): 1.5, ("mean", "31207"): 2.5, ("window", ""): 2.5,
    }  # fmt: skip
    assert not evaluator.is_due(NOW + SECOND)
    assert evaluator.evaluate_due(NOW + SECOND) == []


def test_new_reading_changes_its_own_figures_only() -> None:
    latest = latest_values()
    evaluator = KpiEngine(rows(), latest, {})
    evaluator.evaluate_due(NOW)
    latest.update([Reading("a", NOW + SECOND, 1.9)], NOW + SECOND)
    evaluator.mark_changed(["a"])
    moved = evaluator.evaluate_due(NOW + SECOND)
    assert {(value.key, value.place) for value in moved} == {("last", ""), ("mean", ""), ("mean", "31135")}


def test_window_moves_on_while_its_source_is_not_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer of 503 with a long Retry-After, or between polls that are rare, its readings leave the window."""
    evaluator, part = KpiEngine(rows(), latest_values(), {}), timedelta(hours=1) / 60
    evaluator.evaluate_due(NOW)
    monkeypatch.setattr(FakeHistory, "window", lambda *_: None)
    assert not evaluator.is_due(NOW + part - SECOND) and evaluator.is_due(NOW + part)
    state = evaluator.save_state()
    assert [value.key for value in evaluator.evaluate_due(NOW + part)] == ["window"]
    assert not evaluator.is_due(NOW + 2 * part - SECOND)
    evaluator.restore_state(state)  # it was not committed
    assert evaluator.is_due(NOW + part)


def test_change_moves_on_while_its_source_is_not_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator, part = KpiEngine(rows()[:1], latest_values(), {}), timedelta(minutes=1)
    assert [value.change for value in evaluator.evaluate_due(NOW)] == [0.5]
    monkeypatch.setattr(FakeHistory, "before", lambda _, __, moment: Latest(moment, 1.5))
    assert not evaluator.is_due(NOW + part - SECOND)
    assert [value.change for value in evaluator.evaluate_due(NOW + part)] == [0.0]
    assert not evaluator.is_due(NOW + part + SECOND)


@pytest.mark.parametrize(("method", "series", "wrong"), [("window", "b", "window"), ("before", "kpi-last", "")])
def test_damaged_history_of_one_kpi_stops_no_other_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str, series: str, wrong: str
) -> None:
    error = StoreError(StoreCode.DAMAGED)
    sound_read = getattr(FakeHistory, method)

    def read(history: FakeHistory, key: str, *times: datetime) -> object:
        if key == series:
            raise error
        return sound_read(history, key, *times)

    monkeypatch.setattr(FakeHistory, method, read)
    engine = KpiEngine(rows(), latest_values(), {})
    states = {value.key: value.state for value in engine.evaluate_due(NOW) if not value.place}
    assert states == {key: FigureState.ERROR if key == wrong else FigureState.OK for key in ("last", "mean", "window")}
    for n in range(1, 5):
        engine.mark_changed(["a", "b"])
        assert engine.evaluate_due(NOW + n * SECOND) == []  # each is written once
    assert len(caplog.records) == 1
    error.failure = Failure(StoreCode.NOT_ANSWERING)
    engine.mark_changed(["a", "b"])
    with pytest.raises(StoreError):  # nothing was read: nothing is said of the KPI
        engine.evaluate_due(NOW + 30 * SECOND)


def test_failed_arithmetic_of_one_kpi_stops_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OverflowError

    monkeypatch.setattr(FakeHistory, "window", fail)
    states = {value.key: value.state for value in KpiEngine(rows(), latest_values(), {}).evaluate_due(NOW)}
    assert states == {"last": FigureState.OK, "mean": FigureState.OK, "window": FigureState.ERROR}


def test_result_that_is_no_figure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    share = kpi("share", formula=Formula(FormulaOp.RATIO, ("a",), denominator=("b",)))
    engine = KpiEngine([share], latest_values({"a": 2.0, "b": 1e-110}), {})
    assert [(value.state, value.reason) for value in engine.evaluate_due(NOW)] == [(FigureState.ERROR, "")]
    engine.mark_changed(["a", "b"])
    assert engine.evaluate_due(NOW + 6 * SECOND) == [] and len(caplog.records) == 1


def test_window_figures_are_evaluated_at_most_every_five_seconds() -> None:
    latest = latest_values()
    evaluator = KpiEngine(rows(), latest, {})
    evaluator.evaluate_due(NOW)
    assert isinstance(latest.history, FakeHistory)
    queries = latest.history.queries
    for step in range(1, 5):
        evaluator.mark_changed(["b"])
        evaluator.evaluate_due(NOW + step * SECOND)
    assert latest.history.queries == queries
    evaluator.evaluate_due(NOW + 6 * SECOND)
    assert latest.history.queries == queries + 1


def test_kpis_that_were_due_before_a_failed_transaction_are_due_again() -> None:
    evaluator = KpiEngine(rows(), latest_values(), {})
    state = evaluator.save_state()
    first = evaluator.evaluate_due(NOW)
    evaluator.restore_state(state)
    assert evaluator.evaluate_due(NOW) == first
    evaluator.mark_changed(["b"])
    evaluator.evaluate_due(NOW + SECOND)
    later = NOW + 6 * SECOND  # the window KPI has waited for its interval
    state = evaluator.save_state()
    evaluator.evaluate_due(later)
    assert not evaluator.is_due(later)
    evaluator.restore_state(state)
    assert evaluator.is_due(later)


def test_clock_set_back_does_not_stop_window_figures() -> None:
    latest = latest_values()
    evaluator = KpiEngine(rows(), latest, {})
    evaluator.evaluate_due(NOW)
    evaluator.mark_changed(["b"])
    assert evaluator.is_due(NOW - timedelta(days=1))


def test_value_becomes_stale_by_time_alone() -> None:
    evaluator = KpiEngine(rows(), latest_values(), {})
    evaluator.evaluate_due(NOW)
    later = NOW + ROW.age_limit + SECOND
    assert evaluator.is_due(later)
    assert {value.state for value in evaluator.evaluate_due(later)} == {FigureState.STALE}


def test_change_is_the_difference_to_the_value_of_then() -> None:
    evaluator = KpiEngine(rows(), latest_values(), {})
    evaluator.evaluate_due(NOW)
    assert evaluator.current["last", ""].change == 0.5
    assert evaluator.current["mean", ""].change is None


def test_values_of_removed_kpis_are_dropped() -> None:
    old = KpiValue("removed", FigureState.OK, NOW, 1.0)
    assert ("removed", "") not in KpiEngine(rows(), latest_values(), {("removed", ""): old}).current


def test_values_of_places_that_are_no_more_are_dropped() -> None:
    row = rows()[0]
    old = KpiValue(row.key, FigureState.OK, NOW, 1.0, place="99999")
    assert (row.key, "99999") not in KpiEngine([row], latest_values(), {(row.key, "99999"): old}).current


def test_an_older_reading_does_not_replace_a_newer_one() -> None:
    latest = latest_values()
    latest.update([Reading("a", NOW - SECOND, 9.0)], NOW + SECOND)
    assert latest.latest("a") == Latest(NOW, 1.5)
    latest.update([Reading("a", NOW, 1.6)], NOW + SECOND)
    assert latest.latest("a") == Latest(NOW, 1.6)


def test_history_in_memory_gives_each_step_its_value() -> None:
    start = NOW - timedelta(hours=6)
    times = [to_ms(start + n * timedelta(hours=1)) for n in range(6)]
    inputs = HistoryInputs({"a": (times, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])}, {"a": (ROW, ROW.series[0])})
    window = kpi("sum", formula=Formula(FormulaOp.SUM, ("a",), window=timedelta(hours=2)), limits=())
    last = replace(rows()[0], decimals=0)
    history = list(kpi_history([last, window], inputs, start, NOW, timedelta(hours=1)))
    assert [value.value for value, _ in history if value.key == "last"] == [1, 2, 3, 4, 5, 6]
    assert [value.value for value, _ in history if value.key == "sum"] == [1, 3, 5, 7, 9, 11]
    assert all(value.is_simulated for value, _ in history)
