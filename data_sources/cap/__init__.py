"""CAP 1.2 (1.1, 1.0 too): an alert, or an index in Atom or RSS that holds alerts or links to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.concurrent_fetch import fetch_several, refusal_of
from data_sources._mapping import TimeReader, options_of
from data_sources._mapping.xml import child_text, descendants, parse_xml
from data_sources.cap.alert import event_of
from data_sources.cap.errors import CapCode
from data_sources.cap.index import AlertLink, has_more_entries, index_time, is_index, links
from data_sources.cap.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.base.severity import RANK
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.data_time import latest_event_time
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

_INDEX_KEY, _ALERTS_KEY, _PAUSE_KEY, _DENIED_KEY = "index", "alerts", "rest", "denied"
_MAX_ALERT_BYTES, _MAX_TOTAL_BYTES = 1_048_576, 8 * 1_048_576
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)  # a server may deny what is not there yet


class _Denial(NamedTuple):
    """An alert that the server denied: it is not asked for again before `until`, after `pause`."""

    revision: str
    until: datetime
    pause: timedelta


class _LinkedAlert(NamedTuple):
    """A fetched alert, and the revision that the index gave for it then."""

    revision: str
    page: ResponsePage


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The index with all alerts that it links to; only new and changed alerts are requested. Raises SourceError."""
    options, begun = options_of(source, Options), asyncio.get_running_loop().time()
    new_index = await context.get(source, source.address, params=options.params, headers=options.headers)
    index: ResponsePage | None = new_index or context.memory.get(_INDEX_KEY)
    if index is None:
        return Payload(is_unchanged=True)
    alert_links = await read_in_thread(source, _alert_links, source, options, index)
    cached: dict[str, _LinkedAlert] = context.memory.setdefault(_ALERTS_KEY, {})
    denied: dict[str, _Denial] = context.memory.setdefault(_DENIED_KEY, {})
    asked = (link for link in alert_links if not _is_denied(link, denied.get(link.address), context.now()))
    due = [link for link in asked if _needs_fetch(link, cached)]
    fetched_count = await _fetch_alerts(source, context, due, begun)
    if new_index is None and not fetched_count:
        return Payload(is_unchanged=True)
    context.memory[_INDEX_KEY] = index
    addresses = {link.address for link in alert_links}
    for kept in (cached, denied):
        for address in kept.keys() - addresses:
            del kept[address]
    return Payload((index, *(cached[link.address].page for link in alert_links if link.address in cached)))


def _alert_links(source: Source, options: Options, index: ResponsePage) -> list[AlertLink]:
    root = parse_xml(index)
    all_links = links(root, source, options.alerts) if is_index(root) else []
    return [link for link in all_links if link.address]


def _needs_fetch(link: AlertLink, cached: dict[str, _LinkedAlert]) -> bool:
    return link.address not in cached or not link.revision or cached[link.address].revision != link.revision


def _is_denied(link: AlertLink, denial: _Denial | None, now: datetime) -> bool:
    return denial is not None and denial.revision == link.revision and now < denial.until


async def _fetch_alerts(source: Source, context: FetchContext, due: Sequence[AlertLink], begun: float) -> int:
    """Fetch the alerts into the cache. Returns how many came; the others are due at the next poll."""
    cached: dict[str, _LinkedAlert] = context.memory[_ALERTS_KEY]
    paused_until = context.memory.get(_PAUSE_KEY)
    if paused_until and context.now() < paused_until:
        return 0
    denied: dict[str, _Denial] = context.memory[_DENIED_KEY]
    headers, by_address = options_of(source, Options).headers, {link.address: link for link in due}
    fetched = set[str]()

    async def get(address: str) -> ResponsePage | None:
        try:
            page = await context.get(source, address, headers=headers)
        except SourceError as error:
            if not error.is_refused or error.retry_after is not None:
                raise
            earlier: _Denial | None = denied.get(address)
            pause = min(2 * earlier.pause, _LONGEST_PAUSE) if earlier else _FIRST_PAUSE
            denied[address] = _Denial(by_address[address].revision, context.now() + pause, pause)
            raise SourceError(error.failure) from None  # of this alert alone: a server may deny what it no longer has
        if page is not None and len(page.body) <= _MAX_ALERT_BYTES:
            cached[address] = _LinkedAlert(by_address[address].revision, replace(page, address=address))
            fetched.add(address)
        return page

    def has_room() -> bool:
        return sum(len(alert.page.body) for alert in cached.values()) <= _MAX_TOTAL_BYTES

    outcomes = await fetch_several(source, context, by_address, begun, get, has_room)
    if refusal := refusal_of(outcomes):
        context.memory[_PAUSE_KEY] = context.now() + min(timedelta(seconds=refusal.retry_after or 0), _LONGEST_PAUSE)
    return len(fetched)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The events of all alerts; alerts that cannot be read are rejected items. Raises SourceError."""
    if not payload.pages:
        return Batch()
    options = options_of(source, Options)
    return options.read_times(lambda times: _parse(source, payload, now, _AlertReader(options, times)))


def _parse(source: Source, payload: Payload, now: datetime, reader: "_AlertReader") -> Batch:
    index, *pages = payload.pages
    root = parse_xml(index)
    if next(descendants(root, "alert"), None) is None and not is_index(root):
        raise SourceError(CapCode.NOT_CAP)
    limit = reader.options.alerts
    reader.read_alerts(root, "alert")
    if is_index(root):
        reader.read_linked(links(root, source, limit), {page.address: page for page in pages})
        if has_more_entries(root, limit):
            reader.rejected.append(RejectedItem("index", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": limit})))
    is_complete = reader.options.complete and is_index(root) and not reader.rejected
    events = _resolve_replacements(_most_severe(reader))
    return Batch(
        rejected_items=tuple(reader.rejected + reader.warnings),
        events=events,
        complete_kinds=frozenset({reader.options.kind} if is_complete else ()),
        source_time=(made := index_time(root, reader.options.zone_info)) or latest_event_time(reader.events, now),
        list_time=made,
    )


class _AlertReader:
    """The events of an answer. `rejected`: alerts without an event; `warnings`: unreadable parts of other alerts."""

    def __init__(self, options: Options, times: TimeReader) -> None:
        self.options, self._times = options, times
        self.events: list[Event] = []
        self.rejected: list[RejectedItem] = []
        self.warnings: list[RejectedItem] = []

    def read_alerts(self, root: Element, location: str) -> None:
        """All alerts in `root`."""
        for n, alert in enumerate(descendants(root, "alert")):
            if n == self.options.alerts:
                self.rejected.append(RejectedItem(location, Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": n})))
                break
            self._read_alert(alert, f"{location}[{n}]")

    def _read_alert(self, alert: Element, location: str) -> None:
        sample = shorten(child_text(alert, "identifier"), 120)

        def warn(failure: Failure) -> None:
            self.warnings.append(RejectedItem(location, failure, sample))

        try:
            event = event_of(alert, self.options, self._times, warn)
        except ParseError as error:
            self.rejected.append(RejectedItem(location, error.failure, sample))
        else:
            self.events += [event] if event else []

    def read_linked(self, alert_links: Sequence[AlertLink], pages: dict[str, ResponsePage]) -> None:
        """The alerts that the entries of an index link to."""
        for link in alert_links:
            try:
                self.read_alerts(_linked_alert(link, pages), link.where)
            except SourceError as error:
                self.rejected.append(RejectedItem(link.where, error.failure, shorten(link.address, 120)))


def _linked_alert(link: AlertLink, pages: dict[str, ResponsePage]) -> Element:
    if link.refused_host:
        raise SourceError(CapCode.LINK_NOT_ALLOWED, host=link.refused_host)
    if not link.address:
        raise SourceError(CapCode.LINK_MISSING)
    if link.address not in pages:
        raise SourceError(CapCode.LINKED_ALERT_MISSING)
    root = parse_xml(pages[link.address])
    if next(descendants(root, "alert"), None) is None:
        raise SourceError(CapCode.LINK_WITHOUT_ALERT)
    return root


def _most_severe(reader: _AlertReader) -> list[Event]:
    """Of different alerts with one key the most severe, the last of equally severe ones; each other is a warning.

    Other protocols reject both. A warning to the public must not disappear because its issuer repeats an identifier.
    """
    shown: dict[str, Event] = {}
    for event in reader.events:
        other = shown.get(event.key)
        if other is not None and other != event:
            failure = Failure(
                CapCode.IDENTIFIER_REPEATED, {"title": shorten(other.title, 80), "other": shorten(event.title, 80)}
            )
            reader.warnings.append(RejectedItem(shorten(event.key, 120), failure))
        if other is None or RANK[event.severity] >= RANK[other.severity]:
            shown[event.key] = event
    return [event for event in reader.events if event == shown[event.key]]


def _resolve_replacements(events: Sequence[Event]) -> tuple[Event, ...]:
    """Those that another of the same answer replaces are cancelled."""
    replaced = {key for event in events for key in event.replaces}
    return tuple(replace(event, stage=EventStage.CANCELLED) if event.key in replaced else event for event in events)
