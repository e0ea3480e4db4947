"""What needs attention now: the strip at the overview's foot, and the whole list."""

import htpy as h

from components.events.descriptions import not_heard, place_name, source_names
from components.kpi.redundancy import apart_words
from components.kpi.tile import unit
from components.sources.host_health import name_of, told
from components.sources.provenance import kpi_origin, register_origin
from components.ui.error_messages import reason, surprise
from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import drill_badge, marks, sight, source_word
from ioc.domain.base.host_health import Condition
from ioc.domain.ingest.health import SourceState
from ioc.domain.snapshot import Attention, EventView, Snapshot, SourceView

STRIP = 3
_FAILED = frozenset({SourceState.DOWN, SourceState.REFUSED})


def strip(snapshot: Snapshot, lang: str) -> h.Element:
    """The first three, and how many others there are; those of exercises stand after all that is real, uncounted."""
    items = snapshot.attention
    rest = sum(not one.drill for one in items[STRIP:])
    return h.div(".strip")[
        (_notice(one, snapshot, lang) for one in items[:STRIP]),
        rest > 0 and _more(rest, lang),
        not items and h.p(".notice.notice-calm")[h.span[mark("normal"), " ", say("overview.calm", lang)]],
    ]


def notices(snapshot: Snapshot, lang: str) -> h.Element:
    """All of them, one below the other; what is of an exercise under a heading of its own."""
    real = [one for one in snapshot.attention if not one.drill]
    drill = [one for one in snapshot.attention if one.drill]
    return h.div(".notices")[
        (_notice(one, snapshot, lang) for one in real),
        not real and h.p(".nothing")[mark("normal"), " ", say("overview.calm", lang)],
        bool(drill) and h.h2(".notices-drill")[drill_badge(lang), " ", say("overview.drill", lang)],
        (_notice(one, snapshot, lang) for one in drill),
    ]


def _more(count: int, lang: str) -> h.Element:
    return h.a(".notice.notice-more", href="/can-chu-y")[say("overview.others", lang, n=count)]


def _notice(one: Attention, snapshot: Snapshot, lang: str) -> h.Element:
    return h.a(class_=["notice", f"sev-{one.severity.value}", one.drill and "is-drill"], href=one.link)[
        h.span(".notice-title")[mark(one.severity.value), h.span[_title(one, snapshot, lang)]],
        h.span(".notice-detail")[_told(one, snapshot, lang)],
        _origin(one, snapshot, lang),
        h.span(".notice-since")[
            h.span[
                say(
                    "twins.as_of" if one.kind == "apart" else "overview.since",
                    lang,
                    time=moment(one.since, snapshot.at),
                )
            ],
            h.span(".age")["· ", h.time(data_age=one.since.isoformat())],
            _teller(one, snapshot, lang),
            marks(lang, simulated=one.simulated, drill=one.drill, short=True),
        ],
    ]


def _teller(one: Attention, snapshot: Snapshot, lang: str) -> h.Element | None:
    """Who tells of an event and, where that is so, that nobody hears of it any more."""
    view = _event(one, snapshot)
    if view is None:
        return None
    lost = not_heard(view, lang)
    return h.span(".notice-source")["· ", lost and [h.b[lost], " · "], source_names(view, snapshot, lang)]


def _origin(one: Attention, snapshot: Snapshot, lang: str) -> h.Element | None:
    if one.kind == "kpi" and (figure := snapshot.figures.get(one.key)):
        return kpi_origin(figure.kpi, snapshot, lang)
    return register_origin(lang) if one.kind == "task" else None


def _title(one: Attention, snapshot: Snapshot, lang: str) -> str:
    """The name of the thing; of a source its state first: a gauge that is lost must not read as a flood."""
    if condition := _condition(one, snapshot):
        return name_of(condition, snapshot, lang)
    if event := _event(one, snapshot):
        return event.event.title
    if one.kind == "apart":
        return say("twins.disagree", lang, name=one.title.said(lang))
    view = _source(one, snapshot)
    if view is None:
        return one.title.said(lang)
    if one.kind == "answers":
        return say("overview.unusual", lang, name=one.title.said(lang))
    word = source_word(sight(view.health), lang)
    return f"{word[:1].upper()}{word[1:]}: {one.title.said(lang)}"


def _told(one: Attention, snapshot: Snapshot, lang: str) -> str:
    """The figure that is beyond its limit, why a source fails, when it was last heard and whose it is, or the item."""
    if one.kind == "kpi" and (figure := snapshot.figures.get(one.key)):
        kpi, value = figure.kpi, figure.value
        shown = f"{number(value.value, kpi.decimals)} {unit(kpi, lang, value.value)}".strip()
        return (
            say("overview.at", lang, value=shown, time=moment(value.data_time, snapshot.at))
            if value.data_time
            else shown
        )
    if one.kind == "apart":
        seen = (seen for point in snapshot.points for seen in point.series if seen.series.key == one.key)
        return apart_words(found, snapshot, lang) if (found := next(seen, None)) else ""
    if condition := _condition(one, snapshot):
        return told(condition, lang)
    if event := _event(one, snapshot):
        return _of_event(event, snapshot, lang)
    if view := _source(one, snapshot):
        owner = snapshot.agency_names.get(view.source.owner)
        said = surprise(view.health.surprise, lang) if one.kind == "answers" else _heard(view, snapshot, lang)
        return " · ".join(filter(None, (said, owner.said(lang) if owner else "")))
    return one.detail.said(lang)


def _heard(view: SourceView, snapshot: Snapshot, lang: str) -> str:
    """Why it fails, and when it last did not."""
    why = reason(view.health.last_error, lang) if view.health.state in _FAILED else ""
    heard = view.health.last_good
    last = say("overview.last_heard", lang, time=moment(heard, snapshot.at)) if heard else ""
    return " · ".join(filter(None, (why, last)))


def _of_event(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """From when and until when it holds, and where: a narrow notice may cut the latter off."""
    one, now = view.event, snapshot.at
    named = any(code in snapshot.units for code in one.units)
    area = place_name(view, snapshot, lang) if named else one.facts.get("area") or place_name(view, snapshot, lang)
    begins = say("map.from", lang, time=moment(one.started, now)) if one.started and one.started > now else ""
    ends = say("events.until", lang, time=moment(one.expires, now)) if one.expires else ""
    return " · ".join(filter(None, (begins, ends, area)))


def _event(one: Attention, snapshot: Snapshot) -> EventView | None:
    if one.kind != "event":
        return None
    return next((view for view in snapshot.events if view.id == one.key), None)


def _condition(one: Attention, snapshot: Snapshot) -> Condition | None:
    if one.kind != "machine":
        return None
    return next((found for found in snapshot.machine if found.key == one.key), None)


def _source(one: Attention, snapshot: Snapshot) -> SourceView | None:
    if one.kind not in ("source", "answers"):
        return None
    return next((view for view in snapshot.sources if view.source.key == one.key), None)
