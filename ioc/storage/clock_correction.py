"""Known times of what is measured, where the clock is set: past moments show what the screens showed at that time.

While the clock shows less than the store has known, it is taken to be right: what is measured is known from the time
that it shows. When it is set forward again it had been wrong: what it logged is known from where it was set back.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import EventStage
from ioc.storage import config_log
from ioc.storage.db import change_counter, current_and_log, schema
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import (
    clock_step,
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
_LOGS = (event_log, schema.config_log, *(log for _, log in _MEASURED))
_LOG_AGAIN = timedelta(minutes=1)  # while the clock is behind: it passes times at which it logged before


class ClockState(NamedTuple):
    """`is_behind`: whether the clock showed less than it, or the store, has known. `seen_at`: what it showed last.

    `set_back_from`, `set_forward_from`: what it showed before a step since the last transaction; None without one.
    """

    is_behind: bool
    seen_at: datetime | None
    set_back_from: datetime | None = None
    set_forward_from: datetime | None = None


class ClockCorrection:
    """Follows the clock of the process that measures. `versions`: as the store had them when it began."""

    def __init__(self, versions: change_counter.Versions) -> None:
        self.state = ClockState(False, versions.heartbeat_at)
        self._is_new, self._logged_at = True, datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()  # the clock is watched while a transaction waits for the store

    def watch(self, now: datetime) -> None:
        """Called once a second, and before each transaction: a longer step is one of the clock, or a pause."""
        with self._lock:
            _, seen_at, back, forward = self.state
            if seen_at is not None and was_set_back(seen_at, now, CLOCK_TOLERANCE):
                back = back or seen_at
            elif seen_at is not None and was_set_back(now, seen_at, CLOCK_TOLERANCE):
                forward = forward or seen_at
            self.state = self.state._replace(seen_at=now, set_back_from=back, set_forward_from=forward)

    def follow(self, conn: Connection, now: datetime) -> None:
        """First in each transaction that logs what is measured."""
        was_behind, _, back, forward = self.state
        was_behind = was_behind or (self._is_new and _has_steps(conn))
        versions = change_counter.read(conn)
        # Until it has reached the old time: what was logged at that time is to be logged again after it.
        is_behind = _is_behind(versions, now, timedelta(0) if was_behind else CLOCK_TOLERANCE)
        if back:
            _note_step(conn, back)
        may_have_steps = was_behind or is_behind or back is not None
        is_undone = may_have_steps and _pass_steps(conn, now, was_wrong=forward is not None)
        is_behind = is_behind or (may_have_steps and _has_steps(conn))
        is_step = is_behind is not was_behind or back is not None or is_undone or (self._is_new and is_behind)
        if is_step or (is_behind and not is_within(_LOG_AGAIN, self._logged_at, now)):
            for current, log in _MEASURED:
                _log_again(conn, current, log, now)
            _log_events_again(conn, now, is_step=is_step)
            config_log.record_again(conn, now)
            self._logged_at = now
        self._is_new = False
        with self._lock:
            _, seen_at, newer_back, newer_forward = self.state  # the clock may have been set meanwhile
            self.state = ClockState(
                is_behind,
                seen_at,
                None if newer_back == back else newer_back,
                None if newer_forward == forward else newer_forward,
            )

    def restore(self, before: ClockState) -> None:
        """The transaction that has followed since was not committed."""
        self._is_new = True
        with self._lock:
            _, seen_at, back, forward = self.state
            self.state = ClockState(
                before.is_behind, seen_at, before.set_back_from or back, before.set_forward_from or forward
            )


def _is_behind(versions: change_counter.Versions, now: datetime, tolerance: timedelta = CLOCK_TOLERANCE) -> bool:
    return versions.known_at is not None and was_set_back(versions.known_at, now, tolerance)


def _has_steps(conn: Connection) -> bool:
    return conn.execute(select(clock_step.c.id).limit(1)).first() is not None


def _note_step(conn: Connection, before: datetime) -> None:
    """The clock was set back; `before`: what it had shown last."""
    newest_ids = {log.name: conn.execute(select(func.max(log.c.id))).scalar() or 0 for log in _LOGS}
    conn.execute(clock_step.insert(), {"before_ms": to_ms(before), "log_ids": json.dumps(newest_ids)})


def _pass_steps(conn: Connection, now: datetime, *, was_wrong: bool) -> bool:
    """Forgets the steps back from times that the clock shows again; whether there are any.

    `was_wrong`: it was set forward to them. Then what it has logged since is known after what it had shown before.
    """
    passed = clock_step.c.before_ms <= to_ms(now)
    first = conn.execute(select(clock_step).where(passed).order_by(clock_step.c.id).limit(1)).one_or_none()
    if first is None:
        return False
    if was_wrong:
        newest_ids = reads_records(json.loads)(first.log_ids)
        for log in _LOGS:
            behind = update(log).where(log.c.id > newest_ids[log.name], log.c.known_ms <= first.before_ms)
            conn.execute(behind.values(known_ms=min(first.before_ms + 1, to_ms(now))))  # not after what follows
    conn.execute(delete(clock_step).where(passed))
    return True


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
    ordered = select(source, key, known, before.label("before")).subquery()
    is_later = or_(ordered.c.known_ms > to_ms(now), ordered.c.before > ordered.c.known_ms)
    keys = defaultdict[str, list[str]](list)
    for found in conn.execute(select(ordered.c.source, ordered.c.key).where(is_later).distinct()):
        keys[found.source].append(found.key)
    for of_source, found_keys in keys.items():
        own = and_(event_current.c.source == of_source, event_current.c.stage != EventStage.OPEN)
        for start in range(0, len(found_keys), KEYS_PER_QUERY):
            these = event_current.c.key.in_(found_keys[start : start + KEYS_PER_QUERY])
            _log_again(conn, event_current, event_log, now, own & these)


def _agree(row: LogRow, logged: LogRow | None) -> bool:
    return logged is not None and all(logged[name] == value for name, value in row.items() if name != "known_ms")
