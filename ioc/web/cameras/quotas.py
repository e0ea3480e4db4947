"""Quotas of camera streams: viewers, requests and bytes, so that they overload neither cameras nor the server.

A viewer is a person, display or API key. No viewer alone uses up what all share.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ioc.web.cameras.errors import StreamQuotaError
from ioc.web.errors.codes import CameraStreamCode
from ioc.web.token_bucket import Rate, TokenBucket

VIEWER_TTL_SECONDS = 20.0  # a viewer counts for so long after its last request
MAX_VIEWERS_PER_CAMERA, MAX_VIEWERS = 4, 8  # viewers of one camera, of all cameras
MAX_CONCURRENT_REQUESTS = 3  # to cameras; each holds a thread that would otherwise serve displays
MAX_REQUESTS_PER_VIEWER = 2  # of these
_VIEWER_RATE = Rate(6, 30)  # requests of one viewer
_BYTE_RATE = Rate(6 * 1_048_576, 32 * 1_048_576)  # bytes of all cameras
_VIEWER_BYTE_RATE = Rate(4 * 1_048_576, 20 * 1_048_576)  # of these, of one viewer


class StreamQuotas:
    """The quotas of one process. Thread-safe. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # (camera, viewer) -> time of the last request, its rate
        self._viewers: dict[tuple[str, str], tuple[float, TokenBucket]] = {}
        self._bytes = TokenBucket(_BYTE_RATE, clock())
        self._bytes_of = dict[str, TokenBucket]()  # by viewer
        self._requests_of = Counter[str]()  # those that run, by viewer

    @contextmanager
    def request_slot(self, camera: str, viewer: str) -> Iterator[None]:
        """One request of `viewer` to `camera`. StreamQuotaError when it may not be made now."""
        with self._lock:
            self._admit(camera, viewer, self._clock())
            self._requests_of[viewer] += 1
        try:
            yield
        finally:
            with self._lock:
                self._requests_of[viewer] -= 1
                self._requests_of += Counter()  # keeps those above 0

    def count_bytes(self, viewer: str, size: int) -> None:
        """Counts `size` bytes that came from a camera for `viewer`."""
        with self._lock:
            self._bytes.spend(size)
            self._bucket_of(viewer, self._clock()).spend(size)

    def _admit(self, camera: str, viewer: str, now: float) -> None:
        self._viewers = {key: state for key, state in self._viewers.items() if now - state[0] < VIEWER_TTL_SECONDS}
        watching = {other for _, other in self._viewers}
        self._bytes_of = {other: bucket for other, bucket in self._bytes_of.items() if other in watching}
        _, rate = self._viewers.get((camera, viewer), (now, None))
        is_busy = self._requests_of[viewer] >= MAX_REQUESTS_PER_VIEWER
        if is_busy or (rate and rate.left(now) < 1) or self._bucket_of(viewer, now).left(now) <= 0:
            raise StreamQuotaError(CameraStreamCode.VIEWER_TOO_FAST)
        if self._bytes.left(now) <= 0:
            raise StreamQuotaError(CameraStreamCode.TOO_MUCH_TRAFFIC)
        if self._requests_of.total() >= MAX_CONCURRENT_REQUESTS:
            raise StreamQuotaError(CameraStreamCode.TOO_MANY_REQUESTS)
        if rate is None:
            self._make_room(camera, viewer)
            rate = TokenBucket(_VIEWER_RATE, now)
        rate.spend(1)
        self._viewers[camera, viewer] = now, rate

    def _make_room(self, camera: str, viewer: str) -> None:
        """When all places are taken, whoever has the most cameras loses the one asked for the longest ago."""
        if sum(other == camera for other, _ in self._viewers) >= MAX_VIEWERS_PER_CAMERA:
            raise StreamQuotaError(CameraStreamCode.TOO_MANY_VIEWERS)
        if len(self._viewers) < MAX_VIEWERS:
            return
        cameras_of = Counter(other for _, other in self._viewers)
        greedy, most = cameras_of.most_common(1)[0]
        if most <= cameras_of[viewer] + 1:
            raise StreamQuotaError(CameraStreamCode.TOO_MANY_VIEWERS)
        del self._viewers[
            min((key for key in self._viewers if key[1] == greedy), key=lambda key: self._viewers[key][0])
        ]

    def _bucket_of(self, viewer: str, now: float) -> TokenBucket:
        return self._bytes_of.setdefault(viewer, TokenBucket(_VIEWER_BYTE_RATE, now))
