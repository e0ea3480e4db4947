"""Places at work that is costly: few at once, one of a person, in the order of arrival."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition


class NoPlaceError(Exception):
    """Something of the owner waits already, too many wait, or the wait was too long."""


@dataclass(eq=False, slots=True)
class _Claim:
    owner: str


class Places:
    """`count` places, one of an owner; beyond them `waiting` wait, one of an owner too, the last of somebody else.

    Whoever asks again at once stands behind those who wait.
    """

    def __init__(self, count: int, waiting: int = 0) -> None:
        self._count, self._limit = count, count + waiting
        self._claims, self._changed = list[_Claim](), Condition()  # in the order of arrival

    @contextmanager
    def take(self, owner: str, max_seconds: float = 0.0) -> Iterator[None]:
        """A place for `owner` while the context lasts. NoPlaceError."""
        with self._changed:
            own = sum(each.owner == owner for each in self._claims)
            if own > 1 or len(self._claims) >= self._limit - own:
                raise NoPlaceError
            claim = _Claim(owner)
            self._claims.append(claim)
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: claim in self._at_work(), max_seconds):
                    raise NoPlaceError
            yield
        finally:
            with self._changed:
                self._claims.remove(claim)
                self._changed.notify_all()

    def _at_work(self) -> list[_Claim]:
        """The first of each owner, as many as there are places."""
        first = {each.owner: each for each in reversed(self._claims)}
        return [each for each in self._claims if first[each.owner] is each][: self._count]
