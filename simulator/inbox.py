"""What the city puts into folders: the month's spreadsheet and the station's files, as their faults leave them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from simulator import sheet, station_files
from simulator.city import Feed, feeds
from simulator.faults import GARBAGE, HTML, Board

_LOOK = 5.0  # seconds between two looks whether there is something to write
FIGURES, STATION = "sim-figures", "sim-station"


class Inbox:
    """`folder`: the watched one; the station's files lie in a folder inside it."""

    def __init__(self, folder: Path, seed: int, now: Callable[[], float], board: Board) -> None:
        self._folder, self._seed, self._now, self._board = folder, seed, now, board
        self._written: dict[str, tuple[float, str]] = {}

    def fill(self) -> None:
        """Writes what is due now."""
        for key in (FIGURES, STATION):
            due = (feeds()[key].grid.last(self._now()), self._board.of(key, self._now()))
            if self._written.get(key) != due:
                self.drop(key)
                self._written[key] = due

    def drop(self, key: str) -> None:
        """Writes the newest file of a source, as its fault, if any, leaves it; other sources write none."""
        feed, now = feeds()[key], self._now()
        if key == FIGURES:
            sound = sheet.workbook(feed, self._seed, feed.grid.last(now))
            sheet.drop(self._folder, feed, self._seed, now, self._broken(feed, sound))
        elif key == STATION:
            sound = station_files.body(feed, self._seed, feed.grid.last(now))
            folder = self._folder / station_files.FOLDER
            station_files.drop(folder, feed, self._seed, now, self._broken(feed, sound))

    def _broken(self, feed: Feed, sound: bytes) -> bytes | None:
        bodies = {"half": sound[: len(sound) // 2 - 3], "garbage": GARBAGE, "html": HTML}
        return bodies.get(self._board.of(feed.key, self._now()))

    async def run(self) -> None:
        """Writes what becomes due, for ever."""
        while True:
            self.fill()
            await asyncio.sleep(_LOOK)
