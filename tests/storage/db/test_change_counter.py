"""Change counters: known times never go back, whoever writes and whatever the clock does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import pytest

from ioc.storage.db import change_counter
from ioc.storage.db.change_counter import Versions
from ioc.storage.db.store import Store
from tests.storage.expected_store import START


@pytest.mark.parametrize(
    ("beat", "is_working"), [(None, False), (0, True), (4.9, True), (5, False), (-5, True), (-3600, False)]
)
def test_poller_works_while_its_heartbeat_is_recent_and_does_not_lie_ahead(
    beat: float | None, is_working: bool
) -> None:
    heartbeat_at = None if beat is None else START - timedelta(seconds=beat)
    assert Versions(1, {}, None, heartbeat_at).is_poller_working(START) is is_working


class FallingClock:
    """Goes on by a second at each look, and back by five hours at every seventh."""

    def __init__(self) -> None:
        self._looks = count()

    def __call__(self) -> datetime:
        n = next(self._looks)
        return START + timedelta(seconds=n) - timedelta(hours=5) * (n // 7)


def test_known_times_grow_with_the_counter_while_the_clock_falls(store: Store) -> None:
    clock = FallingClock()

    def write(_: int) -> tuple[int, datetime]:
        with store.write() as conn:
            known = change_counter.bump(conn, {"readings"}, clock())
            return change_counter.read(conn).store, known

    with ThreadPoolExecutor(4) as threads:
        written = sorted(threads.map(write, range(60)))
    assert [version for version, _ in written] == list(range(1, 61)), "no change is counted twice or lost"
    known = [at for _, at in written]
    assert known == sorted(known) and known[0] >= START
