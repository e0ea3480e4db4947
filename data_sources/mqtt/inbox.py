"""Messages between the connection, which must never wait, and the polls."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ioc.domain.ingest.protocol import Page

LIMIT = 32 * 1_048_576  # bytes that a source may hold here
MOST_TAKEN = 20_000  # messages of one poll: more would not be read within a deadline
_EACH = 400  # bytes that a message takes beside its body and topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Page):
    """A page whose address is its topic. `role`: what it is for, where it brings no readings by its body.

    birth: the names that later messages mean, known already; gone: the last will of what `address` names.
    """

    received: datetime
    retained: bool = False
    role: Literal["", "birth", "gone"] = ""

    def of(self, role: Literal["birth", "gone"]) -> "Message":
        """The same, for that."""
        return replace(self, role=role)


class Inbox:
    """Of bounded size: beyond it the oldest messages of this source give way, and are counted."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._held, self._lost = limit, 0, 0
        self._waiting: deque[Message] = deque()
        self._lock = threading.Lock()
        self._handed: list[Message] = []
        self._put = self._taken = 0  # messages ever put, and ever taken or shed

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> int:
        """Keeps `message`; its number, counted from 1."""
        with self._lock:
            self._waiting.append(message)
            self._put += 1
            self._held += _size(message)
            while self._held > self._limit:
                self._held -= _size(self._waiting.popleft())
                self._taken += 1
                self._lost += 1
            return self._put

    def lose(self) -> int:
        """Count a message that cannot be put; the number of the one before it."""
        with self._lock:
            self._lost += 1
            return self._put

    def take(self, most: int = MOST_TAKEN) -> tuple[list[Message], int, int]:
        """What waits, the oldest first; how many were lost since the last time; the number of the last one taken."""
        with self._lock:
            count = min(most, len(self._waiting))
            taken = [self._waiting.popleft() for _ in range(count)]
            self._held -= sum(map(_size, taken))
            self._taken += count
            self._handed = taken
            lost, self._lost = self._lost, 0
            return taken, lost, self._taken

    @property
    def handed(self) -> int:
        """How many were taken last."""
        return len(self._handed)

    def back(self) -> None:
        """Puts back what was taken last, for nobody could read it."""
        with self._lock:
            handed, self._handed = self._handed, []
            self._waiting.extendleft(reversed(handed))
            self._held += sum(map(_size, handed))
            self._taken -= len(handed)


def _size(message: Message) -> int:
    return len(message.body) + len(message.address) + _EACH
