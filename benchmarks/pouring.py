"""Figures of the store under readings alone: by the poller's writer, with roll-ups and latest values, committed."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from benchmarks import postgres
from benchmarks.figures import Figure, spare
from benchmarks.installation import ROOT, await_that, end, free_port
from benchmarks.process import spent

SERIES, MANY = 2_000, 10_000  # as many as workload W has; so many that a commit has but one reading of each
SQLITE, POSTGRES = 20_000.0, 50_000.0
SECONDS, SHORT = 60.0, 15.0
_MORE = 1.05  # of the goal's rate is offered: a store that keeps up is then above it


@dataclass(frozen=True, slots=True)
class Poured:
    """Readings kept in seconds; CPU seconds of the writing, of making the readings, of the database server."""

    kept: int
    seconds: float
    used: float
    made: float
    server: float

    @property
    def rate(self) -> float:
        """Readings a second."""
        return self.kept / self.seconds

    @property
    def each(self) -> float:
        """Microseconds of the poller's CPU for a reading."""
        return self.used / max(self.kept, 1) * 1e6


def figures(share: float = 1.0) -> list[Figure]:
    """A minute a little above the goal, then shortly as fast as it goes. `share` < 1 for a look at whether it works."""
    with _folder() as folder:
        numbers = count()
        found = _store("SQLite", SQLITE, lambda: f"sqlite:///{folder}/{next(numbers)}.db", share, None)
    if postgres.programs() is None:
        return [*found, Figure("PostgreSQL: readings", None, POSTGRES, "/s", "PostgreSQL is not installed", least=True)]
    with _folder() as folder, _server(folder) as (port, pid):
        numbers = count()
        return found + _store("PostgreSQL", POSTGRES, lambda: _database(port, next(numbers)), share, pid)


def _store(name: str, goal: float, anew: Callable[[], str], share: float, pid: int | None) -> list[Figure]:
    """`anew`: the address of an empty store. `pid`: of its server, if it has one."""
    paced = _poured(anew(), SERIES, goal * _MORE, SECONDS * share, pid)
    most, many = (_poured(anew(), series, 0, SHORT * share, pid) for series in (SERIES, MANY))
    ours = f"of one core {spare():.0%} was ours"
    rates = f"as fast as it goes {most.rate:,.0f}/s, with {MANY:,} series {many.rate:,.0f}/s; {ours}"
    costs = f"as fast as it goes {most.each:.1f}, with {MANY:,} series {many.each:.1f}"
    server = f"; its server {paced.server / max(paced.kept, 1) * 1e6:.1f}" if pid else ""
    return [
        Figure(f"{name}: readings kept", paced.rate, goal, "/s", f"{SERIES:,} series; {rates}", least=True),
        Figure(f"{name}: CPU of the poller", 100 * paced.used / paced.seconds, 100, "%", "of one core, at that rate"),
        Figure(f"{name}: CPU for a reading", paced.each, 1e6 / goal, "µs", f"{costs}{server}"),
    ]


def _poured(url: str, series: int, rate: float, seconds: float, pid: int | None) -> Poured:
    before = spent(pid) if pid else 0.0
    words = [sys.executable, "-m", "benchmarks.pour", url, str(series), str(rate), str(seconds)]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        said, _ = child.communicate(timeout=seconds * 5 + 120)
    finally:
        end([child])  # type: ignore[list-item]
    kept, taken, used, made = map(float, said.split())
    return Poured(int(kept), taken, used, made, spent(pid) - before if pid else 0.0)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-pour-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(home: Path) -> Iterator[tuple[int, int]]:
    """Its port and its pid."""
    postgres.create(home)
    port = free_port()
    with (home / "log").open("wb") as log:
        child = subprocess.Popen(postgres.serving(home, port), cwd="/", stdout=log, stderr=log)
    try:
        await_that(lambda: postgres.answers(port), 60, "PostgreSQL answers")
        yield port, child.pid
    finally:
        end([child])


def _database(port: int, number: int) -> str:
    with psycopg.connect(postgres.address(port), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE pour{number}".encode())
    return postgres.address(port, "+psycopg").removesuffix("postgres") + f"pour{number}"
