"""The tasks that pages which everybody sees count: by visibility, official ones apart from simulated ones."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Register, Visibility
from ioc.domain.directives.followed import NO_FOLLOWED_TASKS, FollowedPart, FollowedTasks
from ioc.snapshot import cache
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.directives.documents import put_document
from ioc.storage.directives.followed import followed_tasks
from tests.domain.directives.cases import at
from tests.poller.running import configured, poll_source
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, DAY, DUE, Harness

HOUR = timedelta(hours=1)
REGISTER = Register((make_document("d", 1), make_document("e", 2)), AGENCIES)


def followed(city: Harness, moment: datetime | None = None) -> FollowedTasks:
    with city.store.read() as conn:
        return followed_tasks(conn, REGISTER, moment, city.now)


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


def test_document_of_the_configuration_is_followed_from_its_entry_on(city: Harness) -> None:
    """Before, past moments count the tasks that the configuration has of it."""
    document = make_document("x0", 1, is_simulated=True)
    configured = Register((document,), AGENCIES)

    def keys(moment: datetime | None) -> frozenset[str]:
        with city.store.read() as conn:
            return followed_tasks(conn, configured, moment, city.now).documents

    before = city.now
    city.now += HOUR
    assert keys(None) == keys(before) == frozenset()
    city.enter(document, assign=True)
    entered = city.now
    city.now += HOUR
    with city.store.write() as conn:  # corrected later
        put_document(conn, replace(document, sphere="y"), city.now)
    assert keys(None) == keys(entered) == {"x0"}
    assert keys(before) == frozenset()


def test_snapshots_count_again_after_an_act_and_at_midnight(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(cache, "monotonic", lambda: seconds[0])
    reads = SnapshotCache(city.store, configured(poll_source("a")), lambda: city.now)
    loaded = list[datetime]()

    fails = list[StoreError]()

    def load(*known: Any) -> FollowedTasks:
        if fails:
            raise fails.pop()
        loaded.append(city.now)
        return followed_tasks(*known)

    monkeypatch.setattr(cache, "followed_tasks", load)

    def not_started(after: float) -> int:
        seconds[0] += after
        return reads.snapshot().followed.parts[0].statistics.counts.not_started

    assert not_started(0) == 2 and not loaded
    city.act("gd-c", Act.RECEIVE)
    assert not_started(cache.FOLLOWED_SECONDS) == 1
    city.act("gd-b", Act.RECEIVE, "d/nv-1")
    assert not_started(1) == 1, "not with each act"
    fails.append(StoreError(StoreCode.BUSY))
    with pytest.raises(StoreError):
        not_started(cache.REFRESH_SECONDS + 1)
    assert not_started(cache.REFRESH_SECONDS + 1) == 0, "a count that failed is still due"
    counted = len(loaded)
    not_started(cache.REFRESH_SECONDS + 1)
    assert len(loaded) == counted, "nothing has changed"
    city.now += DAY
    not_started(cache.REFRESH_SECONDS + 1)
    assert len(loaded) == counted + 1
    assert reads.at(at(START - DAY)).followed == NO_FOLLOWED_TASKS


def test_newly_overdue_tasks_are_counted_from_the_midnight_after_their_day(city: Harness) -> None:
    def newly(moment: datetime | None = None) -> list[tuple[int, datetime, bool]]:
        return [(each.count, each.since, each.is_simulated) for each in followed(city, moment).newly_overdue]

    city.enter(make_document("g", 4, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.enter(make_document("s", 3, is_simulated=True), assign=True)
    starts = datetime.combine(DUE + DAY, time(), CITY_ZONE)
    city.now = starts - timedelta(seconds=1)
    assert newly() == []
    city.now = starts
    assert newly() == [(2, starts, False), (2, starts, True)]
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Đã xong")
    assert newly() == [(1, starts, False), (2, starts, True)], "the clock stands"
    city.now += 6 * DAY
    assert [each[0] for each in newly()] == [1, 2]
    before, city.now = city.now, city.now + 1 * DAY
    assert newly() == [] and [each[0] for each in newly(before)] == [1, 2]
