"""The poller by itself: the workload's sources, some of which may hang, a store of its own, no screens."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import BenchmarkFigure, available_cpu_share, percentile
from benchmarks.installation import ROOT, fetch, free_port, store_url, terminate_all, wait_until
from benchmarks.process import cpu_seconds, process_environment
from ioc.storage.db.store import Store
from ioc.storage.timeseries import source_health
from simulator.load import write_config

READINGS = 4


@dataclass(frozen=True, slots=True)
class PollerRun:
    """`asked`: when each source was asked, on the monotonic clock. `used`: cores that the poller took. `begun`, s."""

    poll_times: dict[str, list[float]]
    cpu_cores: float
    started_at: float
    duration: float


def run_poller(count: int, hanging: int, every: float, seconds: float, *, kpis: bool = True) -> PollerRun:
    """So many sources, each asked once in `every` seconds, watched for `seconds` once all that answer are live."""
    with _running(count, hanging, every, kpis) as (port, poller):
        begun, used = time.monotonic(), cpu_seconds(poller)
        time.sleep(seconds)
        taken = time.monotonic() - begun
        used = (cpu_seconds(poller) - used) / taken
        return PollerRun(json.loads(fetch(port, "/asked")), used, begun, taken)


@contextmanager
def _running(count: int, hanging: int, every: float, kpis: bool) -> Iterator[tuple[int, int]]:
    """The server's port and the poller's pid, once every healthy source is live; ended whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-alone-"))
    children: list[subprocess.Popen[bytes]] = []
    store = Store(store_url(folder))
    try:
        port = free_port()
        _configure(folder / "config", port, count, every, kpis)
        server = [sys.executable, "-m", "benchmarks.hanging_server", str(port), str(count), str(hanging)]
        store.migrate()
        for words in (server, [sys.executable, str(ROOT / "app.py"), "poll"]):
            with (folder / "log").open("ab") as log:
                children.append(
                    subprocess.Popen(words, cwd=ROOT, env=process_environment(folder), stdout=log, stderr=log)
                )
        wait_until(lambda: _live(store) >= count - hanging, 120, "every healthy source is live")
        yield port, children[-1].pid
    finally:
        terminate_all(children)
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, port: int, count: int, every: float, kpis: bool) -> None:
    write_config(folder, f"http://127.0.0.1:{port}", count, READINGS, every)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "units.yaml")
    if not kpis:
        city = json.loads((folder / "city.yaml").read_text("utf-8")) | {"overview": []}
        for name, body in (("kpis", []), ("city", city)):
            (folder / f"{name}.yaml").write_text(json.dumps(body, ensure_ascii=False), "utf-8")


def _live(store: Store) -> int:
    with store.read() as conn:
        return sum(one.state == "live" for one in source_health.current(conn).values())


CROWD, HANGING_SOURCES, CROWD_INTERVAL = 1_000, 50, 10.0
CROWD_SECONDS = 120.0


def hanging_figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """On a store of its own. `share` < 1 watches for a shorter time, for a look at whether it works."""
    found = run_poller(
        CROWD,
        HANGING_SOURCES,
        CROWD_INTERVAL,
        max(3 * CROWD_INTERVAL, CROWD_SECONDS * share),
    )
    healthy = {
        name: [at for at in times if at >= found.started_at - CROWD_INTERVAL]
        for name, times in found.poll_times.items()
        if int(name) < CROWD - HANGING_SOURCES
    }
    # Later than one interval after the question before: the start of a poll may be put off by 5 % of it on purpose.
    late = {name: [two - one - CROWD_INTERVAL for one, two in pairwise(times)] for name, times in healthy.items()}
    return _lateness_figures(late, found)


def _lateness_figures(late: dict[str, list[float]], found: PollerRun) -> list[BenchmarkFigure]:
    every = [one for some in late.values() for one in some]
    worst = max(percentile(some, 0.99) for some in late.values())
    polls = len(every) / found.duration
    share = available_cpu_share()
    sources = f"{len(late)} healthy of {CROWD:,}, {HANGING_SOURCES} hang"
    what = f"{sources}; {len(every):,} polls; of one core {share:.0%} was ours"
    return [
        BenchmarkFigure("lateness p99, worst healthy source", worst, 1, "s", what),
        BenchmarkFigure(
            "lateness p99, all healthy polls", percentile(every, 0.99), 1, "s", "0 to 0.5 s of it on purpose"
        ),
        BenchmarkFigure(
            "CPU of the poller with them",
            100 * found.cpu_cores,
            100,
            "%",
            f"of one core, {polls:.0f} good polls a second",
        ),
    ]


POLLED_SOURCES, POLL_INTERVAL = 500, 5.0


def polling_figures(seconds: float) -> list[BenchmarkFigure]:
    """On a store of its own; polls are counted by the server that is asked."""
    found = run_poller(POLLED_SOURCES, 0, POLL_INTERVAL, seconds, kpis=False)
    end = found.started_at + found.duration
    polls = sum(found.started_at <= at < end for times in found.poll_times.values() for at in times)
    rate = polls / found.duration
    what = f"{READINGS} readings, {rate:.0f} polls a second; fetch, parse, store, roll-ups"
    return [BenchmarkFigure("poll CPU per poll", found.cpu_cores / rate * 1000, 0.6, "ms", what)]
