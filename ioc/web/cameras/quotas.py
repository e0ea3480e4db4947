"""How many may watch cameras at once, and how fast: so that watching costs neither a camera nor the other screens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STAYS = 20.0  # seconds after its last question that a viewer counts
OF_ONE, OF_ALL = 4, 8  # viewers of one camera, of all cameras
AT_ONCE = 3  # questions to cameras that are on their way: each holds a thread that else answers screens
_RATE, _BURST = 6.0, 30.0  # questions of one viewer a second
_BYTES, _BYTES_BURST = 6 * 1_048_576.0, 32 * 1_048_576.0  # of all cameras a second


class Full(Exception):
    """Not now; `status` 429 when the viewer itself asks too much, 503 when others are in the way."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class _Bucket:
    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, burst, now

    def left(self, now: float) -> float:
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        return self._left

    def take(self, amount: float) -> None:
        self._left -= amount


class Viewers:
    """Of one process; thread-safe. `clock`: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], tuple[float, _Bucket]] = {}
        self._bytes = _Bucket(_BYTES, _BYTES_BURST, clock())
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def asking(self, camera: str, viewer: str) -> Iterator[None]:
        """One question of `viewer` to `camera`. Full when it may not be asked now."""
        with self._lock:
            self._admit(camera, viewer, self._clock())
        if not self._places.acquire(blocking=False):
            raise Full(503, "other cameras are being asked")
        try:
            yield
        finally:
            self._places.release()

    def brought(self, size: int) -> None:
        """So many bytes came from a camera."""
        with self._lock:
            self._bytes.take(size)

    def _admit(self, camera: str, viewer: str, now: float) -> None:
        self._seen = {who: one for who, one in self._seen.items() if now - one[0] < STAYS}
        _, pace = self._seen.get((camera, viewer), (now, None))
        if pace is None:
            if len(self._seen) >= OF_ALL or sum(one == camera for one, _ in self._seen) >= OF_ONE:
                raise Full(503, "as many watch as may at once")
            pace = _Bucket(_RATE, _BURST, now)
        if pace.left(now) < 1:
            raise Full(429, "too many questions")
        if self._bytes.left(now) <= 0:
            raise Full(503, "the cameras send more than may be passed on")
        pace.take(1)
        self._seen[camera, viewer] = now, pace
