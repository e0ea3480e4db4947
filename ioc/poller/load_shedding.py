"""What the writer had no room for while the store could not be written: counted in memory until it can be told."""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from ioc.domain.ingest.dropped import DropCounter, single_drop


class LoadSheddingCounters:
    """Thread-safe: the loop adds, the writer's thread takes. What is held dies with the process."""

    def __init__(self) -> None:
        self._lock, self._held = Lock(), dict[str, DropCounter]()

    def add(self, source: str, count: int, at: datetime) -> None:
        """`count` readings and events of `source` are lost."""
        if count:
            self.put_back([single_drop(source, count, at)])

    def drain(self) -> list[DropCounter]:
        """All that is held, to be committed."""
        with self._lock:
            held, self._held = self._held, {}
        return list(held.values())

    def put_back(self, counters: Iterable[DropCounter]) -> None:
        """What could not be committed after all, or is new."""
        with self._lock:
            for one in counters:
                before = self._held.get(one.source)
                first, second = sorted((before, one), key=lambda each: each.began_at) if before else (one, None)
                self._held[one.source] = first.merge(second) if second else first
