"""Counters of what the writer had to drop."""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from ioc.domain.ingest.dropped import DropCounter, single_drop


class LoadSheddingCounters:
    """What was dropped because the store could not be written, counted in memory until it can be committed.

    Thread-safe: the event loop adds, the writer's thread drains. The counts are lost with the process.
    """

    def __init__(self) -> None:
        self._lock, self._counters = Lock(), dict[str, DropCounter]()

    def add(self, source: str, count: int, at: datetime) -> None:
        """`count` readings and events of `source` were dropped."""
        if count:
            self.put_back([single_drop(source, count, at)])

    def drain(self) -> list[DropCounter]:
        """All counters, to be committed; they start anew."""
        with self._lock:
            counters, self._counters = self._counters, {}
        return list(counters.values())

    def put_back(self, counters: Iterable[DropCounter]) -> None:
        """Merge counters that could not be committed, or new ones."""
        with self._lock:
            for counter in counters:
                other = self._counters.get(counter.source)
                if other:
                    first, second = sorted((other, counter), key=lambda each: each.began_at)
                    counter = first.merge(second)
                self._counters[counter.source] = counter
