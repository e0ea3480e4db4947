"""CAP 1.2 (1.1, 1.0 too): an alert, or an index in Atom or RSS that holds alerts or leads to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from data_sources._mapping import options_of
from data_sources._mapping.xml import child_text, descendants, parse_xml
from data_sources.cap.alert import event_of
from data_sources.cap.index import AlertLink, has_more_entries, is_index, is_same_origin, links
from data_sources.cap.options import Options
from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

_INDEX_KEY, _ALERTS_KEY, _PAUSE_KEY = "index", "alerts", "rest"
_CONCURRENCY = 4
_DEADLINE_SHARE = (
    0.7  # of the deadline in which linked alerts are asked for: what came by then is shown, the rest comes next
)
_MAX_ALERT_BYTES, _MAX_TOTAL_BYTES = 1_048_576, 8 * 1_048_576
_PAUSE_AFTER_DENIAL = timedelta(hours=1)


class _LinkedAlert(NamedTuple):
    """A linked alert as it came, and the index's mark of it."""

    revision: str
    page: ResponsePage


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The index with all alerts that it links to. One that is held and has not changed is not asked for again."""
    options = options_of(source, Options)
    ends = asyncio.get_running_loop().time() + source.deadline.total_seconds() * _DEADLINE_SHARE
    came = await world.get(source, source.address, params=options.params, headers=options.headers)
    index: ResponsePage | None = came or world.memory.get(_INDEX_KEY)
    if index is None:
        return Payload(is_unchanged=True)
    wanted = _alert_links(source, options, index)
    held: dict[str, _LinkedAlert] = world.memory.setdefault(_ALERTS_KEY, {})
    news = await _fetch_alerts(source, world, [one for one in wanted if _needs_fetch(one, held)], ends)
    if came is None and not news:
        return Payload(is_unchanged=True)
    world.memory[_INDEX_KEY] = index
    _evict(world, held, {one.address for one in wanted})
    return Payload((index, *(held[one.address].page for one in wanted if one.address in held)))


def _alert_links(source: Source, options: Options, index: ResponsePage) -> list[AlertLink]:
    root = parse_xml(index)
    found = links(root, source, options.alerts) if is_index(root) else []
    return [one for one in found if one.address]


def _needs_fetch(link: AlertLink, held: dict[str, _LinkedAlert]) -> bool:
    return link.address not in held or not link.revision or held[link.address].revision != link.revision


async def _fetch_alerts(source: Source, world: FetchContext, due: Sequence[AlertLink], ends: float) -> int:
    """Asks for the alerts, a few at a time; how many came. One that fails is asked for at the next poll."""
    held: dict[str, _LinkedAlert] = world.memory[_ALERTS_KEY]
    news = 0
    for start in range(0, len(due), _CONCURRENCY):
        resting = world.memory.get(_PAUSE_KEY)
        full = sum(len(one.page.body) for one in held.values()) > _MAX_TOTAL_BYTES
        if full or asyncio.get_running_loop().time() > ends or (resting and world.now() < resting):
            break
        some = due[start : start + _CONCURRENCY]
        pages = await asyncio.gather(*(_fetch_alert(source, world, link, ends) for link in some))
        for link, page in zip(some, pages, strict=True):
            if page is not None and len(page.body) <= _MAX_ALERT_BYTES:
                held[link.address] = _LinkedAlert(link.revision, replace(page, address=link.address))
                news += 1
    return news


async def _fetch_alert(source: Source, world: FetchContext, link: AlertLink, ends: float) -> ResponsePage | None:
    headers = options_of(source, Options).headers if is_same_origin(link.address, source) else {}
    try:
        async with asyncio.timeout_at(ends):
            return await world.get(source, link.address, headers=headers)
    except TimeoutError:
        return None
    except SourceError as error:
        if error.is_refused or error.retry_after is not None:
            rest = _PAUSE_AFTER_DENIAL if error.is_refused else timedelta(seconds=error.retry_after or 0)
            world.memory[_PAUSE_KEY] = world.now() + rest
        return None


def _evict(world: FetchContext, held: dict[str, _LinkedAlert], wanted: set[str]) -> None:
    """What the index names no more, with the marks that the door keeps of it (their names begin with the address)."""
    for address in held.keys() - wanted:
        del held[address]
        for key in [one for one in world.memory if one.startswith(f"{address} ")]:
            del world.memory[key]


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """All alerts. One that cannot be read is refused; the others go on."""
    if not payload.pages:
        return Batch()
    reading = _AlertReader(options_of(source, Options))
    index, *pages = payload.pages
    root = parse_xml(index)
    if next(descendants(root, "alert"), None) is None and not is_index(root):
        raise SourceError(untyped("the answer is neither an alert nor an index of alerts"))
    reading.read_alerts(root, "alert")
    if is_index(root):
        reading.read_linked(links(root, source, reading.options.alerts), {one.address: one for one in pages})
        if has_more_entries(root, reading.options.alerts):
            reading.rejected.append(
                RejectedItem("index", untyped(f"more than {reading.options.alerts} entries: the rest was left out"))
            )
    whole = reading.options.whole and is_index(root) and not reading.rejected
    kinds = frozenset({reading.options.kind} if whole else ())
    return Batch(
        rejected_items=tuple(reading.rejected + reading.warnings),
        events=_resolve_replacements(reading.events),
        complete_kinds=kinds,
    )


class _AlertReader:
    """What the alerts of one answer come to: `lost` ones tell no event, of the others something is `odd`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.events: list[Event] = []
        self.rejected: list[RejectedItem] = []
        self.warnings: list[RejectedItem] = []

    def read_alerts(self, root: Element, where: str) -> None:
        """All alerts in `root`."""
        for n, alert in enumerate(descendants(root, "alert")):
            if n == self.options.alerts:
                self.rejected.append(RejectedItem(where, untyped(f"more than {n} alerts: the rest was left out")))
                break
            self._read_alert(alert, f"{where}[{n}]")

    def _read_alert(self, alert: Element, where: str) -> None:
        sample = child_text(alert, "identifier")[:120]

        def note(reason: str) -> None:
            self.warnings.append(RejectedItem(where, untyped(reason), sample))

        try:
            event = event_of(alert, self.options, note)
        except ValueError as error:
            self.rejected.append(RejectedItem(where, untyped(str(error)), sample))
        else:
            self.events += [event] if event else []

    def read_linked(self, found: Sequence[AlertLink], pages: dict[str, ResponsePage]) -> None:
        """The alerts that the entries of an index lead to."""
        for link in found:
            try:
                self.read_alerts(_linked_alert(link, pages), link.where)
            except SourceError as error:
                self.rejected.append(RejectedItem(link.where, error.failure, link.address[:120]))


def _linked_alert(link: AlertLink, pages: dict[str, ResponsePage]) -> Element:
    if not link.address:
        raise SourceError(untyped("the entry leads to no alert at a host of this source"))
    if link.address not in pages:
        raise SourceError(untyped("the alert behind the entry did not come"))
    root = parse_xml(pages[link.address])
    if next(descendants(root, "alert"), None) is None:
        raise SourceError(untyped("what lies behind the entry is no alert"))
    return root


def _resolve_replacements(events: Sequence[Event]) -> tuple[Event, ...]:
    """Each alert once; one that another of the same answer replaces is no longer in force."""
    ended = {key for one in events for key in one.replaces}
    once = {one.key: one for one in events}
    return tuple(replace(one, stage=EventStage.CANCELLED) if one.key in ended else one for one in once.values())
