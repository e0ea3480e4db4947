"""What could not be read: it is told once, where it stands, and nothing that hangs on it is told as a fault too."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

T = TypeVar("T")


class UnreadableFieldError(Exception):
    """A field was asked for that could not be read: what needs it cannot be judged."""


class _UnreadMarker:
    """Stands in a file's values where nothing could be read."""

    def __repr__(self) -> str:
        return "unread"


UNREAD: Final[Any] = _UnreadMarker()
# Types of errors after which nothing of a row is read; an untold one follows from another that was told.
SECRET: Final = "secret"
FOLLOW_UP: Final = "unread"
# `with READABLE: faults += check(row)`: a check that needs an unread field is left out, the others are made.
SKIP_UNREADABLE: Final = suppress(UnreadableFieldError)


def value_or(get: Callable[[], T], default: T) -> T:
    """What `get` gives, or `stand_in` where it could not be read and nothing hangs on it."""
    try:
        return get()
    except UnreadableFieldError:
        return default
