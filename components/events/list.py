"""Events: what stands now, by kind, most serious first, each with its place, its times and who tells of it."""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

import htpy as h

from components.events.descriptions import apart_words, counted, place_name, stage_word, told_by, told_facts, worn
from components.events.kinds import exercised, kinds, silent
from components.ui.format import NONE, moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import marks, severity_mark, state_mark
from ioc.domain.base.severity import RANK
from ioc.domain.events.state import Standing, standing
from ioc.domain.snapshot import EventView, Snapshot

SHOWN = 200  # rows of one kind; a longer list says how many there are
_COLUMNS = ("what", "where", "stage", "started", "due", "source")


def event_list(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """The events of the kind `chosen`, of all where it is none."""
    names = kinds(snapshot, lang)
    shown = {key: name for key, name in names.items() if chosen not in names or key == chosen}
    if not shown:
        return h.p(".nothing")[say("events.no_kind", lang)]
    return h.div(".box.wide")[
        h.table(".sources.events")[
            h.thead[h.tr[(h.th[say(f"events.{one}", lang)] for one in _COLUMNS)]],
            (group for key, name in shown.items() for group in _groups(key, name, snapshot, lang)),
        ]
    ]


def rows(views: Iterable[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    """A table of events without groups, for one unit."""
    return h.table(".sources.events")[
        h.thead[h.tr[(h.th[say(f"events.{one}", lang)] for one in _COLUMNS)]],
        h.tbody[(_row(one, snapshot, lang) for one in ordered(views))],
    ]


def ordered(views: Iterable[EventView]) -> list[EventView]:
    """What is real before what is of an exercise; most serious first, then the newest."""
    return sorted(views, key=lambda one: (one.drill, -RANK[one.event.severity], -one.begun.timestamp()))


def _groups(kind: str, name: str, snapshot: Snapshot, lang: str) -> Iterator[h.Element]:
    """The events of a kind, and apart from them those of exercises."""
    found, views = standing(snapshot, kind), ordered(one for one in snapshot.events if one.event.kind == kind)
    real, drill = views[: found.real], views[found.real :]
    told = _head_of(found, len(real), lang)
    yield h.tbody[
        h.tr(".group")[h.th(colspan=len(_COLUMNS), scope="rowgroup")[name, " ", told, silent(snapshot, kind, lang)]],
        (_row(one, snapshot, lang) for one in real[:SHOWN]),
        not real and h.tr[h.td(".quiet", colspan=len(_COLUMNS))[_none(found, lang)]],
    ]
    if drill:
        yield h.tbody(".exercise")[
            h.tr(".group")[
                h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                    name, " ", h.small[exercised(found, lang)], silent(snapshot, kind, lang, drill=True)
                ]
            ],
            (_row(one, snapshot, lang) for one in drill[:SHOWN]),
        ]


def _head_of(found: Standing, count: int, lang: str) -> h.Element | None:
    if not found.known:
        return None
    if count > SHOWN:
        return h.small[say("events.shown", lang, n=number(SHOWN), all=number(count))]
    return h.small[say("events.count", lang, n=number(count))]


def _none(found: Standing, lang: str) -> h.Fragment:
    """That there is none; or that nobody knows, for none of who would tell of it, or not all of them, are heard."""
    if found.known:
        return h.fragment[say("events.none", lang)]
    return h.fragment[state_mark(found.state), " ", say("events.unknown", lang)]


def personal_link(about: str, word: str, lang: str) -> h.Element:
    """A way to what is personal; the screens of those who may see it show it, no others."""
    return h.a(".link.may-personal", href=f"/chi-tiet/{quote(about)}")[mark("lock"), " ", say(f"personal.{word}", lang)]


def _row(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    one, now = view.event, snapshot.at
    late = one.late(now)
    return h.tr(class_=[f"sev-{one.severity.value}", worn(view)], **counted(view))[
        h.td(".source-name")[
            h.span(".source-title")[
                h.span[severity_mark(one.severity), " ", one.title],
                marks(lang, simulated=view.simulated, drill=view.drill, short=True),
            ],
            one.text and h.small(".quiet")[one.text],
            (facts := told_facts(one, lang))
            and h.small(".quiet")[" · ".join(f"{name}: {value}" for name, value in facts)],
            view.id and personal_link(f"su-kien/{view.id}", "link", lang),
        ],
        h.td(data_label=say("events.where", lang))[place_name(view, snapshot, lang)],
        h.td(data_label=say("events.stage", lang))[stage_word(view, lang)],
        h.td(data_label=say("events.started", lang))[
            h.span(".when")[
                h.time(".age", data_age=view.begun.isoformat()),
                h.small(".quiet")[moment(view.begun, now)],
            ]
        ],
        h.td(data_label=say("events.due", lang))[
            moment(one.due, now) if one.due else (say("events.until", lang, time=moment(one.expires, now))
                                                  if one.expires else NONE),
            late and h.strong(".source-refused")[" ", say("events.late", lang)],
        ],
        h.td(data_label=say("events.source", lang))[_sources(view, snapshot, lang)],
    ]  # fmt: skip


def _sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All sources that tell of it, when it was told so, how they are heard, and what they disagree on."""
    apart = apart_words(view, lang)
    return h.fragment[
        told_by(view, snapshot, lang),
        apart and h.strong(".source-refused")[" ", apart],
    ]
