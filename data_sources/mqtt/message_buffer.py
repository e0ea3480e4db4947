"""Messages between the connection, which must never wait, and the polls."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ioc.domain.ingest.protocol import ResponsePage

MAX_BYTES = 32 * 1_048_576  # bytes that a source may hold here
MAX_MESSAGES_PER_POLL = 20_000  # messages of one poll: more would not be read within a deadline
_MESSAGE_OVERHEAD = 400  # bytes that a message takes beside its body and topic


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttMessage(ResponsePage):
    """A page whose address is its topic. `role`: what it is for, where it brings no readings by its body.

    birth: the names that later messages mean, known already; gone: the last will of what `address` names.
    """

    received_at: datetime
    is_retained: bool = False
    role: Literal["", "birth", "gone"] = ""

    def with_role(self, role: Literal["birth", "gone"]) -> "MqttMessage":
        """The same, for that."""
        return replace(self, role=role)


class MessageBuffer:
    """Of bounded size: beyond it the oldest messages of this source give way, and are counted."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit, self._buffered_bytes, self._dropped = limit, 0, 0
        self._waiting: deque[MqttMessage] = deque()
        self._lock = threading.Lock()
        self._last_taken: list[MqttMessage] = []
        self._put_count = self._taken_count = 0  # messages ever put, and ever taken or shed

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: MqttMessage) -> int:
        """Keeps `message`; its number, counted from 1."""
        with self._lock:
            self._waiting.append(message)
            self._put_count += 1
            self._buffered_bytes += _size(message)
            while self._buffered_bytes > self._limit:
                self._buffered_bytes -= _size(self._waiting.popleft())
                self._taken_count += 1
                self._dropped += 1
            return self._put_count

    def count_dropped(self) -> int:
        """Count a message that cannot be put; the number of the one before it."""
        with self._lock:
            self._dropped += 1
            return self._put_count

    def take(self, most: int = MAX_MESSAGES_PER_POLL) -> tuple[list[MqttMessage], int, int]:
        """What waits, the oldest first; how many were lost since the last time; the number of the last one taken."""
        with self._lock:
            count = min(most, len(self._waiting))
            taken = [self._waiting.popleft() for _ in range(count)]
            self._buffered_bytes -= sum(map(_size, taken))
            self._taken_count += count
            self._last_taken = taken
            lost, self._dropped = self._dropped, 0
            return taken, lost, self._taken_count

    @property
    def last_taken_count(self) -> int:
        """How many were taken last."""
        return len(self._last_taken)

    def put_back(self) -> None:
        """Puts back what was taken last, for nobody could read it."""
        with self._lock:
            handed, self._last_taken = self._last_taken, []
            self._waiting.extendleft(reversed(handed))
            self._buffered_bytes += sum(map(_size, handed))
            self._taken_count -= len(handed)


def _size(message: MqttMessage) -> int:
    return len(message.body) + len(message.address) + _MESSAGE_OVERHEAD
