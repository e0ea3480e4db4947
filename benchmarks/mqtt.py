"""Figures of MQTT: 10,000 messages a second through a real Mosquitto and the poller into the store, none lost."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.installation import ROOT, await_that, end, free_port, store_url
from benchmarks.process import cpu, environment, memory
from ioc.storage.db.store import Store
from ioc.storage.timeseries import rejected_items, source_health
from simulator.load import write_config

RATE, SECONDS, SERIES = 10_000.0, 60.0, 200
FLOOD, FLOOD_SECONDS = 60_000.0, 10.0
# Ever more than a source may hold between two polls, so that some must give way.
SHED, SHED_SECONDS, PAD = 5_000.0, 20.0, 20_000
_QUIET = 10.0  # seconds in which nothing more came into the store: nothing more will


@dataclass(frozen=True, slots=True)
class Run:
    """A flood: messages that the server took and that the store kept, CPU in seconds, seconds behind at its end."""

    sent: int
    kept: int
    seconds: float
    used: float
    behind: float


def figures(share: float = 1.0) -> list[Figure]:
    """On a store of its own. `share` < 1 floods for a shorter time, for a look at whether it works."""
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if broker is None:
        return [Figure("MQTT messages lost", None, 0, "", "Mosquitto is not installed")]
    with _running(broker) as (port, poller, store):
        steady = _run(port, poller, store, RATE, SECONDS * share)
        held = memory([poller])[0]
        flood = _run(port, poller, store, FLOOD, FLOOD_SECONDS * share)
        beyond = _beyond(flood, memory([poller])[0])
        before = _counted(store)
        shed = _run(port, poller, store, SHED, SHED_SECONDS * share, PAD)
        return [*_steady(steady, held), *beyond, *_shed(shed, _counted(store) - before, memory([poller])[0])]


def _steady(run: Run, held: float) -> list[Figure]:
    rate = run.sent / run.seconds
    note = f"{run.sent:,} sent at {rate:,.0f}/s, QoS 1, {SERIES} series, {run.kept:,} kept"
    return [
        Figure("MQTT messages lost", run.sent - run.kept, 0, "", note),
        Figure("MQTT: the last one kept after", run.behind, 5, "s", "after the last one was sent"),
        Figure("MQTT: CPU of the poller", 100 * run.used / run.seconds, 100, "%", "of one core; receive, parse, store"),
        Figure("MQTT: memory of the poller", held, None, "MB", "PSS after it"),
    ]


def _beyond(run: Run, held: float) -> list[Figure]:
    rate = run.sent / run.seconds
    note = f"{run.sent:,} in {run.seconds:.0f} s ({rate:,.0f}/s), {run.kept:,} kept {run.behind:.0f} s after"
    return [
        Figure("MQTT flood: share kept", 100 * run.kept / max(run.sent, 1), None, "%", note),
        Figure("MQTT flood: memory of the poller", held, None, "MB", "PSS after it"),
    ]


def _shed(run: Run, counted: int, held: float) -> list[Figure]:
    note = (
        f"{run.sent:,} of {PAD / 1000:g} kB in {run.seconds:.0f} s, {run.kept:,} kept, {counted:,} counted as given up"
    )
    return [
        Figure("MQTT, too much: neither kept nor counted", abs(run.sent - run.kept - counted), 0, "", note),
        Figure("MQTT, too much: memory of the poller", held, None, "MB", "PSS after it; a source holds 32 MiB at most"),
    ]


def _counted(store: Store) -> int:
    """Messages that were given up, as the lines among the refused tell it."""
    with store.read() as conn:
        said = [one.item.reason for one in rejected_items.newest(conn, "load-0", rejected_items.KEEP)]
    return sum(int(one.split()[0]) for one in said if "given up" in one)


def _run(port: int, poller: int, store: Store, rate: float, seconds: float, pad: int = 0) -> Run:
    before, used, begun = _kept(store), cpu(poller), time.monotonic()
    words = [sys.executable, "-m", "benchmarks.flood", str(port), str(rate), str(seconds), str(SERIES), str(pad)]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, timeout=seconds * 5 + 120)
    taken, sent = time.monotonic() - begun, int(found.stdout)
    kept, last = _kept(store), time.monotonic()
    while kept - before < sent and time.monotonic() - last < _QUIET:
        time.sleep(0.25)
        if (now := _kept(store)) > kept:
            kept, last = now, time.monotonic()
    return Run(sent, kept - before, taken, cpu(poller) - used, max(0.0, last - begun - taken))


def _kept(store: Store) -> int:
    """Readings of the source; those that the KPIs leave behind stand in the same table."""
    asked = text("SELECT count(*) FROM reading JOIN series ON series.id = series_id WHERE series.key LIKE 'load-0-%'")
    with store.read() as conn:
        return int(conn.execute(asked).scalar_one())


@contextmanager
def _running(broker: str) -> Iterator[tuple[int, int, Store]]:
    """The server's port, the poller's pid and its store; all ended and removed whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-mqtt-"))
    children: list[subprocess.Popen[bytes]] = []
    store = Store(store_url(folder))
    try:
        port = free_port()
        _configure(folder, port)
        for words in ([broker, "-c", str(folder / "mosquitto.conf")], [sys.executable, str(ROOT / "app.py"), "poll"]):
            with (folder / "log").open("ab") as log:
                children.append(subprocess.Popen(words, cwd=ROOT, env=environment(folder), stdout=log, stderr=log))
        store.migrate()
        await_that(lambda: _live(store), 120, "the source is live")
        yield port, children[-1].pid, store
    finally:
        end(children)
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def _live(store: Store) -> bool:
    with store.read() as conn:
        return [one.last_good is not None for one in source_health.current(conn).values()] == [True]


def _configure(folder: Path, port: int) -> None:
    write_config(folder / "config", "http://127.0.0.1:9", 1, SERIES, 5.0)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "config" / "units.yaml")  # which the map names
    path = folder / "config" / "sources.yaml"
    (row,) = json.loads(path.read_text("utf-8"))
    row |= {"protocol": "mqtt", "address": f"mqtt://127.0.0.1:{port}", "every": "1s", "private": True}
    row["options"] = {
        "topics": ["bench/+"], "series": "load-0-{mqtt.levels[1]}", "value": "v", "time": "t", "time_format": "unix_ms",
    }  # fmt: skip
    path.write_text(json.dumps([row], ensure_ascii=False, indent=1), "utf-8")
    lines = (f"listener {port} 127.0.0.1", "allow_anonymous true", "max_inflight_messages 1000", "log_type error")
    # The server keeps all that we are slow to take: what is lost is lost by us.
    (folder / "mosquitto.conf").write_text("\n".join((*lines, "max_queued_messages 0", "")), "utf-8")
