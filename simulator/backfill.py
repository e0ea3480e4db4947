"""The simulated city's history: thirty days on the first start, then a year in the background. Simulated stores only.

A window that is filled is not fetched again, so an interrupted backfill goes on where it ended.
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from data_sources._http import HttpClientFactory
from ioc.domain.base.times import from_ms
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source
from ioc.poller.service import PollingService
from ioc.storage.db import change_counter
from ioc.storage.timeseries import kpi_values, readings
from simulator.history_inputs import HistoryInputs, kpi_history

log = logging.getLogger("ioc.backfill")

ROWS_PER_TRANSACTION = 20_000  # few enough that no heartbeat waits long for the transaction


@dataclass(frozen=True, slots=True)
class BackfillWindow:
    """A window of time and the interval between its readings."""

    start: datetime
    end: datetime
    step: timedelta


def backfill_windows(now: datetime) -> Iterator[BackfillWindow]:
    """Newest first: two days by 15 minutes, thirty days by the hour, then a year by three hours, month by month."""
    now = now.replace(second=0, microsecond=0)
    yield BackfillWindow(now - timedelta(days=2), now, timedelta(minutes=15))
    yield BackfillWindow(now - timedelta(days=30), now - timedelta(days=2), timedelta(hours=1))
    for month in range(1, 13):
        end = now - timedelta(days=30 * month)
        yield BackfillWindow(end - timedelta(days=30), end, timedelta(hours=3))


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
        """Whether the window is filled: its KPIs are written last."""
        with self._service.store.read() as conn:
            middle = window.start + (window.end - window.start) / 2
            keys = [f"kpi-{kpi.key}" for kpi in self._service.configuration.kpis]
            return any(readings.aggregate_window(conn, key, window.start, middle) for key in keys)

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
        params = {
            "from": window.start.isoformat(),
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
            if key in source.series_keys  # event counts too: the simulated city counts its history itself
        }

    async def _store_readings(
        self, source: Source, columns: dict[str, tuple[list[int], list[float]]], at: BackfillWindow
    ) -> None:
        rows: list[Reading] = []
        for key in sorted(source.series_keys):
            times, values = columns.get(key, ([], []))
            rows += [Reading(key, from_ms(ms), value) for ms, value in zip(times, values, strict=True)]
        for n in range(0, len(rows), ROWS_PER_TRANSACTION):
            await self._service.writer.run_in_writer(
                self._write_readings, source.key, rows[n : n + ROWS_PER_TRANSACTION]
            )

    def _write_readings(self, source: str, rows: list[Reading]) -> None:
        with self._service.store.write() as conn:
            readings.backfill(conn, source, rows)
            change_counter.bump(conn, {"readings"}, self._service.clock())

    async def _store_kpis(self, columns: Any, window: BackfillWindow) -> None:
        inputs = HistoryInputs(columns, self._by_series)
        kpis = [kpi for kpi in self._service.configuration.kpis if set(kpi.formula.inputs) <= set(columns)]
        values = await asyncio.to_thread(lambda: list(kpi_history(kpis, inputs, window.start, window.end, window.step)))
        for n in range(0, len(values), ROWS_PER_TRANSACTION):
            await self._service.writer.run_in_writer(self._write_kpis, values[n : n + ROWS_PER_TRANSACTION])

    def _write_kpis(self, values: list[Any]) -> None:
        with self._service.store.write() as conn:
            kpi_values.backfill(conn, values)
            change_counter.bump(conn, {"kpis"}, self._service.clock())
