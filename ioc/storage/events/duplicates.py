"""Finds the event of another source that reports the same thing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection, false, func, or_, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.deduplication import DeduplicationRule, is_duplicate
from ioc.domain.events.event import Event
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.schema import event_current
from ioc.storage.events.rows import event_from_row

_MAX_CANDIDATES = 5_000  # events that one event is compared with


def mark_duplicates(
    conn: Connection,
    source: str,
    events: Mapping[str, Event],
    rows: Sequence[LogRow],
    previous_rows: Mapping[str, LogRow],
    rules: Sequence[DeduplicationRule],
) -> None:
    """Sets `duplicate_of` in each row. A pair that was found once stays one."""
    kinds_with_rules = {rule.kind for rule in rules}
    for row in rows:
        previous = previous_rows.get(row["key"])
        if previous is not None and (previous["duplicate_of"] or previous["body"] == row["body"]):
            row["duplicate_of"] = previous["duplicate_of"]
        elif row["shared_id"] or row["kind"] in kinds_with_rules:
            row["duplicate_of"] = _find_original(conn, source, events[row["key"]], rules)


def _find_original(conn: Connection, source: str, event: Event, rules: Sequence[DeduplicationRule]) -> str:
    """ "source/key" of the original of `event`, "" for none."""
    table = event_current.c
    started = func.coalesce(table.started_ms, table.observed_ms)
    at = to_ms(event.started or event.observed)
    max_apart = max((rule.max_time_apart for rule in rules if rule.kind == event.kind), default=timedelta(0))
    span = round(max_apart / timedelta(milliseconds=1))
    is_near_in_time = started.between(at - span, at + span) if span else false()
    has_same_id = table.shared_id == event.shared_id if event.shared_id else false()
    candidates = (
        select(event_current)
        .where(
            table.kind == event.kind,
            table.source != source,
            table.duplicate_of == "",
            or_(has_same_id, is_near_in_time),
        )
        .order_by(table.known_ms)
        .limit(_MAX_CANDIDATES)
    )
    for row in conn.execute(candidates).mappings():
        if is_duplicate(event, event_from_row(dict(row)), rules):
            return f"{row['source']}/{row['key']}"
    return ""
