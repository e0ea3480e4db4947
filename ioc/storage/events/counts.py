"""Counts of events: each event once, whichever sources report it.

Of the reports of one event one stands for it: the first that is open, the original before its duplicates; where none is
open, the original, or the first duplicate where no source that counts has the original.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import event_current
from ioc.storage.events.rows import is_open_clause, parse_units

_TABLE = event_current.c
_Order = tuple[int, str, str]
_COLUMNS = (
    _TABLE.source, _TABLE.key, _TABLE.kind, _TABLE.is_drill, _TABLE.duplicate_of, _TABLE.first_reported_ms,
    _TABLE.unit_code, _TABLE.unit_codes,
)  # fmt: skip
_Row = dict[str, Any]


class EventCount(NamedTuple):
    """The number of events, each counted once; and of those that concern a unit, by unit code, without zeros."""

    total: int
    units: Mapping[str, int]


def count(
    conn: Connection, source: str, rule: EventCountRule, now: datetime, others: Collection[str] = (), *,
    drill: bool = False,
) -> EventCount:  # fmt: skip
    """The number of a source's events that a rule counts; exercises are counted only by themselves (`drill`).

    `others`: the other sources that count events of this kind.
    """
    is_of_kind, conditions = and_(_TABLE.kind == rule.kind, _TABLE.is_drill == drill), _conditions(rule, now)
    is_counted = and_(is_of_kind, _TABLE.source == source, *conditions)
    units = (_TABLE.unit_code, _TABLE.unit_codes)
    query = select(*units, func.count().label("n")).where(is_counted, _TABLE.duplicate_of == "").group_by(*units)
    counted: list[_Row] = [dict(row) for row in conn.execute(query).mappings()]
    standing = _Standing(conn, is_of_kind, [source, *others], is_open_clause(to_ms(now)))
    taken_over = [label.partition("/")[2] for label in standing.taken_over if label.startswith(f"{source}/")]
    originals = [row for row in _with_keys(conn, source, taken_over, *conditions) if row["duplicate_of"] == ""]
    counted += [row | {"n": -1} for row in originals if (row["kind"], row["is_drill"]) == (rule.kind, drill)]
    counted += [row | {"n": 1} for row in standing.duplicates(source, and_(*conditions))]
    total, of_units = 0, Counter[str]()
    for row in counted:
        total += row["n"]
        for code in parse_units(row["unit_codes"]) or filter(None, (row["unit_code"],)):
            of_units[code] += row["n"]
    return EventCount(total, +of_units)


class _Standing:
    """Which duplicates of one kind stand for their event, among `sources`: the first open one where the original is not
    open, and the first one where none is open and the original is of another source.

    `taken_over`: the labels ("source/key") of the events with such an open duplicate.
    """

    def __init__(
        self, conn: Connection, is_of_kind: ColumnElement[bool], sources: Sequence[str], is_open: ColumnElement[bool]
    ) -> None:
        self._conn, self._is_open = conn, is_open
        self._is_counting = and_(is_of_kind, _TABLE.source.in_(sources))
        self._is_of_others = and_(
            *(not_(_TABLE.duplicate_of.startswith(f"{one}/", autoescape=True)) for one in sources)
        )
        self._first = _first_of_each(_duplicates(conn, self._is_counting, is_open))
        labels: dict[str, list[str]] = {}
        for label in self._first:
            original, _, key = label.partition("/")
            labels.setdefault(original, []).append(key)
        for original in labels.keys() & set(sources):
            for row in _with_keys(conn, original, labels[original], is_open):
                del self._first[f"{original}/{row['key']}"]
        self.taken_over = self._first.keys()

    def duplicates(self, source: str, condition: ColumnElement[bool]) -> list[_Row]:
        """The duplicates of `source` that stand for their event and fulfil `condition`."""
        of_source = and_(self._is_counting, _TABLE.source == source, condition)
        first, found = self._first, _duplicates(self._conn, of_source, self._is_open) if self._first else []
        if ended := _duplicates(self._conn, of_source, self._is_of_others, not_(self._is_open)):
            # By those of all sources, whatever `condition` says of them.
            first = _first_of_each(_duplicates(self._conn, self._is_counting, self._is_of_others)) | first
            found += ended
        return [row for row in found if first.get(row["duplicate_of"]) == _order(row)]


def _order(row: _Row) -> _Order:
    return row["first_reported_ms"], row["source"], row["key"]


def _first_of_each(duplicates: Iterable[_Row]) -> dict[str, _Order]:
    """By label, the order of the duplicate that was reported first."""
    return {row["duplicate_of"]: _order(row) for row in sorted(duplicates, key=_order, reverse=True)}


def _duplicates(conn: Connection, *conditions: ColumnElement[bool]) -> list[_Row]:
    query = select(*_COLUMNS).where(_TABLE.duplicate_of != "", *conditions)
    return [dict(row) for row in conn.execute(query).mappings()]


def _with_keys(conn: Connection, source: str, keys: Sequence[str], *conditions: ColumnElement[bool]) -> list[_Row]:
    """The events of a source with these keys. Of any kind: by the kind SQLite would look through all of that kind."""
    rows: list[_Row] = []
    for start in range(0, len(keys), KEYS_PER_QUERY):
        is_one = and_(_TABLE.source == source, _TABLE.key.in_(keys[start : start + KEYS_PER_QUERY]))
        rows += map(dict, conn.execute(select(*_COLUMNS).where(is_one, *conditions)).mappings())
    return rows


def _conditions(rule: EventCountRule, now: datetime) -> list[ColumnElement[bool]]:
    table, at = event_current.c, to_ms(now)
    ended = func.coalesce(table.closed_ms, table.observed_ms)
    if rule.stage is None:
        conditions = [table.stage != EventStage.CANCELLED]
    else:
        conditions = [is_open_clause(at) if rule.stage is EventStage.OPEN else table.stage == rule.stage]
    if rule.is_late is not None:
        is_late = and_(table.due_ms.is_not(None), func.coalesce(table.closed_ms, at) > table.due_ms)
        conditions.append(is_late if rule.is_late else ~is_late)
    if rule.max_age is not None:
        since = at - round(rule.max_age / timedelta(milliseconds=1))
        # Without a start it is as old as its first report: one without a time of its own is observed at each poll.
        started = func.coalesce(table.started_ms, table.first_reported_ms)
        conditions.append(
            or_(
                and_(table.stage == EventStage.OPEN, started > since),
                and_(table.stage != EventStage.OPEN, ended > since),
            )
        )
    if rule.source_statuses:
        conditions.append(table.source_status.in_(rule.source_statuses))
    conditions += [table.facts.contains(f"\n{name}\t{value}\n", autoescape=True) for name, value in rule.facts]
    return conditions
