"""Complete lists of events that may be wrong, until the next answer confirms them.

A list of several pages may have changed while it was read: an item that is removed on one page moves those behind it,
and the next page begins one too late. So an event of such a list has ended when two answers in a row lack it. A list
that was made before the last one may come from another server, which is behind: it is used when the next one, too, is
not newer than what was known before it. One that was sent to us late is never used. All this holds for a list that ends
nothing, too, as one of its items was rejected.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Event
from ioc.domain.ingest.data_time import is_out_of_order
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch, RejectedItem


class _Answer(NamedTuple):
    """What a list held. `is_confirmed`: whether the same answer again ends nothing more."""

    events: tuple[Event, ...]
    complete_kinds: frozenset[str]
    is_confirmed: bool


class DoubtfulLists:
    """The last answers of sources that list all their events, in memory."""

    def __init__(self) -> None:
        self._paged: dict[str, _Answer] = {}  # of each source whose list came in several pages the last one
        self._times: dict[str, datetime] = {}  # when the last list of a source was made that was used
        self._older: dict[str, Batch] = {}  # lists made before, which wait for the next answer

    def confirm(self, source: str, payload: Payload, batch: Batch) -> Batch:
        """`batch` with what is certain of it. Events that no answer but this one lacks are as they were."""
        if payload.is_unchanged:
            return self._same_again(source, batch) if payload.has_data else batch
        made = batch.list_time
        if made is not None and self._is_older(source, payload, made):
            if not payload.holds_messages:
                self._older[source] = batch
            return _without_list(batch, made if payload.holds_messages else None)
        self._older.pop(source, None)
        if made is not None and (batch.complete_kinds or payload.holds_messages or source in self._times):
            self._times[source] = made
        return self._confirm_pages(source, payload, batch)

    def forget(self, source: str) -> None:
        """The clock was set back: when the last list was made is not known by it."""
        self._times.pop(source, None)
        self._older.pop(source, None)

    def _is_older(self, source: str, payload: Payload, made: datetime) -> bool:
        """Whether the list was made before the last one; not when the list before it was as old."""
        last, waiting = self._times.get(source), self._older.get(source)
        if last is None or made >= last:
            return False
        if payload.holds_messages:
            return is_out_of_order(made, last, payload.received_at)
        return waiting is None or waiting.list_time is None or made < waiting.list_time

    def _confirm_pages(self, source: str, payload: Payload, batch: Batch) -> Batch:
        """The first answer ends no event."""
        last = self._paged.get(source)
        if not batch.complete_kinds:  # it ends nothing, nor does the same answer again
            if last:
                self._paged[source] = last._replace(is_confirmed=True)
            return batch
        if not payload.is_paged:
            self._paged.pop(source, None)
            return batch
        listed = {event.key for event in batch.events}
        missing = [event for event in last.events if event.key not in listed] if last else []
        is_confirmed = last is not None and not missing
        self._paged[source] = _Answer(batch.events, batch.complete_kinds, is_confirmed)
        if last is None:
            return replace(batch, complete_kinds=frozenset())
        return replace(batch, events=(*batch.events, *missing))

    def _same_again(self, source: str, batch: Batch) -> Batch:
        if older := self._older.pop(source, None):
            self._times[source] = older.list_time or self._times[source]
            if source in self._paged:
                self._paged[source] = _Answer(older.events, older.complete_kinds, is_confirmed=True)
            return replace(batch, events=older.events, complete_kinds=older.complete_kinds)
        last = self._paged.get(source)
        if last is None or last.is_confirmed:
            return batch
        self._paged[source] = last._replace(is_confirmed=True)
        return replace(batch, events=last.events, complete_kinds=last.complete_kinds)


def _without_list(batch: Batch, sent: datetime | None) -> Batch:
    """`sent`: when one was made that was sent to us: it will not come again, and is set aside with its reason."""
    items = batch.rejected_items
    if sent is not None:
        items = (*items, RejectedItem("list", Failure(IngestCode.LIST_OLDER, {"time": sent})))
    return replace(batch, events=(), complete_kinds=frozenset(), rejected_items=items)
