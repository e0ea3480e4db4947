"""What every request asks for is held in memory until the store says that somebody's rights moved."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store

T = TypeVar("T")
_LOOK = 0.2  # seconds between two looks
_MOST = 4_096


class Held(Generic[T]):
    """Identities by the hash of their cookie. `monotonic` paces the looks."""

    def __init__(self, store: Store, monotonic: Callable[[], float], read: Callable[[Conn, str], T | None]) -> None:
        self._store, self._monotonic, self._read = store, monotonic, read
        self._held: dict[str, T] = {}
        self._turn = Lock()
        self._looked, self._number = float("-inf"), -1

    def get(self, digest: str, *, sure: bool = False) -> T | None:
        """Whom it stands for, as of a moment ago; `sure`: as of now, for who is about to change something."""
        if sure:
            return self.fresh(digest)
        self._look()
        return self._held.get(digest) or self.fresh(digest)

    def fresh(self, digest: str) -> T | None:
        """Whom it stands for, as the store knows it now."""
        with self._store.read() as conn:
            number, found = change_counter.topic(conn, "access"), self._read(conn, digest)
        with self._turn:
            if found is None:
                self._held.pop(digest, None)
            elif number == self._number and (digest in self._held or len(self._held) < _MOST):
                self._held[digest] = found
        return found

    def drop(self, digest: str) -> None:
        """It is read again when it is asked for."""
        with self._turn:
            self._held.pop(digest, None)

    def _look(self) -> None:
        """Forgets everybody when anybody's rights moved."""
        at = self._monotonic()
        if 0 <= at - self._looked < _LOOK:
            return
        with self._store.read() as conn:
            number = change_counter.topic(conn, "access")
        with self._turn:
            if number != self._number:
                self._held.clear()
            self._number, self._looked = number, at
