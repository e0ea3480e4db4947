"""How events stand by the state of the sources that tell them: what is heard, what is not, and whether none is zero."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_BEST = (
    SourceState.LIVE, SourceState.LATE, SourceState.STALE, SourceState.DOWN, SourceState.REFUSED, SourceState.OFF,
)  # fmt: skip
_WORST = (State.ERROR, State.STALE, State.NO_DATA, State.OFF)


def seen(health: Health, source: Source, at: datetime) -> SourceState:
    """The source's state at `at`: past its age limit it is stale, also where no poller was left to say so."""
    calm = health.state in (SourceState.LIVE, SourceState.LATE)
    old = health.data_time is not None and at - health.data_time > source.age_limit
    return SourceState.STALE if calm and old else health.state


def as_seen(view: SourceView, at: datetime) -> Health:
    """The health of a source with its state as it is seen at `at`."""
    return replace(view.health, state=seen(view.health, view.source, at))


def state_of(health: Health, source: Source, at: datetime) -> State:
    """What an event of the source is shown as: one that it told is kept, but wears why nobody hears of it any more."""
    return sight_of(seen(health, source, at), health.data_time)


def sight_of(state: SourceState, heard: datetime | None) -> State:
    """A source's state as figures have it. `heard`: when it last told something, None for never."""
    if state is SourceState.OFF:
        return State.OFF
    if state in (SourceState.DOWN, SourceState.REFUSED):
        return State.ERROR
    if heard is None:
        return State.NO_DATA
    return State.STALE if state is SourceState.STALE else State.OK


def best(views: Collection[SourceView], at: datetime) -> tuple[SourceState, datetime | None, timedelta]:
    """State, time of the last answer and age limit of the source that is heard best; of none, off."""
    told = [(seen(one.health, one.source, at), one.health.data_time, one.source.age_limit) for one in views]
    ranked = sorted(told, key=lambda one: (_BEST.index(one[0]), -(one[1].timestamp() if one[1] else 0)))
    return ranked[0] if ranked else (SourceState.OFF, None, timedelta(0))


@dataclass(frozen=True, slots=True)
class Standing:
    """How many events of a kind stand, those of exercises apart, and how its sources are.

    `state` OK: all of them are heard, and none is zero; else why a count is not the whole truth.
    """

    real: int
    drill: int
    state: State

    @property
    def known(self) -> bool:
        """Whether `real` may be told as a number: a count of none needs sources that are heard."""
        return self.real > 0 or self.state is State.OK


def standing(snapshot: Snapshot, kind: str, views: Iterable[EventView] | None = None) -> Standing:
    """The events of `kind`, of all or of `views`. What stands in an exercise is never counted with what is real."""
    of_kind = [one for one in (snapshot.events if views is None else views) if one.event.kind == kind]
    drill = sum(one.drill for one in of_kind)
    return Standing(len(of_kind) - drill, drill, kind_state(snapshot, kind))


def kind_state(snapshot: Snapshot, kind: str) -> State:
    """OK where every source of `kind` is heard, else the worst of them.

    Sources of exercises and those that the configuration leaves off say nothing of a kind that others bring too.
    """
    views = [one for one in snapshot.sources if any(row.key == kind for row in one.source.events)]
    views = [one for one in views if not one.source.drill] or views
    views = [one for one in views if one.source.enabled] or views
    states = {state_of(one.health, one.source, snapshot.at) for one in views}
    return next((one for one in _WORST if one in states), State.OK if views else State.NO_DATA)
