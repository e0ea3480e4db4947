"""Quotas of camera streams: nobody alone uses up what all share."""

from contextlib import ExitStack

import pytest

from ioc.web.cameras.errors import StreamQuotaError
from ioc.web.cameras.quotas import (
    MAX_CONCURRENT_REQUESTS,
    MAX_REQUESTS_PER_VIEWER,
    MAX_VIEWERS,
    VIEWER_TTL_SECONDS,
    StreamQuotas,
)
from ioc.web.errors.codes import CameraStreamCode as Code

MEBIBYTE = 1_048_576


class Site:
    """The quotas, with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.quotas = StreamQuotas(lambda: self.now)

    def watch(self, viewer: str, camera: str, size: int = 0) -> str:
        """The code with which a request is denied, "" when it is not."""
        self.now += 0.01
        try:
            with self.quotas.request_slot(camera, viewer):
                self.quotas.count_bytes(viewer, size)
        except StreamQuotaError as error:
            return error.failure.code
        return ""


def test_whoever_watches_most_cameras_gives_way_to_others() -> None:
    site = Site()
    assert {site.watch("greedy", f"c{n}") for n in range(MAX_VIEWERS)} == {""}  # nobody else watches
    assert [site.watch("b", f"c{n}") for n in range(4)] == [""] * 4
    assert [site.watch("c", f"c{n + 4}") for n in range(2)] == [""] * 2
    watched = [site.watch("greedy", f"c{n}") for n in range(MAX_VIEWERS)]
    assert watched == [Code.TOO_MANY_VIEWERS] * 5 + [""] * 3  # those asked for the longest ago are lost
    assert site.watch("b", "c3") == site.watch("c", "c4") == ""


def test_viewers_with_as_many_cameras_do_not_displace_each_other() -> None:
    site = Site()
    assert {site.watch(f"v{n}", f"c{n}") for n in range(MAX_VIEWERS)} == {""}
    assert site.watch("late", "c9") == Code.TOO_MANY_VIEWERS
    assert {site.watch(f"v{n}", f"c{n}") for n in range(MAX_VIEWERS)} == {""}
    site.now += VIEWER_TTL_SECONDS + 1
    assert site.watch("late", "c9") == ""


def test_the_requests_of_one_viewer_leave_room_for_another() -> None:
    site = Site()
    with ExitStack() as running:
        for n in range(MAX_REQUESTS_PER_VIEWER):
            running.enter_context(site.quotas.request_slot(f"c{n}", "greedy"))
        assert site.watch("greedy", "c7") == Code.VIEWER_TOO_FAST
        for n in range(MAX_CONCURRENT_REQUESTS - MAX_REQUESTS_PER_VIEWER):
            running.enter_context(site.quotas.request_slot("c0", f"v{n}"))
        assert site.watch("late", "c1") == Code.TOO_MANY_REQUESTS
    assert site.watch("greedy", "c7") == site.watch("late", "c1") == ""


def test_the_traffic_of_one_viewer_leaves_some_for_another() -> None:
    site = Site()
    codes = [site.watch("greedy", f"c{n % 4}", 8 * MEBIBYTE) for n in range(12)]
    assert codes[0] == "" and codes[-1] == Code.VIEWER_TOO_FAST
    assert site.watch("b", "c0", MEBIBYTE) == ""
    site.now += 10
    assert site.watch("greedy", "c0", MEBIBYTE) == ""


@pytest.mark.parametrize("viewers", [1, 3])
def test_the_traffic_of_all_is_bounded(viewers: int) -> None:
    site, passed = Site(), 0
    for n in range(300):
        passed += site.watch(f"v{n % viewers}", "c0", MEBIBYTE // 2) == ""
    assert passed * 0.5 <= 32 + 6 * 3 + 1  # MiB: the burst, and three seconds
