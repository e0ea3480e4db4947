"""Acknowledgements of messages, the order in which they are settled, and recognition of those that are sent again."""

from collections import deque
from collections.abc import Callable
from threading import Lock

SMALL_WINDOW = 8  # unacknowledged messages; a server that has sent as many and is silent may send no more
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


class SettledOrder:
    """Up to which number messages are settled: committed, or given up. Batches are settled in the order of their polls.

    So a batch that is given up confirms none before it, which may still wait for the store. `number`: None before the
    first commit.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._open: deque[_Batch] = deque()
        self._newest: _Batch | None = None  # of a poll that may still fail
        self._lock = Lock()

    def __len__(self) -> int:
        """How many batches are not settled."""
        return len(self._open)

    def begin(self, number: int) -> Callable[[], None]:
        """Begin the batch that ends with message `number`, 0 for one without messages; a function that settles it."""
        batch = _Batch(number)
        with self._lock:
            self._newest = batch
            if number:
                self._open.append(batch)

        def settle() -> None:
            batch.is_settled = True
            self._advance()

        return settle

    def undo(self) -> None:
        """The messages of the newest batch come again in another one."""
        with self._lock:
            if self._newest in self._open:
                self._open.pop()
            self._newest = None

    def give_up(self) -> None:
        """The messages of the newest batch cannot be read."""
        if self._newest is not None:
            self._newest.is_settled = True
        self._advance()

    def _advance(self) -> None:
        with self._lock:
            self.number = self.number or 0
            while self._open and self._open[0].is_settled:
                self.number = self._open.popleft().number


class _Batch:
    def __init__(self, number: int) -> None:
        self.number, self.is_settled = number, False
