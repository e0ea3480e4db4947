"""Event views: duplicates of several sources merged into one view that names all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ioc.domain.events.deduplication import conflicting_fields, is_equally_severe, merge_reports, most_severe
from ioc.domain.events.state import best_source_state, to_figure_state
from ioc.domain.snapshot import EventView, SourceView
from ioc.storage.events.events import EventRecord


def event_views(
    records: Iterable[EventRecord], sources: Mapping[str, SourceView], at: datetime
) -> tuple[EventView, ...]:
    """The events open at `at`, newest first; events of sources that are no longer configured are left out.

    `sources` are in configuration order: the record of the first one wins where duplicates are merged. Their healths
    are those that stand at `at`.
    """
    ranks = {key: n for n, key in enumerate(sources)}
    standing = [view for view in records if view.source in ranks and view.event.is_current(at)]
    standing.sort(key=lambda record: (ranks[record.source], record.event.key))
    groups: dict[str, list[EventRecord]] = {}
    for record in standing:
        groups.setdefault(record.duplicate_of or _id(record), []).append(record)
    views = [_view(key, group, sources) for key, group in groups.items()]
    return tuple(sorted(views, key=lambda view: (view.began_at, view.id), reverse=True))


def _id(record: EventRecord) -> str:
    return f"{record.source}/{record.event.key}"


def _view(view_id: str, records: Sequence[EventRecord], sources: Mapping[str, SourceView]) -> EventView:
    """The merged view. Its state comes from the sources that report the shown severity, not from milder ones."""
    first, events = records[0], [view.event for view in records]
    keys = tuple(dict.fromkeys(view.source for view in records))
    worst = most_severe(events)
    health, heard, age_limit = best_source_state(
        [sources[view.source] for view in records if is_equally_severe(view.event, worst)]
    )
    views, event = [sources[key].source for key in keys], merge_reports(events)
    # The record whose id the group carries may have ended while a duplicate has not.
    named = next((record for record in records if _id(record) == view_id), first)
    return EventView(
        event,
        keys,
        max(view.known_at for view in records),
        any(view.is_simulated for view in views),
        event.is_drill or any(view.is_drill for view in views),
        conflicting_fields(events),
        _id(named),
        to_figure_state(health, heard),
        health,
        heard,
        age_limit,
        first.revision,
        min(view.first_known for view in records),
        named.has_personal,
    )
