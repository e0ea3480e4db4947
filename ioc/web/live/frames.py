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

from components.ui.i18n import t
from ioc.domain.base.times import to_ms
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery
from ioc.web.live.read_model import ReadModel

log = logging.getLogger(__name__)

FAULT_PANEL = "page-fault"  # the panel of every page that says what went wrong with it
_PAST_TTL_SECONDS = 60.0  # seconds until a past moment is read again: late readings may have come to its lines
_MAX_PAST_ENTRIES = 8  # past moments that are held
_MAX_PREVIOUS_BODIES = (
    12  # what a panel held so many changes ago is forgotten: a screen that is two seconds behind gets a patch still
)
HASH_LENGTH = 8  # characters of a panel's hash


def short_hash(*parts: bytes) -> str:
    """Eight characters that stand for `parts`; they go through headers as they are."""
    digest = blake2b(digest_size=6)
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return urlsafe_b64encode(digest.digest()).decode()


@dataclass(frozen=True, slots=True)
class RenderedFrame:
    """A frame as it is sent: `panels` id -> JSON of its props, `hashes` id -> hash, of id and props together.

    `due`: when (monotonic) a panel that was held back by its page's pace may be drawn; inf when none was.
    `older`: id -> hash -> JSON of what it held before, for screens that are a little behind.
    """

    version: int
    etag: str
    panels: Mapping[str, bytes]
    hashes: Mapping[str, str]
    snapshot: Snapshot | None = None
    render_due: float = float("inf")
    previous_bodies: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    response_cache: dict[tuple[str, ...], tuple[bytes, str]] = field(
        default_factory=dict
    )  # filled by ioc.web.live.endpoint

    @property
    def past_ms(self) -> int | None:
        """The moment shown, epoch ms; None while it is now."""
        return to_ms(self.snapshot.at) if self.snapshot and not self.snapshot.is_live else None


EMPTY_FRAME = RenderedFrame(-1, '""', MappingProxyType({}), MappingProxyType({}))


@dataclass(slots=True)
class _CacheEntry:
    """What is kept per ask: its newest frame, when each paced panel was drawn, and who is drawing it."""

    frame: RenderedFrame = EMPTY_FRAME
    rendered_at: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


def _to_json(value: object) -> object:
    to_json = getattr(value, "to_plotly_json", None)
    if to_json is None:
        raise TypeError(f"{type(value).__name__} does not go into a frame")
    return to_json()


def encode(props: object) -> bytes:
    """Props as JSON; Dash components among them are allowed."""
    return orjson.dumps(props, default=_to_json, option=orjson.OPT_NON_STR_KEYS)


def _previous_bodies(before: RenderedFrame, hashes: Mapping[str, str]) -> Mapping[str, Mapping[str, bytes]]:
    """What `before` held and held before it of each panel that is drawn still, the newest first."""
    older: dict[str, Mapping[str, bytes]] = {}
    for key, mark in before.hashes.items():
        held = before.previous_bodies.get(key, {})
        if hashes.get(key) != mark:
            newest = {mark: before.panels[key], **held}
            held = dict(list(newest.items())[:_MAX_PREVIOUS_BODIES])
        if key in hashes and held:
            older[key] = held
    return older


class FrameRenderer:
    """`common(view, page name, what the page holds)` is drawn into every page's frame: the shell's own panels.

    `told(page name)` hears of every frame that is drawn.
    """

    def __init__(
        self,
        reads: ReadModel,
        routes: PageRegistry,
        common: Callable[[View, str, Frame], Frame],
        clock: Callable[[], float] = time.monotonic,
        max_entries: int = 64,
        layers: MapLayers = EMPTY_MAP_LAYERS,
        on_render: Callable[[str], object] = lambda _page: None,
    ) -> None:
        self._reads, self._routes, self._common, self._clock, self._max_entries = (
            reads,
            routes,
            common,
            clock,
            max_entries,
        )
        self._layers, self._on_render = layers, on_render
        self._entries: OrderedDict[FrameQuery, _CacheEntry] = OrderedDict()
        self._lock = Lock()
        self._broken: set[str] = set()

    def render(self, query: FrameQuery, version: int) -> RenderedFrame:
        """The frame of `ask`, not older than `version` unless someone else is drawing it this moment."""
        slot = self._entry(query)
        drawn = slot.frame
        if drawn is not EMPTY_FRAME and (drawn.version >= version or query.moment) and drawn.render_due > self._clock():
            return drawn
        # A screen never waits while another's question has the newer frame drawn: it gets it a second later.
        if not slot.lock.acquire(blocking=drawn is EMPTY_FRAME):
            return drawn
        try:
            return self._render(query, slot)
        finally:
            slot.lock.release()

    def _entry(self, ask: FrameQuery) -> _CacheEntry:
        """Its place; those that were asked for longest ago give way, past moments first to a number of their own."""
        with self._lock:
            slot = self._entries.setdefault(ask, _CacheEntry())
            self._entries.move_to_end(ask)
            past = [one for one in self._entries if one.moment] if ask.moment else []
            for one in past[:-_MAX_PAST_ENTRIES]:
                del self._entries[one]
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        return slot

    def _render(self, ask: FrameQuery, slot: _CacheEntry) -> RenderedFrame:
        before, now = slot.frame, self._clock()
        newest = self._reads.snapshot()
        if ask.moment and ask.moment > newest.at:  # nobody knows it yet, so nothing is drawn as if it had been
            ask = replace(ask, moment=None, error_key="connection.future")
        snapshot = self._reads.at(ask.moment) if ask.moment else newest
        if snapshot is before.snapshot and before.render_due > now:
            return before
        route = self._routes.by_name(ask.page)
        assert route is not None
        held, due = _unchanged_panels(route, slot, now)
        params = MappingProxyType(dict(ask.params))
        view = View(snapshot, params, ask.lang, self._reads.history, self._layers, held.keys())
        self._on_render(route.name)
        panels = self._render_panels(route, ask, view, held)
        slot.rendered_at |= dict.fromkeys(route.min_intervals.keys() - held.keys(), now)
        hashes = {key: short_hash(key.encode(), body) for key, body in panels.items()}
        if ask.moment:
            due = now + _PAST_TTL_SECONDS
        etag = f'"{short_hash("".join(hashes.values()).encode())}"'
        slot.frame = RenderedFrame(
            snapshot.version, etag, panels, hashes, snapshot, due, _previous_bodies(before, hashes)
        )
        return slot.frame

    def _render_panels(self, route: PageRoute, ask: FrameQuery, view: View, held: dict[str, bytes]) -> dict[str, bytes]:
        fault = ask.error_key and t(ask.error_key, ask.lang)
        try:
            own = route.frame(view)
            frame = {**self._common(view, route.name, own | _markup_props(held)), **own}
            panels = {key: encode(props) for key, props in frame.items() if key not in held} | held
            self._broken.discard(route.name)
        except Exception:  # a page's fault must not take the others down
            if route.name not in self._broken:
                self._broken.add(route.name)
                log.exception("page %s could not be drawn", route.name)
            panels, fault = {}, t("connection.fault", ask.lang)
        panels[FAULT_PANEL] = encode({"markup": str(h.p[fault]) if fault else ""})
        return panels


def _markup_props(held: Mapping[str, bytes]) -> Frame:
    """What panels that were not drawn anew show: the header tells of these, too."""
    return {key: orjson.loads(body) for key, body in held.items() if body.startswith(b'{"markup":')}


def _unchanged_panels(route: PageRoute, slot: _CacheEntry, now: float) -> tuple[dict[str, bytes], float]:
    """The panels that are not to be drawn anew yet, as they stand, and when the first of them may be."""
    again = {key: slot.rendered_at[key] + pace for key, pace in route.min_intervals.items() if key in slot.frame.panels}
    held = {key: slot.frame.panels[key] for key, due in again.items() if now < due}
    return held, min((again[key] for key in held), default=float("inf"))
