"""How often a process compares its clock with that of the database server."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ioc.domain.base.failure import Failure
from ioc.storage.db import leader_lease
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.leader_lease import ClockCheck

START = datetime(2026, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("looks", "count"),
    [([(0, 0), (9.9, 9.9)], 1), ([(0, 0), (10, 10)], 2), ([(0, 0), (1, 3)], 2), ([(0, 0), (1, -600), (2, -599)], 2)],
    ids=["soon", "every ten seconds", "set forward", "set back"],
)
def test_clock_is_compared_every_ten_seconds_and_when_it_was_set(
    monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, float]], count: int
) -> None:
    passed, compared = [0.0, 0.0], list[float]()
    monkeypatch.setattr(leader_lease, "monotonic", lambda: passed[0])
    monkeypatch.setattr(leader_lease, "clock_failure", lambda conn, clock: compared.append(passed[0]))
    check = ClockCheck(lambda: START + timedelta(seconds=passed[1]))
    for passed[0], passed[1] in looks:
        check(cast(Any, None))
    assert len(compared) == count


def test_clock_that_differs_is_compared_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [None, Failure(StoreCode.CLOCK_AHEAD, {"seconds": 40})]
    monkeypatch.setattr(leader_lease, "clock_failure", lambda conn, clock: failures.pop())
    check = ClockCheck(lambda: START)
    with pytest.raises(StoreError):
        check(cast(Any, None))
    check(cast(Any, None))
    assert not failures
