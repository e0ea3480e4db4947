"""Messages that the server kept while nobody received them: whether their receipt says when they were sent.

A server sends what it has kept right after CONNACK, before its answer to SUBSCRIBE, as many messages as may be
unacknowledged; the rest follows one by one as they are acknowledged.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from time import monotonic

from data_sources.mqtt.acks import SMALL_WINDOW
from ioc.domain.base.clock_set_back import is_within

_MAX_LIMIT, _SHARE_OF_AGE_LIMIT = timedelta(seconds=60), 0.1
_DRAIN_SECONDS = 60.0  # in which a server has sent the rest of what it kept
_SILENT_CHECKS = 2  # without input, and without a message to acknowledge: then nothing is kept any more


class Absence:
    """Whether a message may be older than its receipt says by more than a small part of the age limit.

    `last_heard`: when the source was last received, as far as it is known. `seconds`: a monotonic clock, as the other
    one may be set meanwhile. Used by the thread of the connection only.
    """

    def __init__(
        self, age_limit: timedelta, last_heard: datetime | None, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._limit = min(age_limit * _SHARE_OF_AGE_LIMIT, _MAX_LIMIT)
        self._last_heard, self._heard_at, self._seconds = last_heard, inf, seconds
        self._is_resuming = False
        self._kept_count = self._silent_count = 0
        self._subscribed_at: float | None = None

    def connect(self, now: datetime, is_session_present: bool) -> None:
        """The server has accepted a connection."""
        was_short = self._last_heard is not None and is_within(self._limit, self._last_heard, now)
        was_short = was_short and self._seconds() - self._heard_at < self._limit.total_seconds()
        self._is_resuming = is_session_present and not was_short
        self._kept_count, self._silent_count, self._subscribed_at = 0, 0, None

    def subscribe(self) -> None:
        """The server has answered to SUBSCRIBE."""
        self._subscribed_at = self._seconds()
        self._is_resuming = self._is_resuming and self._kept_count >= SMALL_WINDOW

    def check(self, now: datetime, is_silent: bool, open_count: int) -> None:
        """Called again and again while connected. `open_count`: messages that are not acknowledged."""
        if self._subscribed_at is None:
            return
        if not is_silent:
            self._last_heard, self._heard_at = now, self._seconds()
        self._silent_count = self._silent_count + 1 if is_silent and not open_count else 0
        is_drained = self._silent_count >= _SILENT_CHECKS or self._seconds() - self._subscribed_at >= _DRAIN_SECONDS
        self._is_resuming = self._is_resuming and not is_drained

    def receive(self) -> bool:
        """Whether the message that comes now may have been kept for long."""
        self._kept_count += self._is_resuming
        return self._is_resuming
