"""The simulated city's past: thirty days at once on the first start, a year in the background. Simulated stores only.

What is already there is not fetched again, so a fill that was interrupted goes on where it ended.
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

# Rows a transaction, so that no heartbeat waits long for one.
ROWS_PER_TRANSACTION = 20_000


@dataclass(frozen=True, slots=True)
class BackfillWindow:
    """A part of the past and how far apart its readings stand."""

    start: datetime
    end: datetime
    step: timedelta


def backfill_windows(now: datetime) -> Iterator[BackfillWindow]:
    """The newest first: two days finely, thirty days by the hour, then a year by three hours, month by month."""
    now = now.replace(second=0, microsecond=0)
    yield BackfillWindow(now - timedelta(days=2), now, timedelta(minutes=15))
    yield BackfillWindow(now - timedelta(days=30), now - timedelta(days=2), timedelta(hours=1))
    for month in range(1, 13):
        end = now - timedelta(days=30 * month)
        yield BackfillWindow(end - timedelta(days=30), end, timedelta(hours=3))


class Backfill:
    """Fills the past of a simulated store from `base`, the simulator's address."""

    def __init__(self, service: PollingService, http_clients: HttpClientFactory, base_url: str) -> None:
        self._service, self._http_clients, self._base_url = service, http_clients, base_url
        # What agencies hand in has its past from them (simulator/agencies.py).
        made_up = [one for one in service.sources.values() if one.is_simulated and one.is_enabled and one.series]
        self._sources = [one for one in made_up if one.protocol != "submissions"]
        self._by_series = {series.key: (one, series) for one in self._sources for series in one.series}

    async def run(self) -> None:
        """All stretches that are missing. A fault ends the filling with one line, never the poller."""
        if not self._base_url or not self._sources:
            return
        started = self._service.clock()
        try:
            for stretch in backfill_windows(started):
                if not await asyncio.to_thread(self._is_filled, stretch):
                    await self._fill(stretch)
        except SourceError as error:
            log.warning("the simulated past could not be filled: %s", error.failure)
        else:
            log.info("the simulated past is filled, after %.1f s", (self._service.clock() - started).total_seconds())

    def _is_filled(self, stretch: BackfillWindow) -> bool:
        """Whether the stretch was filled: its KPIs come last, so they tell."""
        with self._service.store.read() as conn:
            middle = stretch.start + (stretch.end - stretch.start) / 2
            keys = [f"kpi-{one.key}" for one in self._service.configuration.kpis]
            return any(readings.aggregate_window(conn, key, stretch.start, middle) for key in keys)

    async def _fill(self, stretch: BackfillWindow) -> None:
        columns: dict[str, tuple[list[int], list[float]]] = {}
        for source in list(self._sources):
            try:
                columns |= await self._fetch_history(source, stretch)
            except SourceError as error:  # a simulated source that this city does not know has no past to fill
                log.warning("%s has no simulated past: %s", source.key, error.failure)
                self._sources.remove(source)
        for source in self._sources:
            await self._store_readings(source, columns, stretch)
        await self._store_kpis(columns, stretch)

    async def _fetch_history(self, source: Source, stretch: BackfillWindow) -> dict[str, tuple[list[int], list[float]]]:
        params = {
            "from": stretch.start.isoformat(),
            "to": stretch.end.isoformat(),
            "step": str(int(stretch.step.total_seconds())),
        }
        address, deadline = f"{self._base_url}/history/{source.key}", timedelta(seconds=60)
        past = replace(source, address=address, deadline=deadline, may_be_private=True)  # the program's own city
        page = await self._http_clients.context_for(past).get(past, past.address, params=params)
        found = orjson.loads(page.body)["series"] if page else {}
        return {
            key: ([int(ms) for ms, value in points if value is not None], [v for _, v in points if v is not None])
            for key, points in found.items()
            if key in source.series_keys  # tallies too: the simulated city counts its past itself
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

    async def _store_kpis(self, columns: Any, stretch: BackfillWindow) -> None:
        inputs = HistoryInputs(columns, self._by_series)
        wanted = [one for one in self._service.configuration.kpis if set(one.formula.inputs) <= set(columns)]
        values = await asyncio.to_thread(
            lambda: list(kpi_history(wanted, inputs, stretch.start, stretch.end, stretch.step))
        )
        for n in range(0, len(values), ROWS_PER_TRANSACTION):
            await self._service.writer.run_in_writer(self._write_kpis, values[n : n + ROWS_PER_TRANSACTION])

    def _write_kpis(self, values: list[Any]) -> None:
        with self._service.store.write() as conn:
            kpi_values.backfill(conn, values)
            change_counter.bump(conn, {"kpis"}, self._service.clock())
