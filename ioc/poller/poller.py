"""One poll of one source: ask, read, admit; then say what came of it. Nothing that a source does gets out of here."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from ioc.domain.base.times import Clock
from ioc.domain.events.event import Event
from ioc.domain.events.validation import admit as admit_events
from ioc.domain.geo.district_index import NOWHERE, Ground
from ioc.domain.ingest.clock_skew import ahead, sentence, skewed
from ioc.domain.ingest.health import LOST, Health, after_failure, after_good, judge
from ioc.domain.ingest.maintenance import current
from ioc.domain.ingest.protocol import Connector, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Refused, admit, newest
from ioc.domain.ingest.schema_drift import Look, Shape, look
from ioc.domain.ingest.source import Source
from ioc.poller.retry_split import Unread

log = logging.getLogger("ioc.poll")

# Bodies from this size on are parsed beside the event loop, so that no other source waits for them.
LARGE = 32 * 1024
_NOTHING = "nothing could be kept: "
LONGEST_BACK_OFF = timedelta(seconds=60)
MOST_RETRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one poll brought, ready to be committed with the health that it leaves behind."""

    source: Source
    batch: Batch
    received: datetime
    health: Health
    mail: tuple[int, ...] = ()  # letters that the batch was made from
    shape: Shape | None = None  # of the source's answers, when it is another one from now on
    good: bool = False  # whether the source itself gave an answer whose events may be counted


Deliver = Callable[[Arrival], None]


class Poller:
    """Owns the polling of all sources and their health. It never raises for anything that a source did."""

    def __init__(
        self, connectors: Mapping[str, Connector], door: Callable[[Source], World], clock: Clock,
        healths: dict[str, Health], deliver: Deliver, ground: Ground = NOWHERE,
        shapes: Mapping[str, Shape] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._ground = ground
        self.shapes = dict(shapes)
        self._connectors = connectors
        self._door = door
        self._clock = clock
        self._deliver = deliver
        self.healths = healths
        self._not_before: dict[str, datetime] = {}
        self._running: set[str] = set()
        self._unread = Unread()

    async def poll(self, source: Source, *, again: bool = False) -> None:
        """Ask `source` once, unless it is still being asked, off, maintained, stopped or backing off.

        `again`: even one that is stopped or backing off.
        """
        if source.key in self._running or not self._may(source, self._clock(), again):
            return
        self._running.add(source.key)
        try:
            await self._ask(source)
        finally:
            self._running.discard(source.key)

    def _may(self, source: Source, now: datetime, again: bool) -> bool:
        wait = self._not_before.get(source.key, now) - now
        # A clock that was set back must not silence a source for longer than any back-off lasts.
        backing_off = timedelta(0) < wait <= MOST_RETRY_AFTER
        maintained = current(source.maintenance, now) is not None
        return source.enabled and not maintained and (again or not (self._stopped(source) or backing_off))

    def _stopped(self, source: Source) -> bool:
        """After a 401 or 403, until the row changes."""
        health = self.healths[source.key]
        return health.state == "refused" and health.fingerprint == source.fingerprint

    async def _ask(self, source: Source) -> None:
        connector, world = self._connectors[source.protocol], self._door(source)
        failures, payload = self.healths[source.key].failures, Payload()
        try:
            async with asyncio.timeout(source.deadline.total_seconds()):
                payload = self._unread.next(source.key) or await connector.fetch(source, world)
                batch = await _parsed(connector, source, payload, self._clock())
        except SourceError as error:
            told = SourceError(world.masked(error.reason), refused=error.refused, retry_after=error.retry_after)
            self._failed(source, told, mail=payload.mail)
        except TimeoutError:
            late, aside = self._unread.late(source.key, payload, source.deadline.total_seconds())
            self._failed(source, late, aside)
        except Exception as error:  # a fault of ours in one protocol must not end the poller
            log.exception("%s: the protocol %s failed", source.key, source.protocol)
            self._failed(source, SourceError(f"internal fault: {type(error).__name__}"), mail=payload.mail)
        else:
            if left := self._unread.still(source.key, payload):
                self._failed(source, left)
            else:
                self._succeeded(source, payload, batch, world)
        if self.healths[source.key].failures > failures and not self._unread.holds(source.key):
            # An answer that was no good must be brought again, not be called unchanged.
            world.memory.clear()

    def _failed(
        self, source: Source, error: SourceError, refused: tuple[Refused, ...] = (), mail: tuple[int, ...] = ()
    ) -> None:
        now = self._clock()
        health = after_failure(self.healths[source.key], now, error.reason)
        if refused:
            health = replace(health, kept=0, repeated=0, refused=len(refused))
        self._not_before[source.key] = now + back_off(source, health.failures, error.retry_after)
        self._settle(source, Arrival(source, Batch(refused=refused), now, health, mail), stopped=error.refused)

    def _succeeded(self, source: Source, payload: Payload, raw: Batch, world: World) -> None:
        now = self._clock()
        seen = self._look(source, payload, raw)
        batch = admitted(seen.batch, source, world, now, self._ground)
        kept, skew = len(batch.readings) + len(batch.events), clock_told(raw, now)
        if not payload.unchanged:
            surprises = (world.masked(seen.surprise), skew if kept else "", _given_up(payload.lost))
            self._note(source, "; ".join(filter(None, surprises)), now)
        if batch.refused and not kept:
            first = batch.refused[0]
            told = SourceError(skew or f"{_NOTHING}{first.where}: {first.reason}")
            self._failed(source, told, batch.refused, payload.mail)
            return
        if payload.unchanged and _unusable(self.healths[source.key]):
            health = replace(self.healths[source.key], last_try=now)
            self._settle(source, Arrival(source, batch, now, health, payload.mail), stopped=False)
            return
        self._not_before.pop(source.key, None)
        held = self.healths[source.key]
        counts = (held.kept, held.refused, held.repeated)
        if not payload.unchanged:
            counts = (kept, len(batch.refused) + payload.lost, batch.repeated)
        batch = _with_lost(batch, payload.lost)
        health = after_good(held, now, _data_time(source, payload, batch, now), *counts)
        if not seen.counted:
            world.memory.clear()  # what is not believed yet must be brought again, not be called unchanged
        shape = seen.shape if seen.shape != self.shapes.get(source.key) else None
        self.shapes[source.key] = seen.shape
        good = payload.heard and seen.counted
        self._settle(source, Arrival(source, batch, now, health, payload.mail, shape, good), stopped=False)

    def _note(self, source: Source, surprise: str, now: datetime) -> None:
        held = self.healths[source.key]
        if surprise != held.surprise:
            began = now if surprise and not held.surprise else held.surprised
            last = surprise or held.last_surprise
            self.healths[source.key] = replace(held, surprise=surprise, surprised=began, last_surprise=last)

    def _look(self, source: Source, payload: Payload, raw: Batch) -> Look:
        """The answer held against the shape of those before it; a row that changed begins anew."""
        held = self.shapes.get(source.key, Shape())
        if payload.unchanged:
            return Look(held, raw)
        fresh = held if held.row == source.fingerprint else Shape(row=source.fingerprint)
        return look(fresh, raw, self._clock(), source.keys, parts=payload.parts)

    def _settle(self, source: Source, arrival: Arrival, *, stopped: bool) -> None:
        before, fresh = self.healths[source.key], arrival.health
        if fresh.fingerprint != source.fingerprint:
            fresh = replace(fresh, fingerprint=source.fingerprint)
        health = judge(fresh, source, arrival.received, stopped=stopped)
        self.healths[source.key] = health
        _tell(before, health)
        self._deliver(arrival if health is arrival.health else replace(arrival, health=health))

    def judge_all(self, sources: Mapping[str, Source], now: datetime) -> list[Health]:
        """Healths that moved by the mere passing of time: late, stale."""
        moved = []
        for key, source in sources.items():
            before = self.healths[key]
            health = judge(before, source, now, stopped=self._stopped(source))
            if health is not before:
                self.healths[key] = health
                _tell(before, health)
                moved.append(health)
        return moved


def _unusable(health: Health) -> bool:
    """Whether the last that came could not be used: until something comes, as a listener waits for, that stands."""
    return skewed(health.last_error) or health.last_error.startswith(_NOTHING)


def clock_told(raw: Batch, now: datetime) -> str:
    """That the clock of the source runs ahead, and by how much; "" when it does not."""
    lead = ahead(raw, now)
    return sentence(lead) if lead else ""


def _given_up(lost: int) -> str:
    return f"{lost} messages were given up: more came than can be held" if lost else ""


def _with_lost(batch: Batch, lost: int) -> Batch:
    """With a line among the refused that tells what was given up, and stays when the count has gone."""
    return replace(batch, refused=(*batch.refused, Refused("", _given_up(lost)))) if lost else batch


def _data_time(source: Source, payload: Payload, batch: Batch, now: datetime) -> datetime | None:
    """How new the data are. A source of events that answers tells what stands now, however old each event is."""
    if source.events and payload.heard:
        return now
    return newest(batch.readings)


def admitted(raw: Batch, source: Source, world: World, now: datetime, ground: Ground = NOWHERE) -> Batch:
    """What of `raw` may be shown; what is refused is kept without the secrets that the source may have echoed."""
    batch = admit(raw, source.wanted(), now)
    events, aside = admit_events(raw.events, {one.key for one in source.events}, now)
    masked = world.masked
    refused = (Refused(masked(one.where), masked(one.reason), masked(one.sample)) for one in (*batch.refused, *aside))
    once = _once(events)
    shown = tuple(_marked(one, source, ground) for one in once)
    # An event that may not be shown is not one that has ended.
    whole = frozenset() if aside else raw.whole
    repeated = batch.repeated + len(events) - len(once)
    return Batch(batch.readings, tuple(refused), shown, whole, raw.pictures, repeated)


def _once(events: Sequence[Event]) -> list[Event]:
    """The events without those that say what was said of the same thing before."""
    newest: dict[tuple[str, str], Event] = {}
    once = []
    for one in events:
        if newest.get((one.kind, one.key)) != one:
            once.append(one)
        newest[one.kind, one.key] = one
    return once


def _marked(event: Event, source: Source, ground: Ground) -> Event:
    """With the mark of its source's exercise; where it names no unit, with those that its area covers."""
    drill = event.drill or source.drill
    if event.units or event.area is None:
        return replace(event, drill=drill)
    return replace(event.within(ground.units(event.area)), drill=drill)


async def _parsed(connector: Connector, source: Source, payload: Payload, now: datetime) -> Batch:
    if sum(len(page.body) for page in payload.pages) < LARGE:
        return connector.parse(source, payload, now)
    return await asyncio.to_thread(connector.parse, source, payload, now)


def back_off(source: Source, failures: int, retry_after: float | None) -> timedelta:
    """How long to leave a failing source alone: what it asked for, else twice as long each time up to a minute."""
    if retry_after is not None:
        return min(timedelta(seconds=max(0.0, retry_after)), MOST_RETRY_AFTER)
    if failures < 2:
        return timedelta(0)
    longest = max(LONGEST_BACK_OFF - source.every, timedelta(0))
    return min(source.every * float(2 ** min(failures - 2, 16)), longest)


def _tell(before: Health, after: Health) -> None:
    """One line when a source is lost, one when it is back."""
    if (before.state in LOST) is (after.state in LOST):
        return
    if after.state in LOST:
        log.warning("%s is lost (%s): %s", after.source, after.state, after.last_error or "its data are too old")
    else:
        log.info("%s is back", after.source)
