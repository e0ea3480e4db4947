"""Frames: every panel of a page drawn once per change for all screens, each with the hash of what it holds."""

import logging
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from threading import Lock
from types import MappingProxyType

import htpy as h
import orjson

from components.ui.i18n import say
from ioc.domain.base.times import to_ms
from ioc.domain.geo.map_layers import BARE, MapLayers
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View
from ioc.web.live.page_registry import Route, Routes
from ioc.web.live.query import Ask
from ioc.web.live.read_model import Reads

log = logging.getLogger(__name__)

FAULT = "page-fault"  # the panel of every page that says what went wrong with it
_PAST = 60.0  # seconds until a past moment is read again: late readings may have come to its lines
_PASTS = 8  # past moments that are held
_OLDER = (
    12  # what a panel held so many changes ago is forgotten: a screen that is two seconds behind gets a patch still
)
HASH = 8  # characters of a panel's hash


def short_hash(*parts: bytes) -> str:
    """Eight characters that stand for `parts`; they go through headers as they are."""
    digest = blake2b(digest_size=6)
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return urlsafe_b64encode(digest.digest()).decode()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame as it is sent: `panels` id -> JSON of its props, `hashes` id -> hash, of id and props together.

    `due`: when (monotonic) a panel that was held back by its page's pace may be drawn; inf when none was.
    `older`: id -> hash -> JSON of what it held before, for screens that are a little behind.
    """

    version: int
    etag: str
    panels: Mapping[str, bytes]
    hashes: Mapping[str, str]
    snapshot: Snapshot | None = None
    due: float = float("inf")
    older: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    answers: dict[tuple[str, ...], tuple[bytes, str]] = field(default_factory=dict)  # filled by ioc.web.live.endpoint

    @property
    def past_ms(self) -> int | None:
        """The moment shown, epoch ms; None while it is now."""
        return to_ms(self.snapshot.at) if self.snapshot and not self.snapshot.live else None


NONE = Drawn(-1, '""', MappingProxyType({}), MappingProxyType({}))


@dataclass(slots=True)
class _Slot:
    """What is kept per ask: its newest frame, when each paced panel was drawn, and who is drawing it."""

    drawn: Drawn = NONE
    drawn_at: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


def _default(value: object) -> object:
    to_json = getattr(value, "to_plotly_json", None)
    if to_json is None:
        raise TypeError(f"{type(value).__name__} does not go into a frame")
    return to_json()


def encode(props: object) -> bytes:
    """Props as JSON; Dash components among them are allowed."""
    return orjson.dumps(props, default=_default, option=orjson.OPT_NON_STR_KEYS)


def _older(before: Drawn, hashes: Mapping[str, str]) -> Mapping[str, Mapping[str, bytes]]:
    """What `before` held and held before it of each panel that is drawn still, the newest first."""
    older: dict[str, Mapping[str, bytes]] = {}
    for key, mark in before.hashes.items():
        held = before.older.get(key, {})
        if hashes.get(key) != mark:
            newest = {mark: before.panels[key], **held}
            held = dict(list(newest.items())[:_OLDER])
        if key in hashes and held:
            older[key] = held
    return older


class Frames:
    """`common(view, page name, what the page holds)` is drawn into every page's frame: the shell's own panels.

    `told(page name)` hears of every frame that is drawn.
    """

    def __init__(
        self,
        reads: Reads,
        routes: Routes,
        common: Callable[[View, str, Frame], Frame],
        clock: Callable[[], float] = time.monotonic,
        most: int = 64,
        layers: MapLayers = BARE,
        told: Callable[[str], object] = lambda _page: None,
    ) -> None:
        self._reads, self._routes, self._common, self._clock, self._most = reads, routes, common, clock, most
        self._layers, self._told = layers, told
        self._slots: OrderedDict[Ask, _Slot] = OrderedDict()
        self._lock = Lock()
        self._broken: set[str] = set()

    def newest(self, ask: Ask, version: int) -> Drawn:
        """The frame of `ask`, not older than `version` unless someone else is drawing it this moment."""
        slot = self._slot(ask)
        drawn = slot.drawn
        if drawn is not NONE and (drawn.version >= version or ask.moment) and drawn.due > self._clock():
            return drawn
        # A screen never waits while another's question has the newer frame drawn: it gets it a second later.
        if not slot.lock.acquire(blocking=drawn is NONE):
            return drawn
        try:
            return self._drawn(ask, slot)
        finally:
            slot.lock.release()

    def _slot(self, ask: Ask) -> _Slot:
        """Its place; those that were asked for longest ago give way, past moments first to a number of their own."""
        with self._lock:
            slot = self._slots.setdefault(ask, _Slot())
            self._slots.move_to_end(ask)
            past = [one for one in self._slots if one.moment] if ask.moment else []
            for one in past[:-_PASTS]:
                del self._slots[one]
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        return slot

    def _drawn(self, ask: Ask, slot: _Slot) -> Drawn:
        before, now = slot.drawn, self._clock()
        newest = self._reads.snapshot()
        if ask.moment and ask.moment > newest.at:  # nobody knows it yet, so nothing is drawn as if it had been
            ask = replace(ask, moment=None, fault="link.future")
        snapshot = self._reads.at(ask.moment) if ask.moment else newest
        if snapshot is before.snapshot and before.due > now:
            return before
        route = self._routes.named(ask.page)
        assert route is not None
        held, due = _paced(route, slot, now)
        params = MappingProxyType(dict(ask.params))
        view = View(snapshot, params, ask.lang, self._reads.history, self._layers, held.keys())
        self._told(route.name)
        panels = self._panels(route, ask, view, held)
        slot.drawn_at |= dict.fromkeys(route.pace.keys() - held.keys(), now)
        hashes = {key: short_hash(key.encode(), body) for key, body in panels.items()}
        if ask.moment:
            due = now + _PAST
        etag = f'"{short_hash("".join(hashes.values()).encode())}"'
        slot.drawn = Drawn(snapshot.version, etag, panels, hashes, snapshot, due, _older(before, hashes))
        return slot.drawn

    def _panels(self, route: Route, ask: Ask, view: View, held: dict[str, bytes]) -> dict[str, bytes]:
        fault = ask.fault and say(ask.fault, ask.lang)
        try:
            own = route.frame(view)
            frame = {**self._common(view, route.name, own | _markups(held)), **own}
            panels = {key: encode(props) for key, props in frame.items() if key not in held} | held
            self._broken.discard(route.name)
        except Exception:  # a page's fault must not take the others down
            if route.name not in self._broken:
                self._broken.add(route.name)
                log.exception("page %s could not be drawn", route.name)
            panels, fault = {}, say("link.fault", ask.lang)
        panels[FAULT] = encode({"markup": str(h.p[fault]) if fault else ""})
        return panels


def _markups(held: Mapping[str, bytes]) -> Frame:
    """What panels that were not drawn anew show: the header tells of these, too."""
    return {key: orjson.loads(body) for key, body in held.items() if body.startswith(b'{"markup":')}


def _paced(route: Route, slot: _Slot, now: float) -> tuple[dict[str, bytes], float]:
    """The panels that are not to be drawn anew yet, as they stand, and when the first of them may be."""
    again = {key: slot.drawn_at[key] + pace for key, pace in route.pace.items() if key in slot.drawn.panels}
    held = {key: slot.drawn.panels[key] for key, due in again.items() if now < due}
    return held, min((again[key] for key in held), default=float("inf"))
