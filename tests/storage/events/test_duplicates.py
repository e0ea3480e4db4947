"""Duplicates of other sources' events: the indexed search against the plain comparison with each stored event."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from math import sin
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from ioc.domain.base.times import from_ms
from ioc.domain.events.deduplication import EARTH_RADIUS_METRES, DeduplicationRule, distance_metres, is_duplicate
from ioc.domain.events.event import Area, Event, EventStage
from ioc.storage.db.schema import event_current
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.events.rows import event_from_row
from tests.city import NOW
from tests.storage.test_linear_cost import MAX_GROWTH, growth

MINUTE = timedelta(minutes=1)
CORNERS = [(105.78, 10.03), (105.78, 10.03), (180.0, 10.0), (-180.0, 10.0), (105.0, 89.9999)]
# A step of 0.0005 degrees is 55 m, of 0.25 minutes 15 s: about each limit of the rules there are events on both sides.
PLACES = st.builds(
    lambda corner, x, y: Area(
        max(-180.0, min(180.0, corner[0] + x * 0.0005)), max(-90.0, min(90.0, corner[1] + y * 0.0005))
    ),
    st.sampled_from(CORNERS),
    st.integers(-6, 6),
    st.integers(-6, 6),
)
TIMES = st.integers(-12, 12).map(lambda n: NOW + n * MINUTE / 4 + timedelta(microseconds=n))
EVENTS = st.lists(
    st.builds(
        Event, kind=st.sampled_from(["report", "report", "alert"]), key=st.integers(0, 60).map(str), observed=TIMES,
        title=st.just("Ngập"), started=st.none() | TIMES, area=st.none() | PLACES | PLACES | PLACES,
        shared_id=st.sampled_from(["", "", "", "s-1", "s-2"]),
        facts=st.sampled_from([{}, {"muc": "A"}, {"muc": "a"}, {"muc": "b"}]),
        is_drill=st.sampled_from([False, False, True]),
        stage=st.sampled_from([EventStage.OPEN, EventStage.OPEN, EventStage.OPEN, EventStage.CLOSED]),
    ),
    min_size=12, max_size=25, unique_by=lambda event: event.key,
)  # fmt: skip
RULES = st.lists(
    st.builds(
        DeduplicationRule, st.sampled_from(["report", "alert"]), st.sampled_from([1.0, 55.6, 150.0, 2_000.0]),
        st.sampled_from([MINUTE / 4, MINUTE, 10 * MINUTE]), st.sampled_from([(), ("muc",)]),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def plain_originals(
    reported: Sequence[Event], stored: Sequence[events.EventRecord], rules: Sequence[DeduplicationRule]
) -> dict[str, str]:
    """The definition: by a shared id the first known open event, else the first original that has ended.

    Without one the nearest open event, one of a source to each; of an event that has ended also the nearest original
    that has.
    """
    is_led = {label(one) for one in stored if not one.duplicate_of and one.event.stage is EventStage.OPEN}
    named = sorted(
        (
            one for one in stored
            if not one.duplicate_of or (one.event.stage is EventStage.OPEN and one.duplicate_of not in is_led)
        ),
        key=lambda one: (one.event.stage is not EventStage.OPEN, one.known_at, one.source, one.event.key),
    )  # fmt: skip
    by_id = {
        event.key: next((one.duplicate_of or label(one) for one in named if has_id_of(event, one)), "")
        for event in reported
    }
    taken = {by_id[event.key] for event in reported if event.stage is EventStage.OPEN}
    pairs = sorted(
        (event.stage is not EventStage.OPEN, chord_cm(event, one.event), one.known_at, one.source, one.event.key,
         event.key, one.duplicate_of or label(one))
        for event in reported for one in stored
        if not by_id[event.key] and (
            one.duplicate_of not in is_led if one.event.stage is EventStage.OPEN
            else event.stage is not EventStage.OPEN and not one.duplicate_of
        )
        and is_duplicate(event, one.event, rules) and not has_id_of(event, one)
    )  # fmt: skip
    for *_, key, wanted in pairs:
        if not by_id[key] and wanted not in taken:
            by_id[key] = wanted
            taken.add(wanted)
    return by_id


def label(one: events.EventRecord) -> str:
    return f"{one.source}/{one.event.key}"


def has_id_of(event: Event, one: events.EventRecord) -> bool:
    return bool(event.shared_id) and is_duplicate(event, replace(one.event, area=None), ())


def chord_cm(event: Event, other: Event) -> int:
    assert event.area and other.area
    angle = distance_metres(event.area.lon, event.area.lat, other.area.lon, other.area.lat) / EARTH_RADIUS_METRES
    return round(100 * 2 * EARTH_RADIUS_METRES * sin(angle / 2))


def all_records(conn: Connection) -> list[events.EventRecord]:
    rows = [dict(row) for row in conn.execute(select(event_current)).mappings()]
    return [
        events.EventRecord(row["source"], event_from_row(row), from_ms(row["known_ms"]), row["duplicate_of"])
        for row in rows
    ]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(EVENTS, EVENTS, EVENTS, RULES)
def test_the_same_events_are_found_as_by_the_plain_comparison(
    one_store: Store, first: list[Event], second: list[Event], third: list[Event], rules: list[DeduplicationRule]
) -> None:
    with one_store.write() as conn:
        conn.execute(event_current.delete())
        for n, (source, reported) in enumerate((("c", first), ("a", second), ("b", third))):
            stored = all_records(conn)
            events.record(conn, source, reported, NOW + n * MINUTE, (), rules)
            found = {one.event.key: one.duplicate_of for one in all_records(conn) if one.source == source}
            assert found == plain_originals(reported, stored, rules)


RULE = DeduplicationRule("report", 1_000, timedelta(hours=1), ("muc",))
Change = Callable[[Event, int], Event]


def two_sources(folder: Path, stored: Change, reported: Change) -> Callable[[int], Callable[[], object]]:
    """Work that records n events beside n of another source."""
    numbers = iter(range(100))

    def named(count: int, change: Change) -> list[Event]:
        return [change(Event("report", f"{n}", NOW, "Ngập"), n) for n in range(count)]

    def prepare(count: int) -> Callable[[], object]:
        store = Store(f"sqlite:///{folder / f'{next(numbers)}.db'}")
        store.migrate()
        with store.write() as conn:
            events.record(conn, "a", named(count, stored), NOW)
        answer = named(count, reported)

        def record() -> None:
            with closing(store), store.write() as conn:
                events.record(conn, "b", answer, NOW, (), [RULE])

        return record

    return prepare


def apart(lon: float) -> Change:
    return lambda event, n: replace(event, area=Area(lon + n % 70 * 0.02, 10.0 + n // 70 * 0.02))


def with_id(prefix: str) -> Change:
    return lambda event, n: replace(event, shared_id=f"{prefix}{n}", area=Area(105.78, 10.03))


def with_fact(value: str) -> Change:
    return lambda event, n: replace(event, facts={"muc": f"{value}{n % 50}"}, area=Area(105.78, 10.03 + n * 1e-7))


def beside(lon: float) -> Change:
    return lambda event, n: replace(event, area=Area(105.78 + lon, 10.03 + n * 1e-7))


def later(start: timedelta) -> Change:
    return lambda event, n: replace(event, started=NOW + start + 4 * n * timedelta(hours=1), area=Area(105.78, 10.03))


@pytest.mark.parametrize(
    ("stored", "reported"),
    [
        (apart(105.0), apart(107.0)),  # near in time only
        (apart(105.0), apart(105.0)),  # each has one original
        (with_id("x"), with_id("y")),  # near in place and time, but their ids tell them apart
        (with_id("x"), with_id("x")),
        (later(timedelta(0)), later(timedelta(hours=2))),  # near in place only
        (with_fact("x"), with_fact("y")),  # near in place and time, but a fact tells them apart
        (beside(0.0), beside(0.0095)),  # all a little farther than the rule allows
    ],
)
def test_comparing_new_events_with_stored_ones_is_linear(tmp_path: Path, stored: Change, reported: Change) -> None:
    assert growth(two_sources(tmp_path, stored, reported), 500) < MAX_GROWTH
