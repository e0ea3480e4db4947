"""Lists of events that come in several pages: one that changes while it is read may lack an event that it always has.

An item that is removed on one page moves those behind it: the next page begins one too late. So an event of such a list
has ended when two answers in a row lack it.
"""

from dataclasses import replace
from typing import NamedTuple

from ioc.domain.events.event import Event
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch


class _Answer(NamedTuple):
    """What a list held. `is_confirmed`: whether the same answer again ends nothing more."""

    events: tuple[Event, ...]
    complete_kinds: frozenset[str]
    is_confirmed: bool


class PagedLists:
    """The last answer of each source whose list came in several pages, in memory."""

    def __init__(self) -> None:
        self._last: dict[str, _Answer] = {}

    def confirm(self, source: str, payload: Payload, batch: Batch) -> Batch:
        """`batch` with the events that no answer but this one lacks, as they were. The first answer ends none."""
        last = self._last.get(source)
        if payload.is_unchanged:
            return self._same_again(source, batch)
        if not batch.complete_kinds:  # it ends nothing, nor does the same answer again
            if last:
                self._last[source] = last._replace(is_confirmed=True)
            return batch
        if not payload.is_paged:
            self._last.pop(source, None)
            return batch
        listed = {event.key for event in batch.events}
        missing = [event for event in last.events if event.key not in listed] if last else []
        is_confirmed = last is not None and not missing
        self._last[source] = _Answer(batch.events, batch.complete_kinds, is_confirmed)
        if last is None:
            return replace(batch, complete_kinds=frozenset())
        return replace(batch, events=(*batch.events, *missing))

    def _same_again(self, source: str, batch: Batch) -> Batch:
        last = self._last.get(source)
        if last is None or last.is_confirmed:
            return batch
        self._last[source] = last._replace(is_confirmed=True)
        return replace(batch, events=last.events, complete_kinds=last.complete_kinds)
