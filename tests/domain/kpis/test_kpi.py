"""KPI arithmetic: formulas, states, levels with deadband, the simulated mark."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.evaluation import evaluate
from ioc.domain.kpis.judgement import active_limit, round_half_away
from ioc.domain.kpis.kpi import (
    Aggregate,
    FigureState,
    Formula,
    FormulaOp,
    Kpi,
    KpiInputs,
    KpiValue,
    Latest,
    Severity,
    SuppressionReason,
)
from tests.city import NOW, kpi, source

MINUTE = timedelta(minutes=1)


class FakeInputs(KpiInputs):
    """Series `a`, `b`, … of one source, with the values and the health that the test sets."""

    def __init__(self, values: dict[str, float | None], *, age: timedelta = MINUTE, **changes: Any) -> None:
        self.values, self.age = values, age
        self.windows: dict[str, Aggregate] = {}
        self.earlier: dict[str, float] = {}
        self.row = source(**changes)
        self.state, self.since = SourceState.LIVE, NOW - timedelta(days=3)

    def latest(self, series: str) -> Latest | None:
        return Latest(NOW - self.age, self.values[series]) if series in self.values else None

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return self.windows.get(series)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return Latest(moment, self.earlier[series]) if series in self.earlier else None

    def series(self, key: str) -> Series:
        return Series(key, LocalizedText(key), "m", place="31135" if key == "a" else "31207")

    def source(self, series: str) -> Source:
        return self.row

    def health(self, key: str) -> SourceHealth:
        return SourceHealth(key, self.state, self.since)


def build_kpi(op: FormulaOp, inputs: str = "a", **changes: object) -> Kpi:
    formula = Formula(op, tuple(inputs), **changes)  # type: ignore[arg-type]
    return kpi(formula=formula, limits=(), decimals=2)


def value(row: Kpi, inputs: FakeInputs, before: KpiValue | None = None, place: str = "") -> KpiValue:
    return evaluate(row, inputs, NOW, before, place)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (FormulaOp.LAST, 6),
        (FormulaOp.SUM, 6),
        (FormulaOp.MEAN, 2),
        (FormulaOp.MAX, 3),
        (FormulaOp.MIN, 1),
        (FormulaOp.COUNT, 3),
    ],
)
def test_across_the_newest_values(op: FormulaOp, expected: float) -> None:
    assert value(build_kpi(op, "abc"), FakeInputs({"a": 1, "b": 2, "c": 3})).value == expected


def test_operation_over_a_window_counts_all_readings_of_its_series() -> None:
    inputs = FakeInputs({"a": 1, "b": 2})
    inputs.windows = {"a": Aggregate(3, 6, 1, 3, 1, 3), "b": Aggregate(1, 4, 4, 4, 4, 4)}
    results = {
        op: value(build_kpi(op, "ab", window=timedelta(hours=1)), inputs).value
        for op in FormulaOp
        if op not in ("ratio", "change")
    }
    assert results == {"sum": 10, "mean": 3, "max": 4, "min": 1, "count": 4, "last": 7}  # mean: of 2 and 4


PAIRS = (("a", "c"), ("b", "d"))


@pytest.mark.parametrize("missing", ["", "b", "d", "bd"])
@pytest.mark.parametrize("window", [None, timedelta(hours=1)])
def test_ratio_of_pairs_takes_both_halves_or_neither(missing: str, window: timedelta | None) -> None:
    numbers = {key: n for key, n in {"a": 9.0, "b": 1.0, "c": 10.0, "d": 10.0}.items() if key not in missing}
    inputs = FakeInputs({**numbers})
    inputs.windows = {key: Aggregate(1, n, n, n, n, n) for key, n in numbers.items()}
    row = build_kpi(
        FormulaOp.RATIO, "ab", denominator=("c", "d"), pairs=PAIRS, min_usable_share=0.5, scale=100, window=window
    )
    result = value(row, inputs)
    assert (result.state, result.value) == (FigureState.OK, 90 if missing else 50)


def test_ratio_of_pairs_needs_both_halves_in_its_window() -> None:
    """A value that still counts as current may be older than the window."""
    inputs = FakeInputs({"a": 9, "b": 1, "c": 10, "d": 10})
    inputs.windows = {key: Aggregate(1, n, n, n, n, n) for key, n in (("a", 9.0), ("b", 1.0), ("c", 10.0))}
    row = build_kpi(
        FormulaOp.RATIO, "ab", denominator=("c", "d"), pairs=PAIRS, min_usable_share=0.5, window=timedelta(hours=1)
    )
    assert value(row, inputs).value == 0.9


@pytest.mark.parametrize("missing", ["b", "c"])
def test_ratio_of_pairs_of_several_series_takes_all_of_a_pair_or_none(missing: str) -> None:
    numbers = {key: n for key, n in {"a": 1.0, "b": 2.0, "c": 10.0, "d": 3.0, "e": 4.0}.items() if key != missing}
    pairs, row = (("a", "b", "c"), ("d", "e")), {"denominator": ("c", "e"), "min_usable_share": 0.4}
    assert value(build_kpi(FormulaOp.RATIO, "abd", pairs=pairs, scale=100, **row), FakeInputs({**numbers})).value == 75


class TwoPlaces(FakeInputs):
    here = "ac"

    def series(self, key: str) -> Series:
        return Series(key, LocalizedText(key), "m", place="p1" if key in self.here else "p2")


@pytest.mark.parametrize(("op", "expected"), [(FormulaOp.MAX, 50.0), (FormulaOp.MIN, -5.0), (FormulaOp.MEAN, 3.0)])
def test_extreme_of_a_window_stays_when_its_series_falls_silent(op: FormulaOp, expected: float) -> None:
    inputs = FakeInputs({"a": 3.0})  # b has sent nothing for longer than its age limit
    inputs.windows = {"a": Aggregate(1, 3, 3, 3, 3, 3), "b": Aggregate(2, 45, -5, 50, 1, 50)}
    assert value(build_kpi(op, "ab", window=timedelta(hours=1), min_usable_share=0.5), inputs).value == expected


@pytest.mark.parametrize("pairs", [(("a", "c"), ("b", "d")), (("a", "b", "c", "d"),)])
def test_ratio_at_a_place_takes_the_keys_of_its_parts_there(pairs: tuple[tuple[str, ...], ...]) -> None:
    row = build_kpi(FormulaOp.RATIO, "ab", denominator=("c", "d"), pairs=pairs, min_usable_share=0.5)
    assert value(row, TwoPlaces({"a": 9.0, "b": 1.0, "c": 10.0, "d": 10.0}), place="p1").value == 0.9


@pytest.mark.parametrize("here", ["abc", "acd"])
def test_ratio_at_a_place_leaves_out_a_part_of_which_one_half_is_there(here: str) -> None:
    row = build_kpi(FormulaOp.RATIO, "ab", denominator=("c", "d"), pairs=PAIRS, min_usable_share=0.5)
    inputs = TwoPlaces({"a": 9.0, "b": 1.0, "c": 10.0, "d": 10.0})
    inputs.here = here
    assert value(row, inputs, place="p1").value == 0.9


def test_ratio_and_change() -> None:
    inputs = FakeInputs({"a": 30, "b": 10, "c": 50})
    assert value(build_kpi(FormulaOp.RATIO, "ab", denominator=("c",), scale=100), inputs).value == 80
    assert (
        value(build_kpi(FormulaOp.RATIO, "a", denominator=("b",)), FakeInputs({"a": 1, "b": 0})).state
        is FigureState.NO_DATA
    )
    inputs.earlier = {"a": 29.5}
    assert value(build_kpi(FormulaOp.CHANGE, "a", window=timedelta(hours=1)), inputs).value == 0.5
    assert value(build_kpi(FormulaOp.CHANGE, "b", window=timedelta(hours=1)), inputs).state is FigureState.NO_DATA
    # Nothing came for the whole window: the latest is the earlier one, and 0 would be invented.
    assert value(build_kpi(FormulaOp.CHANGE, "a", window=MINUTE), inputs).state is FigureState.NO_DATA


@pytest.mark.parametrize("parts", [(0.1, 0.2, -0.3), (1e6 + 0.1, 2e6 + 0.2, -3e6 - 0.3), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("window", [None, timedelta(hours=1)])
def test_ratio_by_what_rounding_leaves_of_zero_is_none(parts: tuple[float, ...], window: timedelta | None) -> None:
    inputs = FakeInputs({"a": 50.0, **dict(zip("bcd", parts, strict=True))})
    inputs.windows = {key: Aggregate(1, n, n, n, n, n) for key, n in inputs.values.items() if n is not None}
    row = build_kpi(FormulaOp.RATIO, "a", denominator=("b", "c", "d"), scale=100, window=window)
    assert value(row, inputs).state is FigureState.NO_DATA


def test_ratio_by_a_small_sum_that_is_no_rounding_error_is_a_value() -> None:
    row = build_kpi(FormulaOp.RATIO, "a", denominator=("b", "c", "d"))
    assert value(row, FakeInputs({"a": 1.0, "b": 1e6, "c": -1e6, "d": 2**-10})).value == 1024


def test_ratio_by_what_rounding_leaves_of_many_values_of_a_window_is_none() -> None:
    row = build_kpi(FormulaOp.RATIO, "a", denominator=("b",), window=timedelta(hours=1))
    inputs = FakeInputs({"a": 1.0, "b": 0.0})
    one = Aggregate(1, 1.0, 1.0, 1.0, 1.0, 1.0)
    inputs.windows = {"a": one, "b": Aggregate(1000, 1e-8, -500.0, 500.0, 1.0, 0.0)}
    assert value(row, inputs).state is FigureState.NO_DATA
    inputs.windows["b"] = Aggregate(1000, 0.5, -500.0, 500.0, 1.0, 0.0)
    assert value(row, inputs).value == 2


@pytest.mark.parametrize("denominator", [2**-58, 2**-60, 1e-110, 1e-310, -1e-310, math.nan])
def test_number_beyond_that_of_any_reading_is_no_figure(denominator: float) -> None:
    """It could be infinite: then nothing could be drawn or stored beside it."""
    row = build_kpi(FormulaOp.RATIO, "a", denominator=("b",))
    before = value(row, FakeInputs({"a": 2.0, "b": 2.0}))
    after = evaluate(row, FakeInputs({"a": 2.0, "b": denominator}), NOW, before)
    expected = (FigureState.OK, 2.0**59) if denominator == 2**-58 else (FigureState.ERROR, None)
    assert (after.state, after.value, after.data_time) == (*expected, before.data_time)
    assert after.last_value == (after.value or 1.0)


def test_zero_is_a_value_and_the_five_states_differ() -> None:
    row = build_kpi(FormulaOp.LAST)
    assert (value(row, FakeInputs({"a": 0})).state, value(row, FakeInputs({"a": 0})).value) == (FigureState.OK, 0)
    assert value(row, FakeInputs({})).state is FigureState.NO_DATA
    assert value(row, FakeInputs({"a": None})).state is FigureState.NO_DATA
    assert value(row, FakeInputs({"a": 1}, age=timedelta(hours=1))).state is FigureState.STALE
    failing = FakeInputs({"a": 1}, age=timedelta(hours=1))
    failing.state = SourceState.DOWN
    assert value(row, failing).state is FigureState.ERROR
    failing.state = SourceState.OFF
    assert value(row, failing).state is FigureState.OFF


def test_value_of_a_failing_source_is_ok_until_its_age_limit() -> None:
    inputs = FakeInputs({"a": 1})
    inputs.state = SourceState.DOWN
    assert value(build_kpi(FormulaOp.LAST), inputs).state is FigureState.OK


def test_figure_that_is_not_ok_has_its_last_value() -> None:
    good = value(build_kpi(FormulaOp.LAST), FakeInputs({"a": 1.5}))
    lost = value(build_kpi(FormulaOp.LAST), FakeInputs({"a": 1.5}, age=timedelta(hours=1)), good)
    assert (lost.value, lost.last_value, lost.reason) == (None, 1.5, "sim-tide")


def test_count_without_readings_is_zero_only_when_the_source_was_live_throughout() -> None:
    row = build_kpi(FormulaOp.COUNT, window=timedelta(hours=1))
    inputs = FakeInputs({"a": 1})
    assert value(row, inputs).value == 0
    inputs.since = NOW - 30 * MINUTE
    assert value(row, inputs).state is FigureState.NO_DATA


def test_mean_needs_the_configured_share_of_usable_inputs() -> None:
    inputs = FakeInputs({"a": 1, "b": 3})
    assert value(build_kpi(FormulaOp.MEAN, "abc"), inputs).state is FigureState.NO_DATA
    assert value(build_kpi(FormulaOp.MEAN, "abc", min_usable_share=0.6), inputs).value == 2
    assert value(build_kpi(FormulaOp.MEAN, "abc", min_usable_share=0.67), inputs).state is FigureState.NO_DATA


def test_share_of_inputs_is_met_in_spite_of_binary_fractions() -> None:
    keys = [f"s{n}" for n in range(100)]
    formula = Formula(FormulaOp.COUNT, tuple(keys), min_usable_share=0.55)  # 0.55 * 100 > 55
    results = [value(kpi(formula=formula), FakeInputs(dict.fromkeys(keys[:n], 1.0))) for n in (54, 55)]
    assert [result.state for result in results] == [FigureState.NO_DATA, FigureState.OK]


def test_any_simulated_input_marks_the_output() -> None:
    assert value(build_kpi(FormulaOp.LAST), FakeInputs({"a": 1})).is_simulated
    assert not value(build_kpi(FormulaOp.LAST), FakeInputs({"a": 1}, is_simulated=False)).is_simulated


def test_by_place_uses_the_series_of_that_place() -> None:
    assert value(build_kpi(FormulaOp.SUM, "ab"), FakeInputs({"a": 1, "b": 2}), place="31135").value == 1


def test_a_level_is_entered_at_its_value_and_left_beyond_its_deadband() -> None:
    row = kpi(formula=Formula(FormulaOp.LAST, ("a",)))
    current: KpiValue | None = None
    levels = []
    for metres in (1.79, 1.8, 1.79, 1.78, 1.95, 1.89, 2.05, 1.5):
        current = value(row, FakeInputs({"a": metres}), current)
        levels.append(current.level)
    assert levels == ["", "bd1", "bd1", "", "bd2", "bd2", "bd3", ""]


def test_since_changes_only_with_state_or_level() -> None:
    row = kpi(formula=Formula(FormulaOp.LAST, ("a",)))
    old = replace(value(row, FakeInputs({"a": 1.85})), since=NOW - timedelta(hours=2))
    assert value(row, FakeInputs({"a": 1.86}), old).since == old.since
    assert value(row, FakeInputs({"a": 1.95}), old).since == NOW


@given(st.lists(st.floats(-3, 4), min_size=1, max_size=30))
def test_severity_never_decreases_while_the_value_rises(values: list[float]) -> None:
    rank = {"": 0, "bd1": 1, "bd2": 2, "bd3": 3}
    limits, level = kpi().limits, ""
    for metres in sorted(values):
        reached = active_limit(limits, metres, level)
        key = reached.key if reached else ""
        assert rank[key] >= rank[level]
        level = key


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_rounding_is_half_away_from_zero_and_within_half_a_step(number: float, decimals: int) -> None:
    result = round_half_away(number, decimals)
    assert abs(result - number) <= 0.5 / 10**decimals + abs(number) * 1e-9
    assert str(result) != "-0.0"


def test_value_is_rounded_to_the_shown_decimals() -> None:
    result = value(replace(build_kpi(FormulaOp.LAST), decimals=1), FakeInputs({"a": 1.25}))
    assert (result.value, result.severity) == (1.3, Severity.NORMAL)


@given(st.integers(0, 40))
def test_count_of_1_to_4_people_in_a_unit_is_suppressed_and_zero_is_not(count: int) -> None:
    row = replace(build_kpi(FormulaOp.SUM), has_small_cells=True, has_places=True)
    unit, city = value(row, FakeInputs({"a": float(count)}), place="31135"), value(row, FakeInputs({"a": float(count)}))
    assert city.value == count
    if 0 < count < 5:
        assert (unit.value, unit.last_value, unit.state, unit.reason) == (
            None,
            None,
            FigureState.NO_DATA,
            SuppressionReason.SMALL_COUNT,
        )
    else:
        assert (unit.value, unit.state, unit.reason) == (count, FigureState.OK, "")


def test_share_of_1_to_4_people_in_a_unit_is_suppressed() -> None:
    row = replace(
        build_kpi(FormulaOp.RATIO),
        has_small_cells=True,
        has_places=True,
        formula=Formula(FormulaOp.RATIO, ("a",), ("a",)),
    )
    assert value(row, FakeInputs({"a": 4.0}), place="31135").reason == SuppressionReason.SMALL_COUNT
    assert value(row, FakeInputs({"a": 5.0}), place="31135").value == 1


def test_suppressed_value_does_not_change_while_it_is_suppressed() -> None:
    row = replace(build_kpi(FormulaOp.SUM), has_small_cells=True, has_places=True)
    first = value(row, FakeInputs({"a": 2.0}), place="31135")
    assert value(row, FakeInputs({"a": 3.0}), first, place="31135") == first
