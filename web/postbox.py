"""The postbox: letters that come at the same time are committed together, so that the poller gets its turn too."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from storage import mail
from storage.mail import Posted
from storage.store import Store, StoreError

# Senders that may wait for a commit at once: the threads that they hold are those that answer the screens.
AT_ONCE = 6
# Letters a second of one source, and how many may come in one burst.
RATE, BURST = 50.0, 200.0


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
                kept = mail.post(conn, [one.letter for one in some])
        except StoreError as error:
            for one in some:
                one.fault = error
        else:
            for one, fits in zip(some, kept, strict=True):
                one.kept = fits
        finally:
            for one in some:
                one.done = True


class Rates:
    """How fast each source may send: a bucket that fills by RATE a second and holds BURST."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, source: str) -> bool:
        """Whether one more letter may come now."""
        with self._lock:
            now = self._seconds()
            left, at = self._left.get(source, (BURST, now))
            left = min(BURST, left + (now - at) * RATE)
            self._left[source] = (left - 1 if left >= 1 else left, now)
            return left >= 1
