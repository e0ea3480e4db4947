"""The state of an event view follows from its sources."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.domain.ingest.health import SourceHealth, SourceState, health_at
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import SourceView
from ioc.snapshot.events import event_views
from ioc.storage.events.events import EventRecord
from tests.city import NOW, event_view, source

MINUTE = timedelta(minutes=1)


def source_view(key: str, state: SourceState, ago: timedelta | None) -> SourceView:
    """A source that was last heard `ago`, with an age limit of ten minutes."""
    health = SourceHealth(key, state, NOW, data_time=None if ago is None else NOW - ago)
    return SourceView(source(key), health_at(health, source(key), NOW))


@pytest.mark.parametrize(
    ("state", "ago", "health", "figure_state"),
    [
        (SourceState.LIVE, MINUTE, SourceState.LIVE, FigureState.OK),
        (SourceState.LATE, 2 * MINUTE, SourceState.LATE, FigureState.OK),
        (SourceState.LIVE, 11 * MINUTE, SourceState.STALE, FigureState.STALE),  # no poller was left to say so
        (SourceState.STALE, 11 * MINUTE, SourceState.STALE, FigureState.STALE),
        (SourceState.DOWN, MINUTE, SourceState.DOWN, FigureState.ERROR),
        (SourceState.REFUSED, MINUTE, SourceState.REFUSED, FigureState.ERROR),
        (SourceState.OFF, MINUTE, SourceState.OFF, FigureState.OFF),
        (SourceState.LATE, None, SourceState.LATE, FigureState.NO_DATA),
        (SourceState.NO_DATA, None, SourceState.NO_DATA, FigureState.NO_DATA),
    ],
)
def test_event_has_the_state_of_its_source(
    state: SourceState, ago: timedelta | None, health: SourceState, figure_state: FigureState
) -> None:
    event = replace(event_view("x").event, expires=None)
    (view,) = event_views([EventRecord("a", event, NOW, revision=4)], {"a": source_view("a", state, ago)}, NOW)
    assert (view.source_state, view.state, view.revision) == (health, figure_state, 4)
    assert view.last_heard == (None if ago is None else NOW - ago) and view.age_limit == 10 * MINUTE


def test_event_of_two_sources_is_ok_while_one_is_live() -> None:
    event = replace(event_view("x").event, expires=None)
    rows = {"a": source_view("a", SourceState.DOWN, MINUTE), "b": source_view("b", SourceState.LIVE, 2 * MINUTE)}
    (view,) = event_views([EventRecord("a", event, NOW), EventRecord("b", event, NOW, duplicate_of="a/x")], rows, NOW)
    assert (view.sources, view.state, view.source_state, view.last_heard) == (
        ("a", "b"), FigureState.OK, SourceState.LIVE, NOW - 2 * MINUTE,
    )  # fmt: skip


@pytest.mark.parametrize("units", [(), ("31117",), ("31117", "31120"), ("31117", "31117")])
def test_an_event_that_one_source_reports_is_shown_as_reported(units: tuple[str, ...]) -> None:
    event = replace(event_view("x").event, place="", places=units)
    (view,) = event_views([EventRecord("a", event, NOW)], {"a": source_view("a", SourceState.LIVE, MINUTE)}, NOW)
    assert view.event == event.with_units(units)
    assert view.disagreements == ()
