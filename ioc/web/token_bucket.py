"""Token buckets (https://en.wikipedia.org/wiki/Token_bucket): how much of something may happen per second."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

_MAX_BUCKETS = 8192  # of one TokenBuckets; the least recently used is dropped


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens added per second, and the capacity of the bucket."""

    per_second: float
    burst: float


class TokenBucket:
    """One bucket, full at first. Not thread-safe. `now`: monotonic seconds."""

    __slots__ = ("_left", "_rate", "_updated_at")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._updated_at = rate, rate.burst, now

    def left(self, now: float) -> float:
        """The tokens in it; negative after more was spent than it had."""
        added = (now - self._updated_at) * self._rate.per_second
        self._left, self._updated_at = min(self._rate.burst, self._left + added), now
        return self._left

    def spend(self, amount: float) -> None:
        """Takes tokens, also more than there are: of something that has happened already."""
        self._left -= amount

    def take(self, amount: float, now: float) -> float:
        """Takes tokens and returns 0; or takes none and returns the seconds until they are there."""
        missing = max(0.0, amount - self.left(now))
        if not missing:
            self.spend(amount)
        return missing / self._rate.per_second


class TokenBuckets:
    """One bucket per key. Thread-safe."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = monotonic, max_buckets: int = _MAX_BUCKETS) -> None:
        self._rate, self._clock, self._max_buckets = rate, clock, max_buckets
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Takes `cost` tokens and returns 0; or takes none and returns the seconds until they are there."""
        with self._lock:
            now = self._clock()
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = TokenBucket(self._rate, now)
            self._buckets.move_to_end(key)
            while len(self._buckets) > self._max_buckets:
                self._buckets.popitem(last=False)
            return bucket.take(cost, now)

    def __len__(self) -> int:
        return len(self._buckets)
