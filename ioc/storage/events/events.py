"""Events: what stands of each, the log of what was told, and what is personal, apart from both so that it can go.

The log takes a row whenever anything but the time of the telling moved. What has ended leaves with its retention class.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, or_, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.events.deduplication import DeduplicationRule, is_duplicate
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.storage.db import current_and_log
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert
from ioc.storage.db.schema import event_current, event_log, event_personal
from ioc.storage.events import tombstones
from ioc.storage.events.rows import event_from_row, event_to_row, json_text, parse_units

MAX_EVENTS = 5_000  # events that one view shows
# What moves with every telling, or counts them.
_UNLOGGED_COLUMNS = frozenset({"observed_ms", "known_ms", "revision", "first_reported_ms"})


class EventRecord(NamedTuple):
    """An event and the source that told it, since when it is known so, and of which "source/key" it is the twin.

    `revision`: which telling of it this is, 1 for the first. `first_told`: when it was told first, None: as known.
    """

    source: str
    event: Event
    known_at: datetime
    duplicate_of: str = ""
    revision: int = 1
    first_reported: datetime | None = None

    @property
    def first_known(self) -> datetime:
        """When it was told first, by its source's time or ours if that is earlier; anew once it was opened again."""
        return self.first_reported or self.known_at


class EventCount(NamedTuple):
    """How many there are, each once; and how many concern each unit, by its code. Units without any are absent."""

    total: int
    units: Mapping[str, int]


class EventRecordResult(NamedTuple):
    """What became of the events of one answer."""

    changed: int
    unchanged: int


def record(
    conn: Connection,
    source: str,
    events: Sequence[Event],
    known_at: datetime,
    complete_kinds: Iterable[str] = (),
    rules: Sequence[DeduplicationRule] = (),
    now: datetime | None = None,
) -> EventRecordResult:
    """Keeps events as they stand now. An older telling of the same event is not taken, but where what stands lies ahead
    of `now`: a clock was wrong then, and must not hold back what is told with a right one. `now` None: as known.

    What another event has replaced is cancelled, and stays so when it is told again.
    `whole`: kinds of which `events` are all that stand; those that are not among them are closed. `rules`: how the same
    thing from another source is recognised.
    """  # fmt: skip
    told = tombstones.cancel_replaced(conn, source, events, known_at)
    given = {one.key: one for one in sorted(told, key=lambda one: one.observed)}
    held = _current_rows(conn, source, [*given, *(key for one in given.values() for key in one.replaces)])
    rows = [
        _row(source, one, known_at, held.get(one.key))
        for one in given.values()
        if one.key not in held or not to_ms(one.observed) < held[one.key]["observed_ms"] <= to_ms(now or known_at)
    ]
    _mark_duplicates(conn, source, given, rows, held, rules)
    rows += _cancelled_rows(held, given.values(), known_at)
    rows += _closed_rows(conn, source, given, frozenset(complete_kinds), known_at)
    moved = [row for row in rows if _differs(held.get(row["key"]), row)]
    upsert(conn, event_current, [row | {"known_ms": held[row["key"]]["known_ms"]} for row in rows if row not in moved])
    current_and_log.append(conn, event_current, event_log, [row | {"revision": row["revision"] + 1} for row in moved])
    _save_personal(conn, source, given.values(), known_at)
    return EventRecordResult(len(moved), len(given) - min(len(given), len(moved)))


def open_events(conn: Connection, at: datetime, as_known: bool = False, limit: int = MAX_EVENTS) -> list[EventRecord]:
    """The open, unexpired events at `at`, the newest first; `past`: as they were known by then."""
    if as_known:
        rows = [
            row
            for row in current_and_log.rows_known_at(conn, event_current, event_log, to_ms(at))
            if _is_open(row, to_ms(at))
        ]
        rows.sort(key=lambda row: row["observed_ms"], reverse=True)
    else:
        query = (
            select(event_current)
            .where(_is_open_clause(to_ms(at)))
            .order_by(event_current.c.observed_ms.desc())
            .limit(limit)
        )
        rows = [dict(row) for row in conn.execute(query).mappings()]
    return [_event_record(row) for row in rows[:limit]]


def latest(conn: Connection, source: str, key: str) -> Event | None:
    """One event as it was told last, whatever its stage."""
    row = _current_rows(conn, source, [key]).get(key)
    return None if row is None else event_from_row(row)


def revisions(conn: Connection, source: str, key: str, limit: int = MAX_EVENTS) -> list[EventRecord]:
    """All that was told of one event, the newest first."""
    query = (
        select(event_log)
        .where(event_log.c.source == source, event_log.c.key == key)
        .order_by(event_log.c.id.desc())
        .limit(limit)
    )
    return [_event_record(dict(row)) for row in conn.execute(query).mappings()]


def personal_data(conn: Connection, source: str, key: str) -> Mapping[str, str]:
    """What was kept apart of an event; empty once erased. For those who may see it only."""
    body = conn.execute(
        select(event_personal.c.body).where(event_personal.c.source == source, event_personal.c.key == key)
    ).scalar()
    return json.loads(body) if body else {}


def count(conn: Connection, source: str, tally: EventCountRule, now: datetime, *, drill: bool = False) -> EventCount:
    """How many events of a source a tally counts.

    What another source told before is counted there; an exercise is counted by itself only (`drill`).
    """
    query = (
        select(event_current.c.unit_code, event_current.c.unit_codes, func.count())
        .where(
            event_current.c.source == source,
            event_current.c.kind == tally.kind,
            event_current.c.duplicate_of == "",
            event_current.c.is_drill == drill,
            *_conditions(tally, now),
        )
        .group_by(event_current.c.unit_code, event_current.c.unit_codes)
    )
    total, units = 0, Counter[str]()
    for place, places, number in conn.execute(query):
        total += number
        units.update(dict.fromkeys(parse_units(places) or filter(None, (place,)), number))
    return EventCount(total, units)


def sweep(conn: Connection, source: str, kind: str, before: datetime, budget: int = 20_000) -> int:
    """Forgets what ended before `before`, and all that was told of it; how many events."""
    gone = or_(event_current.c.stage != EventStage.OPEN, event_current.c.expires_ms < to_ms(before))
    query = select(event_current.c.key).where(
        event_current.c.source == source,
        event_current.c.kind == kind,
        event_current.c.observed_ms < to_ms(before),
        gone,
    )
    keys = list(conn.execute(query.limit(budget)).scalars())
    for start in range(0, len(keys), KEYS_PER_QUERY):
        for table in (event_log, event_personal, event_current):
            some = keys[start : start + KEYS_PER_QUERY]
            conn.execute(delete(table).where(table.c.source == source, table.c.key.in_(some)))
    tombstones.sweep(conn, source, before)
    return len(keys)


def _is_open_clause(at_ms: int) -> ColumnElement[bool]:
    unexpired = or_(event_current.c.expires_ms.is_(None), event_current.c.expires_ms > at_ms)
    return and_(event_current.c.stage == EventStage.OPEN, unexpired)


def _is_open(row: current_and_log.LogRow, at_ms: int) -> bool:
    return row["stage"] == EventStage.OPEN and (row["expires_ms"] is None or row["expires_ms"] > at_ms)


def _conditions(tally: EventCountRule, now: datetime) -> list[ColumnElement[bool]]:
    table, at = event_current.c, to_ms(now)
    closed = func.coalesce(table.closed_ms, table.observed_ms)
    if tally.stage is None:
        found = [table.stage != EventStage.CANCELLED]
    else:
        found = [_is_open_clause(at) if tally.stage is EventStage.OPEN else table.stage == tally.stage]
    if tally.is_late is not None:
        late = and_(table.due_ms.is_not(None), func.coalesce(table.closed_ms, at) > table.due_ms)
        found.append(late if tally.is_late else ~late)
    if tally.max_age is not None:
        since = at - round(tally.max_age / timedelta(milliseconds=1))
        begun = func.coalesce(table.started_ms, table.observed_ms)
        found.append(
            or_(
                and_(table.stage == EventStage.OPEN, begun > since),
                and_(table.stage != EventStage.OPEN, closed > since),
            )
        )
    if tally.source_statuses:
        found.append(table.source_status.in_(tally.source_statuses))
    found += [table.facts.contains(f"\n{name}\t{value}\n", autoescape=True) for name, value in tally.facts]
    return found


def _current_rows(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, current_and_log.LogRow]:
    found: dict[str, current_and_log.LogRow] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        query = select(event_current).where(
            event_current.c.source == source, event_current.c.key.in_(keys[start : start + KEYS_PER_QUERY])
        )
        found |= {row["key"]: dict(row) for row in conn.execute(query).mappings()}
    return found


def _mark_duplicates(
    conn: Connection, source: str, events: Mapping[str, Event], rows: Sequence[current_and_log.LogRow],
    previous_rows: Mapping[str, current_and_log.LogRow], rules: Sequence[DeduplicationRule],
) -> None:  # fmt: skip
    """Names in each row the event of another source that is the same thing; what was once paired stays so."""
    open_kinds = {rule.kind for rule in rules}
    for row in rows:
        before = previous_rows.get(row["key"])
        if before is not None and (before["duplicate_of"] or before["body"] == row["body"]):
            row["duplicate_of"] = before["duplicate_of"]
        elif row["shared_id"] or row["kind"] in open_kinds:
            row["duplicate_of"] = _find_duplicate(conn, source, events[row["key"]], rules)


def _find_duplicate(conn: Connection, source: str, event: Event, rules: Sequence[DeduplicationRule]) -> str:
    table = event_current.c
    begun = func.coalesce(table.started_ms, table.observed_ms)
    at = to_ms(event.started or event.observed)
    reach = max((rule.max_time_apart for rule in rules if rule.kind == event.kind), default=timedelta(0))
    span = round(reach / timedelta(milliseconds=1))
    near = begun.between(at - span, at + span) if span else false()
    same = table.shared_id == event.shared_id if event.shared_id else false()
    query = (
        select(event_current)
        .where(table.kind == event.kind, table.source != source, table.duplicate_of == "", or_(same, near))
        .order_by(table.known_ms)
        .limit(MAX_EVENTS)
    )
    for row in conn.execute(query).mappings():
        if is_duplicate(event, event_from_row(dict(row)), rules):
            return f"{row['source']}/{row['key']}"
    return ""


def _row(
    source: str, event: Event, known_at: datetime, before: current_and_log.LogRow | None
) -> current_and_log.LogRow:
    known = max(to_ms(known_at), before["known_ms"] if before else 0)
    told = before["revision"] if before else 0
    opened_again = before and before["stage"] != EventStage.OPEN and event.stage is EventStage.OPEN
    first = before["first_reported_ms"] if before and not opened_again else min(known, to_ms(event.observed))
    row = {"source": source, "known_ms": known, "duplicate_of": "", "revision": told, "first_reported_ms": first}
    return row | event_to_row(event)


def _cancelled_rows(
    previous_rows: Mapping[str, current_and_log.LogRow], events: Iterable[Event], known_at: datetime
) -> list[current_and_log.LogRow]:
    """The events that others say they end, cancelled."""
    named = {key for one in events for key in one.replaces}
    fresh = {one.key for one in events}
    return [
        row | {"stage": EventStage.CANCELLED.value, "known_ms": max(to_ms(known_at), row["known_ms"])}
        for key, row in previous_rows.items()
        if key in named - fresh
    ]


def _closed_rows(
    conn: Connection, source: str, events: Mapping[str, Event], complete_kinds: frozenset[str], known_at: datetime
) -> list[current_and_log.LogRow]:
    """The standing events of the `whole` kinds that the source names no more, closed."""
    if not complete_kinds:
        return []
    query = select(event_current).where(
        event_current.c.source == source,
        event_current.c.kind.in_(complete_kinds),
        event_current.c.stage == EventStage.OPEN,
    )
    known = to_ms(known_at)
    return [
        dict(row) | {"stage": EventStage.CLOSED.value, "closed_ms": known, "known_ms": max(known, row["known_ms"])}
        for row in conn.execute(query).mappings()
        if row["key"] not in events
    ]


def _differs(before: current_and_log.LogRow | None, row: current_and_log.LogRow) -> bool:
    return before is None or any(before[name] != row[name] for name in row if name not in _UNLOGGED_COLUMNS)


def _save_personal(conn: Connection, source: str, events: Iterable[Event], known_at: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"source": source, "key": one.key, "body": json_text(dict(one.personal)), "known_ms": to_ms(known_at)}
        for one in events
        if one.personal
    ]
    upsert(conn, event_personal, rows)


def _event_record(row: current_and_log.LogRow) -> EventRecord:
    known, first = from_ms(row["known_ms"]), from_ms(row["first_reported_ms"])
    return EventRecord(row["source"], event_from_row(row), known, row["duplicate_of"], row["revision"], first)
