"""How an event stands by its sources: it wears why nobody hears of it any more, and is heard while one of them is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import SourceView
from ioc.snapshot.events import event_views
from ioc.storage.events.events import EventRecord
from tests.city import NOW, source, told

MINUTE = timedelta(minutes=1)


def by(key: str, state: SourceState, ago: timedelta | None) -> SourceView:
    """A source that was last heard `ago`, with an age limit of ten minutes."""
    return SourceView(source(key), SourceHealth(key, state, NOW, data_time=None if ago is None else NOW - ago))


@pytest.mark.parametrize(
    ("state", "ago", "health", "shown"),
    [
        (SourceState.LIVE, MINUTE, SourceState.LIVE, FigureState.OK),
        (SourceState.LATE, 2 * MINUTE, SourceState.LATE, FigureState.OK),
        (SourceState.LIVE, 11 * MINUTE, SourceState.STALE, FigureState.STALE),  # no poller was left to say so
        (SourceState.STALE, 11 * MINUTE, SourceState.STALE, FigureState.STALE),
        (SourceState.DOWN, MINUTE, SourceState.DOWN, FigureState.ERROR),
        (SourceState.REFUSED, MINUTE, SourceState.REFUSED, FigureState.ERROR),
        (SourceState.OFF, MINUTE, SourceState.OFF, FigureState.OFF),
        (SourceState.LATE, None, SourceState.LATE, FigureState.NO_DATA),
    ],
)
def test_an_event_has_the_state_of_its_source(
    state: SourceState, ago: timedelta | None, health: SourceState, shown: FigureState
) -> None:
    event = replace(told("x").event, expires=None)
    (one,) = event_views([EventRecord("a", event, NOW, revision=4)], {"a": by("a", state, ago)}, NOW)
    assert (one.source_state, one.state, one.revision) == (health, shown, 4)
    assert one.last_heard == (None if ago is None else NOW - ago) and one.age_limit == 10 * MINUTE


def test_what_two_sources_tell_is_heard_while_one_of_them_is() -> None:
    event = replace(told("x").event, expires=None)
    rows = {"a": by("a", SourceState.DOWN, MINUTE), "b": by("b", SourceState.LIVE, 2 * MINUTE)}
    (one,) = event_views([EventRecord("a", event, NOW), EventRecord("b", event, NOW, duplicate_of="a/x")], rows, NOW)
    assert (one.sources, one.state, one.source_state, one.last_heard) == (
        ("a", "b"), FigureState.OK, SourceState.LIVE, NOW - 2 * MINUTE,
    )  # fmt: skip
