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

from benchmarks.figures import BenchmarkFigure
from benchmarks.installation import ROOT, store_url, terminate_all, wait_until
from benchmarks.process import cpu_seconds, memory_mb, process_environment
from ioc.domain.ingest.errors import IngestCode
from ioc.storage.db.store import Store
from ioc.storage.timeseries import rejected_items, source_health
from simulator import server_guard
from simulator.free_ports import free_port
from simulator.load import write_config

RATE, SECONDS, SERIES = 10_000.0, 60.0, 200
FLOOD, FLOOD_SECONDS = 60_000.0, 10.0
# More than a source may buffer between two polls, so that some are dropped.
SHED, SHED_SECONDS, PAD = 5_000.0, 20.0, 20_000
_QUIET_SECONDS = 10.0  # without a new reading in the store, after which none is expected


@dataclass(frozen=True, slots=True)
class FloodRun:
    """A flood: messages sent and stored, its duration, CPU seconds of the poller, seconds until the last was stored."""

    sent: int
    stored: int
    seconds: float
    cpu_seconds: float
    lag_seconds: float


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """Figures over a store of its own. `share` < 1 shortens the floods, for a trial."""
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if broker is None:
        return [BenchmarkFigure("MQTT messages lost", None, 0, "", "Mosquitto is not installed")]
    with _running(broker) as (port, poller, store):
        steady = _run_flood(port, poller, store, RATE, SECONDS * share)
        memory = memory_mb([poller])[0]
        flood = _run_flood(port, poller, store, FLOOD, FLOOD_SECONDS * share)
        flood_figures = _flood_figures(flood, memory_mb([poller])[0])
        before = _count_dropped(store)
        shed = _run_flood(port, poller, store, SHED, SHED_SECONDS * share, PAD)
        return [
            *_steady_figures(steady, memory),
            *flood_figures,
            *_overload_figures(shed, _count_dropped(store) - before, memory_mb([poller])[0]),
        ]


def _steady_figures(run: FloodRun, memory: float) -> list[BenchmarkFigure]:
    rate = run.sent / run.seconds
    note = f"{run.sent:,} sent at {rate:,.0f}/s, QoS 1, {SERIES} series, {run.stored:,} stored"
    return [
        BenchmarkFigure("MQTT messages lost", run.sent - run.stored, 0, "", note),
        BenchmarkFigure("MQTT: the last one stored after", run.lag_seconds, 5, "s", "after the last one was sent"),
        BenchmarkFigure(
            "MQTT: CPU of the poller",
            100 * run.cpu_seconds / run.seconds,
            100,
            "%",
            "of one core; receive, parse, store",
        ),
        BenchmarkFigure("MQTT: memory of the poller", memory, None, "MB", "PSS after it"),
    ]


def _flood_figures(run: FloodRun, memory: float) -> list[BenchmarkFigure]:
    rate = run.sent / run.seconds
    note = f"{run.sent:,} in {run.seconds:.0f} s ({rate:,.0f}/s), {run.stored:,} stored {run.lag_seconds:.0f} s after"
    return [
        BenchmarkFigure("MQTT flood: share stored", 100 * run.stored / max(run.sent, 1), None, "%", note),
        BenchmarkFigure("MQTT flood: memory of the poller", memory, None, "MB", "PSS after it"),
    ]


def _overload_figures(run: FloodRun, counted: int, memory: float) -> list[BenchmarkFigure]:
    note = f"{run.sent:,} of {PAD / 1000:g} kB in {run.seconds:.0f} s, {run.stored:,} stored, {counted:,} dropped"
    return [
        BenchmarkFigure(
            "MQTT, too much: neither stored nor counted", abs(run.sent - run.stored - counted), 0, "", note
        ),
        BenchmarkFigure(
            "MQTT, too much: memory of the poller", memory, None, "MB", "PSS after it; a source holds 32 MiB at most"
        ),
    ]


def _count_dropped(store: Store) -> int:
    """Dropped messages, as the rejected items of the source count them."""
    with store.read() as conn:
        failures = [
            rejection.item.failure for rejection in rejected_items.newest(conn, "load-0", rejected_items.MAX_STORED)
        ]
    return sum(int(str(failure.params["n"])) for failure in failures if failure.code == IngestCode.MESSAGES_DROPPED)


def _run_flood(port: int, poller: int, store: Store, rate: float, seconds: float, pad: int = 0) -> FloodRun:
    before, cpu_before, started = _count_stored(store), cpu_seconds(poller), time.monotonic()
    command = [sys.executable, "-m", "benchmarks.mqtt_flood", str(port), str(rate), str(seconds), str(SERIES), str(pad)]
    sender = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=seconds * 5 + 120)
    duration, sent = time.monotonic() - started, int(sender.stdout)
    stored, last = _count_stored(store), time.monotonic()
    while stored - before < sent and time.monotonic() - last < _QUIET_SECONDS:
        time.sleep(0.25)
        if (now := _count_stored(store)) > stored:
            stored, last = now, time.monotonic()
    return FloodRun(
        sent, stored - before, duration, cpu_seconds(poller) - cpu_before, max(0.0, last - started - duration)
    )


def _count_stored(store: Store) -> int:
    """The number of stored readings of the source, without those of KPIs in the same table."""
    query = text("SELECT count(*) FROM reading JOIN series ON series.id = series_id WHERE series.key LIKE 'load-0-%'")
    with store.read() as conn:
        return int(conn.execute(query).scalar_one())


@contextmanager
def _running(broker: str) -> Iterator[tuple[int, int, Store]]:
    """The broker's port, the poller's pid and its store; both processes are ended and the folder removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-mqtt-"))
    children: list[subprocess.Popen[bytes]] = []
    store = Store(store_url(folder))
    try:
        port = free_port()
        configure(folder, port)
        poller = [sys.executable, str(ROOT / "app.py"), "poll"]
        with (folder / "log").open("ab") as log:
            children.append(server_guard.start([broker, "-c", str(folder / "mosquitto.conf")], log))
            children.append(subprocess.Popen(poller, cwd=ROOT, env=process_environment(folder), stdout=log, stderr=log))
        store.migrate()
        processes = [(child, folder / "log") for child in children]
        wait_until(lambda: _live(store), 120, "the source is live", processes)
        yield port, children[-1].pid, store
    finally:
        terminate_all(children)
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def _live(store: Store) -> bool:
    with store.read() as conn:
        return [health.last_success is not None for health in source_health.current(conn).values()] == [True]


def configure(folder: Path, port: int) -> None:
    """Writes the configuration of this part into `folder`."""
    write_config(folder / "config", "http://127.0.0.1:9", 1, SERIES, 5.0)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "config" / "units.yaml")  # which the map names
    path = folder / "config" / "sources.yaml"
    (row,) = json.loads(path.read_text("utf-8"))
    row |= {"protocol": "mqtt", "address": f"mqtt://127.0.0.1:{port}", "private": True}
    row |= {"every": "2s", "deadline": "2s"}
    row["options"] = {
        "topics": ["bench/+"], "series": "load-0-{mqtt.levels[1]}", "value": "v", "time": "t", "time_format": "unix_ms",
    }  # fmt: skip
    path.write_text(json.dumps([row], ensure_ascii=False, indent=1), "utf-8")
    lines = (f"listener {port} 127.0.0.1", "allow_anonymous true", "max_inflight_messages 1000", "log_type error")
    # The broker queues without a limit, so that losses are those of the poller.
    (folder / "mosquitto.conf").write_text("\n".join((*lines, "max_queued_messages 0", "")), "utf-8")
