"""The poller alone over a new store: the workload's sources, some of which may hang, no screens."""

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
from benchmarks.installation import ROOT, fetch, store_url, terminate_all, wait_until
from benchmarks.process import cpu_seconds, process_environment
from ioc.storage.db.store import Store
from ioc.storage.timeseries import source_health
from simulator.free_ports import free_port
from simulator.load import write_config

READINGS = 4


@dataclass(frozen=True, slots=True)
class PollerRun:
    """A run. `poll_times`: times of the requests to each source; `cpu_cores`: mean use of the poller.

    `poll_times` and `started_at` are on the monotonic clock; `duration`: seconds.
    """

    poll_times: dict[str, list[float]]
    cpu_cores: float
    started_at: float
    duration: float


def run_poller(count: int, hanging: int, every: float, seconds: float, *, kpis: bool = True) -> PollerRun:
    """Runs `count` sources at an interval of `every` seconds; measures `seconds` once all that answer are live."""
    with _running(count, hanging, every, kpis) as (port, poller):
        started, cpu_before = time.monotonic(), cpu_seconds(poller)
        time.sleep(seconds)
        duration = time.monotonic() - started
        cpu_cores = (cpu_seconds(poller) - cpu_before) / duration
        return PollerRun(json.loads(fetch(port, "/requests")), cpu_cores, started, duration)


@contextmanager
def _running(count: int, hanging: int, every: float, kpis: bool) -> Iterator[tuple[int, int]]:
    """The server's port and the poller's pid, once every healthy source is live; both are ended in any case."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-alone-"))
    children: list[subprocess.Popen[bytes]] = []
    store = Store(store_url(folder))
    try:
        port = free_port()
        configure(folder / "config", port, count, every, kpis)
        server = [sys.executable, "-m", "benchmarks.hanging_server", str(port), str(count), str(hanging)]
        store.migrate()
        for command in (server, [sys.executable, str(ROOT / "app.py"), "poll"]):
            with (folder / "log").open("ab") as log:
                children.append(
                    subprocess.Popen(command, cwd=ROOT, env=process_environment(folder), stdout=log, stderr=log)
                )
        processes = [(child, folder / "log") for child in children]
        wait_until(lambda: _live(store) >= count - hanging, 120, "every healthy source is live", processes)
        yield port, children[-1].pid
    finally:
        terminate_all(children)
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def configure(folder: Path, port: int, count: int, every: float, kpis: bool) -> None:
    """Writes the configuration of this part into `folder`."""
    write_config(folder, f"http://127.0.0.1:{port}", count, READINGS, every)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "units.yaml")
    if not kpis:
        city = json.loads((folder / "city.yaml").read_text("utf-8")) | {"overview": []}
        for name, body in (("kpis", []), ("city", city)):
            (folder / f"{name}.yaml").write_text(json.dumps(body, ensure_ascii=False), "utf-8")


def _live(store: Store) -> int:
    with store.read() as conn:
        return sum(health.state == "live" for health in source_health.current(conn).values())


CROWD, HANGING_SOURCES, CROWD_INTERVAL = 1_000, 50, 10.0
CROWD_SECONDS = 120.0


def hanging_figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """Lateness of polls beside hanging sources, on a new store. `share` < 1 shortens the run, for a trial."""
    run = run_poller(
        CROWD,
        HANGING_SOURCES,
        CROWD_INTERVAL,
        max(3 * CROWD_INTERVAL, CROWD_SECONDS * share),
    )
    healthy = {
        name: [at for at in times if at >= run.started_at - CROWD_INTERVAL]
        for name, times in run.poll_times.items()
        if int(name) < CROWD - HANGING_SOURCES
    }
    # Beyond one interval since the previous request: the scheduler delays a poll by up to 5 % of it on purpose.
    late = {
        name: [later - earlier - CROWD_INTERVAL for earlier, later in pairwise(times)]
        for name, times in healthy.items()
    }
    return _lateness_figures(late, run)


def _lateness_figures(late: dict[str, list[float]], run: PollerRun) -> list[BenchmarkFigure]:
    lateness = [seconds for values in late.values() for seconds in values]
    worst = max(percentile(values, 0.99) for values in late.values())
    polls = len(lateness) / run.duration
    share = available_cpu_share()
    sources = f"{len(late)} healthy of {CROWD:,}, {HANGING_SOURCES} hang"
    note = f"{sources}; {len(lateness):,} polls; of one core {share:.0%} was ours"
    return [
        BenchmarkFigure("lateness p99, worst healthy source", worst, 1, "s", note),
        BenchmarkFigure(
            "lateness p99, all healthy polls", percentile(lateness, 0.99), 1, "s", "0 to 0.5 s of it on purpose"
        ),
        BenchmarkFigure(
            "CPU of the poller with them",
            100 * run.cpu_cores,
            100,
            "%",
            f"of one core, {polls:.0f} good polls a second",
        ),
    ]


POLLED_SOURCES, POLL_INTERVAL = 500, 5.0


def polling_figures(seconds: float) -> list[BenchmarkFigure]:
    """CPU of a poll, on a new store; the server counts the polls."""
    run = run_poller(POLLED_SOURCES, 0, POLL_INTERVAL, seconds, kpis=False)
    end = run.started_at + run.duration
    polls = sum(run.started_at <= at < end for times in run.poll_times.values() for at in times)
    rate = polls / run.duration
    note = f"{READINGS} readings, {rate:.0f} polls a second; fetch, parse, store, roll-ups"
    return [BenchmarkFigure("poll CPU per poll", run.cpu_cores / rate * 1000, 0.6, "ms", note)]
