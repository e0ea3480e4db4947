"""A thread for each source that keeps its connection between the polls, until it is polled no more."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from data_sources.mqtt.absence import Absence
from data_sources.mqtt.acks import SMALL_WINDOW, AckTracker, SettledOrder
from data_sources.mqtt.connection import MAX_MESSAGE_SIZE, ConnectionCallbacks, ConnectionSettings, MqttConnection
from data_sources.mqtt.message_buffer import MessageBuffer, MqttMessage
from data_sources.mqtt.topics import MAX_TOPIC_LENGTH
from ioc.domain.base.clock_set_back import FollowingClock
from ioc.domain.ingest.protocol import MESSAGE_TRIES, SourceError

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessage

_RETRY_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before the first, second, … retry; the last value from then on
_END_SECONDS = 2.0
_ASK_AGAIN_SECONDS = 0.1  # for a poll
_STEADY_SECONDS = 30.0  # a connection that lasted so long was a good one: the next is tried at once
_MIN_BATCH = 500  # messages of a poll, however often reading failed before
_FIRST_MESSAGES_PER_SECOND = 5_000  # of the deadline, until it is measured how fast they are read
_DEADLINE_SHARE = 0.6  # of the deadline that reading may take: the rest is for the moments when the machine is busy
_MAX_UNCOMMITTED_BATCHES = 3


@dataclass(frozen=True, slots=True)
class TakenMessages:
    """The messages of a poll; how many were dropped since the last one; whether a further poll is due at once."""

    messages: list[MqttMessage]
    dropped: int
    has_more: bool
    on_committed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class ListeningProcess:
    """What the process says of itself, see FetchContext. `receipts`: the clock by which messages are received.

    `poll_soon`: has the source of the listener polled.
    """

    now: Callable[[], datetime]
    receipts: FollowingClock
    may_connect: Callable[[], bool] = lambda: True
    poll_soon: Callable[[], None] = lambda: None


class TopicListener:
    """A connection that is made again when it breaks. Its messages wait in a buffer for the next poll.

    `is_ready`: every topic is subscribed; `error`: why not. The thread ends when it is stopped, when the server refuses
    access, or when there was no poll for `idle_timeout` seconds. `deadline`: seconds in which a poll must be read.
    `absence`: of a receiver until now.
    """

    def __init__(
        self, settings: ConnectionSettings, process: ListeningProcess, absence: Absence, idle_timeout: float,
        deadline: float,
    ) -> None:  # fmt: skip
        self._settings, self._process, self._idle_timeout = settings, process, idle_timeout
        self._buffer, self._acks, self._absence = MessageBuffer(), AckTracker(), absence
        self._version, self._is_version_proven = settings.version, False
        self._stop, self._is_retrying = threading.Event(), False
        self._last_poll, self._poll_count, self._poll_asked_at = monotonic(), 0, 0.0
        self._deadline, self._tries_alone = deadline, 0
        self._batch_limit = max(_MIN_BATCH, int(deadline * _FIRST_MESSAGES_PER_SECOND))
        self._settled = SettledOrder()  # messages up to its number may be acknowledged
        self._outgoing: deque[tuple[str, bytes]] = deque(maxlen=100)
        self.is_ready = False
        self.error: SourceError | None = None
        self._thread = threading.Thread(target=self._run, name=f"mqtt {settings.client_id}", daemon=True)

    def start(self) -> "TopicListener":
        """Start the thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Disconnect and let the thread end. The session stays with the server."""
        self._stop.set()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end of the thread, so long at most."""
        self._thread.join(seconds)

    def end(self) -> None:
        """Stop, and wait a little for the end."""
        self.stop()
        self.join(_END_SECONDS)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def has_messages(self) -> bool:
        """Whether messages wait."""
        return len(self._buffer) > 0

    @property
    def is_first_poll(self) -> bool:
        """Whether there was no poll yet."""
        return self._poll_count == 0

    def put_back(self) -> None:
        """Put the messages of the last poll back, which nobody tried to read: that says nothing about them."""
        self._take_again()

    def _take_again(self, *, is_late: bool = False) -> None:
        if self._buffer.last_taken_count:
            self._buffer.put_back(is_late=is_late)
            self._settled.undo()

    def retry_smaller(self) -> bool:
        """Put the messages of the last poll back, so that the next ones take half as many; False when that is no use.

        A poll that failed may have been too slow. A small batch that fails a second time will always fail: its messages
        are given up, and acknowledged in their turn, else a server with a small window would send no more.
        """
        if not (count := self._buffer.last_taken_count):
            return False
        if self._is_retrying and count <= _MIN_BATCH:
            self._settled.give_up()
            return False
        self._take_again()
        self._is_retrying, self._batch_limit = True, max(_MIN_BATCH, count // 2)
        return True

    def retry_late(self) -> None:
        """Put the messages of the last poll back, which could not be read in time: the next ones take half as many.

        One that comes too late alone three times, each time with more time, is not read again but rejected, so that it
        holds up none of those behind it; with it as many are read as after any failure.
        """
        if not (count := self._buffer.last_taken_count):
            return
        self._tries_alone = self._tries_alone + 1 if count == 1 else 0
        is_late = self._tries_alone == MESSAGE_TRIES
        self._take_again(is_late=is_late)
        if is_late:
            self._tries_alone = 0
        self._is_retrying, self._batch_limit = True, _MIN_BATCH if is_late else max(1, count // 2)

    def take(self) -> TakenMessages:
        """The messages since the last poll, the oldest first; none while a store that stands still has enough."""
        self._last_poll = monotonic()
        self._poll_count += 1
        messages, dropped, number = self._buffer.take(self._batch_limit if self._has_room else 0)
        back, on_committed = self._process.receipts.set_back_by, self._settled.begin(number)
        messages = [message.moved_back(back) for message in messages]
        return TakenMessages(messages, dropped, self.has_messages and self._has_room, on_committed)

    @property
    def _has_room(self) -> bool:
        return len(self._settled) < _MAX_UNCOMMITTED_BATCHES

    def confirm_read(self, seconds: float) -> None:
        """The messages of the last poll were read in `seconds`: the next ones are as many as its deadline allows.

        A batch below the limit says little about a full one: most of its time is not that of its messages.
        """
        self._is_retrying, self._tries_alone = False, 0
        count = self._buffer.last_taken_count
        if seconds > 0 and count >= self._batch_limit:
            self._batch_limit = max(_MIN_BATCH, int(count / seconds * self._deadline * _DEADLINE_SHARE))

    def publish(self, topic: str, body: bytes) -> None:
        """Send `body` once the connection is ready."""
        self._outgoing.append((topic, body))

    def _run(self) -> None:
        failed_tries = 0
        while not self._should_stop():
            if not self._process.may_connect():
                self._stop.wait(_RETRY_DELAYS[0])
                continue
            started, connection = monotonic(), MqttConnection(self._settings, self._version, self._callbacks())
            error = connection.run()
            is_steady = self.is_ready and monotonic() - started > _STEADY_SECONDS
            failed_tries = 0 if is_steady else failed_tries + 1
            self.is_ready = False
            self._acks.connection_lost()
            if error is None:
                return
            if self._fall_back_version(connection):
                continue
            self.error = error
            if error.is_refused:
                return
            self._stop.wait(_RETRY_DELAYS[min(failed_tries, len(_RETRY_DELAYS) - 1)])

    def _fall_back_version(self, connection: MqttConnection) -> bool:
        """Whether to try MQTT 3.1.1 at once. A version in which the server has answered is not changed."""
        if self._settings.version != "5" or self._is_version_proven:
            return False
        is_older = self._version == "5" and connection.is_version_rejected
        self._version = "3.1.1" if is_older else "5"
        return is_older

    def _should_stop(self) -> bool:
        return self._stop.is_set() or monotonic() - self._last_poll > self._idle_timeout

    def _callbacks(self) -> ConnectionCallbacks:
        return ConnectionCallbacks(
            on_message=self._on_message,
            on_connected=self._on_connected,
            on_subscribed=self._on_subscribed,
            should_stop=self._should_stop,
            due_acks=lambda: self._acks.due_acks(self._settled.number),
            is_full=self._is_full,
            take_outgoing=self._take_outgoing,
        )

    def _on_connected(self, is_session_present: bool) -> None:
        self._is_version_proven = True
        self._absence.connect(self._process.now(), is_session_present)
        if not is_session_present:
            self._acks.reset()

    def _on_subscribed(self) -> None:
        self.is_ready = True
        self._absence.subscribe()

    def _is_full(self, is_silent: bool) -> bool:
        """Whether the server may be waiting for acknowledgements; the source is then polled before its time."""
        is_full, now = len(self._acks) >= SMALL_WINDOW, monotonic()
        self._absence.check(self._process.now(), is_silent, len(self._acks))
        is_poll_due = len(self._buffer) >= self._settings.receive_maximum / 2 or (is_full and is_silent)
        if is_poll_due and self.has_messages and self._has_room and now - self._poll_asked_at > _ASK_AGAIN_SECONDS:
            self._poll_asked_at = now
            self._process.poll_soon()
        return is_full

    def _take_outgoing(self) -> list[tuple[str, bytes]]:
        return [self._outgoing.popleft() for _ in range(len(self._outgoing))] if self.is_ready else []

    def _on_message(self, message: "MQTTMessage") -> None:
        body = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        content_hash = hash((topic, body)) if message.qos else 0
        if message.qos and message.dup and self._acks.is_duplicate(message.mid, content_hash):
            return
        number = self._store(topic, body, message.retain)
        if message.qos:
            self._acks.add(number, message.mid, content_hash)

    def _store(self, topic: str, body: bytes, is_retained: bool) -> int:
        if not topic or len(topic) > MAX_TOPIC_LENGTH or len(body) > MAX_MESSAGE_SIZE:
            return self._buffer.count_dropped()
        receipts, is_kept = self._process.receipts, self._absence.receive() and not is_retained
        message = MqttMessage(
            body, address=topic, received_at=receipts(), set_back_by=receipts.told_after, is_retained=is_retained,
            is_kept=is_kept,
        )  # fmt: skip
        return self._buffer.put(message)
