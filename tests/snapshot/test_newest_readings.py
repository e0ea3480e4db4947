"""Newest readings that are read in parts, those that are new at each build, are those of the whole table."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import Latest
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.schema import change_counter as change_counter_table
from ioc.storage.db.schema import latest
from ioc.storage.db.store import Conn, Store
from ioc.storage.timeseries import readings
from tests.city import NOW
from tests.poller.running import configured, poll_source

KEYS = ("a", "b", "c")
SECOND, LIMIT = timedelta(seconds=1), timedelta(hours=2)
_EXAMPLES = count()
# What a writer does: the sources whose newest reading it writes, when it counts that (None: never), and a withdrawal.
WRITES = st.tuples(st.sets(st.sampled_from(KEYS)), st.sampled_from(["before", "after", None]))
STEPS = st.lists(st.one_of(WRITES, st.sampled_from([*KEYS, "build"])), max_size=12)

pytestmark = pytest.mark.usefixtures("build_each_time")


class City:
    """Three sources of a store, a cache that lives on, and what a new one shows."""

    def __init__(self, store: Store) -> None:
        prefix = f"e{next(_EXAMPLES)}-"
        self._names = {key: prefix + key for key in KEYS}
        self._configuration = configured(
            *(replace(poll_source(name), age_limit=LIMIT) for name in self._names.values())
        )
        self._store, self._numbers = store, count()
        self.cache = self.new_cache()

    def new_cache(self) -> SnapshotCache:
        return SnapshotCache(self._store, self._configuration, lambda: NOW)

    def write(self, conn: Conn, keys: set[str], counted: str | None) -> None:
        n = next(self._numbers)
        at = NOW - timedelta(hours=1) + n * SECOND
        if counted == "before":
            change_counter.bump(conn, {"readings"}, NOW)
        for key in sorted(keys):
            name = self._names[key]
            readings.append(conn, name, [Reading(f"{name}-level", at, float(n), "m")], at)
        if counted == "after":
            change_counter.bump(conn, {"readings"}, NOW)

    def withdraw(self, conn: Conn, key: str) -> None:
        readings.withdraw_latest(conn, [f"{self._names[key]}-level"])
        change_counter.bump(conn, {"readings", "history"}, NOW)


@given(STEPS)
def test_parts_and_the_whole_show_the_same(one_store: Store, steps: list[tuple[set[str], str | None] | str]) -> None:
    city = City(one_store)
    city.cache.snapshot()
    for step in [*steps, (set[str](), "after")]:  # what nobody has counted is shown with the next count
        with one_store.write() as conn:
            if isinstance(step, tuple):
                city.write(conn, *step)
            elif step != "build":
                city.withdraw(conn, step)
        if step == "build":
            city.cache.snapshot()
    assert city.cache.snapshot().map_points == city.new_cache().snapshot().map_points


def test_rows_that_are_known_are_not_read_again(one_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    city, read = City(one_store), list[int]()
    read_latest = readings.latest

    def counted(*args: Any, **options: Any) -> dict[str, Latest]:
        found = read_latest(*args, **options)
        read.append(len(found))
        return found

    monkeypatch.setattr(readings, "latest", counted)
    for keys in ({"a", "b", "c"}, {"a"}, {"b"}, {"b"}):
        with one_store.write() as conn:
            city.write(conn, keys, "before")
        city.cache.snapshot()
    assert read == [3, 3, 2, 1]  # those that the last build has read are read once more


@pytest.mark.parametrize("is_other", [True, False])
def test_all_is_read_from_a_server_that_lacks_what_was_counted(
    one_store: Store, monkeypatch: pytest.MonkeyPatch, is_other: bool
) -> None:
    """Of an asynchronous standby that took over; or with a counter that went down."""
    city, read = City(one_store), change_counter.read
    for n, keys in enumerate(({"a", "b"}, {"a"})):
        with one_store.write() as conn:
            city.write(conn, keys, "before")
        assert _values(city.cache) == [n, 0.0, None]
    with one_store.write() as conn:
        conn.execute(update(latest).values(value=2.5))
        if is_other:
            city.write(conn, {"a"}, "before")
            monkeypatch.setattr(change_counter, "read", lambda conn: replace(read(conn), server_start=NOW))
        else:
            fewer = change_counter_table.c.value - 1
            conn.execute(update(change_counter_table).where(change_counter_table.c.value > 0).values(value=fewer))
    assert _values(city.cache) == [2.0 if is_other else 2.5, 2.5, None]


def _values(reads: SnapshotCache) -> list[float | None]:
    return [view.value for point in reads.snapshot().map_points for view in point.series]
