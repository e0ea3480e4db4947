"""The postbox: letters that come at the same time are committed together, so that the poller gets its turn too."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ioc.storage import webhook_queue
from ioc.storage.db.store import Store, StoreError
from ioc.storage.webhook_queue import Posted

# Senders that may wait for a commit at once: the threads that they hold are those that answer the screens.
AT_ONCE = 6


@dataclass(eq=False, slots=True)
class _Waiting:
    letter: Posted
    kept: bool = False
    done: bool = False
    fault: StoreError | None = None


class Postbox:
    """Thread-safe. Whoever finds the slot free commits what all have brought until then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._slot, self._list = threading.Lock(), threading.Lock()
        self._queue: list[_Waiting] = []

    def put(self, letter: Posted) -> bool:
        """Whether it is kept, and on the disk; False when the sender must come later. StoreError."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            mine = _Waiting(letter)
            with self._list:
                self._queue.append(mine)
            with self._slot:
                if not mine.done:
                    self._commit(self._taken())
        finally:
            self._places.release()
        if mine.fault:
            raise mine.fault
        return mine.kept

    def _taken(self) -> list[_Waiting]:
        with self._list:
            taken, self._queue = self._queue, []
        return taken

    def _commit(self, some: Sequence[_Waiting]) -> None:
        try:
            with self._store.write() as conn:
                kept = webhook_queue.post(conn, [one.letter for one in some])
        except StoreError as error:
            for one in some:
                one.fault = error
        else:
            for one, fits in zip(some, kept, strict=True):
                one.kept = fits
        finally:
            for one in some:
                one.done = True
