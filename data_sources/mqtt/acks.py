"""Which messages have been acknowledged, and which have come before."""

from collections import deque

_MAX_REMEMBERED = 65_535  # as many as there are message ids


class AckTracker:
    """Acknowledgements in the order of arrival, as the protocol demands, each when its message is safe.

    The newest `held` messages stay unacknowledged until the poll after the one that took them, by when they are
    committed: if this process dies, the server sends them again. Beyond `held` they are acknowledged on arrival, else
    a server with a small window would send no more. Before a second poll (`taken` None) none is acknowledged at all:
    who asks only once takes nothing away.
    """

    def __init__(self, max_unacknowledged: int) -> None:
        self._max_unacknowledged = max_unacknowledged
        self._open: deque[tuple[int, int]] = deque()  # number and id
        self._seen: dict[int, tuple[int, int]] = {}  # id -> number and what it was

    def is_duplicate(self, mid: int, content_hash: int) -> bool:
        """Whether a message that is marked as sent again has come before; it is then acknowledged in its turn."""
        number, known = self._seen.get(mid, (0, 0))
        if not number or known != content_hash:
            return False
        self._open.append((number, mid))
        return True

    def add(self, number: int, mid: int, content_hash: int) -> None:
        """A message that came for the first time. `what`: the hash by which it is known again."""
        self._open.append((number, mid))
        self._seen[mid] = (number, content_hash)
        if len(self._seen) > _MAX_REMEMBERED:
            self._seen.pop(next(iter(self._seen)))

    def due_acks(self, committed: int | None) -> list[int]:
        """Ids to acknowledge now, when all messages up to number `taken` are safe."""
        found = []
        while (
            committed is not None
            and self._open
            and (self._open[0][0] <= committed or len(self._open) > self._max_unacknowledged)
        ):
            found.append(self._open.popleft()[1])
        return found

    def connection_lost(self) -> None:
        """The connection is gone: what was not acknowledged will come again."""
        self._open.clear()

    def reset(self) -> None:
        """The server knows nothing of us: its ids begin anew."""
        self._open.clear()
        self._seen.clear()
