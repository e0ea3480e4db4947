"""Known times of what is measured, where the clock is set: past moments show what the screens showed at that time.

While the clock shows less than the store has known, it is taken to be right: what is measured is known from the time
that it shows. When it is set forward again it had been wrong: what it logged is known from where it was set back.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.storage import config_log
from ioc.storage.db import change_counter, current_and_log, schema
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import (
    event_current,
    event_log,
    host_health_current,
    host_health_log,
    kpi_current,
    kpi_log,
    source_current,
    source_log,
)

_MEASURED = (
    (kpi_current, kpi_log), (source_current, source_log), (host_health_current, host_health_log),
)  # fmt: skip
_LOG_AGAIN = timedelta(minutes=1)  # while the clock is behind: it passes times at which it logged before


class ClockState(NamedTuple):
    """`is_behind`: whether the clock showed less than the store has known. `seen_at`: what it showed last.

    `set_forward_at`: what it showed before it was set forward since the last transaction; None when it was not.
    """

    is_behind: bool
    seen_at: datetime | None
    set_forward_at: datetime | None = None


class ClockCorrection:
    """Follows the clock of the process that measures. `versions`: as the store had them when it began."""

    def __init__(self, versions: change_counter.Versions) -> None:
        seen_at = versions.heartbeat_at
        self.state = ClockState(seen_at is not None and _is_behind(versions, seen_at), seen_at)
        self._is_new, self._logged_at = True, datetime.min.replace(tzinfo=UTC)

    def watch(self, now: datetime) -> None:
        """Called once a second: a longer step is one of the clock, or a pause."""
        is_behind, seen_at, set_forward_at = self.state
        if seen_at is not None and now - seen_at > CLOCK_TOLERANCE:
            set_forward_at = set_forward_at or seen_at
        self.state = ClockState(is_behind, now, set_forward_at)

    def follow(self, conn: Connection, now: datetime) -> None:
        """First in each transaction that logs what is measured."""
        self.watch(now)
        was_behind, _, set_forward_at = self.state
        versions = change_counter.read(conn)
        # Until it has reached the old time: what was logged at that time is to be logged again after it.
        is_behind = _is_behind(versions, now, timedelta(0) if was_behind else CLOCK_TOLERANCE)
        if was_behind and not is_behind and set_forward_at and versions.known_at:
            _date_late(conn, set_forward_at, versions.known_at)
        is_step = is_behind is not was_behind or (self._is_new and (is_behind or was_behind))
        if is_step or (is_behind and not is_within(_LOG_AGAIN, self._logged_at, now)):
            for current, log in _MEASURED:
                _log_again(conn, current, log, now)
            _log_events_again(conn, now, is_step=is_step)
            config_log.record_again(conn, now)
            self._logged_at = now
        self._is_new, self.state = False, ClockState(is_behind, now)

    def restore(self, state: ClockState) -> None:
        """The transaction that has followed since was not committed."""
        self._is_new, self.state = True, state


def _is_behind(versions: change_counter.Versions, now: datetime, tolerance: timedelta = CLOCK_TOLERANCE) -> bool:
    return versions.known_at is not None and was_set_back(versions.known_at, now, tolerance)


def _date_late(conn: Connection, shown_last: datetime, known_at: datetime) -> None:
    """What was logged by a clock that was behind, and showed `shown_last` in the end, is known after `known_at`."""
    shown_ms = to_ms(shown_last)
    for log in (event_log, schema.config_log, *(log for _, log in _MEASURED)):
        last_right = conn.execute(select(func.max(log.c.id)).where(log.c.known_ms > shown_ms)).scalar()
        if last_right is not None:
            behind = update(log).where(log.c.id > last_right, log.c.known_ms <= shown_ms)
            conn.execute(behind.values(known_ms=to_ms(known_at) + 1))


def _log_again(
    conn: Connection, current: Table, log: Table, now: datetime, where: ColumnElement[bool] | None = None
) -> None:  # fmt: skip
    """The current rows that a past moment of now would not show. `where`: only of those that meet it."""
    keys = [column.name for column in current.primary_key]
    logged = {
        tuple(row[key] for key in keys): row
        for row in current_and_log.rows_known_at(conn, current, log, to_ms(now), where)
    }
    query = select(current) if where is None else select(current).where(where)
    rows = map(dict, conn.execute(query).mappings())
    lost = [row for row in rows if not _agree(row, logged.get(tuple(row[key] for key in keys)))]
    current_and_log.append(conn, current, log, [row | {"known_ms": to_ms(now)} for row in lost])


def _log_events_again(conn: Connection, now: datetime, *, is_step: bool) -> None:
    """Open ones; at a step those that have ended too, of which the log has a row that is later by its known time."""
    _log_again(conn, event_current, event_log, now, event_current.c.stage == EventStage.OPEN)
    if not is_step:
        return
    source, key, known = event_log.c.source, event_log.c.key, event_log.c.known_ms
    before = func.max(known).over(partition_by=(source, key), order_by=event_log.c.id, rows=(None, -1))
    ordered = select(key, known, before.label("before")).subquery()
    is_later = or_(ordered.c.known_ms > to_ms(now), ordered.c.before > ordered.c.known_ms)
    found = conn.execute(select(ordered.c.key).where(is_later).distinct()).scalars().all()
    for start in range(0, len(found), KEYS_PER_QUERY):
        these = event_current.c.key.in_(found[start : start + KEYS_PER_QUERY])
        _log_again(conn, event_current, event_log, now, these & (event_current.c.stage != EventStage.OPEN))


def _agree(row: LogRow, logged: LogRow | None) -> bool:
    return logged is not None and all(logged[name] == value for name, value in row.items() if name != "known_ms")
