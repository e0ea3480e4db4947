"""Retention of events: those that have ended are deleted after a time, with their log and personal data.

So are those that nothing reports any more, also open ones: of a source that is no longer configured, or of a kind that
its row no longer declares. They are kept after the last report for as long as the class that a kind has unless its row
names another one, so that a row that comes back in that time finds them. Nothing tells when an unchanged event was last
reported: those of a dropped kind are kept as long after the configuration that first lacks it came into force.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, tuple_

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.source import DEFAULT_RETENTION_CLASS, Source
from ioc.storage import config_log
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import event_current, event_log, event_personal, source_current
from ioc.storage.events import tombstones
from ioc.storage.timeseries.retention import RetentionDays

_BUDGET = 20_000  # events that one transaction deletes, so that the poller never waits long
_BODIES = 20  # configurations that one transaction reads: the largest have 2 MB
_C = event_current.c
EventKindKey = tuple[str, str]  # source, kind
_kinds_by_hash: dict[str, frozenset[EventKindKey]] = {}  # of the configurations that were read: each is read once


def sweep(
    conn: Connection, now: datetime, days_by_class: Mapping[str, RetentionDays], configured: Collection[Source],
    budget: int = _BUDGET,
) -> bool:  # fmt: skip
    """Deletes what is older than its class allows; whether there is more. A class that is not named is kept whole.

    `configured`: all sources, those that are switched off too.
    """
    classes = {(source.key, kind.key): kind.retention_class for source in configured for kind in source.events}
    kinds, sources, left = list(_stored_kinds(conn)), {source.key for source in configured}, budget
    dropped = {key for key in kinds if key not in classes and key[0] in sources}
    declared = _lately_declared(conn, now, days_by_class) if dropped else frozenset()
    kept = dropped if declared is None else dropped & declared
    for source, kind in kinds:
        name = classes.get((source, kind), DEFAULT_RETENTION_CLASS)
        if (days := days_by_class.get(name)) and left > 0 and (source, kind) not in kept:
            before = now - timedelta(days=days.raw_days)
            is_over = _has_ended(before) if (source, kind) in classes else _is_unreported(before, source in sources)
            left -= _delete(conn, source, (_C.kind == kind, is_over), before, left)
    for source in tombstones.sources(conn):
        names = [name for (of, _), name in classes.items() if of == source]
        if horizon := _tombstone_horizon(now, days_by_class, names):
            tombstones.sweep(conn, source, horizon)
    return left <= 0 or declared is None


def _lately_declared(
    conn: Connection, now: datetime, days_by_class: Mapping[str, RetentionDays]
) -> frozenset[EventKindKey] | None:
    """The kinds of all configurations in force in the days of the default class; None while there are more to read."""
    if not (days := days_by_class.get(DEFAULT_RETENTION_CLASS)):
        return frozenset()
    hashes = config_log.hashes_since(conn, now - timedelta(days=days.raw_days))
    for digest in _kinds_by_hash.keys() - hashes:
        del _kinds_by_hash[digest]
    unread = hashes - _kinds_by_hash.keys()
    for digest in sorted(unread)[:_BODIES]:
        kinds = _declared_kinds(config_log.body(conn, digest))
        _kinds_by_hash[digest] = next((known for known in _kinds_by_hash.values() if known == kinds), kinds)
    return None if len(unread) > _BODIES else frozenset().union(*set(_kinds_by_hash.values()))


def _declared_kinds(body: str) -> frozenset[EventKindKey]:
    """Read without the types of the program: an earlier version of it may have written the configuration."""
    sources = json.loads(body).get("sources", ())
    return frozenset((source["key"], kind["key"]) for source in sources for kind in source.get("events", ()))


def _tombstone_horizon(
    now: datetime, days_by_class: Mapping[str, RetentionDays], names: Collection[str]
) -> datetime | None:
    """That of the class that is kept longest; None where one is kept whole."""
    days = [days_by_class.get(name) for name in names or (DEFAULT_RETENTION_CLASS,)]
    known = [one.raw_days for one in days if one]
    return now - timedelta(days=max(known)) if len(known) == len(days) else None


def _stored_kinds(conn: Connection) -> Iterator[EventKindKey]:
    """The sources and kinds of stored events, each by one look into the index."""
    found = ("", "")
    while row := conn.execute(
        select(_C.source, _C.kind)
        .where(tuple_(_C.source, _C.kind) > tuple_(*found))
        .order_by(_C.source, _C.kind)
        .limit(1)
    ).first():
        found = (row.source, row.kind)
        yield found


def _has_ended(before: datetime) -> ColumnElement[bool]:
    return or_(_C.stage != EventStage.OPEN, _C.expires_ms < to_ms(before))


def _is_unreported(before: datetime, is_configured: bool) -> ColumnElement[bool]:
    """The time of an event may be far older than its last report: so the last answer of a lost source counts too."""
    is_unchanged = _C.known_ms < to_ms(before)
    if is_configured:
        return is_unchanged
    answered = func.coalesce(source_current.c.last_success_ms, 0) >= to_ms(before)
    return is_unchanged & ~exists().where(source_current.c.source == _C.source, answered)


def _delete(
    conn: Connection, source: str, conditions: tuple[ColumnElement[bool], ...], before: datetime, limit: int
) -> int:
    """Deletes events of a source that were reported before that moment and fulfil the conditions; how many."""
    query = select(_C.key).where(_C.source == source, *conditions, _C.observed_ms < to_ms(before))
    keys = list(conn.execute(query.limit(limit)).scalars())
    for start in range(0, len(keys), KEYS_PER_QUERY):
        part = keys[start : start + KEYS_PER_QUERY]
        for table in (event_log, event_personal, event_current):
            conn.execute(delete(table).where(table.c.source == source, table.c.key.in_(part)))
    return len(keys)
