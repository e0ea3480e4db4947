"""The oracle reports violations; a short run with killed servers has none and loses nothing."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.chaos import oracle
from benchmarks.chaos.oracle import AGE_LIMIT, DEADLINE, EVERY, TOLERANCE, DisplayedState, ServerLife, violations
from benchmarks.chaos.readings import offered_values, value_at
from benchmarks.chaos.run import ChaosOutcome, outcome_figures, run_chaos
from benchmarks.chaos.servers import DatabaseServer, missing_programs
from benchmarks.process import is_running
from simulator.postgres import find_programs
from tests.system.program import SLOWNESS

NOW = 1_000.0
LIVE = ("live", "ok", 1.0)
LOST = ("down", "ok", 9.0)


def violations_of(life: ServerLife, health: str, kpi: str, age: float) -> list[str]:
    return violations(life, DisplayedState(health, kpi, NOW - age, NOW, NOW))


def dead(seconds: float) -> ServerLife:
    return ServerLife(2.0, is_up=False, since=NOW - seconds, down_since=NOW - seconds)


def back(seconds: float, lost: float) -> ServerLife:
    return ServerLife(2.0, since=NOW - seconds, down_since=NOW - seconds - lost)


def test_dead_server_shown_as_live_is_a_violation_after_a_poll_must_have_failed() -> None:
    limit = EVERY + DEADLINE + TOLERANCE
    assert violations_of(dead(limit - 0.1), *LIVE) == []
    assert violations_of(dead(limit + 0.1), *LIVE) == [f"it is live {limit + 0.1:.1f} s after its server died"]
    assert violations_of(dead(limit + 0.1), *LOST) == []


def test_figure_of_a_dead_server_is_ok_until_its_age_limit() -> None:
    assert violations_of(dead(15.0), "down", "error", 16.0) == ["its figure is error, its data 16.0 s old"]
    assert violations_of(dead(AGE_LIMIT + 1), "down", "error", AGE_LIMIT + 2) == []
    assert violations_of(dead(AGE_LIMIT + EVERY + TOLERANCE + 1), "down", "ok", AGE_LIMIT + 9) == [
        "its figure is ok 36.0 s after its server died"
    ]


def test_returned_server_may_be_down_as_long_as_it_was_lost() -> None:
    limit = 20.0 + EVERY + DEADLINE + 2.0 + TOLERANCE
    assert violations_of(back(limit - 0.1, 20.0), "down", "error", AGE_LIMIT + 1) == []
    assert len(violations_of(back(limit + 0.1, 20.0), "down", "error", AGE_LIMIT + 1)) == 2
    assert violations_of(back(limit + 0.1, 20.0), *LIVE) == []


def test_server_that_dies_before_recovery_is_lost_since_its_first_death() -> None:
    life = ServerLife(2.0, since=100.0)
    for at, back_at in ((200.0, 230.0), (233.0, 236.0)):
        life.record_kill(at)
        life.record_return(back_at)
    assert life.recovered_by == 236.0 + 36.0 + EVERY + DEADLINE + 2.0 + TOLERANCE
    life.record_kill(400.0)
    assert life.down_since == 400.0


def test_served_values_are_the_same_after_a_restart() -> None:
    rows = list(offered_values("a", 101, 110, 5))
    assert rows == [("a-0", 105, value_at(0, 105)), ("a-1", 105, value_at(1, 105)), ("a-0", 110, value_at(0, 110)),
                    ("a-1", 110, value_at(1, 110))]  # fmt: skip


def test_each_kind_of_fault_misses_its_goal() -> None:
    outcome = ChaosOutcome(violations=["x"], lost=[("a-0", 5)], altered=[("a-0", 6)])
    assert [figure.verdict for figure in outcome_figures(outcome)[:3]] == ["MISSED"] * 3
    assert [figure.verdict for figure in outcome_figures(ChaosOutcome())[:3]] == ["ok"] * 3


@pytest.mark.slow
@pytest.mark.postgres
def test_a_killed_database_server_starts_while_its_process_is_a_zombie() -> None:
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    # The server's user must reach it: not below pytest's own folder.
    with TemporaryDirectory(prefix="ioc-chaos-") as folder, subprocess.Popen(["true"]) as zombie:
        home = Path(folder, "home")
        home.mkdir()
        home.parent.chmod(0o755)
        server = DatabaseServer("databaseserver", home, begin=0)
        try:
            server.prepare()
            pid_file = home / "data" / "postmaster.pid"
            _, rest = pid_file.read_text().split("\n", 1)
            pid_file.write_text(f"{zombie.pid}\n{rest}")
            server.kill()
            server.start()  # TimeoutError where it refuses to start
            assert server.process is not None and is_running(server.process.pid)
        finally:
            server.kill()


@pytest.mark.slow
@pytest.mark.postgres
def test_servers_killed_at_random_lose_no_reading_and_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := missing_programs():
        sentence = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    monkeypatch.setattr(oracle, "TOLERANCE", SLOWNESS * TOLERANCE)  # it is that of a machine without other work
    outcome = run_chaos(60.0, 97)
    assert outcome.kills >= 5
    assert outcome.offered > 300
    assert (outcome.violations, outcome.lost, outcome.altered, outcome.duplicates) == ([], [], [], 0)
