"""Figures of writing alone: readings per second by the poller's writer, with roll-ups and latest values, committed."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from benchmarks.database import new_database, run_postgres, temporary_folder
from benchmarks.figures import BenchmarkFigure, available_cpu_share
from benchmarks.installation import ROOT, terminate_all
from benchmarks.process import cpu_seconds_with_children
from simulator import postgres

SERIES, MANY = 2_000, 10_000  # as many as workload W has; so many that a commit has one reading of each at most
SQLITE, POSTGRES = 20_000.0, 50_000.0
SECONDS, SHORT = 60.0, 15.0
_OVERLOAD = 1.05  # times the goal's rate is offered, so that a store that keeps up is above the goal


@dataclass(frozen=True, slots=True)
class WriteRun:
    """Readings stored in `seconds`; CPU seconds of writing, of generating the readings, of the database server."""

    stored: int
    seconds: float
    cpu_seconds: float
    generator_cpu_seconds: float
    server_cpu_seconds: float

    @property
    def rate(self) -> float:
        """Readings a second."""
        return self.stored / self.seconds

    @property
    def cpu_us_per_reading(self) -> float:
        """CPU of writing a reading in microseconds."""
        return self.cpu_seconds / max(self.stored, 1) * 1e6


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """A minute at 105 % of the goal, then as fast as possible. `share` < 1 shortens both, for a trial."""
    with temporary_folder("write") as folder:
        numbers = count()
        sqlite_figures = _store_figures("SQLite", SQLITE, lambda: f"sqlite:///{folder}/{next(numbers)}.db", share, None)
    if postgres.find_programs() is None:
        return [
            *sqlite_figures,
            BenchmarkFigure(
                "PostgreSQL: readings", None, POSTGRES, "/s", "PostgreSQL is not installed", is_minimum=True
            ),
        ]
    with temporary_folder("write") as folder, run_postgres(folder) as (port, pid):
        return sqlite_figures + _store_figures("PostgreSQL", POSTGRES, lambda: new_database(port), share, pid)


def _store_figures(
    name: str, goal: float, new_store: Callable[[], str], share: float, pid: int | None
) -> list[BenchmarkFigure]:
    """`new_store`: makes an empty store and returns its URL. `pid`: of its database server, if it has one."""
    paced = _run_writer(new_store(), SERIES, goal * _OVERLOAD, SECONDS * share, pid)
    fastest, many_series = (_run_writer(new_store(), series, 0, SHORT * share, pid) for series in (SERIES, MANY))
    cpu_share = f"of one core {available_cpu_share():.0%} was ours"
    rates = f"as fast as possible {fastest.rate:,.0f}/s, with {MANY:,} series {many_series.rate:,.0f}/s; {cpu_share}"
    costs = f"as fast as possible {fastest.cpu_us_per_reading:.1f}, "
    costs += f"with {MANY:,} series {many_series.cpu_us_per_reading:.1f}"
    server = f"; its server {paced.server_cpu_seconds / max(paced.stored, 1) * 1e6:.1f}" if pid else ""
    return [
        BenchmarkFigure(
            f"{name}: readings stored", paced.rate, goal, "/s", f"{SERIES:,} series; {rates}", is_minimum=True
        ),
        BenchmarkFigure(
            f"{name}: CPU of the poller", 100 * paced.cpu_seconds / paced.seconds, 100, "%", "of one core, at that rate"
        ),
        BenchmarkFigure(f"{name}: CPU for a reading", paced.cpu_us_per_reading, 1e6 / goal, "µs", f"{costs}{server}"),
    ]


def _run_writer(url: str, series: int, rate: float, seconds: float, pid: int | None) -> WriteRun:
    before = cpu_seconds_with_children(pid) if pid else 0.0
    command = [sys.executable, "-m", "benchmarks.write_load", url, str(series), str(rate), str(seconds)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = child.communicate(timeout=seconds * 5 + 120)
    finally:
        terminate_all([child])  # type: ignore[list-item]
    stored, duration, cpu, generator_cpu = map(float, output.split())
    return WriteRun(int(stored), duration, cpu, generator_cpu, cpu_seconds_with_children(pid) - before if pid else 0.0)
