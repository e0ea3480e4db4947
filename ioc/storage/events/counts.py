"""Counts of events: each event once, whichever sources report it.

Of the reports of one event one stands for it: the first that is open, the original before its duplicates; where none is
open, the original, or the first duplicate where no source that counts has the original.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.storage.db.schema import event_current
from ioc.storage.events.rows import is_open, is_open_clause, parse_units, rows_with_labels

_ORIGINAL = (-1, "", "")  # before every duplicate
_Order = tuple[int, str, str]
_Row = Mapping[str, Any]


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
    table = event_current.c
    is_of_kind = and_(table.kind == rule.kind, table.is_drill == drill)
    is_counted = and_(is_of_kind, table.source == source, *_conditions(rule, now))
    is_counting = and_(is_of_kind, table.source.in_([source, *others]))
    duplicates = _duplicates(conn, is_counted)
    first = _first_reports(conn, is_counting, to_ms(now), {row["duplicate_of"] for row in duplicates})
    displaced = [label for label, order in first.items() if order != _ORIGINAL and label.startswith(f"{source}/")]
    units = (table.unit_code, table.unit_codes)
    query = select(*units, func.count().label("n")).where(is_counted, table.duplicate_of == "").group_by(*units)
    counted: list[_Row] = [dict(row) for row in conn.execute(query).mappings()]
    counted += [row | {"n": -1} for row in rows_with_labels(conn, displaced, is_counted)]
    counted += [row | {"n": 1} for row in duplicates if first[row["duplicate_of"]] == _order(row)]
    total, of_units = 0, Counter[str]()
    for row in counted:
        total += row["n"]
        for code in parse_units(row["unit_codes"]) or filter(None, (row["unit_code"],)):
            of_units[code] += row["n"]
    return EventCount(total, +of_units)


def _duplicates(conn: Connection, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The duplicates that fulfil `condition`, those that were reported first in front."""
    query = select(event_current).where(condition, event_current.c.duplicate_of != "")
    return sorted((dict(row) for row in conn.execute(query).mappings()), key=_order)


def _order(row: _Row) -> _Order:
    return row["first_reported_ms"], row["source"], row["key"]


def _first_reports(
    conn: Connection, is_counting: ColumnElement[bool], at_ms: int, labels: Collection[str]
) -> dict[str, _Order]:
    """By original, "source/key": the order of the report that stands for its event.

    Of the events that have an open duplicate, and of `labels`.
    """
    is_open_one = and_(is_counting, is_open_clause(at_ms))
    first = {row["duplicate_of"]: _order(row) for row in reversed(_duplicates(conn, is_open_one))}
    ended = labels - first.keys()
    for row in rows_with_labels(conn, ended | first.keys(), is_counting):
        label = f"{row['source']}/{row['key']}"
        ended.discard(label)
        if is_open(row, at_ms) or label not in first:
            first[label] = _ORIGINAL
    if ended:
        without = [row for row in _duplicates(conn, is_counting) if row["duplicate_of"] in ended]
        first |= {row["duplicate_of"]: _order(row) for row in reversed(without)}
    return first


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
