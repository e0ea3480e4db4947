"""Validation of events: their times, places and texts are checked, bounded and cleared of personal data."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from math import isfinite

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.text import REPLACEMENT, clean_text, has_forbidden_characters, map_texts
from ioc.domain.events.event import Area, Event, EventMoment
from ioc.domain.events.personal_ids import has_personal_data, hide_personal
from ioc.domain.events.pii_masking import mask_and_cut, mask_key, mask_start
from ioc.domain.events.zero_positions import without_zero_positions
from ioc.domain.ingest.reading import LATEST_TIME, Batch, RejectedItem, check_time

MAX_TITLE, MAX_TEXT, MAX_FACT = 200, 2_000, 200  # characters
MAX_FACTS, MAX_VERTICES = 24, 2_000
MAX_KEY_LENGTH = 200
MAX_UNITS = 200  # that one event concerns
MAX_RADIUS_KM = 2_000
MAX_REPLACED = 200  # earlier events that one event ends
_MAX_QUOTED = 120  # characters of a text that a rejected item quotes


class EventCode(ErrorCode):
    """Why an event is rejected. Texts: components/messages/errors/events.toml."""

    KIND_NOT_IN_ROW = "events.kind_not_in_row"  # kind
    ID_MISSING_OR_LONG = "events.id_missing_or_long"  # limit: characters
    ID_NOT_PRINTABLE = "events.id_not_printable"
    TITLE_MISSING = "events.title_missing"
    TOO_MANY_VERTICES = "events.too_many_vertices"  # limit
    NOT_COORDINATES = "events.not_coordinates"
    POSITION_ZERO = "events.position_zero"  # of the position alone: the event stays
    PLACE_UNKNOWN = "events.place_unknown"  # place; the event stays
    PLACE_NAMED = "events.place_named"  # place; unit: the code of the unit that it names; name: of this unit
    NOT_A_RADIUS = "events.not_a_radius"  # limit: kilometres
    STATES_DIFFER = "events.states_differ"  # key, time; first, second: title and status; fields: in which they differ
    OTHER_STATE_REJECTED = "events.other_state_rejected"  # key, time; cause: why the other state is rejected


def validate_events(
    events: Iterable[Event],
    kinds: Collection[str],
    now: datetime,
    unread: Iterable[RejectedItem] = (),
    *,
    id_key: bytes,
) -> tuple[tuple[Event, ...], tuple[RejectedItem, ...]]:
    """The valid events, each once with its newest state, and the others as rejected items.

    `kinds`: those that the source's row declares. `unread`: the items that could not be read. Different states of one
    event at one moment are all rejected: nothing says which of them holds. Equal and older states of an event are left
    out. `id_key`: of the digests in ids that hold personal data.
    """
    states: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    rejected: list[RejectedItem] = []
    checked, unknown = list[Event](), [*unread]
    for event in map(_without_endless_times, events):
        if failure := _check_event(event, kinds, now):
            rejected.append(rejected_event(event, failure))
            unknown.append(rejected[-1])
        else:
            checked.append(event)
    known, beside = reject_beside_unread(checked, unknown)
    rejected += beside
    for event in (with_texts(each, clean_text) for each in known):
        # Compared before the texts are cut and the times moved, which would make different states equal.
        states[event.kind, event.key].append(event)
    valid: list[Event] = []
    for reported in states.values():
        newest = max(event.observed for event in reported)
        different = _distinct([event for event in reported if event.observed == newest])
        if len(different) == 1:
            valid.append(_hide_ids(_truncate_event(_clamp_times(different[0], now)), id_key))
        else:
            rejected += _contradictions(different)
    return tuple(valid), tuple(rejected)


def reject_zero_positions(events: Iterable[Event]) -> tuple[tuple[Event, ...], tuple[RejectedItem, ...]]:
    """`events` without positions at (0, 0), which mean that there is none; and a rejected item for each such event."""
    kept: list[Event] = []
    rejected: dict[str, RejectedItem] = {}
    for event in events:
        area = without_zero_positions(event.area) if event.area else None
        kept.append(event if area == event.area else replace(event, area=area))
        if area != event.area:
            item = rejected_event(event, Failure(EventCode.POSITION_ZERO))
            rejected[item.location] = item
    return tuple(kept), tuple(rejected.values())


def reject_beside_unread(
    events: Sequence[Event], unread: Iterable[RejectedItem]
) -> tuple[Sequence[Event], list[RejectedItem]]:
    """`events` of one answer without those of which another state of the same moment could not be read, and these.

    Nothing says which of the two holds, unless the answer has a later state.
    """
    causes = {item.moment: item.failure for item in unread if item.moment is not None}
    if not causes:
        return events, []
    newest: dict[tuple[str, str], datetime] = {}
    for event in events:
        newest[event.kind, event.key] = max(event.observed, newest.get((event.kind, event.key), event.observed))
    kept: list[Event] = []
    rejected: list[RejectedItem] = []
    for event in events:
        cause = causes.get(_moment(event))
        if cause is None or event.observed < newest[event.kind, event.key]:
            kept.append(event)
            continue
        key = mask_key(event.key, _MAX_QUOTED)
        failure = Failure(EventCode.OTHER_STATE_REJECTED, {"key": key, "time": event.observed, "cause": cause})
        rejected.append(rejected_event(event, failure))
    return kept, rejected


def settle_message(batch: Batch) -> Batch:
    """The content of one of several messages without events beside an unread state: it concerns no other message."""
    events, beside = reject_beside_unread(batch.events, batch.rejected_items)
    items = (*batch.rejected_items, *beside)
    if all(item.moment is None for item in items):
        return batch
    return replace(
        batch, events=tuple(events), rejected_items=tuple(replace(item, moment=None) for item in items),
    )  # fmt: skip


def _moment(event: Event) -> EventMoment:
    return EventMoment(event.kind, event.key, event.observed)


def without_superseded(answers: Sequence[Sequence[Event]]) -> list[Event]:
    """The events of several messages without those for which a later message has another state of the same moment.

    Each message is an answer of its own: a later one corrects an earlier one.
    """
    latest: dict[EventMoment, tuple[int, list[Event]]] = {}
    for n, answer in enumerate(answers):
        for event in answer:
            moment = _moment(event)
            if latest.setdefault(moment, (n, []))[0] < n:
                latest[moment] = n, []
            latest[moment][1].append(event)
    latest_contents: dict[EventMoment, set[str]] = {}
    kept: list[Event] = []
    for n, answer in enumerate(answers):
        for event in answer:
            latest_n, states = latest[moment := _moment(event)]
            if latest_n != n and moment not in latest_contents:
                latest_contents[moment] = set(map(_content, states))
            if latest_n == n or _content(event) in latest_contents[moment]:
                kept.append(event)
    return kept


def _distinct(events: Sequence[Event]) -> list[Event]:
    """The events without those that equal an earlier one."""
    if len(events) == 1:
        return [*events]
    distinct: dict[str, Event] = {}
    for event in events:
        distinct.setdefault(_content(event), event)
    return list(distinct.values())


def _content(event: Event) -> str:
    """The same text for equal events: facts and personal data are mappings, and may be in another order."""
    return repr(replace(event, facts=dict(sorted(event.facts.items())), personal=dict(sorted(event.personal.items()))))


def _contradictions(states: Sequence[Event]) -> Iterable[RejectedItem]:
    """Each of several states of one event at one moment as a rejected item that names it and another one."""
    for n, state in enumerate(states):
        other = states[0 if n else 1]
        differing = (field.name for field in fields(state) if getattr(state, field.name) != getattr(other, field.name))
        failure = Failure(
            EventCode.STATES_DIFFER,
            {
                "key": mask_key(state.key, _MAX_QUOTED),
                "time": state.observed, "first": _label(state), "second": _label(other),
                "fields": ", ".join(differing),
            },
        )  # fmt: skip
        yield rejected_event(state, failure)


def _label(event: Event) -> str:
    """The title, and the status in brackets."""
    return f"{_single_line(event.title, _MAX_QUOTED)} ({_single_line(event.source_status, 40) or event.stage})"


def rejected_event(event: Event, failure: Failure) -> RejectedItem:
    """The rejected item of an event: its moment, where it is by kind and key, and its title without personal data."""
    kind, title = (mask_start(clean_text(text), _MAX_QUOTED) for text in (event.kind, event.title))
    key = mask_key(clean_text(event.key), _MAX_QUOTED)
    return RejectedItem(f"{kind}/{key}"[:_MAX_QUOTED], failure, title, moment=_moment(event))


def _without_endless_times(event: Event) -> Event:
    """The event without a due time or an end after LATEST_TIME: so programs write that there is none (9999-12-31)."""
    due, expires = (
        time and (None if time.tzinfo and time > LATEST_TIME else time) for time in (event.due, event.expires)
    )
    is_endless = (due, expires) != (event.due, event.expires)
    return replace(event, due=due, expires=expires) if is_endless else event


def _check_event(event: Event, kinds: Collection[str], now: datetime) -> Failure | None:
    if event.kind not in kinds:
        return Failure(EventCode.KIND_NOT_IN_ROW, {"kind": mask_start(event.kind, 40)})
    if not clean_text(event.key) or len(event.key) > MAX_KEY_LENGTH:
        return Failure(EventCode.ID_MISSING_OR_LONG, {"limit": MAX_KEY_LENGTH})
    if has_forbidden_characters(event.key) or REPLACEMENT in event.key:  # replaced, two ids could become one
        return Failure(EventCode.ID_NOT_PRINTABLE)
    if not clean_text(event.title):
        return Failure(EventCode.TITLE_MISSING)
    times = filter(None, (event.started, event.due, event.closed, event.expires))
    failures = (check_time(event.observed, now), *map(check_time, times))
    return next(filter(None, failures), None) or (_check_area(event.area) if event.area else None)


def with_texts(event: Event, change: Callable[[str], str]) -> Event:
    """The event with `change` applied to each of its texts."""
    return replace(event, **{field.name: map_texts(getattr(event, field.name), change) for field in fields(event)})


def _clamp_times(event: Event, now: datetime) -> Event:
    """The event with `observed` not in the future, else a clock a little ahead would hold back the next report.

    An end in the future is set to `observed`: the event had ended when it was reported. An end in the past stays, also
    when it is later than `observed`, for many servers send no time of the last change.
    """
    observed = min(event.observed, now)
    closed = observed if event.closed and event.closed > now else event.closed
    return replace(event, observed=observed, closed=closed)


def _check_area(area: Area) -> Failure | None:
    vertices = [(area.lon, area.lat), *(vertex for ring in area.rings for vertex in ring)]
    if len(vertices) > MAX_VERTICES:
        return Failure(EventCode.TOO_MANY_VERTICES, {"limit": MAX_VERTICES})
    if not all(isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in vertices):
        return Failure(EventCode.NOT_COORDINATES)
    if not (isfinite(area.radius_km) and 0 <= area.radius_km <= MAX_RADIUS_KM):
        return Failure(EventCode.NOT_A_RADIUS, {"limit": MAX_RADIUS_KM})
    return None


def _truncate_event(event: Event) -> Event:
    facts = list(event.facts.items())[:MAX_FACTS]
    return replace(
        event.with_units("".join(code.split())[:40] for code in event.unit_codes[:MAX_UNITS]),
        title=_single_line(event.title, MAX_TITLE),
        text=_single_line(event.text, MAX_TEXT),
        source_status=_single_line(event.source_status, 80),
        link=event.link if _may_be_shown(event.link) else "",
        shared_id=" ".join(event.shared_id.split())[:MAX_KEY_LENGTH],
        replaces=tuple(key for key in event.replaces[:MAX_REPLACED] if len(key) <= MAX_KEY_LENGTH),
        facts={_single_line(name, 60): _single_line(value, MAX_FACT) for name, value in facts},
        personal={name[:60]: value[:MAX_TEXT] for name, value in list(event.personal.items())[:MAX_FACTS]},
    )  # fmt: skip


def _may_be_shown(link: str) -> bool:
    return link.startswith(("https://", "http://")) and len(link) <= 500 and not has_personal_data(link)


def _hide_ids(event: Event, key: bytes) -> Event:
    return replace(
        event,
        key=hide_personal(event.key, key),
        shared_id=hide_personal(event.shared_id, key),
        replaces=tuple(hide_personal(each, key) for each in event.replaces),
    )


def _single_line(text: str, max_length: int) -> str:
    """One line of at most `max_length` characters, cut with "…", personal data masked."""
    line, is_whole = mask_and_cut(" ".join(text.split()), max_length)
    return line if is_whole else line[: max_length - 1].rstrip() + "…"
