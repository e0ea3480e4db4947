"""What the browser's part of the benchmark counts of a page load."""

from benchmarks.browsing import NetworkCounter


def test_frames_are_no_requests_of_a_load() -> None:
    counter = NetworkCounter(
        paths={"1": "http://host/tuong", "2": "http://host/live/wall?lang=vi", "3": "http://host/a.js"}
    )
    assert counter.requests == 2
