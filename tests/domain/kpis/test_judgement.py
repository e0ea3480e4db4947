"""What a number means: the verdict on the target and the severity never contradict the number that is shown."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kpi.limits import target_number
from components.ui.format import format_exact, format_number
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.judgement import is_beyond_limit, judge, round_half_away
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp, Kpi, KpiValue, Limit, Severity, Target
from tests.city import NOW, kpi


def row(target: Target | None, decimals: int = 1, **changes: object) -> Kpi:
    return replace(kpi(target=target, decimals=decimals, limits=()), **changes)  # type: ignore[arg-type]


def value_with(is_target_met: bool | None) -> KpiValue:
    return KpiValue("x", FigureState.OK, NOW, 1.0, is_target_met=is_target_met)


@pytest.mark.parametrize(
    ("op", "target", "value", "decimals", "is_met"),
    [
        (">=", 90, 89.9, 1, False),
        (">=", 90, 90, 1, True),
        (">=", 90, 89.96, 1, True),  # shown as 90,0
        (">=", 90, 89.94, 1, False),  # shown as 89,9
        ("<=", 40, 40, 0, True),
        ("<=", 40, 41, 0, False),
        ("<=", 40, 40.4, 0, True),  # shown as 40
        ("<=", 0.3, 0.1 + 0.2, 1, True),
        (">=", 92.5, 92.4, 0, False),  # shown as 92
    ],
)
def test_target_itself_is_met_and_the_shown_number_decides(
    op: str, target: float, value: float, decimals: int, is_met: bool
) -> None:
    assert judge(row(Target(op, target), decimals), value).is_target_met is is_met


def test_without_a_target_there_is_no_verdict() -> None:
    assert judge(row(None), 1.0).is_target_met is None


def test_missed_target_is_met_again_only_beyond_its_deadband() -> None:
    target, verdicts, previous = row(Target("<=", 40, 2), 0), [], value_with(None)
    for value in (40, 41, 40, 39, 38, 39, 40, 41):
        previous = value_with(judge(target, value, previous=previous).is_target_met)
        verdicts.append(previous.is_target_met)
    assert verdicts == [True, False, False, False, True, True, True, False]


def test_value_after_a_gap_is_judged_without_the_deadband() -> None:
    assert judge(row(Target("<=", 40, 2), 0), 40, previous=value_with(None)).is_target_met is True


@pytest.mark.parametrize(
    ("op", "is_met"), [(FormulaOp.SUM, None), (FormulaOp.COUNT, None), (FormulaOp.MEAN, False), (FormulaOp.LAST, False)]
)
def test_goal_for_a_sum_is_no_goal_for_one_unit(op: FormulaOp, is_met: bool | None) -> None:
    of_units = row(Target("<=", 40), formula=Formula(op, ("a",)))
    assert judge(of_units, 50).is_target_met is False
    assert judge(of_units, 50, "31135").is_target_met is is_met


def test_severity_is_the_worse_one_of_limit_and_missed_target() -> None:
    limit = Limit("many", LocalizedText("cao"), 45, True, Severity.CRITICAL)
    marked = replace(row(Target("<=", 40, severity=Severity.ATTENTION), 0), limits=(limit,))
    found = [(one.level, one.severity, one.is_target_met) for one in (judge(marked, value) for value in (40, 41, 45))]
    assert found == [
        ("", Severity.NORMAL, True),
        ("", Severity.ATTENTION, False),
        ("many", Severity.CRITICAL, False),
    ]
    assert judge(replace(marked, target=Target("<=", 40)), 41).severity is Severity.NORMAL
    assert [is_beyond_limit(marked, replace(value_with(False), level=level)) for level in ("", "many")] == [False, True]


def to_decimal(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", ".").replace("−", "-"))


@given(
    st.sampled_from([">=", "<="]),
    st.decimals(-10_000, 10_000, places=3).map(float),
    st.floats(-10_001, 10_001),
    st.integers(0, 4),
)
def test_verdict_equals_the_comparison_of_the_numbers_on_screen(
    op: str, target: float, value: float, decimals: int
) -> None:
    judged = row(Target(op, target), decimals)
    number = to_decimal(format_number(value, decimals))
    goal = to_decimal(target_number(judged, target))
    assert judge(judged, value).is_target_met is (number >= goal if op == ">=" else number <= goal)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.795, 2, "1,80"), (0.285, 2, "0,29"), (1.125, 2, "1,13"), (-2.5, 0, "−3"), (-0.04, 1, "0,0"),
        (2.0**52 + 1, 0, "4.503.599.627.370.497"), (1e308, 2, format_exact(1e308, 2)), (float("nan"), 1, "nan"),
    ],
)  # fmt: skip
def test_number_is_shown_as_it_is_judged(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_rounding_is_stable_and_changes_at_most_half_of_the_last_place(value: float, decimals: int) -> None:
    once = round_half_away(value, decimals)
    assert round_half_away(once, decimals) == once
    assert abs(once - value) <= 0.5 * 10.0**-decimals + abs(value) * 1e-15 + 1e-6
