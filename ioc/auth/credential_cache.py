"""What every request asks for is held in memory until the store says that somebody's rights moved."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store

T = TypeVar("T")
_CHECK_SECONDS = 0.2  # seconds between two looks
_MAX_ENTRIES = 4_096


class CredentialCache(Generic[T]):
    """Identities by the hash of their cookie. `monotonic` paces the looks."""

    def __init__(self, store: Store, monotonic: Callable[[], float], read: Callable[[Conn, str], T | None]) -> None:
        self._store, self._monotonic, self._read = store, monotonic, read
        self._entries: dict[str, T] = {}
        self._lock = Lock()
        self._checked_at, self._version = float("-inf"), -1

    def get(self, digest: str, *, refresh: bool = False) -> T | None:
        """Whom it stands for, as of a moment ago; `sure`: as of now, for who is about to change something."""
        if refresh:
            return self.reload(digest)
        self._clear_if_access_changed()
        return self._entries.get(digest) or self.reload(digest)

    def reload(self, digest: str) -> T | None:
        """Whom it stands for, as the store knows it now."""
        with self._store.read() as conn:
            number, found = change_counter.topic_version(conn, "access"), self._read(conn, digest)
        with self._lock:
            if found is None:
                self._entries.pop(digest, None)
            elif number == self._version and (digest in self._entries or len(self._entries) < _MAX_ENTRIES):
                self._entries[digest] = found
        return found

    def evict(self, digest: str) -> None:
        """It is read again when it is asked for."""
        with self._lock:
            self._entries.pop(digest, None)

    def _clear_if_access_changed(self) -> None:
        """Forgets everybody when anybody's rights moved."""
        at = self._monotonic()
        if 0 <= at - self._checked_at < _CHECK_SECONDS:
            return
        with self._store.read() as conn:
            number = change_counter.topic_version(conn, "access")
        with self._lock:
            if number != self._version:
                self._entries.clear()
            self._version, self._checked_at = number, at
