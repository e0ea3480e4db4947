"""The buffer between the connection, which must never wait, and the polls."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ioc.domain.ingest.protocol import ResponsePage

MAX_BYTES = 32 * 1_048_576  # of the messages of a source
MAX_TAKEN_BYTES = 1_048_576  # of the bodies that one poll takes: two of them may be an item
_MESSAGE_OVERHEAD = 400  # bytes of a message beside its body and topic


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttMessage(ResponsePage):
    """A page whose address is its topic. `role`: what it is for when its body brings no readings.

    birth: a Sparkplug birth that was read before and names the metrics of later messages; gone: a last will; late: it
    cannot be read within the deadline.
    """

    received_at: datetime
    is_retained: bool = False
    role: Literal["", "birth", "gone", "late"] = ""

    def with_role(self, role: Literal["birth", "gone", "late"]) -> "MqttMessage":
        """A copy with `role`."""
        return replace(self, role=role)


class MessageBuffer:
    """The waiting messages of a source. When they exceed `limit` bytes the oldest are dropped and counted."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit, self._buffered_bytes, self._dropped = limit, 0, 0
        self._waiting: deque[MqttMessage] = deque()
        self._lock = threading.Lock()
        self._last_taken: list[MqttMessage] = []
        self._last_dropped = 0
        self._put_count = self._taken_count = 0  # messages ever put, and ever taken or dropped

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: MqttMessage) -> int:
        """Append `message`. Returns its number, counted from 1."""
        with self._lock:
            self._waiting.append(message)
            self._put_count += 1
            self._buffered_bytes += message_size(message)
            while self._buffered_bytes > self._limit:
                self._buffered_bytes -= message_size(self._waiting.popleft())
                self._taken_count += 1
                self._dropped += 1
            return self._put_count

    def count_dropped(self) -> int:
        """Count a message that is not put as dropped. Returns the number of the message before it."""
        with self._lock:
            self._dropped += 1
            return self._put_count

    def take(self, limit: int) -> tuple[list[MqttMessage], int, int]:
        """Up to `limit` messages of MAX_TAKEN_BYTES, the oldest first; how many were dropped since; the last number."""
        with self._lock:
            messages, room = list[MqttMessage](), MAX_TAKEN_BYTES
            while self._waiting and len(messages) < limit:
                room -= len(self._waiting[0].body)
                if messages and room < 0:
                    break
                messages.append(self._waiting.popleft())
            self._buffered_bytes -= sum(map(message_size, messages))
            self._taken_count += len(messages)
            self._last_taken = messages
            self._last_dropped, self._dropped = self._dropped, 0
            return messages, self._last_dropped, self._taken_count

    @property
    def last_taken_count(self) -> int:
        """How many messages the last `take` returned."""
        return len(self._last_taken)

    def put_back(self, *, is_late: bool = False) -> None:
        """Undo the last `take`: its messages could not be read. `is_late`: they are not to be read again."""
        with self._lock:
            messages, self._last_taken = self._last_taken, []
            messages = [message.with_role("late") for message in messages] if is_late else messages
            self._waiting.extendleft(reversed(messages))
            self._dropped, self._last_dropped = self._dropped + self._last_dropped, 0
            self._buffered_bytes += sum(map(message_size, messages))
            self._taken_count -= len(messages)


def message_size(message: MqttMessage) -> int:
    """The bytes that it takes in memory, about."""
    return len(message.body) + len(message.address) + _MESSAGE_OVERHEAD
