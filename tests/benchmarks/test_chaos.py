"""The oracle sees what is wrong; a short play of servers that are killed shows nothing wrong, and loses nothing."""

import os

import pytest

from benchmarks.chaos.oracle import AGE_LIMIT, DEADLINE, EVERY, TOLERANCE, DisplayedState, ServerLife, violations
from benchmarks.chaos.readings import offered_values, value_at
from benchmarks.chaos.run import ChaosOutcome, outcome_figures, run_chaos
from benchmarks.chaos.servers import missing_programs

NOW = 1_000.0
WELL = ("live", "ok", 1.0)
GONE = ("down", "ok", 9.0)


def looked(life: ServerLife, health: str, kpi: str, age: float) -> list[str]:
    return violations(life, DisplayedState(health, kpi, NOW - age, NOW, NOW))


def dead(seconds: float) -> ServerLife:
    return ServerLife(2.0, is_up=False, since=NOW - seconds, down_since=NOW - seconds)


def back(seconds: float, lost: float) -> ServerLife:
    return ServerLife(2.0, since=NOW - seconds, down_since=NOW - seconds - lost)


def test_a_dead_server_may_be_shown_as_live_until_a_poll_must_have_failed() -> None:
    limit = EVERY + DEADLINE + TOLERANCE
    assert looked(dead(limit - 0.1), *WELL) == []
    assert looked(dead(limit + 0.1), *WELL) == [f"it is live {limit + 0.1:.1f} s after its server died"]
    assert looked(dead(limit + 0.1), *GONE) == []


def test_its_figure_stands_until_its_age_limit_and_no_longer() -> None:
    assert looked(dead(15.0), "down", "error", 16.0) == ["its figure is error, its data 16.0 s old"]
    assert looked(dead(AGE_LIMIT + 1), "down", "error", AGE_LIMIT + 2) == []
    assert looked(dead(AGE_LIMIT + EVERY + TOLERANCE + 1), "down", "ok", AGE_LIMIT + 9) == [
        "its figure is ok 36.0 s after its server died"
    ]


def test_a_server_that_is_back_is_asked_after_as_long_as_it_was_lost() -> None:
    limit = 20.0 + EVERY + DEADLINE + 2.0 + TOLERANCE
    assert looked(back(limit - 0.1, 20.0), "down", "error", AGE_LIMIT + 1) == []
    assert len(looked(back(limit + 0.1, 20.0), "down", "error", AGE_LIMIT + 1)) == 2
    assert looked(back(limit + 0.1, 20.0), *WELL) == []


def test_one_that_dies_again_before_it_recovered_was_lost_since_the_first_death() -> None:
    life = ServerLife(2.0, since=100.0)
    for at, back_at in ((200.0, 230.0), (233.0, 236.0)):
        life.record_kill(at)
        life.record_return(back_at)
    assert life.recovered_by == 236.0 + 36.0 + EVERY + DEADLINE + 2.0 + TOLERANCE
    life.record_kill(400.0)
    assert life.down_since == 400.0


def test_what_is_served_is_the_same_after_a_restart() -> None:
    rows = list(offered_values("a", 101, 110, 5))
    assert rows == [("a-0", 105, value_at(0, 105)), ("a-1", 105, value_at(1, 105)), ("a-0", 110, value_at(0, 110)),
                    ("a-1", 110, value_at(1, 110))]  # fmt: skip


def test_each_kind_of_fault_misses_its_goal() -> None:
    whole = ChaosOutcome(violations=["x"], lost=[("a-0", 5)], altered=[("a-0", 6)])
    assert [one.verdict for one in outcome_figures(whole)[:3]] == ["MISSED"] * 3
    assert [one.verdict for one in outcome_figures(ChaosOutcome())[:3]] == ["ok"] * 3


@pytest.mark.slow
@pytest.mark.postgres
def test_servers_that_are_killed_at_random_cost_no_reading_and_no_state() -> None:
    if missing := missing_programs():
        sentence = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    outcome = run_chaos(60.0, 97)
    assert outcome.kills >= 5
    assert outcome.offered > 300
    assert (outcome.violations, outcome.lost, outcome.altered, outcome.duplicates) == ([], [], [], 0)
