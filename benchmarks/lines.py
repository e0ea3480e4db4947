"""Figures of lines: a month by the second and a year by the minute as a thousand points, extremes kept."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sin
from pathlib import Path

from benchmarks.figures import BenchmarkFigure, percentile
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.reading import Reading
from ioc.domain.snapshot import Line
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings

BATCH = 50_000
POINTS, TIMES = 1000, 15
MONTH, YEAR = timedelta(days=30), timedelta(days=365)


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """Figures over a new store. `share` < 1 fills shorter spans, for a trial."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-lines-"))
    try:
        return _measure(Store(f"sqlite:///{folder / 'ioc.db'}"), share)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(store: Store, share: float) -> list[BenchmarkFigure]:
    store.migrate()
    end = utc_now().replace(microsecond=0)
    try:
        return [
            _measure_chart(store, "month", end, MONTH * share, timedelta(seconds=1), 20),
            _measure_chart(store, "year", end, YEAR * share, timedelta(minutes=1), 50),
        ]
    finally:
        store.close()


def _measure_chart(
    store: Store, key: str, end: datetime, span: timedelta, step: timedelta, goal: float
) -> BenchmarkFigure:
    started = time.monotonic()
    count = 0
    for batch in _batches(key, end - span, end, step):
        with store.write() as conn:
            readings.backfill(conn, "bench", batch)
        count += len(batch)
    filled = time.monotonic() - started
    durations: list[float] = []
    line: Line = ()
    for _ in range(TIMES):
        started = time.perf_counter()
        with store.read() as conn:
            line = readings.points(conn, key, end - span, end, POINTS)
        durations.append(time.perf_counter() - started)
    name = f"{span.days} days at one per {step.total_seconds():g} s, as {len(line)} points"
    note = (
        f"median of {TIMES}, worst {max(durations) * 1000:.1f} ms; {count:,} readings filled at {count / filled:,.0f}/s"
    )
    return BenchmarkFigure(name, percentile(durations, 0.5) * 1000, goal, "ms", note)


def _batches(key: str, start: datetime, end: datetime, step: timedelta) -> Iterator[list[Reading]]:
    """A wave with a few sharp peaks, so that there are extremes to keep."""
    count = int((end - start) / step)
    for low in range(0, count, BATCH):
        yield [
            Reading(key, start + n * step, 50 + 20 * sin(n / 5000) + (30 if n % 86_399 == 0 else n * 7 % 11 / 10))
            for n in range(low, min(low + BATCH, count))
        ]
