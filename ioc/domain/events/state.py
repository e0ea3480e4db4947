"""State of event figures by the state of their sources: when a count of zero is known, and when there is no data."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.ingest.health import FAILING_STATES, SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_BEST_FIRST = (
    SourceState.LIVE, SourceState.LATE, SourceState.STALE, SourceState.NO_DATA, SourceState.DOWN, SourceState.REFUSED,
    SourceState.OFF,
)  # fmt: skip
_WORST_FIRST = (FigureState.ERROR, FigureState.STALE, FigureState.NO_DATA, FigureState.OFF)


def event_figure_state(health: SourceHealth) -> FigureState:
    """The state that an event of the source is shown with: events of a lost source stay, with the reason."""
    return to_figure_state(health.state, health.data_time)


def to_figure_state(state: SourceState, last_heard: datetime | None) -> FigureState:
    """A source's state as a state of figures. `last_heard`: time of its newest data, None for never."""
    if state is SourceState.OFF:
        return FigureState.OFF
    if state in FAILING_STATES:
        return FigureState.ERROR
    if last_heard is None:
        return FigureState.NO_DATA
    return FigureState.STALE if state is SourceState.STALE else FigureState.OK


def best_source_state(views: Collection[SourceView]) -> tuple[SourceState, datetime | None, timedelta]:
    """State, time of the newest data and age limit of the source in the best state; OFF when there is none."""
    states = [(view.health.state, view.health.data_time, view.source.age_limit) for view in views]

    def rank(entry: tuple[SourceState, datetime | None, timedelta]) -> tuple[int, float]:
        state, data_time, _ = entry
        return _BEST_FIRST.index(state), -(data_time.timestamp() if data_time else 0)

    return min(states, key=rank, default=(SourceState.OFF, None, timedelta(0)))


@dataclass(frozen=True, slots=True)
class OpenEventCount:
    """How many events of a kind are open, real ones and those of exercises, and the state of its sources.

    `state` OK: all sources are live, so that a count of zero is a fact; otherwise why the count is not complete.
    `is_least`: there are more events than are counted.
    """

    real_count: int
    drill_count: int
    state: FigureState
    is_least: bool = False

    @property
    def is_known(self) -> bool:
        """Whether `real_count` may be shown as a number: a count of zero needs live sources."""
        return self.real_count > 0 or self.state is FigureState.OK


def open_events(snapshot: Snapshot, kind: str, views: Iterable[EventView] | None = None) -> OpenEventCount:
    """The open events of `kind`, of all or of `views`. Events of exercises are counted apart from real ones."""
    of_kind = [view for view in (snapshot.events if views is None else views) if view.event.kind == kind]
    drill_count = sum(view.is_drill for view in of_kind)
    state = kind_state(snapshot, kind)
    return OpenEventCount(len(of_kind) - drill_count, drill_count, state, is_least=not snapshot.has_all_events)


def kind_state(snapshot: Snapshot, kind: str) -> FigureState:
    """OK when every source of `kind` is live, otherwise the worst state among them.

    Sources of exercises and disabled sources are left out when other sources bring the kind too.
    """
    views = [view for view in snapshot.sources if any(row.key == kind for row in view.source.events)]
    views = [view for view in views if not view.source.is_drill] or views
    views = [view for view in views if view.source.is_enabled] or views
    states = {event_figure_state(view.health) for view in views}
    best = FigureState.OK if views else FigureState.NO_DATA
    return next((state for state in _WORST_FIRST if state in states), best)
