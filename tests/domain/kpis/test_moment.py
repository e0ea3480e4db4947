"""What time does to a record: one rule for readings, KPIs and sources."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.health import SourceHealth, SourceState, health_at
from ioc.domain.kpis.kpi import FigureState, KpiValue, Latest, Severity
from ioc.domain.kpis.moment import figure_state, series_state, value_at
from tests.city import NOW, source

LIMIT = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
VALUE = KpiValue(
    "level", FigureState.OK, NOW, 1.86, level="bd1", severity=Severity.ATTENTION, data_time=NOW, last_value=1.86,
    change=0.1, age_limit=LIMIT, is_phoned=True, is_target_met=False, expiring_source="sim-tide",
)  # fmt: skip


def healths(state: SourceState) -> dict[str, SourceHealth]:
    return {"sim-tide": SourceHealth("sim-tide", state, NOW)}


@pytest.mark.parametrize(
    ("state", "has_data", "fresh", "old"),
    [
        (SourceState.LIVE, True, FigureState.OK, FigureState.STALE),
        (SourceState.LATE, True, FigureState.OK, FigureState.STALE),
        (SourceState.STALE, True, FigureState.OK, FigureState.STALE),
        (SourceState.DOWN, True, FigureState.OK, FigureState.ERROR),
        (SourceState.REFUSED, True, FigureState.OK, FigureState.ERROR),
        (SourceState.OFF, True, FigureState.OFF, FigureState.OFF),
        (SourceState.LIVE, False, FigureState.NO_DATA, FigureState.NO_DATA),
        (SourceState.DOWN, False, FigureState.ERROR, FigureState.ERROR),
        (SourceState.OFF, False, FigureState.OFF, FigureState.OFF),
    ],
)
def test_state_of_data_by_its_source_and_its_age(
    state: SourceState, has_data: bool, fresh: FigureState, old: FigureState
) -> None:
    data_time = NOW if has_data else None
    assert [figure_state(state, data_time, LIMIT, NOW + age) for age in (LIMIT, LIMIT + SECOND)] == [fresh, old]


def test_value_past_its_limit_keeps_only_its_last_number() -> None:
    assert value_at(VALUE, healths(SourceState.LIVE), NOW + LIMIT) is VALUE
    old = value_at(VALUE, healths(SourceState.LIVE), NOW + LIMIT + SECOND)
    assert (old.state, old.value, old.last_value, old.since) == (FigureState.STALE, None, 1.86, NOW + LIMIT)
    assert (old.level, old.severity, old.is_target_met, old.change) == ("", Severity.NORMAL, None, None)
    assert old.reason == "sim-tide" and not old.is_phoned
    assert value_at(VALUE, healths(SourceState.DOWN), NOW + LIMIT + SECOND).state is FigureState.ERROR


@pytest.mark.parametrize("changes", [{"data_time": None}, {"age_limit": timedelta(0)}, {"state": FigureState.OFF}])
def test_value_without_a_known_age_does_not_expire(changes: dict[str, object]) -> None:
    value = replace(VALUE, **changes)  # type: ignore[arg-type]
    assert value_at(value, healths(SourceState.LIVE), NOW + timedelta(days=9)) is value


@given(
    st.sampled_from(SourceState), st.timedeltas(timedelta(0), timedelta(hours=1)),
    st.timedeltas(timedelta(0), timedelta(hours=1)),
)  # fmt: skip
def test_kpi_of_one_reading_has_the_state_of_that_reading(
    state: SourceState, recorded_after: timedelta, shown_after: timedelta
) -> None:
    row, latest, health = source(age_limit=LIMIT), Latest(NOW, 1.86), SourceHealth("sim-tide", state, NOW)
    at = NOW + recorded_after + shown_after
    recorded = replace(VALUE, state=series_state(latest, row, health, NOW + recorded_after))
    assert value_at(recorded, {"sim-tide": health}, at).state is series_state(latest, row, health, at)


@pytest.mark.parametrize(
    ("state", "age", "tolerance", "expected", "since"),
    [
        (SourceState.LIVE, LIMIT, timedelta(0), SourceState.LIVE, NOW),
        (SourceState.LIVE, LIMIT + SECOND, timedelta(0), SourceState.STALE, NOW + LIMIT),
        (SourceState.LATE, LIMIT + SECOND, timedelta(0), SourceState.STALE, NOW + LIMIT),
        (SourceState.LIVE, LIMIT + SECOND, 2 * SECOND, SourceState.LIVE, NOW),
        (SourceState.DOWN, 2 * LIMIT, timedelta(0), SourceState.DOWN, NOW),
        (SourceState.OFF, 2 * LIMIT, timedelta(0), SourceState.OFF, NOW),
    ],
)
def test_source_turns_stale_by_time_alone(
    state: SourceState, age: timedelta, tolerance: timedelta, expected: SourceState, since: datetime
) -> None:
    health = SourceHealth("sim-tide", state, NOW, data_time=NOW)
    found = health_at(health, source(age_limit=LIMIT), NOW + age, tolerance)
    assert (found.state, found.since) == (expected, since)
