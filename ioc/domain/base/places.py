"""Places at work that is costly: few at once, one of a person, in the order of arrival."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class NoPlaceError(Exception):
    """The owner has a place already or waits for one, too many wait, or the wait was too long."""


class Places:
    """`count` places; beyond them `waiting` owners wait. Whoever asks again at once stands behind those who wait."""

    def __init__(self, count: int, waiting: int = 0) -> None:
        self._count, self._limit = count, count + waiting
        self._owners, self._changed = list[str](), Condition()  # in the order of arrival; the first have the places

    @contextmanager
    def take(self, owner: str, max_seconds: float = 0.0) -> Iterator[None]:
        """A place for `owner` while the context lasts. NoPlaceError."""
        with self._changed:
            if owner in self._owners or len(self._owners) >= self._limit:
                raise NoPlaceError
            self._owners.append(owner)
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: owner in self._owners[: self._count], max_seconds):
                    raise NoPlaceError
            yield
        finally:
            with self._changed:
                self._owners.remove(owner)
                self._changed.notify_all()
