"""How many may watch cameras at once, and how fast: so that watching costs neither a camera nor the other screens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

VIEWER_TTL_SECONDS = 20.0  # seconds after its last question that a viewer counts
MAX_VIEWERS_PER_CAMERA, MAX_VIEWERS = 4, 8  # viewers of one camera, of all cameras
MAX_CONCURRENT_REQUESTS = 3  # questions to cameras that are on their way: each holds a thread that else answers screens
_RATE, _BURST = 6.0, 30.0  # questions of one viewer a second
_BYTES, _BYTES_BURST = 6 * 1_048_576.0, 32 * 1_048_576.0  # of all cameras a second


class StreamQuotaError(Exception):
    """Not now; `status` 429 when the viewer itself asks too much, 503 when others are in the way."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class _TokenBucket:
    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, burst, now

    def left(self, now: float) -> float:
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        return self._left

    def take(self, amount: float) -> None:
        self._left -= amount


class StreamQuotas:
    """Of one process; thread-safe. `clock`: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._viewers: dict[tuple[str, str], tuple[float, _TokenBucket]] = {}
        self._bytes = _TokenBucket(_BYTES, _BYTES_BURST, clock())
        self._request_slots = threading.BoundedSemaphore(MAX_CONCURRENT_REQUESTS)

    @contextmanager
    def request_slot(self, camera: str, viewer: str) -> Iterator[None]:
        """One question of `viewer` to `camera`. Full when it may not be asked now."""
        with self._lock:
            self._admit(camera, viewer, self._clock())
        if not self._request_slots.acquire(blocking=False):
            raise StreamQuotaError(503, "other cameras are being asked")
        try:
            yield
        finally:
            self._request_slots.release()

    def count_bytes(self, size: int) -> None:
        """So many bytes came from a camera."""
        with self._lock:
            self._bytes.take(size)

    def _admit(self, camera: str, viewer: str, now: float) -> None:
        self._viewers = {who: one for who, one in self._viewers.items() if now - one[0] < VIEWER_TTL_SECONDS}
        _, pace = self._viewers.get((camera, viewer), (now, None))
        if pace is None:
            if (
                len(self._viewers) >= MAX_VIEWERS
                or sum(one == camera for one, _ in self._viewers) >= MAX_VIEWERS_PER_CAMERA
            ):
                raise StreamQuotaError(503, "as many watch as may at once")
            pace = _TokenBucket(_RATE, _BURST, now)
        if pace.left(now) < 1:
            raise StreamQuotaError(429, "too many questions")
        if self._bytes.left(now) <= 0:
            raise StreamQuotaError(503, "the cameras send more than may be passed on")
        pace.take(1)
        self._viewers[camera, viewer] = now, pace
