"""The buffer between the connection, which must never wait, and the polls."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ioc.domain.ingest.protocol import ResponsePage

MAX_BYTES = 32 * 1_048_576  # of the messages of a source
MAX_TAKEN_BYTES = 1_048_576  # of the bodies that one poll takes: two of them may be an item
_MESSAGE_OVERHEAD = 400  # bytes of a message beside its body and topic


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttMessage(ResponsePage):
    """A page whose address is its topic. `is_kept`: the server may have kept it for long while nobody received.

    `set_back_by`: of the clock that tells `received_at`, see FollowingClock.

    `role`: what it is for when its body brings no readings.

    birth: a Sparkplug birth that was read before and names the metrics of later messages; gone: a last will; late: it
    cannot be read within the deadline.
    """

    received_at: datetime
    set_back_by: timedelta = timedelta(0)
    is_retained: bool = False
    is_kept: bool = False
    role: Literal["", "birth", "gone", "late"] = ""

    def with_role(self, role: Literal["birth", "gone", "late"]) -> "MqttMessage":
        """A copy with `role`."""
        return replace(self, role=role)

    def moved_back(self, set_back_by: timedelta) -> "MqttMessage":
        """It, received when the clock would have shown it once that was set back by `set_back_by` in all."""
        if set_back_by == self.set_back_by:
            return self
        return replace(self, received_at=self.received_at - (set_back_by - self.set_back_by), set_back_by=set_back_by)


class MessageBuffer:
    """The waiting messages of a source. When they exceed `limit` bytes the oldest are dropped and counted."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit, self._buffered_bytes, self._dropped = limit, 0, 0
        self._waiting: deque[tuple[int, MqttMessage]] = deque()  # with its number
        self._lock = threading.Lock()
        self._last_taken: list[tuple[int, MqttMessage]] = []
        self._last_dropped = 0
        self._put_count = 0  # messages ever put

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: MqttMessage) -> int:
        """Append `message`. Returns its number, counted from 1."""
        with self._lock:
            self._put_count += 1
            self._waiting.append((self._put_count, message))
            self._buffered_bytes += message_size(message)
            while self._buffered_bytes > self._limit:
                self._buffered_bytes -= message_size(self._waiting.popleft()[1])
                self._dropped += 1
            return self._put_count

    def count_dropped(self) -> int:
        """Count a message that is not put as dropped. Returns the number of the message before it."""
        with self._lock:
            self._dropped += 1
            return self._put_count

    def take(self, limit: int) -> tuple[list[MqttMessage], int, int]:
        """Up to `limit` messages of MAX_TAKEN_BYTES, the oldest first; how many were dropped since; the last number.

        The number is 0 where none is taken.
        """
        with self._lock:
            taken, room = list[tuple[int, MqttMessage]](), MAX_TAKEN_BYTES
            while self._waiting and len(taken) < limit:
                room -= len(self._waiting[0][1].body)
                if taken and room < 0:
                    break
                taken.append(self._waiting.popleft())
            messages = [message for _, message in taken]
            self._buffered_bytes -= sum(map(message_size, messages))
            self._last_taken = taken
            self._last_dropped, self._dropped = self._dropped, 0
            return messages, self._last_dropped, taken[-1][0] if taken else 0

    @property
    def last_taken_count(self) -> int:
        """How many messages the last `take` returned."""
        return len(self._last_taken)

    def put_back(self, *, is_late: bool = False) -> None:
        """Undo the last `take`: its messages could not be read. `is_late`: they are not to be read again."""
        with self._lock:
            taken, self._last_taken = self._last_taken, []
            if is_late:
                taken = [(number, message.with_role("late")) for number, message in taken]
            self._waiting.extendleft(reversed(taken))
            self._dropped, self._last_dropped = self._dropped + self._last_dropped, 0
            self._buffered_bytes += sum(message_size(message) for _, message in taken)


def message_size(message: MqttMessage) -> int:
    """The bytes that it takes in memory, about."""
    return len(message.body) + len(message.address) + _MESSAGE_OVERHEAD
