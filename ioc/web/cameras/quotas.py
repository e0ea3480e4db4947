"""Quotas of camera streams: viewers, requests and bytes, so that they overload neither cameras nor the server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ioc.web.cameras.errors import CameraStreamCode, StreamQuotaError

VIEWER_TTL_SECONDS = 20.0  # a viewer counts for so long after its last request
MAX_VIEWERS_PER_CAMERA, MAX_VIEWERS = 4, 8  # viewers of one camera, of all cameras
MAX_CONCURRENT_REQUESTS = 3  # to cameras; each holds a thread that would otherwise serve displays
_RATE, _BURST = 6.0, 30.0  # requests per second of one viewer
_BYTES, _BYTES_BURST = 6 * 1_048_576.0, 32 * 1_048_576.0  # bytes per second of all cameras


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
    """The quotas of one process. Thread-safe. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # (camera, viewer) -> time of the last request, its rate
        self._viewers: dict[tuple[str, str], tuple[float, _TokenBucket]] = {}
        self._bytes = _TokenBucket(_BYTES, _BYTES_BURST, clock())
        self._request_slots = threading.BoundedSemaphore(MAX_CONCURRENT_REQUESTS)

    @contextmanager
    def request_slot(self, camera: str, viewer: str) -> Iterator[None]:
        """One request of `viewer` to `camera`. StreamQuotaError when it may not be made now."""
        with self._lock:
            self._admit(camera, viewer, self._clock())
        if not self._request_slots.acquire(blocking=False):
            raise StreamQuotaError(CameraStreamCode.TOO_MANY_REQUESTS)
        try:
            yield
        finally:
            self._request_slots.release()

    def count_bytes(self, size: int) -> None:
        """Counts `size` bytes that came from a camera."""
        with self._lock:
            self._bytes.take(size)

    def _admit(self, camera: str, viewer: str, now: float) -> None:
        self._viewers = {key: state for key, state in self._viewers.items() if now - state[0] < VIEWER_TTL_SECONDS}
        _, rate = self._viewers.get((camera, viewer), (now, None))
        if rate is None:
            of_camera = sum(other == camera for other, _ in self._viewers)
            if len(self._viewers) >= MAX_VIEWERS or of_camera >= MAX_VIEWERS_PER_CAMERA:
                raise StreamQuotaError(CameraStreamCode.TOO_MANY_VIEWERS)
            rate = _TokenBucket(_RATE, _BURST, now)
        if rate.left(now) < 1:
            raise StreamQuotaError(CameraStreamCode.VIEWER_TOO_FAST)
        if self._bytes.left(now) <= 0:
            raise StreamQuotaError(CameraStreamCode.TOO_MUCH_TRAFFIC)
        rate.take(1)
        self._viewers[camera, viewer] = now, rate
