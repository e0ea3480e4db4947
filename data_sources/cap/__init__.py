"""CAP 1.2 (1.1, 1.0 too): an alert, or an index in Atom or RSS that holds alerts or leads to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from data_sources._mapping import options_of
from data_sources._mapping.xml import said, tree_of, within
from data_sources.cap.alert import event_of
from data_sources.cap.index import Link, crowded, is_index, links, own
from data_sources.cap.options import Options
from ioc.domain.events.event import Event, Stage
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Refused
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

_INDEX, _HELD, _REST = "index", "alerts", "rest"
_AT_ONCE = 4
_SHARE = 0.7  # of the deadline in which linked alerts are asked for: what came by then is shown, the rest comes next
_LARGEST, _MOST_BYTES = 1_048_576, 8 * 1_048_576
_REFUSED_FOR = timedelta(hours=1)


class _Alert(NamedTuple):
    """A linked alert as it came, and the index's mark of it."""

    mark: str
    page: Page


async def fetch(source: Source, world: World) -> Payload:
    """The index with all alerts that it links to. One that is held and has not changed is not asked for again."""
    options = options_of(source, Options)
    ends = asyncio.get_running_loop().time() + source.deadline.total_seconds() * _SHARE
    came = await world.get(source, source.address, params=options.params, headers=options.headers)
    index: Page | None = came or world.memory.get(_INDEX)
    if index is None:
        return Payload(unchanged=True)
    wanted = _wanted(source, options, index)
    held: dict[str, _Alert] = world.memory.setdefault(_HELD, {})
    news = await _bring(source, world, [one for one in wanted if _due(one, held)], ends)
    if came is None and not news:
        return Payload(unchanged=True)
    world.memory[_INDEX] = index
    _forget(world, held, {one.address for one in wanted})
    return Payload((index, *(held[one.address].page for one in wanted if one.address in held)))


def _wanted(source: Source, options: Options, index: Page) -> list[Link]:
    root = tree_of(index)
    found = links(root, source, options.alerts) if is_index(root) else []
    return [one for one in found if one.address]


def _due(link: Link, held: dict[str, _Alert]) -> bool:
    return link.address not in held or not link.mark or held[link.address].mark != link.mark


async def _bring(source: Source, world: World, due: Sequence[Link], ends: float) -> int:
    """Asks for the alerts, a few at a time; how many came. One that fails is asked for at the next poll."""
    held: dict[str, _Alert] = world.memory[_HELD]
    news = 0
    for start in range(0, len(due), _AT_ONCE):
        resting = world.memory.get(_REST)
        full = sum(len(one.page.body) for one in held.values()) > _MOST_BYTES
        if full or asyncio.get_running_loop().time() > ends or (resting and world.now() < resting):
            break
        some = due[start : start + _AT_ONCE]
        pages = await asyncio.gather(*(_one(source, world, link, ends) for link in some))
        for link, page in zip(some, pages, strict=True):
            if page is not None and len(page.body) <= _LARGEST:
                held[link.address] = _Alert(link.mark, replace(page, address=link.address))
                news += 1
    return news


async def _one(source: Source, world: World, link: Link, ends: float) -> Page | None:
    headers = options_of(source, Options).headers if own(link.address, source) else {}
    try:
        async with asyncio.timeout_at(ends):
            return await world.get(source, link.address, headers=headers)
    except TimeoutError:
        return None
    except SourceError as error:
        if error.refused or error.retry_after is not None:
            rest = _REFUSED_FOR if error.refused else timedelta(seconds=error.retry_after or 0)
            world.memory[_REST] = world.now() + rest
        return None


def _forget(world: World, held: dict[str, _Alert], wanted: set[str]) -> None:
    """What the index names no more, with the marks that the door keeps of it (their names begin with the address)."""
    for address in held.keys() - wanted:
        del held[address]
        for key in [one for one in world.memory if one.startswith(f"{address} ")]:
            del world.memory[key]


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """All alerts. One that cannot be read is refused; the others go on."""
    if not payload.pages:
        return Batch()
    reading = _Reading(options_of(source, Options))
    index, *pages = payload.pages
    root = tree_of(index)
    if next(within(root, "alert"), None) is None and not is_index(root):
        raise SourceError("the answer is neither an alert nor an index of alerts")
    reading.take(root, "alert")
    if is_index(root):
        reading.follow(links(root, source, reading.options.alerts), {one.address: one for one in pages})
        if crowded(root, reading.options.alerts):
            reading.lost.append(Refused("index", f"more than {reading.options.alerts} entries: the rest was left out"))
    whole = reading.options.whole and is_index(root) and not reading.lost
    kinds = frozenset({reading.options.kind} if whole else ())
    return Batch(refused=tuple(reading.lost + reading.odd), events=_settled(reading.events), whole=kinds)


class _Reading:
    """What the alerts of one answer come to: `lost` ones tell no event, of the others something is `odd`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.events: list[Event] = []
        self.lost: list[Refused] = []
        self.odd: list[Refused] = []

    def take(self, root: Element, where: str) -> None:
        """All alerts in `root`."""
        for n, alert in enumerate(within(root, "alert")):
            if n == self.options.alerts:
                self.lost.append(Refused(where, f"more than {n} alerts: the rest was left out"))
                break
            self._one(alert, f"{where}[{n}]")

    def _one(self, alert: Element, where: str) -> None:
        sample = said(alert, "identifier")[:120]

        def note(reason: str) -> None:
            self.odd.append(Refused(where, reason, sample))

        try:
            event = event_of(alert, self.options, note)
        except ValueError as error:
            self.lost.append(Refused(where, str(error), sample))
        else:
            self.events += [event] if event else []

    def follow(self, found: Sequence[Link], pages: dict[str, Page]) -> None:
        """The alerts that the entries of an index lead to."""
        for link in found:
            try:
                self.take(_alert_behind(link, pages), link.where)
            except SourceError as error:
                self.lost.append(Refused(link.where, error.reason, link.address[:120]))


def _alert_behind(link: Link, pages: dict[str, Page]) -> Element:
    if not link.address:
        raise SourceError("the entry leads to no alert at a host of this source")
    if link.address not in pages:
        raise SourceError("the alert behind the entry did not come")
    root = tree_of(pages[link.address])
    if next(within(root, "alert"), None) is None:
        raise SourceError("what lies behind the entry is no alert")
    return root


def _settled(events: Sequence[Event]) -> tuple[Event, ...]:
    """Each alert once; one that another of the same answer replaces is no longer in force."""
    ended = {key for one in events for key in one.replaces}
    once = {one.key: one for one in events}
    return tuple(replace(one, stage=Stage.CANCELLED) if one.key in ended else one for one in once.values())
