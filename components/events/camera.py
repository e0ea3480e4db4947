"""Cameras: the last image of each with its age and source, greyed past its age limit. No image is recorded."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import htpy as h

from components.events.descriptions import place_name, source_names
from components.events.event_kinds import kind_names, unavailable_sources
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.status_badges import badges, state_label, state_mark
from ioc.domain.base.slug import slugify
from ioc.domain.base.times import to_ms
from ioc.domain.events.state import kind_state
from ioc.domain.ingest.camera_image import CONNECTION_LOST
from ioc.domain.ingest.health import FAILING_STATES, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.kpis.moment import figure_state
from ioc.domain.snapshot import EventView, Snapshot, SourceView

CAMERA_KIND = "camera"
_STATE_ORDER = (FigureState.OK, FigureState.STALE, FigureState.ERROR, FigureState.NO_DATA, FigureState.OFF)


def cameras(snapshot: Snapshot) -> list[EventView]:
    """All cameras by name, so that none moves when another is lost."""
    return sorted(
        (view for view in snapshot.events if view.event.kind == CAMERA_KIND),
        key=lambda view: (view.event.title, view.id),
    )


def image_state(view: EventView, snapshot: Snapshot) -> FigureState:
    """The state of a camera's last image: OK, stale, error, none yet, or off."""
    source, taken = _source(view, snapshot), snapshot.camera_image_times.get(view.id)
    state = source.health.state if source else SourceState.OFF
    if source is None or state is SourceState.OFF:
        return FigureState.OFF
    if view.event.source_status == CONNECTION_LOST or state in FAILING_STATES:
        return FigureState.ERROR
    return figure_state(state, taken, source.source.age_limit, snapshot.at)


def _source(view: EventView, snapshot: Snapshot) -> SourceView | None:
    return snapshot.sources_by_key.get(view.sources[0])


def camera_grid(snapshot: Snapshot, lang: str) -> h.Element:
    """Counts by state, and a card for each camera."""
    views = cameras(snapshot)
    if not views:
        return h.p(".nothing")[_empty_message(snapshot, lang)]
    return h.div[
        _counts(views, snapshot, lang),
        h.div(".cameras")[(_card(view, snapshot, lang) for view in views)],
    ]


def _empty_message(snapshot: Snapshot, lang: str) -> h.Fragment:
    """That there is no camera, or that the camera sources are unavailable."""
    state = kind_state(snapshot, CAMERA_KIND) if CAMERA_KIND in kind_names(snapshot, lang) else FigureState.OK
    if state is FigureState.OK:
        return h.fragment[t("camera.none", lang)]
    return h.fragment[
        state_mark(state), " ", t("events.unknown", lang), unavailable_sources(snapshot, CAMERA_KIND, lang)
    ]


def _counts(views: Sequence[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    counts = Counter(image_state(view, snapshot) for view in views)
    return h.p(".camera-counts.quiet")[
        h.span[t("camera.count", lang, n=format_number(len(views)))],
        (
            h.span[state_mark(state), " ", _state_label(state, lang), " ", h.b[format_number(counts[state])]]
            for state in _STATE_ORDER
            if counts[state]
        ),
        h.span[t("camera.not_recorded", lang)],
    ]


def _state_label(state: FigureState, lang: str) -> str:
    if state is FigureState.OK:
        return t("camera.state_ok", lang)
    if state is FigureState.ERROR:
        return t("camera.state_error", lang)
    return t("camera.state_no_data", lang) if state is FigureState.NO_DATA else state_label(state, lang)


def _card(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    return h.article(".camera-card", id=f"camera-{slugify(view.id)}")[
        h.a(".camera-link", href=f"/ban-do?su-kien={quote(view.id, safe='')}")[camera_image(view, snapshot, lang)],
        h.h2[view.event.title],
        "hls" in view.event.facts and _live_player(view, lang),
        h.p(".quiet")[
            any(code in snapshot.units for code in view.event.unit_codes) and f"{place_name(view, snapshot, lang)} · ",
            source_names(view, snapshot, lang), " ",
            badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True),
        ],
    ]  # fmt: skip


def _live_player(view: EventView, lang: str) -> h.Element:
    """The HLS player, through our own route. It loads when opened, since the number of viewers is limited."""
    stream = f"/hinh/{quote(view.id)}/hls/index.m3u8"
    why = (
        h.span(hidden=True, data_why=reason)[t(f"camera.live_{reason}", lang)]
        for reason in ("full", "lost", "unsupported")
    )
    # data-fixed: the client never patches the player and its messages.
    return h.details(".camera-live")[
        h.summary[t("camera.live", lang)],
        h.div(data_fixed=True)[
            h.video(
                src=stream, controls=True, muted=True, playsinline=True, preload="none", aria_label=view.event.title
            ),
            h.p(".camera-message", role="status", hidden=True)[
                why, " ", h.button(".tool", type="button", data_stream_again=True)[t("camera.live_retry", lang)]
            ],
        ],
        h.small(".quiet")[t("camera.live_note", lang)],
    ]


def camera_image(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    """The last image with its age, or why there is none. The address contains its time, so it is fetched once."""
    state, taken, source = (
        image_state(view, snapshot),
        snapshot.camera_image_times.get(view.id),
        _source(view, snapshot),
    )
    limit = round(source.source.age_limit.total_seconds()) if source else 0
    counted = {"data-since": taken.isoformat(), "data-limit": str(limit)} if taken and state is FigureState.OK else {}
    return h.span(class_=["camera", f"is-{state.value}"], **counted)[
        h.span(".camera-frame")[
            h.img(src=image_url(view, to_ms(taken)), alt=view.event.title, loading="lazy", decoding="async")
            if taken and state is not FigureState.OFF
            else h.span(".camera-placeholder")[state_mark(state), h.span[_state_label(state, lang)]]
        ],
        h.span(".camera-foot")[
            h.span(".camera-state")[state_mark(state), " ", _state_label(state, lang)],
            h.span(".camera-stale")[state_mark(FigureState.STALE), " ", state_label(FigureState.STALE, lang)],
            taken is not None
            and h.span[
                t("camera.taken", lang, time=format_datetime(taken, snapshot.at)),
                h.span(".age")[" · ", h.time(data_age=taken.isoformat())],
            ],
        ],
    ]


def image_url(view: EventView, captured_ms: int) -> str:
    """The address of the image taken at `captured_ms` (epoch milliseconds)."""
    return f"/hinh/{quote(view.id)}?t={captured_ms}"
