"""Events as a screen shows them: each thing once, with all sources that tell of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ioc.domain.events.deduplication import as_grave, differences, gravest, together
from ioc.domain.events.state import best, sight_of
from ioc.domain.snapshot import EventView, SourceView
from ioc.storage.events.events import Told


def views(told: Iterable[Told], sources: Mapping[str, SourceView], at: datetime) -> tuple[EventView, ...]:
    """The events that stand at `at`, the newest first. Those of a source that is configured no more are left out.

    `sources` are in the order of the configuration: of several tellings that of the first of them counts.
    """
    ranks = {key: n for n, key in enumerate(sources)}
    standing = [one for one in told if one.source in ranks and one.event.current(at)]
    standing.sort(key=lambda one: (ranks[one.source], one.event.key))
    things: dict[str, list[Told]] = {}
    for one in standing:
        things.setdefault(one.twin or _id(one), []).append(one)
    found = [_view(key, tellings, sources, at) for key, tellings in things.items()]
    return tuple(sorted(found, key=lambda one: (one.begun, one.id), reverse=True))


def _id(one: Told) -> str:
    return f"{one.source}/{one.event.key}"


def _view(known_as: str, tellings: Sequence[Told], sources: Mapping[str, SourceView], at: datetime) -> EventView:
    """One thing, heard as well as who tells the severity that is shown: who rates it less does not vouch for it."""
    first, told = tellings[0], [one.event for one in tellings]
    keys = tuple(dict.fromkeys(one.source for one in tellings))
    worst = gravest(told)
    health, heard, age_limit = best([sources[one.source] for one in tellings if as_grave(one.event, worst)], at)
    views, event = [sources[key].source for key in keys], together(told)
    return EventView(
        event, keys, max(one.known for one in tellings),
        any(one.simulated for one in views),
        event.drill or any(one.drill for one in views), differences(told),
        # The first telling may have ended while the second has not.
        known_as if known_as in map(_id, tellings) else _id(first), sight_of(health, heard), health, heard, age_limit,
        first.revision, min(one.first for one in tellings),
    )  # fmt: skip
