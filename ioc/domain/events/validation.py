"""Which events may be shown: their times, places and texts are checked, bounded and freed of personal numbers."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from math import isfinite

from ioc.domain.events.event import Area, Event
from ioc.domain.events.pii_masking import masked
from ioc.domain.ingest.reading import AHEAD, EARLIEST, Refused

TITLE, TEXT, FACT, MOST_FACTS, MOST_CORNERS = 200, 2_000, 200, 24, 2_000
LONGEST_KEY = 200
MOST_UNITS = 200  # that one event concerns
FARTHEST_KM = 2_000


def admit(
    events: Iterable[Event], kinds: Collection[str], now: datetime
) -> tuple[tuple[Event, ...], tuple[Refused, ...]]:
    """The events that may be shown, and the others with reasons. `kinds`: those that the source's row declares."""
    good, refused = [], []
    for event in events:
        if fault := _fault(event, kinds, now):
            refused.append(Refused(f"{event.kind}/{event.key}"[:120], fault, masked(event.title)[:120]))
        else:
            good.append(_bounded(_timely(event, now)))
    return tuple(good), tuple(refused)


def _fault(event: Event, kinds: Collection[str], now: datetime) -> str:
    times = [one for one in (event.observed, event.started, event.due, event.closed, event.expires) if one]
    if event.kind not in kinds:
        return f"events of the kind {event.kind[:40]!r} are not in the row"
    if not event.key or len(event.key) > LONGEST_KEY:
        return f"the event has no id of at most {LONGEST_KEY} characters"
    if not _line(event.title, TITLE):
        return "the event has no title"
    if any(one.tzinfo is None for one in times):
        return "time has no zone"
    if event.observed > now + AHEAD:
        return f"time lies ahead: {event.observed.isoformat()}"
    if any(one < EARLIEST for one in times):
        return f"time lies before {EARLIEST.year}"
    return _misplaced(event.area) if event.area else ""


def _timely(event: Event, now: datetime) -> Event:
    """Nothing is told before it happened: a time that a clock put a little ahead would hold back what is told next.

    What has ended had ended when that was told: its time stands still, that of the asking does not. An end that lies
    behind us stays, also after the telling: many a server has no time of its last change.
    """
    observed = min(event.observed, now)
    closed = observed if event.closed and event.closed > now else event.closed
    return replace(event, observed=observed, closed=closed)


def _misplaced(area: Area) -> str:
    corners = [(area.lon, area.lat), *(corner for ring in area.rings for corner in ring)]
    if len(corners) > MOST_CORNERS:
        return f"the area has more than {MOST_CORNERS} corners"
    if not all(isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in corners):
        return "longitude and latitude are none"
    if not (isfinite(area.radius_km) and 0 <= area.radius_km <= FARTHEST_KM):
        return "the radius is none"
    return ""


def _bounded(event: Event) -> Event:
    facts = list(event.facts.items())[:MOST_FACTS]
    return replace(
        event.within(one[:40] for one in event.units[:MOST_UNITS]),
        title=_line(event.title, TITLE),
        text=_line(event.text, TEXT),
        word=_line(event.word, 80),
        area=None if event.area and (event.area.lon, event.area.lat) == (0.0, 0.0) else event.area,
        link=event.link if event.link.startswith(("https://", "http://")) and len(event.link) <= 500 else "",
        same=_line(event.same, 200),
        facts={_line(name, 60): _line(value, FACT) for name, value in facts},
        personal={name[:60]: value[:TEXT] for name, value in list(event.personal.items())[:MOST_FACTS]},
    )  # fmt: skip


def _line(text: str, longest: int) -> str:
    """One line of at most `longest` characters, cut with a mark, personal numbers masked."""
    flat = masked(" ".join(text.replace("\0", " ").split()))
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
