"""Events: the current state of each, the log of its revisions, and its personal data, apart so that it can be deleted.

The log takes a row when anything but the time of the report changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import count as count_from
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select, tuple_, union

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Event, EventStage
from ioc.storage.db import current_and_log
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert
from ioc.storage.db.schema import event_current, event_log
from ioc.storage.events import endings, personal_data, tombstones
from ioc.storage.events.duplicates import mark_duplicates
from ioc.storage.events.rows import current_rows, event_from_row, event_to_row, is_open, is_open_clause, readable_event

MAX_EVENTS = 5_000  # events in one view
# What changes with every report, or counts reports.
_UNLOGGED_COLUMNS = frozenset({"observed_ms", "known_ms", "revision", "first_reported_ms"})
_VERSION_COLUMNS = [event_current.c[name] for name in ("source", "key", *sorted(_UNLOGGED_COLUMNS))]


class EventRecord(NamedTuple):
    """An event of a source. `known_at`: since when this state is known; `duplicate_of`: "source/key", "" for none.

    `revision`: 1 for the first report, one more for each change. `first_reported`: None for `known_at`.
    `has_personal`: whether personal data of it is kept.
    """

    source: str
    event: Event
    known_at: datetime
    duplicate_of: str = ""
    revision: int = 1
    first_reported: datetime | None = None
    has_personal: bool = False

    @property
    def first_known(self) -> datetime:
        """When it was first reported, by the earlier of the source's clock and ours; anew once it was reopened."""
        return self.first_reported or self.known_at


class OpenEvents(NamedTuple):
    """Open events, the newest first. `has_all`: False where more are open."""

    records: Sequence[EventRecord] = ()
    has_all: bool = True


class EventRecordResult(NamedTuple):
    """How many events of one answer changed a row, and how many did not."""

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
    recorded_keys: Set[str] = frozenset(),
) -> EventRecordResult:
    """Stores events as they are now. An older report of an event is ignored, unless the stored one lies ahead of `now`:
    then a clock was wrong, and its report must not hold back the correct ones. `now` None: as `known_at`.

    An event that another one has replaced is cancelled, and stays so when it is reported again.
    `complete_kinds`: kinds of which `events` holds all open ones; other open events of these kinds are closed.
    `recorded_keys`: events of the same answer that were recorded before.
    `rules`: how the same thing from another source is recognised.
    """
    reported = tombstones.cancel_replaced(conn, source, events, known_at)
    newest = {event.key: event for event in sorted(reported, key=lambda event: event.observed)}
    replaced = endings.replaced_keys(reported)
    previous_rows = current_rows(conn, source, sorted(newest.keys() | replaced))
    rows = [
        _row(source, event, known_at, previous_rows.get(event.key))
        for event in newest.values()
        if not _is_outdated(event, previous_rows.get(event.key), now or known_at)
    ]
    ended = endings.cancelled_rows(previous_rows, replaced - {row["key"] for row in rows}, known_at)
    unlisted = endings.unlisted_keys(conn, source, reported, frozenset(complete_kinds), recorded_keys)
    ended += endings.closed_rows(conn, source, unlisted, known_at)
    mark_duplicates(conn, source, newest, rows, ended, previous_rows, rules, known_at, now or known_at)
    changed, same = list[LogRow](), list[LogRow]()
    for row in rows + ended:
        previous = previous_rows.get(row["key"])
        if previous is None or _differs(previous, row):
            changed.append(row)
        else:
            same.append(row | {"known_ms": previous["known_ms"]})
    upsert(conn, event_current, same)
    endings.append_changed(conn, changed)
    personal_data.save(conn, source, newest.values(), known_at)
    return EventRecordResult(len(changed), len(newest) - min(len(newest), len(changed)))


def open_events(
    conn: Connection, at: datetime, as_known: bool = False, limit: int = MAX_EVENTS,
    previous: Sequence[EventRecord] = (),
) -> OpenEvents:  # fmt: skip
    """The open, unexpired events at `at`. `as_known`: as they were known at that moment.

    With more than `limit` the newest of each source, each as many as another that has more: none hides the others.
    `previous`: records that an earlier call returned; the contents of unchanged events are not read again.
    """
    if as_known:
        # All others had ended by then: a centre keeps far more of these. The log says it, not the current rows: a clock
        # that is set back lowers their known times. In one list: PostgreSQL looks through one beside an OR row by row.
        own_key = (event_current.c.source, event_current.c.key)
        keys = union(
            select(*own_key).where(event_current.c.stage == EventStage.OPEN),
            select(event_log.c.source, event_log.c.key).where(event_log.c.known_ms > to_ms(at)),
        )
        may_be_open = tuple_(*own_key).in_(keys)
        known_rows = current_and_log.rows_known_at(conn, event_current, event_log, to_ms(at), may_be_open)
        rows = sorted((row for row in known_rows if is_open(row, to_ms(at))), key=_newest_first)
        ranks = defaultdict[str, "count_from[int]"](count_from)
        rows.sort(key=lambda row: next(ranks[row["source"]]))
        rows, has_all = rows[:limit], len(rows) <= limit
        found = list(readable("event_log", _event_record, sorted(rows, key=_newest_first)))
    else:
        rows, has_all = _newest_of_each_source(conn, to_ms(at), limit)
        found = _current_records(conn, sorted(rows, key=_newest_first), previous)
    personal = personal_data.kept_for(conn, [(each.source, each.event.key) for each in found])
    records = [each._replace(has_personal=(each.source, each.event.key) in personal) for each in found]
    return OpenEvents(records, has_all)


def _newest_of_each_source(conn: Connection, at_ms: int, limit: int) -> tuple[list[LogRow], bool]:
    """The keys and versions of the open events: of all (True) where there are at most `limit`.

    Ranking them by source takes five times as long.
    """
    one, newest = event_current.c, event_current.c.observed_ms.desc()
    query = select(*_VERSION_COLUMNS).where(is_open_clause(at_ms))
    rows = [dict(row) for row in conn.execute(query.limit(limit + 1)).mappings()]
    if len(rows) <= limit:
        return rows, True
    rank = func.row_number().over(partition_by=one.source, order_by=(newest, one.key))
    ranked = select(one.source, one.key).where(is_open_clause(at_ms)).order_by(rank, newest, one.key).limit(limit)
    chosen = ranked.subquery()
    is_chosen = and_(one.source == chosen.c.source, one.key == chosen.c.key)
    query = select(*_VERSION_COLUMNS).join(chosen, is_chosen)
    return [dict(row) for row in conn.execute(query).mappings()], False


def _current_records(conn: Connection, rows: Sequence[LogRow], previous: Sequence[EventRecord]) -> list[EventRecord]:
    """The readable events of `rows`, which have the keys and versions alone; the contents of others are read."""
    known = {(one.source, one.event.key): one for one in previous}
    records, unread = dict[tuple[str, str], EventRecord | None](), defaultdict[str, list[str]](list)
    for row in rows:
        label = row["source"], row["key"]
        records[label] = _same_record(known.get(label), row)
        if records[label] is None:
            unread[row["source"]].append(row["key"])
    for source, keys in unread.items():
        for start in range(0, len(keys), KEYS_PER_QUERY):  # decoded in parts: texts of outlines take megabytes
            for key, row in current_rows(conn, source, keys[start : start + KEYS_PER_QUERY]).items():
                records[source, key] = next(readable("event_current", _event_record, (row,)), None)
    return list(filter(None, records.values()))


def _same_record(known: EventRecord | None, row: LogRow) -> EventRecord | None:
    """`known` with the times of the newest report, if it has the revision of `row`; else None.

    The time of the revision tells apart an event that was deleted and came back.
    """
    if known is None or (known.revision, to_ms(known.known_at)) != (row["revision"], row["known_ms"]):
        return None
    observed, event = from_ms(row["observed_ms"]), known.event
    event = event if event.observed == observed else replace(event, observed=observed)
    return known._replace(event=event, first_reported=from_ms(row["first_reported_ms"]))


def _newest_first(row: Mapping[str, Any]) -> int:
    return -int(row["observed_ms"])


def latest(conn: Connection, source: str, key: str) -> Event | None:
    """The current state of one event, whatever its stage."""
    row = current_rows(conn, source, [key]).get(key)
    return None if row is None else readable_event(row)


def revisions(conn: Connection, source: str, key: str, limit: int = MAX_EVENTS) -> list[EventRecord]:
    """The logged revisions of one event, the newest first."""
    query = select(event_log).where(event_log.c.source == source, event_log.c.key == key)
    rows = conn.execute(query.order_by(event_log.c.id.desc()).limit(limit)).mappings()
    return list(readable("event_log", _event_record, map(dict, rows)))


def _is_outdated(event: Event, previous: LogRow | None, now: datetime) -> bool:
    return previous is not None and to_ms(event.observed) < previous["observed_ms"] <= to_ms(now)


def _row(source: str, event: Event, known_at: datetime, previous: LogRow | None) -> LogRow:
    known = monotonic_ms(known_at, previous["known_ms"] if previous else None)
    revision = previous["revision"] if previous else 0
    is_reopened = previous and previous["stage"] != EventStage.OPEN and event.stage is EventStage.OPEN
    first = previous["first_reported_ms"] if previous and not is_reopened else min(known, to_ms(event.observed))
    row = {"source": source, "known_ms": known, "duplicate_of": "", "revision": revision, "first_reported_ms": first}
    return row | event_to_row(event)


def _differs(previous: LogRow, row: LogRow) -> bool:
    return any(previous[name] != row[name] for name in row if name not in _UNLOGGED_COLUMNS)


def _event_record(row: LogRow) -> EventRecord:
    return EventRecord(
        row["source"], event_from_row(row), from_ms(row["known_ms"]), row["duplicate_of"], row["revision"],
        from_ms(row["first_reported_ms"]),
    )  # fmt: skip
