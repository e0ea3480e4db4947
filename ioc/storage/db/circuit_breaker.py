"""Fails at once while the database server does not answer; one caller at a time tries it again."""

from threading import Lock
from time import monotonic

from ioc.storage.db.errors import StoreCode, StoreError

QUICK_SECONDS = 1.5  # within which the server must answer a new connection, and statements that a screen waits for
RETRY_SECONDS = 1.0  # from one silence of the server, or one trial, to the next trial


class CircuitBreaker:
    """One per store, shared by its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_open, self._opened_at, self._next_trial_at = False, float("-inf"), float("-inf")
        self.opening_count = 0

    def check(self) -> None:
        """StoreError (NOT_ANSWERING) while it is open, except for the caller whose turn it is to try."""
        with self._lock:
            if not self._is_open:
                return
            if monotonic() < self._next_trial_at:
                raise StoreError(StoreCode.NOT_ANSWERING)
            self._next_trial_at = monotonic() + QUICK_SECONDS + RETRY_SECONDS

    def has_just_opened(self) -> bool:
        """Whether it opened so lately that nobody may have begun a trial."""
        return self._is_open and monotonic() < self._opened_at + RETRY_SECONDS

    def open(self) -> None:
        """The server did not answer."""
        with self._lock:
            self._is_open, self._opened_at = True, monotonic()
            self._next_trial_at = self._opened_at + RETRY_SECONDS
            self.opening_count += 1

    def close(self) -> None:
        """The server has answered."""
        self._is_open = False
