"""Events: what stands now, by kind, most serious first, each with its place, its times and who tells of it."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import htpy as h

from components.format import NONE, moment, number
from components.icons import glyph, mark
from components.states import marks, severity_mark
from components.text import catalogue, say
from domain.event import Event
from domain.severity import RANK
from domain.snapshot import EventView, Snapshot

_OURS = frozenset({"picture", "hls"})
_NAMES = {"service": "service-name"}  # codes that twins are known by, and what people call them
_STANDARD = frozenset({"category", "severity", "urgency", "certainty", "status", "word"})
SHOWN = 200  # rows of one kind; a longer list says how many there are
_COLUMNS = ("what", "where", "stage", "started", "due", "source")


def kinds(snapshot: Snapshot, lang: str) -> dict[str, str]:
    """The kinds that sources declare, with their names, in the order of the sources."""
    rows = (kind for view in snapshot.sources for kind in view.source.events)
    return {kind.key: kind.name.said(lang) for kind in rows}


def chips(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """A link per kind with how many stand."""
    names = kinds(snapshot, lang)
    counts = {key: sum(one.event.kind == key for one in snapshot.events) for key in names}
    return h.nav(".chips")[
        h.a(".chip", href="?", aria_current=None if chosen in names else "true")[
            say("events.all", lang), " ", h.b[number(len(snapshot.events))]
        ],
        (
            h.a(".chip", href=f"?loai={key}", aria_current="true" if chosen == key else None)[
                names[key], " ", h.b[number(count)]
            ]
            for key, count in counts.items()
        ),
        "camera" in names and h.a(".chip", href="/camera")[glyph("camera"), say("camera.all", lang)],
    ]


def event_list(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """The events of the kind `chosen`, of all where it is none."""
    names = kinds(snapshot, lang)
    shown = {key: name for key, name in names.items() if chosen not in names or key == chosen}
    if not shown:
        return h.p(".nothing")[say("events.no_kind", lang)]
    return h.div(".box.wide")[
        h.table(".sources.events")[
            h.thead[h.tr[(h.th[say(f"events.{one}", lang)] for one in _COLUMNS)]],
            (_group(name, _of(snapshot.events, key), snapshot, lang) for key, name in shown.items()),
        ]
    ]


def rows(views: Iterable[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    """A table of events without groups, for one unit."""
    return h.table(".sources.events")[
        h.thead[h.tr[(h.th[say(f"events.{one}", lang)] for one in _COLUMNS)]],
        h.tbody[(_row(one, snapshot, lang) for one in ordered(views))],
    ]


def ordered(views: Iterable[EventView]) -> list[EventView]:
    """Most serious first, then the newest."""
    return sorted(views, key=lambda one: (-RANK[one.event.severity], -one.event.observed.timestamp()))


def _of(views: Iterable[EventView], kind: str) -> list[EventView]:
    return ordered(one for one in views if one.event.kind == kind)


def _group(name: str, views: Sequence[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    told = say("events.count", lang, n=number(len(views)))
    if len(views) > SHOWN:
        told = say("events.shown", lang, n=number(SHOWN), all=number(len(views)))
    return h.tbody[
        h.tr(".group")[h.th(colspan=len(_COLUMNS), scope="rowgroup")[name, " ", h.small[told]]],
        (_row(one, snapshot, lang) for one in views[:SHOWN]),
        not views and h.tr[h.td(".quiet", colspan=len(_COLUMNS))[say("events.none", lang)]],
    ]


def personal_link(about: str, word: str, lang: str) -> h.Element:
    """A way to what is personal; the screens of those who may see it show it, no others."""
    return h.a(".link.may-personal", href=f"/chi-tiet/{quote(about)}")[mark("lock"), " ", say(f"personal.{word}", lang)]


def _row(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    one, now = view.event, snapshot.at
    late = one.late(now)
    return h.tr(class_=f"sev-{one.severity.value}")[
        h.td(".source-name")[
            h.span(".source-title")[
                severity_mark(one.severity), " ", one.title,
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
                h.time(".age", data_age=(one.started or one.observed).isoformat()),
                h.small(".quiet")[moment(one.started or one.observed, now)],
            ]
        ],
        h.td(data_label=say("events.due", lang))[
            moment(one.due, now) if one.due else (say("events.until", lang, time=moment(one.expires, now))
                                                  if one.expires else NONE),
            late and h.strong(".source-refused")[" ", say("events.late", lang)],
        ],
        h.td(data_label=say("events.source", lang))[_sources(view, snapshot, lang)],
    ]  # fmt: skip


def told_facts(event: Event, lang: str) -> list[tuple[str, str]]:
    """Its facts for people: what the program itself reads, of a camera or a headline, is none of them."""
    shown = ((name, event.facts.get(_NAMES.get(name, ""), value)) for name, value in event.facts.items())
    return [(_fact_word(name, lang), _value_word(name, value, lang)) for name, value in shown if _for_people(name)]


def _for_people(name: str) -> bool:
    return name not in _OURS and name not in _NAMES.values() and not name.startswith("topic-")


def _value_word(name: str, value: str, lang: str) -> str:
    """A word that a standard has for the fact, CAP's "Severe", as it is said here; anything else as it is told."""
    key = f"events.{name}_{value.casefold()}"
    return say(key, lang) if name in _STANDARD and key in catalogue() else value


def _fact_word(name: str, lang: str) -> str:
    """What a fact is called; one without a word of ours by its own name."""
    key = f"events.fact_{name}"
    return say(key, lang) if key in catalogue() else name


def place_name(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """The unit in which it lies, or how much is known of where it is."""
    unit = snapshot.units.get(view.event.place)
    if unit is not None:
        return f"{unit.kind} {unit.name}"
    return say("events.somewhere" if view.event.area else "events.nowhere", lang)


def _sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All sources that tell of it, when it was heard, and what they disagree on."""
    apart = apart_words(view, lang)
    return h.fragment[
        source_names(view, snapshot, lang),
        h.small(".quiet")[" ", say("events.heard", lang, time=moment(view.event.observed, snapshot.at))],
        apart and h.strong(".source-refused")[" ", apart],
    ]


def source_names(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """All that tell of it, the first one first."""
    names = {one.source.key: one.source.name.said(lang) for one in snapshot.sources}
    return " · ".join(names.get(key, key) for key in view.sources)


def apart_words(view: EventView, lang: str) -> str:
    """What its sources disagree on, "" where they agree."""
    what = ", ".join(say(f"events.apart_{one}", lang) for one in view.apart)
    return say("events.apart", lang, what=what) if what else ""


def stage_word(view: EventView, lang: str) -> str:
    """The source's own word for the stage, else ours."""
    return _value_word("word", view.event.word, lang) or say(f"events.stage_{view.event.stage.value}", lang)


def state_line(view: EventView, lang: str) -> str:
    """How serious it is, where it is in its life, and what its sources disagree on."""
    severity = say(f"common.{view.event.severity.value}", lang)
    return " · ".join(filter(None, (severity, stage_word(view, lang), apart_words(view, lang))))
