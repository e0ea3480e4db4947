"""Cache of authenticated credentials, dropped when the store says that anybody's rights changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from ioc.domain.base.times import Clock
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store

T = TypeVar("T")
_TOPIC = "access"  # of the change counter
_CHECK_SECONDS = 0.2  # between two reads of the change counter
_MAX_ENTRIES = 4_096


class CredentialCache(Generic[T]):
    """Entries by the digest of the credential. `load` reads one from the store; `monotonic` paces the checks."""

    def __init__(self, store: Store, monotonic: Callable[[], float], load: Callable[[Conn, str], T | None]) -> None:
        self._store, self._monotonic, self._load = store, monotonic, load
        self._entries: dict[str, T] = {}
        self._lock = Lock()
        self._checked_at = float("-inf")
        self._version: change_counter.TopicVersion | None = None

    def get(self, digest: str, *, refresh: bool = False) -> T | None:
        """The entry as of a moment ago; with `refresh` as of now, for a request that changes something."""
        if refresh:
            return self.reload(digest)
        self._clear_if_access_changed()
        return self._entries.get(digest) or self.reload(digest)

    def reload(self, digest: str) -> T | None:
        """The entry as it is in the store now."""
        with self._store.read(quick=True) as conn:
            version, entry = change_counter.topic_version(conn, _TOPIC), self._load(conn, digest)
        with self._lock:
            if entry is None:
                self._entries.pop(digest, None)
            elif version == self._version and (digest in self._entries or len(self._entries) < _MAX_ENTRIES):
                self._entries[digest] = entry
        return entry

    def evict(self, digest: str) -> None:
        """Has the entry read again when it is next asked for."""
        with self._lock:
            self._entries.pop(digest, None)

    def _clear_if_access_changed(self) -> None:
        now = self._monotonic()
        if 0 <= now - self._checked_at < _CHECK_SECONDS:
            return
        with self._store.read(quick=True) as conn:
            version = change_counter.topic_version(conn, _TOPIC)
        with self._lock:
            if version != self._version:
                self._entries.clear()
            self._version, self._checked_at = version, now


@contextmanager
def access_transaction(store: Store, clock: Clock) -> Iterator[tuple[Conn, datetime]]:
    """A transaction that changes anybody's rights: every process drops its cached credentials. Yields the time."""
    now = clock()
    with store.write() as conn:
        change_counter.bump(conn, {_TOPIC}, now)
        yield conn, now
