"""Events as a screen shows them: each thing once, with all sources that tell of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.event_state import best, sight_of
from domain.snapshot import EventView, SourceView
from domain.twins import differences
from storage.events import Told


def views(told: Iterable[Told], sources: Mapping[str, SourceView], at: datetime) -> tuple[EventView, ...]:
    """The events that stand at `at`, the newest first. Those of a source that is configured no more are left out."""
    standing = [one for one in told if one.source in sources and one.event.current(at)]
    things = {f"{one.source}/{one.event.key}": [one] for one in standing if not one.twin}
    for one in standing:
        if one.twin:
            # The first telling may have ended while the second has not.
            things.setdefault(one.twin, []).append(one)
    found = [_view(tellings, sources, at) for tellings in things.values()]
    return tuple(sorted(found, key=lambda one: one.event.observed, reverse=True))


def _view(tellings: Sequence[Told], sources: Mapping[str, SourceView], at: datetime) -> EventView:
    first, *others = tellings
    newest = max(tellings, key=lambda one: one.event.observed)
    apart = dict.fromkeys(name for one in others for name in differences(first.event, one.event))
    keys = tuple(dict.fromkeys(one.source for one in tellings))
    views = [sources[key] for key in keys]
    health, heard, age_limit = best(views, at)
    return EventView(
        newest.event, keys, max(one.known for one in tellings),
        any(one.source.simulated for one in views),
        newest.event.drill or any(one.source.drill for one in views), tuple(apart),
        f"{first.source}/{first.event.key}", sight_of(health, heard), health, heard, age_limit,
        newest.revision,
    )  # fmt: skip
