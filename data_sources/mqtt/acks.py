"""Acknowledgements of messages, and recognition of those that are sent again."""

from collections import deque

_MAX_REMEMBERED = 65_535  # as many as there are message ids


class AckTracker:
    """Which messages are to be acknowledged: in the order of arrival (MQTT 5, 4.6), each once it is committed.

    If this process dies, the server sends the others again. Before a first commit (`committed` None) none is
    acknowledged, so that a test of a source consumes nothing.
    """

    def __init__(self) -> None:
        self._open: deque[tuple[int, int]] = deque()  # number and id
        self._received: dict[int, tuple[int, int]] = {}  # id -> number and hash of the content

    def is_duplicate(self, mid: int, content_hash: int) -> bool:
        """Whether a message marked as sent again was received before; it is then acknowledged in its turn."""
        number, known_hash = self._received.get(mid, (0, 0))
        if not number or known_hash != content_hash:
            return False
        self._open.append((number, mid))
        return True

    def add(self, number: int, mid: int, content_hash: int) -> None:
        """Note a message that came for the first time. `content_hash` recognises it when it is sent again."""
        self._open.append((number, mid))
        self._received[mid] = (number, content_hash)
        if len(self._received) > _MAX_REMEMBERED:
            self._received.pop(next(iter(self._received)))

    def __len__(self) -> int:
        """How many messages are not acknowledged."""
        return len(self._open)

    def due_acks(self, committed: int | None) -> list[int]:
        """Ids to acknowledge now, when all messages up to number `committed` are committed."""
        due = []
        while committed is not None and self._open and self._open[0][0] <= committed:
            due.append(self._open.popleft()[1])
        return due

    def connection_lost(self) -> None:
        """Forget what is not acknowledged: the server will send it again."""
        self._open.clear()

    def reset(self) -> None:
        """Forget everything: the server has no session of ours, its ids begin anew."""
        self._open.clear()
        self._received.clear()
