"""Frames: every panel of a page, rendered once per change for all displays, each with the hash of its content."""

import logging
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from threading import Lock
from types import MappingProxyType

import htpy as h
import orjson

from components.ui.i18n import t
from components.ui.live_table import draws_table
from ioc.dash_kit.tables import DRAWN_ONLY_PARAMS
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.times import to_ms
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery
from ioc.web.live.read_model import ReadModel, Versions

log = logging.getLogger(__name__)

FAULT_PANEL = "page-fault"  # the panel of every page that shows its own failure
_PAST_TTL_SECONDS = 60.0  # a past moment is read again after it: late readings may have been added to its charts
_CONFIRMED_SECONDS = 2.0  # for so long a frame is served without asking whether the store has changed
_MAX_AGE_SECONDS = 5.0  # of a frame of the present: time changes what is shown, also while nothing is committed
_OLD_SECONDS = 3.0  # after it was due: from then on a frame is no longer served while it is rendered anew
_MAX_PAST_ENTRIES = 8  # cached frames of past moments
_MAX_PREVIOUS_BODIES = 12  # versions kept of each panel: a display that is two seconds behind still gets a patch
HASH_LENGTH = 8  # characters of a panel's hash


def short_hash(*parts: bytes) -> str:
    """Hash of `parts`: HASH_LENGTH characters that are safe in headers."""
    digest = blake2b(digest_size=6)
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return urlsafe_b64encode(digest.digest()).decode()


@dataclass(frozen=True, slots=True)
class RenderedFrame:
    """A frame as it is sent. `panels`: id -> JSON of its props; `hashes`: id -> hash of id and props together.

    `render_due`: when (monotonic seconds) it is rendered again, though the store did not change. `previous_bodies`: id
    -> hash -> JSON of its earlier contents, newest first, for displays that are a little behind. `response_cache` is
    filled by ioc.web.live.endpoint.
    """

    version: int
    etag: str
    panels: Mapping[str, bytes]
    hashes: Mapping[str, str]
    snapshot: Snapshot | None = None
    render_due: float = float("inf")
    previous_bodies: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    response_cache: dict[tuple[str, ...], tuple[bytes, str]] = field(default_factory=dict)

    @property
    def past_ms(self) -> int | None:
        """The past moment shown in epoch ms, None for the present."""
        return to_ms(self.snapshot.at) if self.snapshot and not self.snapshot.is_live else None


EMPTY_FRAME = RenderedFrame(-1, '""', MappingProxyType({}), MappingProxyType({}))


@dataclass(slots=True)
class _CacheEntry:
    """Per query: its newest frame, when each panel with a minimum interval was rendered (monotonic), a render lock.

    `versions`: of the store when the frame was the newest one, at `confirmed_at` (monotonic).
    """

    frame: RenderedFrame = EMPTY_FRAME
    rendered_at: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    versions: Versions = (0, 0, 0)
    confirmed_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class _PastSnapshot:
    """A snapshot of a past moment. `read_due`: when (monotonic seconds) it is read again."""

    snapshot: Snapshot
    read_due: float


def _to_json(value: object) -> object:
    to_json = getattr(value, "to_plotly_json", None)
    if to_json is None:
        raise TypeError(f"{type(value).__name__} does not go into a frame")
    return to_json()


def encode(props: object) -> bytes:
    """Props as JSON. They may hold Dash components; TypeError for any other object."""
    return orjson.dumps(props, default=_to_json, option=orjson.OPT_NON_STR_KEYS)


def _previous_bodies(before: RenderedFrame, hashes: Mapping[str, str]) -> Mapping[str, Mapping[str, bytes]]:
    """The earlier contents of each panel that still exists, the newest first."""
    result: dict[str, Mapping[str, bytes]] = {}
    for key, panel_hash in before.hashes.items():
        bodies = before.previous_bodies.get(key, {})
        if hashes.get(key) != panel_hash:
            newest_first = {panel_hash: before.panels[key], **bodies}
            bodies = dict(list(newest_first.items())[:_MAX_PREVIOUS_BODIES])
        if key in hashes and bodies:
            result[key] = bodies
    return result


class FrameRenderer:
    """Renders frames and caches them per query. Thread-safe.

    `common(view, page name, the page's own frame)`: the panels of the shell, part of every page's frame. `clock`:
    monotonic seconds. `on_render(page name)` is called for every frame that is rendered.
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
        self._reads, self._routes, self._common, self._clock = reads, routes, common, clock
        self._max_entries, self._layers, self._on_render = max_entries, layers, on_render
        self._entries: OrderedDict[FrameQuery, _CacheEntry] = OrderedDict()
        self._lock = Lock()
        self._broken: set[str] = set()
        self._newest: Snapshot | None = None
        self._past: OrderedDict[datetime, _PastSnapshot] = OrderedDict()

    def render(self, query: FrameQuery, version: int) -> RenderedFrame:
        """The frame of `query` at `version` of the store or newer.

        One that is a little older while another thread renders the newer. Raises what the read model raises.
        """
        query = self._with_known_params(self._without_future_moment(query), version)
        entry = self._entry(query)
        cached = entry.frame
        is_current = cached is not EMPTY_FRAME and (cached.version >= version or query.moment is not None)
        if is_current and cached.render_due > self._clock():
            return cached
        ensure_may_block()
        # No display waits while another request renders the newer frame, unless the cached one may be of yesterday.
        is_old = query.moment is None and self._clock() > cached.render_due + _OLD_SECONDS
        if not entry.lock.acquire(blocking=cached is EMPTY_FRAME or is_old):
            return cached
        try:
            return self._render(query, entry)
        finally:
            entry.lock.release()

    def confirm(self, query: FrameQuery, frame: RenderedFrame, versions: Versions) -> None:
        """Notes that `frame` was what `versions` of the store show."""
        if frame.version >= versions[0] or query.moment:
            entry = self._entry(self._with_known_params(self._without_future_moment(query)))
            entry.versions, entry.confirmed_at = versions, self._clock()

    def confirmed(self, query: FrameQuery) -> tuple[RenderedFrame, Versions] | None:
        """The frame of `query` with the versions that it was confirmed for; None when that is long ago. Never waits."""
        if self._newest is None or (query.moment and query.moment not in self._past):
            return None
        query = self._with_known_params(query)
        with self._lock:
            entry = self._entries.get(query)
            if entry is None or self._clock() - entry.confirmed_at > _CONFIRMED_SECONDS:
                return None
            self._entries.move_to_end(query)
        return entry.frame, entry.versions

    def _without_future_moment(self, query: FrameQuery) -> FrameQuery:
        """The present where the moment lies in the future; the page says so."""
        if query.moment is None or query.moment <= self._reads.snapshot().at:
            return query
        params = tuple(pair for pair in query.params if pair[0] != "luc")
        return replace(query, params=params, moment=None, error_key="connection.future")

    def _past_snapshot(self, moment: datetime) -> _PastSnapshot:
        """What was known at `moment`, read once for all pages, and when it is read again."""
        past = self._past.get(moment)
        if past is None or past.read_due <= self._clock():
            ensure_may_block()
            past = _PastSnapshot(self._reads.at(moment), self._clock() + _PAST_TTL_SECONDS)
        with self._lock:
            self._past[moment] = past
            self._past.move_to_end(moment)
            while len(self._past) > _MAX_PAST_ENTRIES:
                self._past.popitem(last=False)
        return past

    def _with_known_params(self, query: FrameQuery, version: int = 0) -> FrameQuery:
        """Without parameters and values that the page does not know: each would be a frame of its own to render.

        What the newest snapshot does not know is looked for in that of `version`, at a past moment in that of then.
        """
        route = self._routes.by_name(query.page)
        if route is None or not query.params:
            return query
        if query.moment:
            return _known_params(route, query, self._past_snapshot(query.moment).snapshot)
        snapshot = self._newest
        known = _known_params(route, query, snapshot) if snapshot else query
        if snapshot is None or (known != query and snapshot.version < version):
            ensure_may_block()
            snapshot = self._newest = self._reads.snapshot()
            known = _known_params(route, query, snapshot)
        return known

    def _entry(self, query: FrameQuery) -> _CacheEntry:
        """The cache entry of `query`. The least recently used give way; past moments have a limit of their own."""
        with self._lock:
            entry = self._entries.setdefault(query, _CacheEntry())
            self._entries.move_to_end(query)
            past = [cached for cached in self._entries if cached.moment] if query.moment else []
            for cached in past[:-_MAX_PAST_ENTRIES]:
                del self._entries[cached]
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        return entry

    def _render(self, query: FrameQuery, entry: _CacheEntry) -> RenderedFrame:
        previous, now = entry.frame, self._clock()
        past = self._past_snapshot(query.moment) if query.moment else None
        newest = self._newest = self._reads.snapshot()
        snapshot = past.snapshot if past else newest
        if snapshot is previous.snapshot and previous.render_due > now:
            return previous
        route = self._routes.by_name(query.page)
        assert route is not None
        unchanged, due = _unchanged_panels(route, entry, now)
        reads, params = self._reads, MappingProxyType(dict(query.params))
        history = reads.history_at(None if snapshot.is_live else snapshot.at)
        view = View(snapshot, params, query.lang, history, self._layers, unchanged.keys(), reads.instructions)
        self._on_render(route.name)
        panels = self._render_panels(route, query, view, unchanged)
        entry.rendered_at |= dict.fromkeys(route.min_intervals.keys() - unchanged.keys(), now)
        hashes = {key: short_hash(key.encode(), body) for key, body in panels.items()}
        due = past.read_due if past else min(due, now + _MAX_AGE_SECONDS)
        # Sorted: unchanged panels come last, whichever they are, and the frame is the same.
        etag = f'"{short_hash("".join(sorted(hashes.values())).encode())}"'
        bodies = _previous_bodies(previous, hashes)
        entry.frame = RenderedFrame(snapshot.version, etag, panels, hashes, snapshot, due, bodies)
        return entry.frame

    def _render_panels(
        self, route: PageRoute, query: FrameQuery, view: View, unchanged: dict[str, bytes]
    ) -> dict[str, bytes]:
        fault = query.error_key and t(query.error_key, query.lang)
        try:
            own = route.frame(view)
            frame = {**self._common(view, route.name, own | _markup_props(unchanged)), **own}
            panels = {key: encode(props) for key, props in frame.items() if key not in unchanged} | unchanged
            self._broken.discard(route.name)
        except Exception:  # one page's failure must not affect the others
            if route.name not in self._broken:
                self._broken.add(route.name)
                log.exception("page %s could not be rendered", route.name)
            panels, fault = {}, t("connection.fault", query.lang)
        panels[FAULT_PANEL] = encode({"markup": str(h.p[fault]) if fault else ""})
        return panels


def _known_params(route: PageRoute, query: FrameQuery, snapshot: Snapshot) -> FrameQuery:
    is_grid = route.has_live_table and not route.has_paged_table and not draws_table(dict(query.params))
    names = route.params.keys() - DRAWN_ONLY_PARAMS if is_grid else route.params.keys()
    known = ((name, route.params[name](snapshot, value)) for name, value in query.params if name in names)
    return replace(query, params=tuple(pair for pair in known if pair[1]))


def _markup_props(bodies: Mapping[str, bytes]) -> Frame:
    """The props of unchanged panels of markup: the header's summary covers them too."""
    return {key: orjson.loads(body) for key, body in bodies.items() if body.startswith(b'{"markup":')}


def _unchanged_panels(route: PageRoute, entry: _CacheEntry, now: float) -> tuple[dict[str, bytes], float]:
    """The panels whose minimum interval has not passed, as they are, and when it passes for the first of them."""
    due_at = {
        key: entry.rendered_at[key] + interval
        for key, interval in route.min_intervals.items()
        if key in entry.frame.panels
    }
    unchanged = {key: entry.frame.panels[key] for key, due in due_at.items() if now < due}
    return unchanged, min((due_at[key] for key in unchanged), default=float("inf"))
