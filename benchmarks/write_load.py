"""Readings into a store through the poller's writer: `python -m benchmarks.write_load URL SERIES RATE SECONDS`.

Each commit takes what a quarter of a second brings at most, as the writer does. RATE 0: as fast as it goes. It prints
readings kept, seconds, CPU seconds of the writing, CPU seconds of making the readings.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from ioc.cli.supervisor import die_with_parent
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Series, Source
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings

_SERIES_PER_SOURCE = 4  # series of a source
_COMMIT_SECONDS = 0.2  # seconds of readings in a commit
_UNPACED_BATCH = 10_000  # readings of a commit when no rate is asked for
_HOUR = timedelta(hours=1)


def make_sources(series: int) -> list[Source]:
    """So many series, four in a source."""
    return [
        Source(
            f"pour-{n}", LocalizedText(f"pour-{n}"), "http_json", "http://127.0.0.1:9", timedelta(seconds=1),
            timedelta(seconds=1), _HOUR, "mp-a", LocalizedText("mô phỏng"), True, True, "",
            series=tuple(Series(f"pour-{n}-{k}", LocalizedText(f"{n} {k}"), "%") for k in range(_SERIES_PER_SOURCE)),
        )
        for n in range(series // _SERIES_PER_SOURCE)
    ]  # fmt: skip


class ReadingFlow:
    """The readings that fall due, spread over all series: a little later each than the ones before."""

    def __init__(self, rows: list[Source]) -> None:
        self._rows, self._begun, self._made, self._next = rows, utc_now(), 0, 0
        self._size = len(rows) * _SERIES_PER_SOURCE

    def poll_results(self, count: int, now: datetime) -> Iterator[PollResult]:
        """Polls that bring `count` readings together, each of the sources in turn."""
        rounds, rest = divmod(count, self._size)
        more = rest // _SERIES_PER_SOURCE  # sources that bring one round more than the others
        times = [self._begun + timedelta(milliseconds=self._made + n) for n in range(rounds + 1)]
        self._made += len(times)
        for n in range(len(self._rows) if rounds else more):
            row, some = self._next_source(), times[: rounds + (n < more)]
            batch = Batch(tuple(Reading(one.key, at, at.microsecond / 1e4, "%") for one in row.series for at in some))
            yield PollResult(
                row,
                batch,
                now,
                SourceHealth(row.key, SourceState.LIVE, self._begun, last_success=now),
                is_countable=True,
            )

    def _next_source(self) -> Source:
        self._next = (self._next + 1) % len(self._rows)
        return self._rows[self._next]


async def write_readings(store: Store, series: int, rate: float, seconds: float) -> tuple[int, float, float, float]:
    """Kept, seconds, CPU of writing, CPU of making."""
    rows = make_sources(series)
    with store.write() as conn:
        readings.declare_series(conn, rows)
    board = LatestValues(rows, {}, {one.key: SourceHealth(one.key, SourceState.LIVE, utc_now()) for one in rows})
    writer, flow = Writer(store, board, KpiEngine([], board, {}), utc_now), ReadingFlow(rows)
    kept, made, used, begun = 0, 0.0, time.process_time(), time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        due = min(rate * passed - kept, rate * _COMMIT_SECONDS * 1.25) if rate else _UNPACED_BATCH
        before = time.process_time()
        for one in flow.poll_results(int(due), utc_now()):
            kept += len(one.batch.readings)
            writer.enqueue(one)
        made += time.process_time() - before
        await writer.commit()
        if rate:
            await asyncio.sleep(max(0.0, _COMMIT_SECONDS - (time.monotonic() - begun - passed)))
    taken, used = time.monotonic() - begun, time.process_time() - used
    writer.close()
    return kept, taken, used - made, made


def main() -> None:
    """As the module says."""
    url, series, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    store = Store(url)
    store.migrate()
    kept, *times = asyncio.run(write_readings(store, series, rate, seconds))
    store.close()
    sys.stdout.write(f"{kept} {' '.join(f'{one:.3f}' for one in times)}\n")


if __name__ == "__main__":
    die_with_parent()
    main()
