"""Only what can have moved is worked out again; history in memory gives what the store would."""

from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Aggregate, Formula, Kpi, KpiValue, Latest, Op, State
from ioc.poller.kpi_engine import Evaluator
from ioc.poller.state import Board
from simulator.history_inputs import HistoryInputs, kpi_history
from tests.city import NOW, kpi, source

SECOND = timedelta(seconds=1)
ROW = source(
    series=(
        Series("a", Text("a"), "m", place="31135"),
        Series("b", Text("b"), "m", place="31207"),
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


def board(values: dict[str, float] | None = None) -> Board:
    health = Health(ROW.key, SourceState.LIVE, NOW - timedelta(days=1), data_time=NOW)
    made = Board(
        [ROW], {key: Latest(NOW, value) for key, value in (values or {"a": 1.5, "b": 2.5}).items()}, {ROW.key: health}
    )
    made.past = Past()
    return made


def rows() -> list[Kpi]:
    last = kpi("last", formula=Formula(Op.LAST, ("a",)), limits=())
    mean = kpi("mean", formula=Formula(Op.MEAN, ("a", "b")), limits=(), by_place=True)
    window = kpi("window", formula=Formula(Op.MEAN, ("b",), window=timedelta(hours=1)), limits=())
    return [last, mean, window]


def test_the_first_round_works_out_everything_and_the_next_nothing() -> None:
    evaluator = Evaluator(rows(), board(), {})
    values = {(one.key, one.place): one.value for one in evaluator.work(NOW)}
    assert values == {
        ("last", ""): 1.5, ("mean", ""): 2.0, ("mean", "31135"): 1.5, ("mean", "31207"): 2.5, ("window", ""): 2.5,
    }  # fmt: skip
    assert not evaluator.due(NOW + SECOND)
    assert evaluator.work(NOW + SECOND) == []


def test_a_new_reading_moves_its_own_figures_only() -> None:
    made = board()
    evaluator = Evaluator(rows(), made, {})
    evaluator.work(NOW)
    made.take([Reading("a", NOW + SECOND, 1.9)])
    evaluator.touch(["a"])
    moved = evaluator.work(NOW + SECOND)
    assert {(one.key, one.place) for one in moved} == {("last", ""), ("mean", ""), ("mean", "31135")}


def test_figures_over_a_window_are_worked_out_at_most_each_five_seconds() -> None:
    made = board()
    evaluator = Evaluator(rows(), made, {})
    evaluator.work(NOW)
    assert isinstance(made.past, Past)
    asked = made.past.asked
    for step in range(1, 5):
        evaluator.touch(["b"])
        evaluator.work(NOW + step * SECOND)
    assert made.past.asked == asked
    evaluator.work(NOW + 6 * SECOND)
    assert made.past.asked == asked + 1


def test_a_clock_set_back_does_not_stop_the_slow_figures() -> None:
    made = board()
    evaluator = Evaluator(rows(), made, {})
    evaluator.work(NOW)
    evaluator.touch(["b"])
    assert evaluator.due(NOW - timedelta(days=1))


def test_a_value_grows_stale_by_time_alone() -> None:
    evaluator = Evaluator(rows(), board(), {})
    evaluator.work(NOW)
    later = NOW + ROW.age_limit + SECOND
    assert evaluator.due(later)
    assert {one.state for one in evaluator.work(later)} == {State.STALE}


def test_the_change_is_against_the_value_shown_then() -> None:
    evaluator = Evaluator(rows(), board(), {})
    evaluator.work(NOW)
    assert evaluator.current["last", ""].change == 0.5
    assert evaluator.current["mean", ""].change is None


def test_values_of_kpis_that_are_gone_are_forgotten() -> None:
    old = KpiValue("gone", State.OK, NOW, 1.0)
    assert ("gone", "") not in Evaluator(rows(), board(), {("gone", ""): old}).current


def test_an_older_reading_does_not_replace_a_newer_one() -> None:
    made = board()
    made.take([Reading("a", NOW - SECOND, 9.0)])
    assert made.latest("a") == Latest(NOW, 1.5)
    made.take([Reading("a", NOW, 1.6)])
    assert made.latest("a") == Latest(NOW, 1.6)


def test_history_in_memory_gives_each_step_its_value() -> None:
    start = NOW - timedelta(hours=6)
    times = [to_ms(start + n * timedelta(hours=1)) for n in range(6)]
    inputs = HistoryInputs({"a": (times, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])}, {"a": (ROW, ROW.series[0])})
    window = kpi("sum", formula=Formula(Op.SUM, ("a",), window=timedelta(hours=2)), limits=())
    last = replace(rows()[0], decimals=0)
    found = list(kpi_history([last, window], inputs, start, NOW, timedelta(hours=1)))
    assert [value.value for value, _ in found if value.key == "last"] == [1, 2, 3, 4, 5, 6]
    assert [value.value for value, _ in found if value.key == "sum"] == [1, 3, 5, 7, 9, 11]
    assert all(value.simulated for value, _ in found)
