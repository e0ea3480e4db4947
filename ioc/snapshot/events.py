"""Events as a screen shows them: each thing once, with all sources that tell of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ioc.domain.events.deduplication import conflicting_fields, is_equally_severe, merge_reports, most_severe
from ioc.domain.events.state import best_source_state, to_figure_state
from ioc.domain.snapshot import EventView, SourceView
from ioc.storage.events.events import EventRecord


def event_views(
    records: Iterable[EventRecord], sources: Mapping[str, SourceView], at: datetime
) -> tuple[EventView, ...]:
    """The events that stand at `at`, the newest first. Those of a source that is configured no more are left out.

    `sources` are in the order of the configuration: of several tellings that of the first of them counts.
    """
    ranks = {key: n for n, key in enumerate(sources)}
    standing = [one for one in records if one.source in ranks and one.event.is_current(at)]
    standing.sort(key=lambda one: (ranks[one.source], one.event.key))
    things: dict[str, list[EventRecord]] = {}
    for one in standing:
        things.setdefault(one.duplicate_of or _id(one), []).append(one)
    found = [_view(key, tellings, sources, at) for key, tellings in things.items()]
    return tuple(sorted(found, key=lambda one: (one.began_at, one.id), reverse=True))


def _id(one: EventRecord) -> str:
    return f"{one.source}/{one.event.key}"


def _view(view_id: str, records: Sequence[EventRecord], sources: Mapping[str, SourceView], at: datetime) -> EventView:
    """One thing, heard as well as who tells the severity that is shown: who rates it less does not vouch for it."""
    first, told = records[0], [one.event for one in records]
    keys = tuple(dict.fromkeys(one.source for one in records))
    worst = most_severe(told)
    health, heard, age_limit = best_source_state(
        [sources[one.source] for one in records if is_equally_severe(one.event, worst)], at
    )
    views, event = [sources[key].source for key in keys], merge_reports(told)
    return EventView(
        event,
        keys,
        max(one.known_at for one in records),
        any(one.is_simulated for one in views),
        event.is_drill or any(one.is_drill for one in views),
        conflicting_fields(told),
        # The first telling may have ended while the second has not.
        view_id if view_id in map(_id, records) else _id(first),
        to_figure_state(health, heard),
        health,
        heard,
        age_limit,
        first.revision,
        min(one.first_known for one in records),
    )
