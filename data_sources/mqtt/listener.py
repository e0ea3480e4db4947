"""Listening beside the polls: a thread for each source, which connects, and connects again, until nobody asks."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from data_sources.mqtt.acknowledgements import Receipts
from data_sources.mqtt.connection import LARGEST, Connection, Ears, Plan
from data_sources.mqtt.inbox import MOST_TAKEN, Inbox, Message
from data_sources.mqtt.topics import LONGEST
from ioc.domain.ingest.protocol import SourceError

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessage

_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before the first, second, … further try; the last from then on

_FEWEST = 500  # messages that a poll takes even after many that came to nothing


class Listener:
    """`ready`: every topic is listened to; `fault`: why not. Ends when stopped, refused, or unasked for `patience`."""

    def __init__(self, plan: Plan, now: Callable[[], datetime], patience: float) -> None:
        self._plan, self._now, self._patience = plan, now, patience
        self._inbox, self._receipts = Inbox(), Receipts(plan.held)
        self._version, self._proven = plan.version, False
        self._stop, self._again = threading.Event(), False
        self._asked, self._polls, self._most = monotonic(), 0, MOST_TAKEN
        self._given: int | None = None  # number of the last message that the poll before this one took
        self._safe: int | None = None  # all up to this number may be acknowledged
        self._outgoing: deque[tuple[str, bytes]] = deque(maxlen=100)
        self.ready = False
        self.fault: SourceError | None = None
        self._thread = threading.Thread(target=self._run, name=f"mqtt {plan.client}", daemon=True)

    def start(self) -> "Listener":
        """Begin to listen."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Disconnect and let the thread end, soon. The session stays with the server."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the end of the thread."""
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it still listens or tries to."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> bool:
        """Whether something is there to take."""
        return len(self._inbox) > 0

    @property
    def first(self) -> bool:
        """Whether it was never asked before."""
        return self._polls == 0

    def again(self) -> bool:
        """Gives out at the next `take` what the last one brought, half as many at a time; False when that is no use.

        A poll that came to nothing may have been too slow. A few messages that fail a second time can never be read.
        """
        handed = self._inbox.handed
        if not handed or (self._again and handed <= _FEWEST):
            return False
        self._inbox.back()
        self._again, self._most, self._given = True, max(_FEWEST, handed // 2), self._safe
        return True

    def take(self) -> tuple[list[Message], int]:
        """What came since the last time, the oldest first, and how many had to be given up."""
        self._asked = monotonic()
        self._polls += 1
        # What the last poll took has been committed by now.
        self._safe = self._given
        taken, lost, self._given = self._inbox.take(self._most)
        return taken, lost

    def well(self) -> None:
        """The last poll was read: twice as many may come the next time."""
        self._again, self._most = False, min(MOST_TAKEN, self._most * 2)

    def publish(self, topic: str, body: bytes) -> None:
        """Send this when connected."""
        self._outgoing.append((topic, body))

    def _run(self) -> None:
        tries = 0
        while not self._over():
            connection = Connection(self._plan, self._version, self._ears())
            fault = connection.run()
            tries = 0 if self.ready else tries + 1
            self.ready = False
            self._receipts.broken()
            if fault is None:
                return
            if self._changed_version(connection):
                continue
            self.fault = fault
            if fault.refused:
                return
            self._stop.wait(_WAITS[min(tries, len(_WAITS) - 1)])

    def _changed_version(self, connection: Connection) -> bool:
        """Whether to try at once with MQTT 3.1.1. Once a server has answered in a version, that one stays."""
        if self._plan.version != "5" or self._proven:
            return False
        older = self._version == "5" and connection.other_version
        self._version = "3.1.1" if older else "5"
        return older

    def _over(self) -> bool:
        return self._stop.is_set() or monotonic() - self._asked > self._patience

    def _ears(self) -> Ears:
        return Ears(
            message=self._came, opened=self._opened, ready=self._listening, stopped=self._over,
            acknowledge=lambda: self._receipts.due(self._safe), outgoing=self._to_send,
        )  # fmt: skip

    def _opened(self, kept: bool) -> None:
        self._proven = True
        if not kept:
            self._receipts.forget()

    def _listening(self) -> None:
        self.ready = True

    def _to_send(self) -> list[tuple[str, bytes]]:
        return [self._outgoing.popleft() for _ in range(len(self._outgoing))] if self.ready else []

    def _came(self, message: "MQTTMessage") -> None:
        body = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        what = hash((topic, body)) if message.qos else 0
        if message.qos and message.dup and self._receipts.again(message.mid, what):
            return
        number = self._keep(topic, body, message.retain)
        if message.qos:
            self._receipts.add(number, message.mid, what)

    def _keep(self, topic: str, body: bytes, retained: bool) -> int:
        if not topic or len(topic) > LONGEST or len(body) > LARGEST:
            return self._inbox.lose()
        return self._inbox.put(Message(body, address=topic, received=self._now(), retained=retained))
