"""Events: current state, past views, counts; the count in SQL against a plain count in Python."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from ioc.domain.base.severity import Severity
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.storage.db.schema import event_current, event_log
from ioc.storage.db.store import Store
from ioc.storage.events import counts, events, personal_data
from tests.storage.expected_store import START

HOUR = timedelta(hours=1)
EVENT = Event(
    "report", "r-1", START, "Hố ga mất nắp", EventStage.OPEN, "đang xử lý", Severity.ATTENTION, "Trước số 12",
    START - HOUR, START + HOUR, None, None, "31135",
    Area(105.78, 10.03, (((105.0, 10.0), (105.1, 10.0), (105.1, 10.1)),)),
    "https://example.org/1", "s-1", (), {"loai": "hạ tầng", "muc": "2"}, {"người gửi": "một người"},
)  # fmt: skip


def record(
    store: Store, *reported: Event, at: datetime = START, complete_kinds: tuple[str, ...] = ()
) -> events.EventRecordResult:
    with store.write() as conn:
        return events.record(conn, "src", reported, at, complete_kinds)


def open_events(store: Store, at: datetime, past: bool = False) -> list[Event]:
    with store.read() as conn:
        return [event.event for event in events.open_events(conn, at, past).records]


def test_event_is_read_back_without_personal_data(store: Store) -> None:
    assert record(store, EVENT).changed == 1
    assert open_events(store, START) == [replace(EVENT, personal={})]
    with store.read() as conn:
        assert personal_data.read(conn, "src", "r-1") == EVENT.personal


@pytest.mark.parametrize("past", [False, True])
def test_open_events_tell_whether_personal_data_is_kept(store: Store, past: bool) -> None:
    record(store, EVENT, replace(EVENT, key="r-2", shared_id="", personal={}))
    with store.read() as conn:
        records = events.open_events(conn, START, past).records
    assert {each.event.key: each.has_personal for each in records} == {"r-1": True, "r-2": False}


@pytest.mark.parametrize("past", [False, True])
def test_source_of_many_open_events_hides_no_other_one(store: Store, past: bool) -> None:
    """The newest of each source, as many of each as of another that has more."""
    event = replace(EVENT, shared_id="", personal={})
    reported = {"flood": (8, 0), "fire": (2, 5), "road": (5, 9)}  # how many, and how many minutes older
    with store.write() as conn:
        for source, (number, age) in reported.items():
            minutes = [timedelta(minutes=age + n) for n in range(number)]
            found = [replace(event, key=f"{n}", observed=START - ago) for n, ago in enumerate(minutes)]
            events.record(conn, source, found, START)
    with store.read() as conn:
        for limit, kept in ((15, (8, 2, 5)), (10, (4, 2, 4)), (3, (1, 1, 1))):
            records, has_all = events.open_events(conn, START, past, limit)
            assert has_all is (limit == 15)
            keys = {source: [each.event.key for each in records if each.source == source] for source in reported}
            assert [*keys.values()] == [[f"{n}" for n in range(number)] for number in kept]
            times = [each.event.observed for each in records]
            assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("past", [False, True])
def test_event_that_cannot_be_read_hides_no_cut(store: Store, past: bool) -> None:
    record(store, *(replace(EVENT, key=f"{n}", shared_id="") for n in range(3)))
    with store.write() as conn:
        for table in (event_current, event_log):
            conn.execute(update(table).where(table.c.key == "1").values(body="damaged"))
    with store.read() as conn:
        found = [events.open_events(conn, START, past, limit) for limit in (2, 3)]
    assert [each.has_all for each in found] == [False, True] and len(found[1].records) == 2


def test_repeated_report_is_not_logged_and_older_report_is_ignored(store: Store) -> None:
    record(store, EVENT)
    assert record(store, replace(EVENT, observed=START + HOUR), at=START + HOUR) == events.EventRecordResult(0, 1)
    record(store, replace(EVENT, title="cũ", observed=START - HOUR), at=START + HOUR)
    assert [event.title for event in open_events(store, START + HOUR)] == [EVENT.title]
    with store.read() as conn:
        assert len(events.revisions(conn, "src", "r-1")) == 1


def test_each_change_increments_the_revision(store: Store) -> None:
    record(store, EVENT)
    record(store, replace(EVENT, observed=START + HOUR / 2), at=START + HOUR / 2)  # an unchanged report
    record(store, replace(EVENT, source_status="sắp xong", observed=START + HOUR), at=START + HOUR)
    with store.read() as conn:
        assert [event.revision for event in events.open_events(conn, START + HOUR).records] == [2]
        assert [event.revision for event in events.open_events(conn, START + HOUR / 2, as_known=True).records] == [1]
        assert [(event.revision, event.event.source_status) for event in events.revisions(conn, "src", "r-1")] == [
            (2, "sắp xong"), (1, "đang xử lý"),
        ]  # fmt: skip
    record(store, at=START + 2 * HOUR, complete_kinds=("report",))  # not listed any more: closed, which is a change
    with store.read() as conn:
        assert events.revisions(conn, "src", "r-1")[0].revision == 3


def test_first_reported_time_stays_until_the_event_is_reopened(store: Store) -> None:
    for n in range(4):  # a poll each hour; it rewrites its end each time
        later = START + n * HOUR
        record(store, replace(EVENT, observed=later, expires=later + HOUR), at=later)
        with store.read() as conn:
            assert [(event.first_known, event.revision) for event in events.open_events(conn, later).records] == [
                (START, n + 1)
            ]
    with store.read() as conn:
        assert [event.first_known for event in events.open_events(conn, START + HOUR, as_known=True).records] == [START]
    record(store, at=START + 5 * HOUR, complete_kinds=("report",))
    record(store, replace(EVENT, observed=START + 6 * HOUR), at=START + 7 * HOUR)
    with store.read() as conn:
        assert [event.first_known for event in events.open_events(conn, START + 7 * HOUR).records] == [START + 6 * HOUR]


def test_event_without_a_start_is_as_old_as_its_first_report(store: Store) -> None:
    rule = EventCountRule("report", EventStage.OPEN, max_age=2 * HOUR)
    totals = []
    for n in range(4):  # it has no time of its own, so that each poll observes it anew
        later = START + n * HOUR
        record(store, replace(EVENT, observed=later, started=None), at=later)
        with store.read() as conn:
            totals.append(counts.count(conn, "src", rule, later).total)
    assert totals == [1, 1, 0, 0]


def test_event_of_several_units_is_counted_in_each_and_once_in_total(store: Store) -> None:
    several = replace(EVENT, key="a", place="", places=("31135", "31150"))
    record(store, EVENT, several, replace(EVENT, key="b", place=""))
    assert replace(several, personal={}) in open_events(store, START)
    with store.read() as conn:
        count = counts.count(conn, "src", EventCountRule("report"), START)
    assert count == counts.EventCount(3, {"31135": 2, "31150": 1})


def test_report_from_a_clock_that_was_ahead_blocks_no_later_report(store: Store) -> None:
    day = 24 * HOUR
    with store.write() as conn:  # our clock was a day ahead and was set back: known times never go back
        events.record(conn, "src", [replace(EVENT, observed=START + day)], START + day, now=START + day)
        closed = replace(EVENT, stage=EventStage.CLOSED, closed=START + HOUR, observed=START + HOUR)
        assert events.record(conn, "src", [closed], START + day, now=START + HOUR).changed == 1
    assert not open_events(store, START + day)
    with store.write() as conn:  # and an older report is ignored again
        events.record(conn, "src", [replace(EVENT, observed=START)], START + day, now=START + 2 * HOUR)
    assert not open_events(store, START + day)


def test_past_view_shows_what_was_known_then(store: Store) -> None:
    record(store, EVENT)
    record(store, replace(EVENT, stage=EventStage.CLOSED, closed=START + HOUR, observed=START + HOUR), at=START + HOUR)
    assert not open_events(store, START + HOUR)
    assert [event.stage for event in open_events(store, START + HOUR / 2, past=True)] == [EventStage.OPEN]
    assert not open_events(store, START - HOUR, past=True)


def test_expired_replaced_and_unlisted_events_are_not_open(store: Store) -> None:
    alert = replace(EVENT, kind="alert", key="a", expires=START + HOUR)
    record(store, alert, EVENT)
    assert {event.key for event in open_events(store, START)} == {"a", "r-1"}
    assert {event.key for event in open_events(store, START + 2 * HOUR)} == {"r-1"}
    update = replace(alert, key="b", replaces=("a", "unknown"))
    record(store, update, at=START + HOUR / 2)
    assert {event.key for event in open_events(store, START + HOUR / 2)} == {"b", "r-1"}
    record(store, at=START + HOUR / 2, complete_kinds=("report",))
    assert {event.key for event in open_events(store, START + HOUR / 2)} == {"b"}


def test_event_that_is_replaced_and_no_longer_listed_is_cancelled_once(store: Store) -> None:
    record(store, EVENT)
    record(store, replace(EVENT, key="new", replaces=("r-1",)), at=START + HOUR, complete_kinds=("report",))
    with store.read() as conn:
        stages = [(one.event.stage, one.revision) for one in events.revisions(conn, "src", "r-1")]
    assert stages == [(EventStage.CANCELLED, 2), (EventStage.OPEN, 1)]


def test_event_that_is_replaced_is_cancelled_although_an_older_report_of_it_comes_along(store: Store) -> None:
    record(store, EVENT)
    older = replace(EVENT, observed=START - HOUR)
    record(store, older, replace(EVENT, key="new", replaces=("r-1",)), at=START + HOUR)
    assert {event.key for event in open_events(store, START + HOUR)} == {"new"}


hours = st.none() | st.integers(-72, 72).map(lambda n: START + n * HOUR)
EVENTS = st.lists(
    st.builds(
        replace, st.just(replace(EVENT, shared_id="")), key=st.integers(0, 40).map(str),
        kind=st.sampled_from(["report", "alert"]),
        stage=st.sampled_from(EventStage), source_status=st.sampled_from(["mới", "xong"]),
        place=st.sampled_from(["", "31135", "31150"]),
        started=hours, due=hours, closed=hours, expires=hours, facts=st.sampled_from([{}, {"muc": "2"}, {"muc": "22"}]),
    ),
    unique_by=lambda event: event.key,
)  # fmt: skip
RULES_TO_COUNT = st.builds(
    EventCountRule,
    st.sampled_from(["report", "alert"]),
    st.none() | st.sampled_from(EventStage),
    st.none() | st.booleans(),
    st.none() | st.integers(1, 90).map(lambda n: n * HOUR),
    st.sampled_from([(), ("mới",)]),
    st.sampled_from([(), (("muc", "2"),)]),
)


def is_counted(rule: EventCountRule, event: Event) -> bool:
    """The definition of an event count in plain Python."""
    open_now = event.stage is EventStage.OPEN and (event.expires is None or event.expires > START)
    entered = event.started if event.stage is EventStage.OPEN else event.closed
    late = event.due is not None and (event.closed or START) > event.due
    staged = event.stage is not EventStage.CANCELLED if rule.stage is None else event.stage is rule.stage
    if rule.stage is EventStage.OPEN:
        staged = open_now
    return (
        event.kind == rule.kind and staged and (rule.is_late is None or late is rule.is_late)
        and (rule.max_age is None or (entered or event.observed) > START - rule.max_age)
        and (not rule.source_statuses or event.source_status in rule.source_statuses)
        and all(event.facts.get(name) == value for name, value in rule.facts)
    )  # fmt: skip


numbers = iter(range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, RULES_TO_COUNT)
def test_event_count_equals_a_plain_count(one_store: Store, reported: list[Event], rule: EventCountRule) -> None:
    source = f"src-{next(numbers)}"
    with one_store.write() as conn:
        events.record(conn, source, reported, START)
        count = counts.count(conn, source, rule, START)
    assert count.total == sum(is_counted(rule, event) for event in reported)
    for place in ("", "31135", "31150"):
        matching = [event for event in reported if event.place == place and is_counted(rule, event)]
        assert count.units.get(place, 0) == (len(matching) if place else 0)


RULES = (DeduplicationRule("report", 150, HOUR, ("loai",)),)
OTHER = replace(EVENT, key="x-9", shared_id="", area=Area(105.7805, 10.0301), started=START - HOUR / 2)


@pytest.mark.parametrize(
    ("event", "is_same"),
    [
        (OTHER, True),
        (replace(OTHER, shared_id="s-1", area=None), True),
        (replace(OTHER, shared_id="s-2"), False),
        (replace(OTHER, area=Area(105.79, 10.03)), False),
        (replace(OTHER, started=START + HOUR), False),
        (replace(OTHER, facts={"loai": "môi trường"}), False),
        (replace(OTHER, facts={}), True),
        (replace(OTHER, kind="alert"), False),
        (replace(OTHER, is_drill=True), False),
    ],
)
def test_duplicate_from_another_source_is_not_counted(store: Store, event: Event, is_same: bool) -> None:
    report = EVENT if event.shared_id else replace(EVENT, shared_id="")
    with store.write() as conn:
        events.record(conn, "first", [report], START, (), RULES)
        events.record(conn, "second", [event], START, (), RULES)
        duplicates = {event.source: event.duplicate_of for event in events.open_events(conn, START).records}
        counted = counts.count(
            conn, "second", EventCountRule(event.kind), START, drill=event.is_drill, others=["first"]
        )
    assert duplicates == {"first": "", "second": "first/r-1" if is_same else ""}
    assert counted.total == (0 if is_same else 1)
