"""The simulated city's history: a year on the first start, newest part first. Simulated stores only.

The last two days are stored as readings, older ones as hours and days. A window that is filled is not fetched again, so
an interrupted backfill continues where it ended.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from data_sources._http.factory import HttpClientFactory
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import KpiValue
from ioc.poller.service import PollingService
from ioc.storage.db import change_counter
from ioc.storage.timeseries import kpi_values, readings
from simulator.history_inputs import Columns, HistoryInputs, kpi_history, look_back

log = logging.getLogger("ioc.backfill")

ROWS_PER_TRANSACTION = 5_000  # few enough that polls do not wait long for the transaction
TURN_SECONDS = 0.05  # between two transactions: SQLite gives the lock to whoever asks first, and others write too


@dataclass(frozen=True, slots=True)
class BackfillWindow:
    """A window of time and the interval between KPI values and between readings.

    `has_raw`: stored as readings; else as hours and days only.
    """

    start: datetime
    end: datetime
    step: timedelta
    reading_step: timedelta
    has_raw: bool = False


def backfill_windows(now: datetime) -> Iterator[BackfillWindow]:
    """Newest first: two days by 15 minutes, 30 days by the hour, then a year, 30 days at a time.

    In the year KPIs are computed each three hours, so that both high waters of a day show; readings are each six hours.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    quarter, two_days_ago = timedelta(minutes=15), hour - timedelta(days=2)
    yield BackfillWindow(two_days_ago, now.replace(second=0, microsecond=0), quarter, quarter, has_raw=True)
    yield BackfillWindow(hour - timedelta(days=30), two_days_ago, timedelta(hours=1), timedelta(hours=1))
    for month in range(1, 13):
        end = hour - timedelta(days=30 * month)
        yield BackfillWindow(end - timedelta(days=30), end, timedelta(hours=3), timedelta(hours=6))


class Backfill:
    """Fills the history of a simulated store from `base_url`, the simulator's address."""

    def __init__(self, service: PollingService, http_clients: HttpClientFactory, base_url: str) -> None:
        self._service, self._http_clients, self._base_url = service, http_clients, base_url
        # Sources of submissions get their history from simulator/agencies.py.
        self._sources = [
            source
            for source in service.sources.values()
            if source.is_simulated and source.is_enabled and source.series and source.protocol != "submissions"
        ]
        self._by_series = {series.key: (source, series) for source in self._sources for series in source.series}
        self._kpis = [
            kpi
            for kpi in service.configuration.kpis
            if self._by_series.keys() >= {*kpi.formula.inputs, *kpi.formula.denominator}
        ]

    async def run(self) -> None:
        """Fills all windows that are missing. An error ends the backfill with a warning, never the poller."""
        if not self._base_url or not self._sources:
            return
        started = self._service.clock()
        try:
            for window in backfill_windows(started):
                if not await asyncio.to_thread(self._is_filled, window):
                    await self._fill(window)
        except SourceError as error:
            log.warning("the simulated history cannot be filled: %s", error.failure)
        else:
            log.info("the simulated history is filled, after %.1f s", (self._service.clock() - started).total_seconds())

    def _is_filled(self, window: BackfillWindow) -> bool:
        """Whether the window is filled: the values at its start are written last."""
        end = window.start + (window.end - window.start) / 10
        keys = [kpi_values.series_key(kpi.key) for kpi in self._kpis] or list(self._by_series)
        with self._service.store.read() as conn:
            return any(readings.aggregate_window(conn, key, window.start, end) for key in keys)

    async def _fill(self, window: BackfillWindow) -> None:
        columns: dict[str, tuple[list[int], list[float]]] = {}
        for source in list(self._sources):
            try:
                columns |= await self._fetch_history(source, window)
            except SourceError as error:  # a source that this simulated city does not know
                log.warning("%s has no simulated history: %s", source.key, error.failure)
                self._sources.remove(source)
        for source in self._sources:
            await self._store_readings(source, columns, window)
        await self._store_kpis(columns, window)

    async def _fetch_history(self, source: Source, window: BackfillWindow) -> dict[str, tuple[list[int], list[float]]]:
        """The values of a source, from so long before the window that KPIs at its start have their inputs."""
        params = {
            "from": (window.start - look_back(source)).isoformat(),
            "to": window.end.isoformat(),
            "step": str(int(window.step.total_seconds())),
        }
        address, deadline = f"{self._base_url}/history/{source.key}", timedelta(seconds=60)
        past = replace(source, address=address, deadline=deadline, may_be_private=True)  # the program's own city
        page = await self._http_clients.context_for(past).get(past, past.address, params=params)
        series = orjson.loads(page.body)["series"] if page else {}
        return {
            key: ([int(ms) for ms, value in points if value is not None], [v for _, v in points if v is not None])
            for key, points in series.items()
            if key in source.series_units  # event counts too: the simulated city counts its history itself
        }

    async def _store_readings(self, source: Source, columns: Columns, window: BackfillWindow) -> None:
        rows = [
            reading
            for key in sorted(source.series_units.keys() & columns.keys())
            for reading in _thinned(key, columns, window)
        ]
        for n in range(0, len(rows), ROWS_PER_TRANSACTION):
            part = rows[n : n + ROWS_PER_TRANSACTION]
            await asyncio.sleep(TURN_SECONDS)
            await self._service.writer.run_in_writer(self._write_readings, source.key, part, window.has_raw)

    def _write_readings(self, source: str, rows: list[Reading], has_raw: bool) -> None:
        with self._service.store.write() as conn:
            (readings.backfill if has_raw else readings.backfill_hours)(conn, source, rows)
            change_counter.bump(conn, {"readings"}, self._service.clock())

    async def _store_kpis(self, columns: Columns, window: BackfillWindow) -> None:
        inputs = HistoryInputs(columns, self._by_series)
        kpis = [kpi for kpi in self._kpis if columns.keys() >= {*kpi.formula.inputs, *kpi.formula.denominator}]
        values = await asyncio.to_thread(lambda: list(kpi_history(kpis, inputs, window.start, window.end, window.step)))
        first_rows = range(0, len(values), ROWS_PER_TRANSACTION)
        for n in reversed(first_rows):  # newest first: values at the start mean that all are written
            part = values[n : n + ROWS_PER_TRANSACTION]
            await asyncio.sleep(TURN_SECONDS)
            await self._service.writer.run_in_writer(self._write_kpis, part, window.has_raw)

    def _write_kpis(self, values: Sequence[tuple[KpiValue, datetime]], has_raw: bool) -> None:
        with self._service.store.write() as conn:
            kpi_values.backfill(conn, values, with_raw_readings=has_raw)
            change_counter.bump(conn, {"kpis", "history"}, self._service.clock())


def _thinned(key: str, columns: Columns, window: BackfillWindow) -> Iterator[Reading]:
    """The values of a series within the window, at least its `reading_step` apart."""
    next_ms, step = to_ms(window.start), window.reading_step // timedelta(milliseconds=1)
    for ms, value in zip(*columns[key], strict=True):
        if ms >= next_ms:
            next_ms = ms + step
            yield Reading(key, from_ms(ms), value)
