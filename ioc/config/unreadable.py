"""A value that could not be read: reported once, where it stands; checks that need it are left out."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from ioc.domain.base.option_errors import ConfigValueError

T = TypeVar("T")


class UnreadableFieldError(Exception):
    """A field was read that has no value: what needs it cannot be judged."""


class WholeRowError(ConfigValueError):
    """A validator refuses the whole row: none of its fields may be read."""


class FollowUpError(WholeRowError):
    """A validator cannot judge the row because of a fault that is reported already."""


class _UnreadMarker:
    """Stands in a file's values where nothing could be read."""

    def __repr__(self) -> str:
        return "unread"


UNREAD: Final[Any] = _UnreadMarker()
# `with SKIP_UNREADABLE: faults += check(row)`: a check that needs an unread field is left out, the others are made.
SKIP_UNREADABLE: Final = suppress(UnreadableFieldError)


def value_or(get: Callable[[], T], default: T) -> T:
    """What `get` returns, or `default` where it reads a field that has no value."""
    try:
        return get()
    except UnreadableFieldError:
        return default
