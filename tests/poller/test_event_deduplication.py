"""One thing told by several sources: what is shown follows from what they tell, never from when they are asked."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.domain.base.severity import RANK, Severity
from ioc.domain.events.event import Area, Event
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, SourceView
from ioc.snapshot.events import event_views
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.events.events import EventRecord
from tests.city import NOW, source

MINUTE = timedelta(minutes=1)
OUTAGE = Event("outage", "x", NOW, "Mất điện", shared_id="s-1")
TELLINGS = {
    "a": replace(OUTAGE, key="1", title="Mất điện diện rộng", due=NOW + 60 * MINUTE),
    "b": replace(OUTAGE, key="2", severity=Severity.CRITICAL, place="31135", area=Area(105.78, 10.03)),
    "c": replace(
        OUTAGE, key="3", severity=Severity.ATTENTION, place="31207", started=NOW - 60 * MINUTE, due=NOW + 90 * MINUTE
    ),
}


def rows(**states: SourceState) -> dict[str, SourceView]:
    """Sources in the order of the configuration, live but for `states`."""
    told = {key: states.get(key, SourceState.LIVE) for key in TELLINGS}
    return {key: SourceView(source(key), SourceHealth(key, one, NOW, data_time=NOW)) for key, one in told.items()}


def shown(order: Iterable[str], **states: SourceState) -> EventView:
    """The one thing, its sources polled in this order, a second apart."""
    polled = [
        EventRecord(key, replace(TELLINGS[key], observed=NOW + n * MINUTE / 60), NOW, "" if key == "a" else "a/1")
        for n, key in enumerate(order)
    ]
    (one,) = event_views(sorted(polled, key=lambda one: one.event.observed, reverse=True), rows(**states), NOW)
    return one


def steady(one: EventView) -> EventView:
    """All that is shown but when it was told last, which moves with every poll."""
    return replace(one, event=replace(one.event, observed=NOW))


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_what_the_first_source_does_not_tell_comes_from_the_next_and_the_worst_severity_counts(
    order: tuple[str, ...],
) -> None:
    one = shown(order)
    event = one.event
    assert (event.key, event.title, event.due) == ("1", "Mất điện diện rộng", NOW + 60 * MINUTE)
    assert (event.unit_codes, event.area, event.started) == (("31135",), Area(105.78, 10.03), NOW - 60 * MINUTE)
    assert event.severity is Severity.CRITICAL and one.sources == ("a", "b", "c") and one.id == "a/1"
    assert one.disagreements == ("severity", "due")  # b and c rate it, a does not; b names no hour


def test_what_one_does_not_tell_is_no_disagreement() -> None:
    assert shown("ab").disagreements == ()


@pytest.mark.parametrize(
    ("state", "worn"),
    [
        (SourceState.DOWN, FigureState.ERROR),
        (SourceState.REFUSED, FigureState.ERROR),
        (SourceState.STALE, FigureState.STALE),
        (SourceState.OFF, FigureState.OFF),
    ],
)
def test_what_made_it_critical_stays_while_its_source_is_lost_and_wears_that(
    state: SourceState, worn: FigureState
) -> None:
    one = shown("abc", b=state)
    assert (one.event.severity, one.event.unit_codes, one.state, one.source_state) == (
        Severity.CRITICAL, ("31135",), worn, state,
    )  # fmt: skip
    assert shown("abc", a=state, c=state).state is FigureState.OK  # who tells the severity is heard


def test_what_its_issuer_calls_severe_counts_as_the_worse_of_two_equal_severities() -> None:
    told = [replace(OUTAGE, severity=Severity.ATTENTION, facts={"severity": word}) for word in ("Minor", "Severe")]
    (one,) = event_views(
        [EventRecord("a", told[0], NOW), EventRecord("b", told[1], NOW, "a/x")], rows(b=SourceState.DOWN), NOW
    )
    assert one.event.is_severe and one.event.facts["severity"] == "Severe" and one.state is FigureState.ERROR


POLLS = st.lists(
    st.tuples(
        st.sampled_from(sorted(TELLINGS)), st.sampled_from(Severity), st.sampled_from(["", "31135", "31207"]),
        st.none() | st.integers(1, 9).map(lambda n: NOW + n * 60 * MINUTE),
    ),
    max_size=12,
)  # fmt: skip


numbers = iter(range(10**9))


@settings(max_examples=40, deadline=None)
@given(POLLS, st.permutations(sorted(TELLINGS)))
def test_whatever_was_polled_when_the_past_is_what_was_shown_and_the_present_what_is_told(
    one_store: Store, polls: list[tuple[str, Severity, str, datetime | None]], last: list[str]
) -> None:
    told, same = dict(TELLINGS), f"s-{next(numbers)}"
    seen: dict[datetime, list[EventView]] = {}
    changes = [(key, {"severity": severity, "place": place, "due": due}) for key, severity, place, due in polls]
    for n, (key, change) in enumerate([*changes, *((key, {}) for key in last), *((key, {}) for key in last)]):
        at, known = NOW + n * MINUTE, rows()
        told[key] = replace(told[key], **change, shared_id=same, observed=at)  # type: ignore[arg-type]
        with one_store.write() as conn:
            events.record(conn, key, [replace(told[key], key=same)], at)
        with one_store.read() as conn:
            seen[at] = [
                steady(one)
                for one in event_views(events.open_events(conn, at), known, at)
                if one.event.shared_id == same
            ]
    for at, then in seen.items():
        with one_store.read() as conn:
            past = event_views(events.open_events(conn, at, as_known=True), rows(), at)
        assert [steady(one) for one in past if one.event.shared_id == same] == then
    *_, one, again, end = (found for (found,) in seen.values())
    assert one.event == again.event == end.event  # each was told once more, and nothing moved
    assert end.event.severity is max((one.severity for one in told.values()), key=lambda one: RANK[one])
    assert end.sources == ("a", "b", "c")
    assert end.event.place == next(filter(None, (told[key].place for key in "abc")), "")
