"""An event that several sources report is counted once, as long as one of them reports it so."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count as count_from
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.storage.db.store import Store
from ioc.storage.events import counts, events
from tests.storage.expected_store import START
from tests.storage.test_linear_cost import MAX_GROWTH, growth

OPEN, CLOSED = EventStage.OPEN, EventStage.CLOSED
MINUTE = timedelta(minutes=1)
REPORT = Event("report", "1", START, "Ngập đường", OPEN, "mới", shared_id="R1", place="31135")
ALL_OPEN = EventCountRule("report", OPEN)
examples = count_from()


def count(store: Store, rules: Mapping[str, EventCountRule]) -> dict[str, float]:
    """By source, where `rules` has the rule of each source that counts."""
    with store.read() as conn:
        return {
            source: counts.count(conn, source, rule, START + MINUTE, rules.keys() - {source}).total
            for source, rule in rules.items()
        }


def report(store: Store, source: str, stage: EventStage = OPEN, minute: int = 0, **changed: object) -> None:
    at = START + minute * MINUTE
    event = replace(REPORT, stage=stage, observed=at, **changed)  # type: ignore[arg-type]
    with store.write() as conn:
        events.record(conn, source, [event], at)


@pytest.mark.parametrize(
    ("stages", "counted"),
    [
        ((OPEN, OPEN), {"a": 1, "b": 0}),
        ((CLOSED, OPEN), {"a": 0, "b": 1}),
        ((OPEN, CLOSED), {"a": 1, "b": 0}),
        ((CLOSED, CLOSED), {"a": 0, "b": 0}),
    ],
)
def test_event_is_counted_once_while_one_source_reports_it_open(
    store: Store, stages: tuple[EventStage, EventStage], counted: dict[str, float]
) -> None:
    for source in "ab":
        report(store, source)
    for source, stage in zip("ab", stages, strict=True):
        report(store, source, stage, minute=1)
    assert count(store, dict.fromkeys("ab", ALL_OPEN)) == counted


def test_event_is_counted_where_the_first_source_counts_none(store: Store) -> None:
    """It is off, removed, or has no series of its own for this kind."""
    report(store, "old", place="31150")
    report(store, "new", minute=1)
    assert count(store, {"new": ALL_OPEN}) == {"new": 1}
    with store.read() as conn:
        assert counts.count(conn, "new", ALL_OPEN, START).units == {"31135": 1}


def test_original_that_has_expired_hides_no_duplicate(store: Store) -> None:
    report(store, "a", expires=START + MINUTE / 2)
    report(store, "b")
    assert count(store, dict.fromkeys("ab", ALL_OPEN)) == {"a": 0, "b": 1}


def test_event_that_one_source_has_closed_is_open_or_closed_and_not_both(store: Store) -> None:
    report(store, "a")
    report(store, "b")
    report(store, "a", CLOSED, minute=1)
    closed = EventCountRule("report", CLOSED)
    assert count(store, dict.fromkeys("ab", closed)) == {"a": 0, "b": 0}
    report(store, "b", CLOSED, minute=1)
    assert count(store, dict.fromkeys("ab", closed)) == {"a": 1, "b": 0}


def test_words_of_each_source_are_its_own(store: Store) -> None:
    report(store, "a", source_status="new")
    report(store, "b")
    rules = {word: EventCountRule("report", OPEN, source_statuses=(word,)) for word in ("new", "mới")}
    assert count(store, {"a": rules["new"], "b": rules["mới"]}) == {"a": 1, "b": 0}


def test_closed_duplicates_are_counted_once_where_no_source_has_the_original(store: Store) -> None:
    for source in ("old", "a", "b"):
        report(store, source)
        report(store, source, CLOSED, minute=1)
    assert count(store, dict.fromkeys("ab", EventCountRule("report", CLOSED))) == {"a": 1, "b": 0}


@pytest.mark.parametrize("rule", [ALL_OPEN, EventCountRule("report", CLOSED), EventCountRule("report")])
def test_counting_many_shared_events_is_linear(tmp_path: Path, rule: EventCountRule) -> None:
    stores = count_from()

    def prepare(n: int) -> Callable[[], object]:
        store = Store(f"sqlite:///{tmp_path / f'{next(stores)}.db'}")
        store.migrate()
        reported = [
            replace(REPORT, key=f"{number}", shared_id=f"{number}", stage=CLOSED if number % 4 else OPEN)
            for number in range(n)
        ]
        with store.write() as conn:
            for source in "ab":
                events.record(conn, source, reported, START)

        def work() -> None:
            with closing(store):
                assert count(store, dict.fromkeys("ab", rule))["b"] == 0

        return work

    assert growth(prepare, 500) < MAX_GROWTH


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from([OPEN, CLOSED])), max_size=12))
def test_sum_of_all_sources_is_the_number_of_open_events(
    one_store: Store, reports: list[tuple[str, str, EventStage]]
) -> None:
    example = next(examples)
    names = {source: f"{source}-{example}" for source in "abc"}
    last: dict[tuple[str, str], EventStage] = {}
    for minute, (source, number, stage) in enumerate(reports):
        report(one_store, names[source], stage, minute, key=number, shared_id=f"{example}-{number}")
        last[source, number] = stage
    still_open = {number for (_, number), stage in last.items() if stage is OPEN}
    assert sum(count(one_store, dict.fromkeys(names.values(), ALL_OPEN)).values()) == len(still_open)
