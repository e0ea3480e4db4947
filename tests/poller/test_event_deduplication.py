"""One event reported by several sources: the result depends on the reports, not on the order of the polls."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.domain.base.severity import RANK, Severity
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, SourceView
from ioc.poller.transaction import count_events
from ioc.snapshot.events import event_views
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.events.events import EventRecord
from tests.city import NOW, source

MINUTE = timedelta(minutes=1)
OUTAGE = Event("outage", "x", NOW, "Mất điện", shared_id="s-1")
REPORTS = {
    "a": replace(OUTAGE, key="1", title="Mất điện diện rộng", due=NOW + 60 * MINUTE),
    "b": replace(OUTAGE, key="2", severity=Severity.CRITICAL, place="31135", area=Area(105.78, 10.03)),
    "c": replace(
        OUTAGE, key="3", severity=Severity.ATTENTION, place="31207", started=NOW - 60 * MINUTE, due=NOW + 90 * MINUTE
    ),
}


def rows(**states: SourceState) -> dict[str, SourceView]:
    """Sources in the order of the configuration, live but for `states`."""
    states_by_source = {key: states.get(key, SourceState.LIVE) for key in REPORTS}
    return {
        key: SourceView(source(key), SourceHealth(key, state, NOW, data_time=NOW))
        for key, state in states_by_source.items()
    }


def merged(order: Iterable[str], **states: SourceState) -> EventView:
    """The merged event, its sources polled in this order, a second apart."""
    polled = [
        EventRecord(key, replace(REPORTS[key], observed=NOW + n * MINUTE / 60), NOW, "" if key == "a" else "a/1")
        for n, key in enumerate(order)
    ]
    (event,) = event_views(sorted(polled, key=lambda event: event.event.observed, reverse=True), rows(**states), NOW)
    return event


def without_report_time(view: EventView) -> EventView:
    """The event without the time of its last report, which changes with every poll."""
    return replace(view, event=replace(view.event, observed=NOW))


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_missing_fields_come_from_the_next_source_and_the_worst_severity_counts(
    order: tuple[str, ...],
) -> None:
    view = merged(order)
    event = view.event
    assert (event.key, event.title, event.due) == ("1", "Mất điện diện rộng", NOW + 60 * MINUTE)
    assert (event.unit_codes, event.area, event.started) == (("31135",), Area(105.78, 10.03), NOW - 60 * MINUTE)
    assert event.severity is Severity.CRITICAL and view.sources == ("a", "b", "c") and view.id == "a/1"
    assert view.disagreements == ("severity", "due")  # b and c state a severity, a does not; b states no due time


def test_missing_field_is_no_disagreement() -> None:
    assert merged("ab").disagreements == ()


@pytest.mark.parametrize(
    ("state", "figure_state"),
    [
        (SourceState.DOWN, FigureState.ERROR),
        (SourceState.REFUSED, FigureState.ERROR),
        (SourceState.STALE, FigureState.STALE),
        (SourceState.OFF, FigureState.OFF),
    ],
)
def test_severity_of_a_lost_source_stays_with_the_state_of_that_source(
    state: SourceState, figure_state: FigureState
) -> None:
    view = merged("abc", b=state)
    assert (view.event.severity, view.event.unit_codes, view.state, view.source_state) == (
        Severity.CRITICAL, ("31135",), figure_state, state,
    )  # fmt: skip
    assert merged("abc", a=state, c=state).state is FigureState.OK  # the source of the severity is live


def test_severe_alert_is_the_worse_of_two_equal_severities() -> None:
    reports = [replace(OUTAGE, severity=Severity.ATTENTION, facts={"severity": word}) for word in ("Minor", "Severe")]
    (view,) = event_views(
        [EventRecord("a", reports[0], NOW), EventRecord("b", reports[1], NOW, "a/x")], rows(b=SourceState.DOWN), NOW
    )
    assert view.event.is_severe and view.event.facts["severity"] == "Severe" and view.state is FigureState.ERROR


POLLS = st.lists(
    st.tuples(
        st.sampled_from(sorted(REPORTS)), st.sampled_from(Severity), st.sampled_from(["", "31135", "31207"]),
        st.none() | st.integers(1, 9).map(lambda n: NOW + n * 60 * MINUTE),
    ),
    max_size=12,
)  # fmt: skip


numbers = iter(range(10**9))


@settings(max_examples=40, deadline=None)
@given(POLLS, st.permutations(sorted(REPORTS)))
def test_past_view_equals_the_view_shown_then_for_any_order_of_polls(
    one_store: Store, polls: list[tuple[str, Severity, str, datetime | None]], last: list[str]
) -> None:
    reports, same = dict(REPORTS), f"s-{next(numbers)}"
    views: dict[datetime, list[EventView]] = {}
    changes = [(key, {"severity": severity, "place": place, "due": due}) for key, severity, place, due in polls]
    for n, (key, change) in enumerate([*changes, *((key, {}) for key in last), *((key, {}) for key in last)]):
        at, sources = NOW + n * MINUTE, rows()
        reports[key] = replace(reports[key], **change, shared_id=same, observed=at)  # type: ignore[arg-type]
        with one_store.write() as conn:
            events.record(conn, key, [replace(reports[key], key=same)], at)
        with one_store.read() as conn:
            views[at] = [
                without_report_time(event)
                for event in event_views(events.open_events(conn, at).records, sources, at)
                if event.event.shared_id == same
            ]
    for at, shown in views.items():
        with one_store.read() as conn:
            past = event_views(events.open_events(conn, at, as_known=True).records, rows(), at)
        assert [without_report_time(view) for view in past if view.event.shared_id == same] == shown
    *_, first, again, end = (view for (view,) in views.values())
    assert first.event == again.event == end.event  # each was reported once more without a change
    assert end.event.severity is max(
        (report.severity for report in reports.values()), key=lambda severity: RANK[severity]
    )
    assert end.sources == ("a", "b", "c")
    assert end.event.place == next(filter(None, (reports[key].place for key in "abc")), "")


def test_source_that_is_off_hides_no_event_of_the_one_that_replaces_it(store: Store) -> None:
    series = replace(source("b").series[0], key="open", count_rule=EventCountRule("outage", EventStage.OPEN))
    new = replace(source("b"), series=(series,))
    old = replace(source("a"), series=(replace(series, key="old"),))
    with store.write() as conn:
        for key in "ab":
            events.record(conn, key, [REPORTS[key]], NOW)
        for is_enabled, number in ((True, 0.0), (False, 1.0)):
            sources = (replace(old, is_enabled=is_enabled), new)
            (count,) = count_events(conn, new, NOW, NOW, sources)
            assert count.value == number
