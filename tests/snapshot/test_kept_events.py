"""Events that a cache keeps from build to build are those that a new cache reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import update

from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event, EventStage
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.schema import event_current, event_log, event_personal, event_tombstone
from ioc.storage.db.store import Conn, Store
from ioc.storage.events import events
from ioc.storage.events.rows import event_from_row
from tests.city import NOW
from tests.poller.running import configured, poll_source

MINUTE = timedelta(minutes=1)
RULES = (DeduplicationRule("report", 150, timedelta(hours=1)),)
RING = ((105.7, 10.0), (105.8, 10.0), (105.8, 10.1), (105.7, 10.0))


def report(key: str, **changed: Any) -> Event:
    return replace(Event("report", key, NOW, "Ngập", started=NOW, area=Area(105.78, 10.03, (RING,))), **changed)


pytestmark = pytest.mark.usefixtures("build_each_time")


class City:
    """Two sources of an empty store, and a cache that lives on; a minute passes with each change."""

    def __init__(self, store: Store) -> None:
        self.store, self.at = store, NOW
        with store.write() as conn:
            for table in (event_current, event_log, event_personal, event_tombstone):
                conn.execute(table.delete())
        self.cache = self.new_cache()

    def new_cache(self) -> SnapshotCache:
        return SnapshotCache(self.store, configured(poll_source("a"), poll_source("b")), lambda: self.at)

    def record(self, source: str, *reported: Event, complete: bool = False) -> None:
        self.at += MINUTE
        current = [replace(event, observed=self.at) for event in reported]
        with self.store.write() as conn:
            events.record(conn, source, current, self.at, ("report",) if complete else (), RULES)
            change_counter.bump(conn, {"events"}, self.at)

    def change(self, name: str) -> None:
        self.at += MINUTE
        with self.store.write() as conn:
            CHANGES[name](conn)
            change_counter.bump(conn, {"events"}, self.at)


def _delete_all(conn: Conn) -> None:
    """As retention does."""
    for table in (event_current, event_log, event_personal):
        conn.execute(table.delete().where(table.c.source == "a"))


def _delete_personal(conn: Conn) -> None:
    conn.execute(event_personal.delete())


def _correct_clock(conn: Conn) -> None:
    conn.execute(update(event_current).values(known_ms=event_current.c.known_ms - 1_000))


CHANGES: Mapping[str, Any] = {
    "delete all": _delete_all, "delete personal": _delete_personal, "correct clock": _correct_clock,
}  # fmt: skip
REPORTED = st.builds(
    report, st.sampled_from("123"),
    title=st.sampled_from(["Ngập", "Ngập sâu"]), shared_id=st.sampled_from(["", "", "R1"]),
    stage=st.sampled_from([EventStage.OPEN, EventStage.OPEN, EventStage.CLOSED]),
    area=st.sampled_from([None, Area(105.78, 10.03), Area(105.78, 10.03, (RING,)), Area(105.9, 10.1, (RING[:2],))]),
    replaces=st.sampled_from([(), (), ("1",)]), personal=st.sampled_from([{}, {"phone": "0"}]), is_drill=st.booleans(),
    expires=st.sampled_from([None, None, NOW + 3 * MINUTE]),
)  # fmt: skip
ANSWERS = st.tuples(
    st.sampled_from("ab"), st.lists(REPORTED, max_size=3, unique_by=lambda event: event.key), st.booleans()
)
STEPS = st.lists(st.one_of(ANSWERS, ANSWERS, st.sampled_from([*CHANGES, "build"])), max_size=12)


@given(STEPS)
@example([("a", [report("1")], False), "build", "delete all", ("a", [report("1", title="Khác")], False)])
def test_kept_events_are_those_that_a_new_cache_reads(
    one_store: Store, steps: list[tuple[str, list[Event], bool] | str]
) -> None:
    city = City(one_store)
    city.cache.snapshot()
    for step in steps:
        if isinstance(step, tuple):
            city.record(step[0], *step[1], complete=step[2])
        elif step != "build":
            city.change(step)
        else:
            assert city.cache.snapshot().events == city.new_cache().snapshot().events
    assert city.cache.snapshot().events == city.new_cache().snapshot().events


def test_unchanged_events_are_not_decoded_again(one_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    city, decoded, decode = City(one_store), list[str](), event_from_row

    def counted(row: Mapping[str, Any]) -> Event:
        decoded.append(row["key"])
        return decode(row)

    def decoded_by_a_build() -> list[str]:
        decoded.clear()
        city.cache.snapshot()
        return sorted(decoded)

    far = Area(106.0, 10.3, (RING,))
    first, second = report("1"), report("2", area=far)
    city.record("a", first, second)
    monkeypatch.setattr(events, "event_from_row", counted)
    assert decoded_by_a_build() == ["1", "2"]
    city.record("a", first, second)  # the time of the report alone has changed
    assert decoded_by_a_build() == []
    assert {view.event.observed for view in city.cache.snapshot().events} == {city.at}
    city.record("a", replace(first, title="Ngập sâu"))
    assert decoded_by_a_build() == ["1"]
    city.record("a", second, complete=True)
    assert decoded_by_a_build() == []
    city.record("a", first)
    assert decoded_by_a_build() == ["1"]
    city.change("delete personal")
    assert decoded_by_a_build() == []
