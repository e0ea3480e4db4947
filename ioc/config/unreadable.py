"""What could not be read: it is told once, where it stands, and nothing that hangs on it is told as a fault too."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Unread(Exception):
    """A field was asked for that could not be read: what needs it cannot be judged."""


class _Mark:
    """Stands in a file's values where nothing could be read."""

    def __repr__(self) -> str:
        return "unread"


UNREAD: Final[Any] = _Mark()
# Types of errors after which nothing of a row is read; an untold one follows from another that was told.
SECRET: Final = "secret"
UNTOLD: Final = "unread"
# `with READABLE: faults += check(row)`: a check that needs an unread field is left out, the others are made.
READABLE: Final = suppress(Unread)


def otherwise(get: Callable[[], T], stand_in: T) -> T:
    """What `get` gives, or `stand_in` where it could not be read and nothing hangs on it."""
    try:
        return get()
    except Unread:
        return stand_in
