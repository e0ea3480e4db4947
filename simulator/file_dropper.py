"""Files that the city writes: the spreadsheet of the month and the station's files, changed by their faults."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from simulator import station_files, workbook
from simulator.city import SimulatedFeed, feeds
from simulator.faults import GARBAGE, HTML, FaultRegistry

_CHECK_SECONDS = 5.0  # seconds between two checks whether a file is due
FIGURES, STATION = "sim-figures", "sim-station"


class FileDropper:
    """`folder`: the watched one; the station's files are in a folder inside it."""

    def __init__(self, folder: Path, seed: int, now: Callable[[], float], fault_registry: FaultRegistry) -> None:
        self._folder, self._seed, self._now, self._fault_registry = folder, seed, now, fault_registry
        self._last_written: dict[str, tuple[float, str]] = {}

    def write_due(self) -> None:
        """Writes what is due now."""
        for key in (FIGURES, STATION):
            due = (feeds()[key].observation_times.last(self._now()), self._fault_registry.fault_of(key, self._now()))
            if self._last_written.get(key) != due:
                self.write_newest(key)
                self._last_written[key] = due

    def write_newest(self, key: str) -> None:
        """Writes the newest file of a source, as its fault, if any, leaves it; other sources write none."""
        feed, now = feeds()[key], self._now()
        if key == FIGURES:
            sound = workbook.workbook(feed, self._seed, feed.observation_times.last(now))
            workbook.write_report(self._folder, feed, self._seed, now, self._faulty_body(feed, sound))
        elif key == STATION:
            sound = station_files.body(feed, self._seed, feed.observation_times.last(now))
            folder = self._folder / station_files.FOLDER
            station_files.write_files(folder, feed, self._seed, now, self._faulty_body(feed, sound))

    def _faulty_body(self, feed: SimulatedFeed, sound: bytes) -> bytes | None:
        bodies = {"half": sound[: len(sound) // 2 - 3], "garbage": GARBAGE, "html": HTML}
        return bodies.get(self._fault_registry.fault_of(feed.key, self._now()))

    async def run(self) -> None:
        """Writes files when they are due, until it is cancelled."""
        while True:
            self.write_due()
            await asyncio.sleep(_CHECK_SECONDS)
