"""Figures of many sources of which some hang: the others are asked in time, by one core at most."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from bench.figures import Figure, percentile, spare
from bench.house import ROOT, await_that, end, fetch, free_port, store_url
from bench.process import cpu
from simulator.load import write_config
from storage import sources
from storage.store import Store

SOURCES, HANGING, READINGS, EVERY = 1_000, 50, 4, 10.0
SECONDS = 120.0


def figures(share: float = 1.0) -> list[Figure]:
    """On a store of its own. `share` < 1 watches for a shorter time, for a look at whether it works."""
    with _running() as (port, poller):
        begun, used = time.monotonic(), cpu(poller)
        time.sleep(max(3 * EVERY, SECONDS * share))
        taken = time.monotonic() - begun
        used = (cpu(poller) - used) / taken
        asked: dict[str, list[float]] = json.loads(fetch(port, "/asked"))
    healthy = {
        name: [at for at in times if at >= begun - EVERY]
        for name, times in asked.items()
        if int(name) < SOURCES - HANGING
    }
    # Later than one interval after the question before: the start of a poll may be put off by 5 % of it on purpose.
    late = {name: [two - one - EVERY for one, two in pairwise(times)] for name, times in healthy.items()}
    return _told(late, used, taken)


def _told(late: dict[str, list[float]], used: float, taken: float) -> list[Figure]:
    every = [one for some in late.values() for one in some]
    worst = max(percentile(some, 0.99) for some in late.values())
    polls = len(every) / taken
    what = (
        f"{len(late)} healthy of {SOURCES:,}, {HANGING} hang; {len(every):,} polls; of one core {spare():.0%} was ours"
    )
    return [
        Figure("lateness p99, worst healthy source", worst, 1, "s", what),
        Figure("lateness p99, all healthy polls", percentile(every, 0.99), 1, "s", "0 to 0.5 s of it on purpose"),
        Figure("CPU of the poller with them", 100 * used, 100, "%", f"of one core, {polls:.0f} good polls a second"),
    ]


@contextmanager
def _running() -> Iterator[tuple[int, int]]:
    """The server's port and the poller's pid, once every healthy source is live; ended whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-hanging-"))
    children: list[subprocess.Popen[bytes]] = []
    store = Store(store_url(folder))
    try:
        port = free_port()
        write_config(folder / "config", f"http://127.0.0.1:{port}", SOURCES, READINGS, EVERY)
        shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "config" / "units.yaml")
        environment = {name: one for name, one in os.environ.items() if not name.startswith("IOC_")}
        environment |= {"IOC_CONFIG": str(folder / "config"), "IOC_DATA": str(folder / "data")}
        environment.pop("DATABASE_URL", None)
        server = [sys.executable, "-m", "bench.slow", str(port), str(SOURCES), str(HANGING)]
        store.migrate()
        for words in (server, [sys.executable, str(ROOT / "app.py"), "poll"]):
            with (folder / "log").open("ab") as log:
                children.append(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log))
        await_that(lambda: _live(store) >= SOURCES - HANGING, 120, "every healthy source is live")
        yield port, children[-1].pid
    finally:
        end(children)
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def _live(store: Store) -> int:
    with store.read() as conn:
        return sum(one.state == "live" for one in sources.current(conn).values())
