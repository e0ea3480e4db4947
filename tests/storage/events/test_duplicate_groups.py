"""Reports of one event over time: which are shown as one, and that each is shown and counted as long as it is open."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import initial_health
from ioc.domain.snapshot import SourceView
from ioc.snapshot.events import event_views
from ioc.storage.db.schema import event_current, event_log
from ioc.storage.db.store import Store
from ioc.storage.events import counts, events
from ioc.storage.events.duplicates import release_unfit
from tests.city import NOW, source

OPEN, CLOSED = EventStage.OPEN, EventStage.CLOSED
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULES = (DeduplicationRule("report", 150, HOUR, ("loai",)),)
SOURCES = {key: SourceView(source(key), initial_health(source(key), NOW)) for key in "abc"}


def report(key: str, metres: float = 0.0, **changed: Any) -> Event:
    """An open report so many metres north of the others."""
    area = Area(105.78, 10.03 + metres / 111_195)
    return replace(Event("report", key, NOW, "Ngập", started=NOW, area=area), **changed)


class Reports:
    """What sources report, a minute after each other."""

    def __init__(self, store: Store) -> None:
        self.store, self.at = store, NOW

    def record(self, name: str, *reported: Event, complete: bool = False) -> None:
        self.at += MINUTE
        current = [replace(event, observed=self.at) for event in reported]
        with self.store.write() as conn:
            events.record(conn, name, current, self.at, ("report",) if complete else (), RULES)

    def labels(self) -> dict[str, str]:
        with self.store.read() as conn:
            records = events.open_events(conn, self.at).records
        return {f"{one.source}/{one.event.key}": one.duplicate_of for one in records}

    def shown_count(self) -> int:
        with self.store.read() as conn:
            return len(event_views(events.open_events(conn, self.at).records, SOURCES, self.at))

    def event_count(self) -> int:
        rule = EventCountRule("report", OPEN)
        with self.store.read() as conn:
            parts = [counts.count(conn, name, rule, self.at, SOURCES.keys() - {name}).total for name in SOURCES]
        return sum(parts)


@pytest.fixture
def reports(store: Store) -> Reports:
    return Reports(store)


def test_event_near_one_that_has_ended_or_expired_is_no_duplicate(reports: Reports) -> None:
    reports.record("a", report("closed", stage=CLOSED), report("expired", expires=NOW + MINUTE))
    reports.record("b", report("1"))
    assert reports.labels() == {"b/1": ""}


def test_shared_id_is_found_whatever_the_stage(reports: Reports) -> None:
    reports.record("a", report("1", shared_id="R1", stage=CLOSED))
    reports.record("b", report("1", 9_000, shared_id="R1"), report("2", 90_000, shared_id="R1"))
    assert reports.labels() == {"b/1": "a/1", "b/2": "a/1"}


def test_of_reports_with_the_shared_id_an_open_one_comes_before_one_that_has_ended(reports: Reports) -> None:
    reports.record("a", report("1", shared_id="R1", stage=CLOSED), report("2", shared_id="R1", expires=NOW + MINUTE))
    reports.record("a", report("3", shared_id="R1"))
    reports.record("b", report("1", shared_id="R1"))
    assert reports.labels() == {"a/3": "", "b/1": "a/3"}
    assert (reports.shown_count(), reports.event_count()) == (1, 1)


def test_of_several_events_of_one_source_the_nearest_is_the_duplicate(reports: Reports) -> None:
    reports.record("a", report("20"))
    reports.record("b", report("1", 43), report("2", 8))
    assert reports.labels() == {"a/20": "", "b/1": "", "b/2": "a/20"}
    reports.record("b", report("3", 1))
    assert reports.labels()["b/3"] == "" and (reports.shown_count(), reports.event_count()) == (3, 3)


def test_source_that_names_its_event_anew_has_it_in_the_group(reports: Reports) -> None:
    reports.record("a", report("1"))
    reports.record("b", report("old"))
    reports.record("b", report("new"), complete=True)
    assert reports.labels() == {"a/1": "", "b/new": "a/1"}


@pytest.mark.parametrize("shared_id", ["", "R1"])
def test_source_of_the_original_that_names_its_event_anew_has_it_in_the_group(reports: Reports, shared_id: str) -> None:
    for key in "ab":
        reports.record(key, report("1", shared_id=shared_id))
    reports.record("a", report("2", shared_id=shared_id), complete=True)
    assert reports.labels() == {"a/2": "a/1", "b/1": "a/1"}
    assert (reports.shown_count(), reports.event_count()) == (1, 1)


def test_new_report_joins_the_group_of_an_original_that_has_ended(reports: Reports) -> None:
    reports.record("a", report("1"))
    reports.record("b", report("1", 100))
    reports.record("c", report("far", 200))  # the open original alone is compared
    reports.record("a", report("1", stage=CLOSED))
    reports.record("c", report("1", 201))
    assert reports.labels() == {"b/1": "a/1", "c/far": "", "c/1": "a/1"}
    reports.record("a", report("2"))
    assert reports.labels()["a/2"] == "a/1"
    reports.record("a", report("1"))  # it is open again: they are two reports of one source, and c/1 is not near it
    assert reports.labels() == {"a/1": "", "a/2": "", "b/1": "a/1", "c/far": "", "c/1": ""}


@pytest.mark.parametrize(
    "changed",
    [
        {"area": Area(105.9, 10.03)}, {"area": None}, {"started": NOW + 2 * HOUR}, {"is_drill": True},
        {"facts": {"loai": "cây"}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("changes", ["a", "b"])
def test_pair_is_judged_anew_when_either_changes(reports: Reports, changed: dict[str, Any], changes: str) -> None:
    first = report("1", facts={"loai": "ngập"})
    reports.record("a", first)
    reports.record("b", first)
    reports.record(changes, replace(first, title="Ngập sâu"))
    assert reports.labels() == {"a/1": "", "b/1": "a/1"}
    before = reports.at
    reports.record(changes, replace(first, **changed))
    assert reports.labels() == {"a/1": "", "b/1": ""}
    with reports.store.read() as conn:
        past = events.open_events(conn, before, as_known=True).records
        assert {one.source: one.duplicate_of for one in past} == {"a": "", "b": "a/1"}
        assert [one.duplicate_of for one in events.revisions(conn, "b", "1")][:2] == ["", "a/1"]
    reports.record(changes, first)
    assert reports.shown_count() == reports.event_count() == 1


def test_another_shared_id_releases_a_duplicate(reports: Reports) -> None:
    for name in "ab":
        reports.record(name, report("1", shared_id="R1"))
    reports.record("b", report("1", shared_id="R2"))
    assert reports.labels() == {"a/1": "", "b/1": ""}


def test_shared_id_counts_for_more_than_nearness(reports: Reports) -> None:
    reports.record("a", report("1", shared_id="R1"))
    reports.record("b", report("near"))
    reports.record("b", report("1", 9_000, shared_id="R1"))
    assert reports.labels() == {"a/1": "", "b/near": "", "b/1": "a/1"}


def test_original_that_is_open_again_stays_one_beside_its_duplicate_of_the_same_answer(reports: Reports) -> None:
    for name in "ab":
        reports.record(name, report("1", shared_id="R1"))
    reports.record("a", report("1", shared_id="R1", stage=CLOSED), report("2"))
    reports.record("b", report("1", shared_id="R1", stage=CLOSED))
    reports.record("c", report("1", 900))
    reports.record("a", report("1", 900, shared_id="R1"), report("2", shared_id="R1"))
    assert reports.labels() == {"a/1": "", "a/2": "a/1", "c/1": ""}
    assert reports.shown_count() == reports.event_count() == 2


def test_event_without_a_start_stays_a_duplicate_however_long_it_is_reported(reports: Reports) -> None:
    reports.record("a", report("1", started=None))
    reports.record("b", report("1", started=None))
    reports.at += 5 * HOUR
    reports.record("b", report("1", 5, started=None))
    assert reports.labels() == {"a/1": "", "b/1": "a/1"}


def release(reports: Reports, rules: Sequence[DeduplicationRule]) -> int:
    with reports.store.write() as conn:
        return release_unfit(conn, rules, reports.at)


def test_other_rules_release_the_pairs_that_they_do_not_make(reports: Reports) -> None:
    reports.record("a", report("1"), report("2", shared_id="R1"))
    reports.record("b", report("1", 100), report("2", shared_id="R1"))
    assert release(reports, RULES) == 0
    assert release(reports, [replace(RULES[0], max_metres=50)]) == 1
    assert reports.labels() == {"a/1": "", "a/2": "", "b/1": "", "b/2": "a/2"}
    with reports.store.read() as conn:
        assert [one.duplicate_of for one in events.revisions(conn, "b", "1")] == ["", "a/1"]
    assert release(reports, []) == 0


def test_pair_whose_original_has_ended_is_released_without_a_rule_only(reports: Reports) -> None:
    reports.record("a", report("1"))
    reports.record("b", report("1"))
    reports.record("a", report("1", stage=CLOSED))
    assert (release(reports, RULES), release(reports, [])) == (0, 1)


REPORTED = st.builds(
    report, st.sampled_from("12"), st.sampled_from([0, 0, 60, 120, 180, 240, 900]),
    stage=st.sampled_from([OPEN, OPEN, OPEN, CLOSED]), shared_id=st.sampled_from(["", "", "", "R1", "R2"]),
    started=st.sampled_from([None, NOW, NOW + 50 * MINUTE, NOW + 2 * HOUR]), is_drill=st.just(False),
    expires=st.sampled_from([None, None, NOW + 5 * MINUTE, NOW + 2 * HOUR]),
)  # fmt: skip
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.lists(REPORTED, max_size=2, unique_by=lambda event: event.key), st.booleans(),
    ),
    min_size=4, max_size=14,
)  # fmt: skip


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(ANSWERS, st.booleans(), st.booleans())
def test_list_and_counts_agree_and_no_source_is_merged_with_itself(
    one_store: Store, answers: list[tuple[str, list[Event], bool]], has_ids: bool, has_rules: bool
) -> None:
    with one_store.write() as conn:
        for table in (event_current, event_log):
            conn.execute(table.delete())
    reports = Reports(one_store)
    for name, reported, complete in answers:
        listed = [event if has_ids else replace(event, shared_id="") for event in reported]
        reports.record(name, *listed, complete=complete)
        assert reports.event_count() == reports.shown_count()
        labels = reports.labels()
        assert not any(labels.get(label) for label in labels.values())  # no chains
        groups = Counter((label or one, one.split("/")[0]) for one, label in labels.items())
        assert has_ids or max(groups.values(), default=1) == 1
    release(reports, RULES[:has_rules])
    assert reports.event_count() == reports.shown_count() and (
        has_rules or has_ids or not any(reports.labels().values())
    )
