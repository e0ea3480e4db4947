"""Cameras: the last picture of each, how old it is, whose it is; past its age limit it is greyed, and none is kept."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import htpy as h

from components.events.descriptions import place_name, source_names
from components.events.kinds import kinds, silent
from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.status_badges import marks, state_mark, state_word
from ioc.domain.base.times import to_ms
from ioc.domain.events.state import kind_state
from ioc.domain.ingest.camera_image import LOST
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.parsing import slug
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import EventView, Snapshot, SourceView

KIND = "camera"
_SHOWN = (State.OK, State.STALE, State.ERROR, State.NO_DATA, State.OFF)


def cameras(snapshot: Snapshot) -> list[EventView]:
    """All of them, by name: none moves when another is lost."""
    return sorted((one for one in snapshot.events if one.event.kind == KIND), key=lambda one: (one.event.title, one.id))


def sight(view: EventView, snapshot: Snapshot) -> State:
    """Whether its picture may be looked at as of now, and why not."""
    source, taken = _source(view, snapshot), snapshot.pictures.get(view.id)
    state = source.health.state if source else SourceState.OFF
    if source is None or state is SourceState.OFF:
        return State.OFF
    if view.event.word == LOST or state in (SourceState.DOWN, SourceState.REFUSED):
        return State.ERROR
    if taken is None:
        return State.NO_DATA
    return State.STALE if snapshot.at - taken > source.source.age_limit else State.OK


def _source(view: EventView, snapshot: Snapshot) -> SourceView | None:
    return next((one for one in snapshot.sources if one.source.key == view.sources[0]), None)


def wall(snapshot: Snapshot, lang: str) -> h.Element:
    """How many there are and in what state, and a card for each."""
    views = cameras(snapshot)
    if not views:
        return h.p(".nothing")[_none(snapshot, lang)]
    return h.div[
        _counts(views, snapshot, lang),
        h.div(".cameras")[(_card(one, snapshot, lang) for one in views)],
    ]


def _none(snapshot: Snapshot, lang: str) -> h.Fragment:
    """That there is none; or that the source of cameras that there is does not say."""
    state = kind_state(snapshot, KIND) if KIND in kinds(snapshot, lang) else State.OK
    if state is State.OK:
        return h.fragment[say("camera.none", lang)]
    return h.fragment[state_mark(state), " ", say("events.unknown", lang), silent(snapshot, KIND, lang)]


def _counts(views: Sequence[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    found = Counter(sight(one, snapshot) for one in views)
    return h.p(".camera-counts.quiet")[
        h.span[say("camera.count", lang, n=number(len(views)))],
        (h.span[state_mark(one), " ", _word(one, lang), " ", h.b[number(found[one])]] for one in _SHOWN if found[one]),
        h.span[say("camera.kept", lang)],
    ]


def _word(state: State, lang: str) -> str:
    if state is State.OK:
        return say("camera.seen", lang)
    if state is State.ERROR:
        return say("camera.failing", lang)
    return say("camera.no_picture", lang) if state is State.NO_DATA else state_word(state, lang)


def _card(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    return h.article(".camera-card", id=f"camera-{slug(view.id)}")[
        h.a(".camera-link", href=f"/ban-do?su-kien={quote(view.id, safe='')}")[picture(view, snapshot, lang)],
        h.h3[view.event.title],
        "hls" in view.event.facts and _live(view, lang),
        h.p(".quiet")[
            any(code in snapshot.units for code in view.event.units) and f"{place_name(view, snapshot, lang)} · ",
            source_names(view, snapshot, lang), " ",
            marks(lang, simulated=view.simulated, drill=view.drill, short=True),
        ],
    ]  # fmt: skip


def _live(view: EventView, lang: str) -> h.Element:
    """Its stream, through our own route, once somebody asks for it: only a few may watch at a time."""
    stream = f"/hinh/{quote(view.id)}/hls/index.m3u8"
    why = (h.span(hidden=True, data_why=one)[say(f"camera.live_{one}", lang)] for one in ("full", "lost", "unread"))
    # What a new frame moves stays out of it: the player and what is said of it are the screen's own.
    return h.details(".camera-live")[
        h.summary[say("camera.live", lang)],
        h.div(data_fixed=True)[
            h.video(
                src=stream, controls=True, muted=True, playsinline=True, preload="none", aria_label=view.event.title
            ),
            h.p(".camera-lost", role="status", hidden=True)[
                why, " ", h.button(".tool", type="button", data_stream_again=True)[say("camera.live_again", lang)]
            ],
        ],
        h.small(".quiet")[say("camera.live_note", lang)],
    ]


def picture(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    """The last picture with its age, or why there is none. Its address names its moment: it is fetched once."""
    state, taken, source = sight(view, snapshot), snapshot.pictures.get(view.id), _source(view, snapshot)
    limit = round(source.source.age_limit.total_seconds()) if source else 0
    counted = {"data-since": taken.isoformat(), "data-limit": str(limit)} if taken and state is State.OK else {}
    return h.span(class_=["camera", f"is-{state.value}"], **counted)[
        h.span(".camera-frame")[
            h.img(src=address(view, to_ms(taken)), alt=view.event.title, loading="lazy", decoding="async")
            if taken and state is not State.OFF
            else h.span(".camera-none")[state_mark(state), h.span[_word(state, lang)]]
        ],
        h.span(".camera-foot")[
            h.span(".camera-state")[state_mark(state), " ", _word(state, lang)],
            h.span(".camera-late")[state_mark(State.STALE), " ", state_word(State.STALE, lang)],
            taken is not None
            and h.span[
                say("camera.taken", lang, time=moment(taken, snapshot.at)),
                " · ",
                h.time(".age", data_age=taken.isoformat()),
            ],
        ],
    ]


def address(view: EventView, taken_ms: int) -> str:
    """Our own route to the picture of that moment."""
    return f"/hinh/{quote(view.id)}?t={taken_ms}"
