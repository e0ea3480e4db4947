"""Files that people send: `POST /files/<kind>` answers with a handle, which a callback passes to its command."""

from collections.abc import Callable
from dataclasses import dataclass

from ioc.domain.access.principal import Principal


@dataclass(frozen=True, slots=True)
class SentFile:
    """`name`: as the sender calls it."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SentFiles:
    """The files that were received.

    `read(handle, principal)`: the file, for the session that sent it; None for none, or after an hour.
    """

    read: Callable[[str, Principal], SentFile | None]
