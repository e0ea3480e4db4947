"""KPI arithmetic: formulas, states, levels with deadband, the simulated mark."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import Text
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.evaluation import evaluate, level, rounded
from ioc.domain.kpis.kpi import SMALL, Aggregate, Formula, Inputs, Kpi, KpiValue, Latest, Op, Severity, State
from tests.city import NOW, kpi, source

MINUTE = timedelta(minutes=1)


class Given(Inputs):
    """Series `a`, `b`, … of one source, with what the test says about them."""

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
        return Series(key, Text(key), "m", place="31135" if key == "a" else "31207")

    def source(self, series: str) -> Source:
        return self.row

    def health(self, key: str) -> Health:
        return Health(key, self.state, self.since)


def made(op: Op, inputs: str = "a", **changes: object) -> Kpi:
    formula = Formula(op, tuple(inputs), **changes)  # type: ignore[arg-type]
    return kpi(formula=formula, limits=(), decimals=2)


def value(row: Kpi, inputs: Given, before: KpiValue | None = None, place: str = "") -> KpiValue:
    return evaluate(row, inputs, NOW, before, place)


@pytest.mark.parametrize(
    ("op", "expected"), [(Op.LAST, 6), (Op.SUM, 6), (Op.MEAN, 2), (Op.MAX, 3), (Op.MIN, 1), (Op.COUNT, 3)]
)
def test_across_the_newest_values(op: Op, expected: float) -> None:
    assert value(made(op, "abc"), Given({"a": 1, "b": 2, "c": 3})).value == expected


def test_over_a_window() -> None:
    inputs = Given({"a": 1, "b": 2})
    inputs.windows = {"a": Aggregate(3, 6, 1, 3, 1, 3), "b": Aggregate(1, 4, 4, 4, 4, 4)}
    results = {
        op: value(made(op, "ab", window=timedelta(hours=1)), inputs).value for op in Op if op not in ("ratio", "change")
    }
    assert results == {"sum": 10, "mean": 2.5, "max": 4, "min": 1, "count": 4, "last": 7}


def test_ratio_and_change() -> None:
    inputs = Given({"a": 30, "b": 10, "c": 50})
    assert value(made(Op.RATIO, "ab", to=("c",), scale=100), inputs).value == 80
    assert value(made(Op.RATIO, "a", to=("b",)), Given({"a": 1, "b": 0})).state is State.NO_DATA
    inputs.earlier = {"a": 29.5}
    assert value(made(Op.CHANGE, "a", window=timedelta(hours=1)), inputs).value == 0.5
    assert value(made(Op.CHANGE, "b", window=timedelta(hours=1)), inputs).state is State.NO_DATA


def test_zero_is_a_value_and_the_five_states_are_told_apart() -> None:
    row = made(Op.LAST)
    assert (value(row, Given({"a": 0})).state, value(row, Given({"a": 0})).value) == (State.OK, 0)
    assert value(row, Given({})).state is State.NO_DATA
    assert value(row, Given({"a": None})).state is State.NO_DATA
    assert value(row, Given({"a": 1}, age=timedelta(hours=1))).state is State.STALE
    failing = Given({"a": 1}, age=timedelta(hours=1))
    failing.state = SourceState.DOWN
    assert value(row, failing).state is State.ERROR
    failing.state = SourceState.OFF
    assert value(row, failing).state is State.OFF


def test_a_failing_sources_value_stands_until_its_age_limit() -> None:
    inputs = Given({"a": 1})
    inputs.state = SourceState.DOWN
    assert value(made(Op.LAST), inputs).state is State.OK


def test_what_is_not_ok_keeps_its_last_value_for_small_print() -> None:
    good = value(made(Op.LAST), Given({"a": 1.5}))
    lost = value(made(Op.LAST), Given({"a": 1.5}, age=timedelta(hours=1)), good)
    assert (lost.value, lost.last_value, lost.reason) == (None, 1.5, "sim-tide")


def test_a_count_of_nothing_is_zero_only_when_the_source_was_live_throughout() -> None:
    row = made(Op.COUNT, window=timedelta(hours=1))
    inputs = Given({"a": 1})
    assert value(row, inputs).value == 0
    inputs.since = NOW - 30 * MINUTE
    assert value(row, inputs).state is State.NO_DATA


def test_need_says_which_share_of_the_inputs_must_be_usable() -> None:
    inputs = Given({"a": 1, "b": 3})
    assert value(made(Op.MEAN, "abc"), inputs).state is State.NO_DATA
    assert value(made(Op.MEAN, "abc", need=0.6), inputs).value == 2


def test_any_simulated_input_marks_the_output() -> None:
    assert value(made(Op.LAST), Given({"a": 1})).simulated
    assert not value(made(Op.LAST), Given({"a": 1}, simulated=False)).simulated


def test_by_place_uses_the_series_of_that_place() -> None:
    assert value(made(Op.SUM, "ab"), Given({"a": 1, "b": 2}), place="31135").value == 1


def test_a_level_is_entered_at_its_value_and_left_beyond_its_deadband() -> None:
    row = kpi(formula=Formula(Op.LAST, ("a",)))
    held: KpiValue | None = None
    levels = []
    for metres in (1.79, 1.8, 1.79, 1.78, 1.95, 1.89, 2.05, 1.5):
        held = value(row, Given({"a": metres}), held)
        levels.append(held.level)
    assert levels == ["", "bd1", "bd1", "", "bd2", "bd2", "bd3", ""]


def test_since_is_when_state_and_level_became_what_they_are() -> None:
    row = kpi(formula=Formula(Op.LAST, ("a",)))
    old = replace(value(row, Given({"a": 1.85})), since=NOW - timedelta(hours=2))
    assert value(row, Given({"a": 1.86}), old).since == old.since
    assert value(row, Given({"a": 1.95}), old).since == NOW


@given(st.lists(st.floats(-3, 4), min_size=1, max_size=30))
def test_severity_never_calms_while_the_value_rises(values: list[float]) -> None:
    rank = {"": 0, "bd1": 1, "bd2": 2, "bd3": 3}
    limits, held = kpi().limits, ""
    for metres in sorted(values):
        reached = level(limits, metres, held)
        key = reached.key if reached else ""
        assert rank[key] >= rank[held]
        held = key


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_rounding_is_half_away_from_zero_and_within_half_a_step(number: float, decimals: int) -> None:
    result = rounded(number, decimals)
    assert abs(result - number) <= 0.5 / 10**decimals + abs(number) * 1e-9
    assert str(result) != "-0.0"


def test_a_value_is_the_number_that_is_shown() -> None:
    shown = value(replace(made(Op.LAST), decimals=1), Given({"a": 1.25}))
    assert (shown.value, shown.severity) == (1.3, Severity.NORMAL)


@given(st.integers(0, 40))
def test_a_count_of_too_few_people_in_a_unit_is_not_told_and_none_is(count: int) -> None:
    row = replace(made(Op.SUM), small_cells=True, by_place=True)
    here, city = value(row, Given({"a": float(count)}), place="31135"), value(row, Given({"a": float(count)}))
    assert city.value == count
    if 0 < count < 5:
        assert (here.value, here.last_value, here.state, here.reason) == (None, None, State.NO_DATA, SMALL)
    else:
        assert (here.value, here.state, here.reason) == (count, State.OK, "")


def test_a_share_of_too_few_people_in_a_unit_is_not_told() -> None:
    row = replace(made(Op.RATIO), small_cells=True, by_place=True, formula=Formula(Op.RATIO, ("a",), ("a",)))
    assert value(row, Given({"a": 4.0}), place="31135").reason == SMALL
    assert value(row, Given({"a": 5.0}), place="31135").value == 1


def test_what_is_not_told_stands_as_long_as_it_is_not_told() -> None:
    row = replace(made(Op.SUM), small_cells=True, by_place=True)
    first = value(row, Given({"a": 2.0}), place="31135")
    assert value(row, Given({"a": 3.0}), first, place="31135") == first
