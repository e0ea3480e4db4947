"""Which events may be shown: their times, places and texts are checked, bounded and freed of personal numbers."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from math import isfinite

from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Area, Event
from ioc.domain.events.pii_masking import mask_personal_data
from ioc.domain.ingest.reading import EARLIEST_TIME, MAX_CLOCK_LEAD, RejectedItem

MAX_TITLE, MAX_TEXT, MAX_FACT, MAX_FACTS, MAX_CORNERS = 200, 2_000, 200, 24, 2_000
MAX_KEY_LENGTH = 200
MAX_UNITS = 200  # that one event concerns
MAX_RADIUS_KM = 2_000


def validate_events(
    events: Iterable[Event], kinds: Collection[str], now: datetime
) -> tuple[tuple[Event, ...], tuple[RejectedItem, ...]]:
    """The events that may be shown, and the others with reasons. `kinds`: those that the source's row declares."""
    good, refused = [], []
    for event in events:
        if fault := _event_fault(event, kinds, now):
            refused.append(
                RejectedItem(f"{event.kind}/{event.key}"[:120], untyped(fault), mask_personal_data(event.title)[:120])
            )
        else:
            good.append(_truncate_event(_clamp_times(event, now)))
    return tuple(good), tuple(refused)


def _event_fault(event: Event, kinds: Collection[str], now: datetime) -> str:
    times = [one for one in (event.observed, event.started, event.due, event.closed, event.expires) if one]
    if event.kind not in kinds:
        return f"events of the kind {event.kind[:40]!r} are not in the row"
    if not event.key or len(event.key) > MAX_KEY_LENGTH:
        return f"the event has no id of at most {MAX_KEY_LENGTH} characters"
    if not _single_line(event.title, MAX_TITLE):
        return "the event has no title"
    if any(one.tzinfo is None for one in times):
        return "time has no zone"
    if event.observed > now + MAX_CLOCK_LEAD:
        return f"time lies ahead: {event.observed.isoformat()}"
    if any(one < EARLIEST_TIME for one in times):
        return f"time lies before {EARLIEST_TIME.year}"
    return _area_fault(event.area) if event.area else ""


def _clamp_times(event: Event, now: datetime) -> Event:
    """Nothing is told before it happened: a time that a clock put a little ahead would hold back what is told next.

    What has ended had ended when that was told: its time stands still, that of the asking does not. An end that lies
    behind us stays, also after the telling: many a server has no time of its last change.
    """
    observed = min(event.observed, now)
    closed = observed if event.closed and event.closed > now else event.closed
    return replace(event, observed=observed, closed=closed)


def _area_fault(area: Area) -> str:
    corners = [(area.lon, area.lat), *(corner for ring in area.rings for corner in ring)]
    if len(corners) > MAX_CORNERS:
        return f"the area has more than {MAX_CORNERS} corners"
    if not all(isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in corners):
        return "longitude and latitude are none"
    if not (isfinite(area.radius_km) and 0 <= area.radius_km <= MAX_RADIUS_KM):
        return "the radius is none"
    return ""


def _truncate_event(event: Event) -> Event:
    facts = list(event.facts.items())[:MAX_FACTS]
    return replace(
        event.with_units(one[:40] for one in event.unit_codes[:MAX_UNITS]),
        title=_single_line(event.title, MAX_TITLE),
        text=_single_line(event.text, MAX_TEXT),
        source_status=_single_line(event.source_status, 80),
        area=None if event.area and (event.area.lon, event.area.lat) == (0.0, 0.0) else event.area,
        link=event.link if event.link.startswith(("https://", "http://")) and len(event.link) <= 500 else "",
        shared_id=_single_line(event.shared_id, 200),
        facts={_single_line(name, 60): _single_line(value, MAX_FACT) for name, value in facts},
        personal={name[:60]: value[:MAX_TEXT] for name, value in list(event.personal.items())[:MAX_FACTS]},
    )  # fmt: skip


def _single_line(text: str, longest: int) -> str:
    """One line of at most `longest` characters, cut with a mark, personal numbers masked."""
    flat = mask_personal_data(" ".join(text.replace("\0", " ").split()))
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
