"""The tasks that pages which everybody sees count: by visibility, official ones apart from simulated ones."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.followed import NO_FOLLOWED_TASKS, FollowedPart, FollowedTasks
from ioc.snapshot import cache
from ioc.snapshot.builder import load_followed
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.directives.followed import followed_tasks
from tests.domain.directives.cases import at
from tests.poller.running import configured, poll_source
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, DAY, DUE, Harness

HOUR = timedelta(hours=1)


def followed(city: Harness, moment: datetime | None = None) -> FollowedTasks:
    with city.store.read() as conn:
        return followed_tasks(conn, moment, city.now, AGENCIES, {"d", "e"}, 7, 3)


def totals(parts: tuple[FollowedPart, ...]) -> list[tuple[bool, int, dict[str, int]]]:
    """Of each part whether it is simulated, its total, and that of each agency."""
    return [
        (
            part.is_simulated,
            part.statistics.counts.total,
            {key: each.total for key, each in part.statistics.by_agency.items()},
        )
        for part in parts
    ]


def test_each_page_counts_what_it_may_show(city: Harness) -> None:
    assert followed(city).documents == {"d"}
    internal = totals(followed(city).parts)
    assert internal == [(False, 2, {"b": 1, "c": 1})] and followed(city).public_parts == ()
    city.enter(make_document("p", 3, visibility=Visibility.PUBLIC), "vp", assign=True)
    city.enter(make_document("g", 4, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    found = followed(city)
    assert totals(found.parts) == [(False, 4, {"b": 2, "c": 2})]
    assert totals(found.public_parts) == [(False, 2, {"b": 1, "c": 1})]


def test_no_number_is_of_official_and_simulated_tasks(city: Harness) -> None:
    city.enter(make_document("s", 3, is_simulated=True), assign=True)
    city.enter(make_document("h", 4, is_simulated=True, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    one = {"b": 1, "c": 1}
    assert totals(followed(city).parts) == [(False, 2, one), (True, 2, one)]


def test_past_moment_is_counted_as_it_was(city: Harness) -> None:
    city.now += HOUR
    city.act("gd-c", Act.RECEIVE)
    before = city.now
    city.now = at(DUE + DAY)
    assert [part.statistics.counts.overdue for part in followed(city).parts] == [2]
    earlier = followed(city, before).parts[0].statistics
    assert (earlier.counts.overdue, earlier.counts.not_started, earlier.at) == (0, 1, before)
    assert followed(city, at(START - DAY)).parts == ()


def test_snapshots_count_again_after_an_act_and_at_midnight(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(cache, "monotonic", lambda: seconds[0])
    reads = SnapshotCache(city.store, configured(poll_source("a")), lambda: city.now)
    loaded = list[datetime]()

    def load(*known: Any) -> FollowedTasks:
        loaded.append(city.now)
        return load_followed(*known)

    monkeypatch.setattr(cache, "load_followed", load)

    def not_started(after: float) -> int:
        seconds[0] += after
        return reads.snapshot().followed.parts[0].statistics.counts.not_started

    assert not_started(0) == 2 and not loaded
    city.act("gd-c", Act.RECEIVE)
    assert not_started(cache.FOLLOWED_SECONDS) == 1
    city.act("gd-b", Act.RECEIVE, "d/nv-1")
    assert not_started(1) == 1, "not with each act"
    assert not_started(cache.REFRESH_SECONDS + 1) == 0
    counted = len(loaded)
    not_started(cache.REFRESH_SECONDS + 1)
    assert len(loaded) == counted, "nothing has changed"
    city.now += DAY
    not_started(cache.REFRESH_SECONDS + 1)
    assert len(loaded) == counted + 1
    assert reads.at(at(START - DAY)).followed == NO_FOLLOWED_TASKS
