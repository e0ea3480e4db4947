"""Writes readings through the poller's writer: `python -m benchmarks.write_load URL SERIES RATE SECONDS`.

A commit takes the readings of at most a quarter of a second, as in the writer. RATE 0: as fast as possible. It prints
the readings stored, seconds, CPU seconds of writing, CPU seconds of generating the readings.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from ioc.cli.supervisor import die_with_parent
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Series, Source
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poll_result import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings

_SERIES_PER_SOURCE = 4  # series of a source
_COMMIT_SECONDS = 0.2  # seconds of readings in a commit
_UNPACED_BATCH = 10_000  # readings of a commit without a rate
_HOUR = timedelta(hours=1)


def make_sources(series: int) -> list[Source]:
    """Sources with `series` series together, four each."""
    return [
        Source(
            f"pour-{n}", LocalizedText(f"pour-{n}"), "http_json", "http://127.0.0.1:9", timedelta(seconds=1),
            timedelta(seconds=1), _HOUR, "mp-a", LocalizedText("mô phỏng"), True, True, "",
            series=tuple(Series(f"pour-{n}-{k}", LocalizedText(f"{n} {k}"), "%") for k in range(_SERIES_PER_SOURCE)),
        )
        for n in range(series // _SERIES_PER_SOURCE)
    ]  # fmt: skip


class ReadingFlow:
    """Generates readings, spread over all series; each is later than those before."""

    def __init__(self, rows: list[Source]) -> None:
        self._rows, self._started, self._rounds, self._next = rows, utc_now(), 0, 0
        self._size = len(rows) * _SERIES_PER_SOURCE

    def poll_results(self, count: int, now: datetime) -> Iterator[PollResult]:
        """Poll results with `count` readings together, one source after the other."""
        rounds, rest = divmod(count, self._size)
        extra = rest // _SERIES_PER_SOURCE  # sources with one round more than the others
        times = [self._started + timedelta(milliseconds=self._rounds + n) for n in range(rounds + 1)]
        self._rounds += len(times)
        for n in range(len(self._rows) if rounds else extra):
            row, row_times = self._next_source(), times[: rounds + (n < extra)]
            batch = Batch(
                tuple(Reading(series.key, at, at.microsecond / 1e4, "%") for series in row.series for at in row_times)
            )
            yield PollResult(
                row,
                batch,
                now,
                SourceHealth(row.key, SourceState.LIVE, self._started, last_success=now),
                is_countable=True,
                set_back_by=timedelta(0),
            )

    def _next_source(self) -> Source:
        self._next = (self._next + 1) % len(self._rows)
        return self._rows[self._next]


async def write_readings(store: Store, series: int, rate: float, seconds: float) -> tuple[int, float, float, float]:
    """(readings stored, seconds, CPU seconds of writing, CPU seconds of generating)."""
    rows = make_sources(series)
    with store.write() as conn:
        readings.declare_series(conn, rows)
    latest = LatestValues(rows, {}, {row.key: SourceHealth(row.key, SourceState.LIVE, utc_now()) for row in rows})
    writer, flow = Writer(store, latest, KpiEngine([], latest, {}), ClockWatch(utc_now)), ReadingFlow(rows)
    stored, generator_cpu, cpu_start, started = 0, 0.0, time.process_time(), time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        due = min(rate * elapsed - stored, rate * _COMMIT_SECONDS * 1.25) if rate else _UNPACED_BATCH
        before = time.process_time()
        for result in flow.poll_results(int(due), utc_now()):
            stored += len(result.batch.readings)
            writer.enqueue(result)
        generator_cpu += time.process_time() - before
        await writer.commit()
        if rate:
            await asyncio.sleep(max(0.0, _COMMIT_SECONDS - (time.monotonic() - started - elapsed)))
    duration, cpu = time.monotonic() - started, time.process_time() - cpu_start
    writer.close()
    return stored, duration, cpu - generator_cpu, generator_cpu


def main() -> None:
    """Runs with the arguments of the module's docstring."""
    url, series, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    store = Store(url)
    store.migrate()
    stored, *times = asyncio.run(write_readings(store, series, rate, seconds))
    store.close()
    sys.stdout.write(f"{stored} {' '.join(f'{value:.3f}' for value in times)}\n")


if __name__ == "__main__":
    die_with_parent()
    main()
