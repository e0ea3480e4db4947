"""How events stand by the state of the sources that tell them: what is heard, what is not, and whether none is zero."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_BEST_FIRST = (
    SourceState.LIVE, SourceState.LATE, SourceState.STALE, SourceState.DOWN, SourceState.REFUSED, SourceState.OFF,
)  # fmt: skip
_WORST_FIRST = (FigureState.ERROR, FigureState.STALE, FigureState.NO_DATA, FigureState.OFF)


def effective_source_state(health: SourceHealth, source: Source, at: datetime) -> SourceState:
    """The source's state at `at`: past its age limit it is stale, also where no poller was left to say so."""
    calm = health.state in (SourceState.LIVE, SourceState.LATE)
    old = health.data_time is not None and at - health.data_time > source.age_limit
    return SourceState.STALE if calm and old else health.state


def effective_health(view: SourceView, at: datetime) -> SourceHealth:
    """The health of a source with its state as it is seen at `at`."""
    return replace(view.health, state=effective_source_state(view.health, view.source, at))


def event_figure_state(health: SourceHealth, source: Source, at: datetime) -> FigureState:
    """What an event of the source is shown as: one that it told is kept, but wears why nobody hears of it any more."""
    return to_figure_state(effective_source_state(health, source, at), health.data_time)


def to_figure_state(state: SourceState, last_heard: datetime | None) -> FigureState:
    """A source's state as figures have it. `heard`: when it last told something, None for never."""
    if state is SourceState.OFF:
        return FigureState.OFF
    if state in (SourceState.DOWN, SourceState.REFUSED):
        return FigureState.ERROR
    if last_heard is None:
        return FigureState.NO_DATA
    return FigureState.STALE if state is SourceState.STALE else FigureState.OK


def best_source_state(views: Collection[SourceView], at: datetime) -> tuple[SourceState, datetime | None, timedelta]:
    """State, time of the last answer and age limit of the source that is heard best; of none, off."""
    told = [
        (effective_source_state(one.health, one.source, at), one.health.data_time, one.source.age_limit)
        for one in views
    ]
    ranked = sorted(told, key=lambda one: (_BEST_FIRST.index(one[0]), -(one[1].timestamp() if one[1] else 0)))
    return ranked[0] if ranked else (SourceState.OFF, None, timedelta(0))


@dataclass(frozen=True, slots=True)
class OpenEventCount:
    """How many events of a kind stand, those of exercises apart, and how its sources are.

    `state` OK: all of them are heard, and none is zero; else why a count is not the whole truth.
    """

    real_count: int
    drill_count: int
    state: FigureState

    @property
    def is_known(self) -> bool:
        """Whether `real` may be told as a number: a count of none needs sources that are heard."""
        return self.real_count > 0 or self.state is FigureState.OK


def open_events(snapshot: Snapshot, kind: str, views: Iterable[EventView] | None = None) -> OpenEventCount:
    """The events of `kind`, of all or of `views`. What stands in an exercise is never counted with what is real."""
    of_kind = [one for one in (snapshot.events if views is None else views) if one.event.kind == kind]
    drill = sum(one.is_drill for one in of_kind)
    return OpenEventCount(len(of_kind) - drill, drill, kind_state(snapshot, kind))


def kind_state(snapshot: Snapshot, kind: str) -> FigureState:
    """OK where every source of `kind` is heard, else the worst of them.

    Sources of exercises and those that the configuration leaves off say nothing of a kind that others bring too.
    """
    views = [one for one in snapshot.sources if any(row.key == kind for row in one.source.events)]
    views = [one for one in views if not one.source.is_drill] or views
    views = [one for one in views if one.source.is_enabled] or views
    states = {event_figure_state(one.health, one.source, snapshot.at) for one in views}
    return next((one for one in _WORST_FIRST if one in states), FigureState.OK if views else FigureState.NO_DATA)
