"""How an event stands by its sources: it wears why nobody hears of it any more, and is heard while one of them is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import SourceView
from ioc.snapshot.events import views
from ioc.storage.events.events import Told
from tests.city import NOW, source, told

MINUTE = timedelta(minutes=1)


def by(key: str, state: SourceState, ago: timedelta | None) -> SourceView:
    """A source that was last heard `ago`, with an age limit of ten minutes."""
    return SourceView(source(key), Health(key, state, NOW, data_time=None if ago is None else NOW - ago))


@pytest.mark.parametrize(
    ("state", "ago", "health", "shown"),
    [
        (SourceState.LIVE, MINUTE, SourceState.LIVE, State.OK),
        (SourceState.LATE, 2 * MINUTE, SourceState.LATE, State.OK),
        (SourceState.LIVE, 11 * MINUTE, SourceState.STALE, State.STALE),  # no poller was left to say so
        (SourceState.STALE, 11 * MINUTE, SourceState.STALE, State.STALE),
        (SourceState.DOWN, MINUTE, SourceState.DOWN, State.ERROR),
        (SourceState.REFUSED, MINUTE, SourceState.REFUSED, State.ERROR),
        (SourceState.OFF, MINUTE, SourceState.OFF, State.OFF),
        (SourceState.LATE, None, SourceState.LATE, State.NO_DATA),
    ],
)
def test_an_event_has_the_state_of_its_source(
    state: SourceState, ago: timedelta | None, health: SourceState, shown: State
) -> None:
    event = replace(told("x").event, expires=None)
    (one,) = views([Told("a", event, NOW, revision=4)], {"a": by("a", state, ago)}, NOW)
    assert (one.health, one.state, one.revision) == (health, shown, 4)
    assert one.heard == (None if ago is None else NOW - ago) and one.age_limit == 10 * MINUTE


def test_what_two_sources_tell_is_heard_while_one_of_them_is() -> None:
    event = replace(told("x").event, expires=None)
    rows = {"a": by("a", SourceState.DOWN, MINUTE), "b": by("b", SourceState.LIVE, 2 * MINUTE)}
    (one,) = views([Told("a", event, NOW), Told("b", event, NOW, twin="a/x")], rows, NOW)
    assert (one.sources, one.state, one.health, one.heard) == (
        ("a", "b"), State.OK, SourceState.LIVE, NOW - 2 * MINUTE,
    )  # fmt: skip
