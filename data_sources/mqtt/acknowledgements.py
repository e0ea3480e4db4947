"""Which messages have been acknowledged, and which have come before."""

from collections import deque

_REMEMBERED = 65_535  # as many as there are message ids


class Receipts:
    """Acknowledgements in the order of arrival, as the protocol demands, each when its message is safe.

    The newest `held` messages stay unacknowledged until the poll after the one that took them, by when they are
    committed: if this process dies, the server sends them again. Beyond `held` they are acknowledged on arrival, else
    a server with a small window would send no more. Before a second poll (`taken` None) none is acknowledged at all:
    who asks only once takes nothing away.
    """

    def __init__(self, held: int) -> None:
        self._held = held
        self._open: deque[tuple[int, int]] = deque()  # number and id
        self._seen: dict[int, tuple[int, int]] = {}  # id -> number and what it was

    def again(self, mid: int, what: int) -> bool:
        """Whether a message that is marked as sent again has come before; it is then acknowledged in its turn."""
        number, known = self._seen.get(mid, (0, 0))
        if not number or known != what:
            return False
        self._open.append((number, mid))
        return True

    def add(self, number: int, mid: int, what: int) -> None:
        """A message that came for the first time. `what`: the hash by which it is known again."""
        self._open.append((number, mid))
        self._seen[mid] = (number, what)
        if len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))

    def due(self, taken: int | None) -> list[int]:
        """Ids to acknowledge now, when all messages up to number `taken` are safe."""
        found = []
        while taken is not None and self._open and (self._open[0][0] <= taken or len(self._open) > self._held):
            found.append(self._open.popleft()[1])
        return found

    def broken(self) -> None:
        """The connection is gone: what was not acknowledged will come again."""
        self._open.clear()

    def forget(self) -> None:
        """The server knows nothing of us: its ids begin anew."""
        self._open.clear()
        self._seen.clear()
