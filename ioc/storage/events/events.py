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
from ioc.domain.events.deduplication import Twins, alike
from ioc.domain.events.event import Event, Stage
from ioc.domain.ingest.event_count import Tally
from ioc.storage.db import current_and_log
from ioc.storage.db.dialect import put
from ioc.storage.db.schema import event_log, event_now, event_personal
from ioc.storage.events import tombstones
from ioc.storage.events.rows import event_of, packed, text_of, units_of
from ioc.storage.timeseries.writer_cache import CHUNK

MOST = 5_000  # events that one view shows
# What moves with every telling, or counts them.
_NO_NEWS = frozenset({"observed_ms", "known_ms", "revision", "first_ms"})


class Told(NamedTuple):
    """An event and the source that told it, since when it is known so, and of which "source/key" it is the twin.

    `revision`: which telling of it this is, 1 for the first. `first_told`: when it was told first, None: as known.
    """

    source: str
    event: Event
    known: datetime
    twin: str = ""
    revision: int = 1
    first_told: datetime | None = None

    @property
    def first(self) -> datetime:
        """When it was told first, by its source's time or ours if that is earlier; anew once it was opened again."""
        return self.first_told or self.known


class Counted(NamedTuple):
    """How many there are, each once; and how many concern each unit, by its code. Units without any are absent."""

    total: int
    units: Mapping[str, int]


class Kept(NamedTuple):
    """What became of the events of one answer."""

    moved: int
    same: int


def record(
    conn: Connection,
    source: str,
    events: Sequence[Event],
    known_at: datetime,
    whole: Iterable[str] = (),
    rules: Sequence[Twins] = (),
    now: datetime | None = None,
) -> Kept:
    """Keeps events as they stand now. An older telling of the same event is not taken, but where what stands lies ahead
    of `now`: a clock was wrong then, and must not hold back what is told with a right one. `now` None: as known.

    What another event has replaced is cancelled, and stays so when it is told again.
    `whole`: kinds of which `events` are all that stand; those that are not among them are closed. `rules`: how the same
    thing from another source is recognised.
    """  # fmt: skip
    told = tombstones.settled(conn, source, events, known_at)
    given = {one.key: one for one in sorted(told, key=lambda one: one.observed)}
    held = _held(conn, source, [*given, *(key for one in given.values() for key in one.replaces)])
    rows = [
        _row(source, one, known_at, held.get(one.key))
        for one in given.values()
        if one.key not in held or not to_ms(one.observed) < held[one.key]["observed_ms"] <= to_ms(now or known_at)
    ]
    _pair(conn, source, given, rows, held, rules)
    rows += _replaced(held, given.values(), known_at)
    rows += _gone(conn, source, given, frozenset(whole), known_at)
    moved = [row for row in rows if _differs(held.get(row["key"]), row)]
    put(conn, event_now, [row | {"known_ms": held[row["key"]]["known_ms"]} for row in rows if row not in moved])
    current_and_log.append(conn, event_now, event_log, [row | {"revision": row["revision"] + 1} for row in moved])
    _keep_personal(conn, source, given.values(), known_at)
    return Kept(len(moved), len(given) - min(len(given), len(moved)))


def standing(conn: Connection, at: datetime, past: bool = False, limit: int = MOST) -> list[Told]:
    """The open, unexpired events at `at`, the newest first; `past`: as they were known by then."""
    if past:
        rows = [
            row for row in current_and_log.as_known(conn, event_now, event_log, to_ms(at)) if _stands(row, to_ms(at))
        ]
        rows.sort(key=lambda row: row["observed_ms"], reverse=True)
    else:
        query = select(event_now).where(_open(to_ms(at))).order_by(event_now.c.observed_ms.desc()).limit(limit)
        rows = [dict(row) for row in conn.execute(query).mappings()]
    return [_told(row) for row in rows[:limit]]


def last(conn: Connection, source: str, key: str) -> Event | None:
    """One event as it was told last, whatever its stage."""
    row = _held(conn, source, [key]).get(key)
    return None if row is None else event_of(row)


def revisions(conn: Connection, source: str, key: str, limit: int = MOST) -> list[Told]:
    """All that was told of one event, the newest first."""
    query = (
        select(event_log)
        .where(event_log.c.source == source, event_log.c.key == key)
        .order_by(event_log.c.id.desc())
        .limit(limit)
    )
    return [_told(dict(row)) for row in conn.execute(query).mappings()]


def personal(conn: Connection, source: str, key: str) -> Mapping[str, str]:
    """What was kept apart of an event; empty once erased. For those who may see it only."""
    body = conn.execute(
        select(event_personal.c.body).where(event_personal.c.source == source, event_personal.c.key == key)
    ).scalar()
    return json.loads(body) if body else {}


def count(conn: Connection, source: str, tally: Tally, now: datetime, *, drill: bool = False) -> Counted:
    """How many events of a source a tally counts.

    What another source told before is counted there; an exercise is counted by itself only (`drill`).
    """
    query = (
        select(event_now.c.place, event_now.c.places, func.count())
        .where(
            event_now.c.source == source,
            event_now.c.kind == tally.kind,
            event_now.c.twin == "",
            event_now.c.drill == drill,
            *_conditions(tally, now),
        )
        .group_by(event_now.c.place, event_now.c.places)
    )
    total, units = 0, Counter[str]()
    for place, places, number in conn.execute(query):
        total += number
        units.update(dict.fromkeys(units_of(places) or filter(None, (place,)), number))
    return Counted(total, units)


def sweep(conn: Connection, source: str, kind: str, before: datetime, budget: int = 20_000) -> int:
    """Forgets what ended before `before`, and all that was told of it; how many events."""
    gone = or_(event_now.c.stage != Stage.OPEN, event_now.c.expires_ms < to_ms(before))
    query = select(event_now.c.key).where(
        event_now.c.source == source, event_now.c.kind == kind, event_now.c.observed_ms < to_ms(before), gone
    )
    keys = list(conn.execute(query.limit(budget)).scalars())
    for start in range(0, len(keys), CHUNK):
        for table in (event_log, event_personal, event_now):
            some = keys[start : start + CHUNK]
            conn.execute(delete(table).where(table.c.source == source, table.c.key.in_(some)))
    tombstones.forget(conn, source, before)
    return len(keys)


def _open(at_ms: int) -> ColumnElement[bool]:
    unexpired = or_(event_now.c.expires_ms.is_(None), event_now.c.expires_ms > at_ms)
    return and_(event_now.c.stage == Stage.OPEN, unexpired)


def _stands(row: current_and_log.Row, at_ms: int) -> bool:
    return row["stage"] == Stage.OPEN and (row["expires_ms"] is None or row["expires_ms"] > at_ms)


def _conditions(tally: Tally, now: datetime) -> list[ColumnElement[bool]]:
    table, at = event_now.c, to_ms(now)
    closed = func.coalesce(table.closed_ms, table.observed_ms)
    if tally.stage is None:
        found = [table.stage != Stage.CANCELLED]
    else:
        found = [_open(at) if tally.stage is Stage.OPEN else table.stage == tally.stage]
    if tally.late is not None:
        late = and_(table.due_ms.is_not(None), func.coalesce(table.closed_ms, at) > table.due_ms)
        found.append(late if tally.late else ~late)
    if tally.within is not None:
        since = at - round(tally.within / timedelta(milliseconds=1))
        begun = func.coalesce(table.started_ms, table.observed_ms)
        found.append(
            or_(and_(table.stage == Stage.OPEN, begun > since), and_(table.stage != Stage.OPEN, closed > since))
        )
    if tally.words:
        found.append(table.word.in_(tally.words))
    found += [table.facts.contains(f"\n{name}\t{value}\n", autoescape=True) for name, value in tally.facts]
    return found


def _held(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, current_and_log.Row]:
    found: dict[str, current_and_log.Row] = {}
    for start in range(0, len(keys), CHUNK):
        query = select(event_now).where(event_now.c.source == source, event_now.c.key.in_(keys[start : start + CHUNK]))
        found |= {row["key"]: dict(row) for row in conn.execute(query).mappings()}
    return found


def _pair(
    conn: Connection, source: str, given: Mapping[str, Event], rows: Sequence[current_and_log.Row],
    held: Mapping[str, current_and_log.Row], rules: Sequence[Twins],
) -> None:  # fmt: skip
    """Names in each row the event of another source that is the same thing; what was once paired stays so."""
    open_kinds = {rule.kind for rule in rules}
    for row in rows:
        before = held.get(row["key"])
        if before is not None and (before["twin"] or before["body"] == row["body"]):
            row["twin"] = before["twin"]
        elif row["same"] or row["kind"] in open_kinds:
            row["twin"] = _twin(conn, source, given[row["key"]], rules)


def _twin(conn: Connection, source: str, event: Event, rules: Sequence[Twins]) -> str:
    table = event_now.c
    begun = func.coalesce(table.started_ms, table.observed_ms)
    at = to_ms(event.started or event.observed)
    reach = max((rule.within for rule in rules if rule.kind == event.kind), default=timedelta(0))
    span = round(reach / timedelta(milliseconds=1))
    near = begun.between(at - span, at + span) if span else false()
    same = table.same == event.same if event.same else false()
    query = (
        select(event_now)
        .where(table.kind == event.kind, table.source != source, table.twin == "", or_(same, near))
        .order_by(table.known_ms)
        .limit(MOST)
    )
    for row in conn.execute(query).mappings():
        if alike(event, event_of(dict(row)), rules):
            return f"{row['source']}/{row['key']}"
    return ""


def _row(source: str, event: Event, known_at: datetime, before: current_and_log.Row | None) -> current_and_log.Row:
    known = max(to_ms(known_at), before["known_ms"] if before else 0)
    told = before["revision"] if before else 0
    opened_again = before and before["stage"] != Stage.OPEN and event.stage is Stage.OPEN
    first = before["first_ms"] if before and not opened_again else min(known, to_ms(event.observed))
    return {"source": source, "known_ms": known, "twin": "", "revision": told, "first_ms": first, **packed(event)}


def _replaced(
    held: Mapping[str, current_and_log.Row], given: Iterable[Event], known_at: datetime
) -> list[current_and_log.Row]:
    """The events that others say they end, cancelled."""
    named = {key for one in given for key in one.replaces}
    fresh = {one.key for one in given}
    return [
        row | {"stage": Stage.CANCELLED.value, "known_ms": max(to_ms(known_at), row["known_ms"])}
        for key, row in held.items()
        if key in named - fresh
    ]


def _gone(
    conn: Connection, source: str, given: Mapping[str, Event], whole: frozenset[str], known_at: datetime
) -> list[current_and_log.Row]:
    """The standing events of the `whole` kinds that the source names no more, closed."""
    if not whole:
        return []
    query = select(event_now).where(
        event_now.c.source == source, event_now.c.kind.in_(whole), event_now.c.stage == Stage.OPEN
    )
    known = to_ms(known_at)
    return [
        dict(row) | {"stage": Stage.CLOSED.value, "closed_ms": known, "known_ms": max(known, row["known_ms"])}
        for row in conn.execute(query).mappings()
        if row["key"] not in given
    ]


def _differs(before: current_and_log.Row | None, row: current_and_log.Row) -> bool:
    return before is None or any(before[name] != row[name] for name in row if name not in _NO_NEWS)


def _keep_personal(conn: Connection, source: str, events: Iterable[Event], known_at: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"source": source, "key": one.key, "body": text_of(dict(one.personal)), "known_ms": to_ms(known_at)}
        for one in events
        if one.personal
    ]
    put(conn, event_personal, rows)


def _told(row: current_and_log.Row) -> Told:
    known, first = from_ms(row["known_ms"]), from_ms(row["first_ms"])
    return Told(row["source"], event_of(row), known, row["twin"], row["revision"], first)
