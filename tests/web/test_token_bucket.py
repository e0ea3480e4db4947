import pytest

from ioc.web.token_bucket import Rate, TokenBucket, TokenBuckets

RATE = Rate(per_second=2, burst=10)


def test_full_bucket_gives_its_burst_and_then_says_how_long_to_wait() -> None:
    bucket = TokenBucket(RATE, now=100)
    assert [bucket.take(5, 100) for _ in range(3)] == [0, 0, 2.5]
    assert bucket.left(100) == 0  # what is refused takes nothing
    assert bucket.take(5, 102) == pytest.approx(0.5) and bucket.take(5, 102.5) == 0


def test_bucket_never_holds_more_than_its_burst() -> None:
    bucket = TokenBucket(RATE, now=0)
    assert bucket.left(1_000_000) == 10


def test_spending_more_than_there_is_must_be_made_up_for() -> None:
    bucket = TokenBucket(RATE, now=0)
    bucket.spend(16)
    assert bucket.left(0) == -6 and bucket.take(1, 3) == 0.5 and bucket.take(1, 3.5) == 0


def test_keys_have_buckets_of_their_own() -> None:
    buckets = TokenBuckets(Rate(1, 1), lambda: 0.0)
    assert buckets.take("a") == 0 and buckets.take("b") == 0
    assert buckets.take("a") == 1 and buckets.take("b", cost=0.5) == 0.5


def test_only_the_least_recently_used_bucket_is_dropped() -> None:
    buckets = TokenBuckets(Rate(1, 1), lambda: 0.0, max_buckets=2)
    for key in ("a", "b", "a", "c"):
        buckets.take(key)
    assert len(buckets) == 2
    assert buckets.take("a") == 1 and buckets.take("b") == 0
