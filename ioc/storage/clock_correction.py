"""Known times of what is measured, where the clock is set: past moments show what the screens showed at that time.

While the clock shows less than the store has known, it is taken to be right: what is measured is known from the time
that it shows. When it is set forward again it had been wrong: what it logged is known from where it was set back.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, func, or_, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.times import from_ms, to_ms
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
_SHOWN = "shown_ms"  # beside the newest numbers that are noted at a step: what the clock showed then
_ENDLESS = 2**62
_BEAT = timedelta(seconds=1)  # how often the clock is looked at
_LOG_AGAIN = timedelta(minutes=1)  # while the clock is behind: it passes times at which it logged before


class ClockState(NamedTuple):
    """`is_behind`: whether the clock showed less than it, or the store, has known. `seen_at`: what it showed last.

    `set_back_from`, `set_forward_from`: what it showed before a step since the last transaction; None without one.
    `set_back_to`: what it has shown at least since that step. `jumped_from`: as `set_forward_from`, but None for a time
    in which the program stood still.
    """

    is_behind: bool
    seen_at: datetime | None
    set_back_from: datetime | None = None
    set_back_to: datetime | None = None
    set_forward_from: datetime | None = None
    jumped_from: datetime | None = None


_STEPS = ClockState._fields[2:]


class WrongSpan(NamedTuple):
    """Of a clock that was set back by mistake: what it showed before, at its begin, and when it was set forward.

    `revisions`: of readings, after which number and up to which one those lie that were withdrawn for it.
    """

    revisions: tuple[int, int]
    before: datetime
    begin: datetime
    end: datetime


class ClockCorrection:
    """Follows the clock of the process that measures. `versions`: as the store had them when it began.

    `seconds`: a monotonic clock.
    """

    def __init__(self, versions: change_counter.Versions, seconds: Callable[[], float] = monotonic) -> None:
        self.state = ClockState(False, versions.heartbeat_at)
        self._seconds, self._seen_seconds = seconds, -inf  # when this process saw the clock last
        self._is_new, self._logged_at = True, datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()  # the clock is watched while a transaction waits for the store

    def watch(self, now: datetime) -> None:
        """Called once a second, and before each transaction: a longer step is one of the clock, or a pause."""
        with self._lock:
            _, seen_at, back, back_to, forward, jumped = self.state
            at = self._seconds()
            passed, self._seen_seconds = at - self._seen_seconds, at
            if seen_at is not None and was_set_back(seen_at, now, CLOCK_TOLERANCE):
                back, back_to = back or seen_at, back_to or now - _BEAT
            elif seen_at is not None and was_set_back(now, seen_at, CLOCK_TOLERANCE):
                forward = forward or seen_at
                is_jump = (now - seen_at - CLOCK_TOLERANCE).total_seconds() > passed
                jumped = jumped or (seen_at if is_jump else None)
            self.state = ClockState(self.state.is_behind, now, back, back_to, forward, jumped)

    def follow(self, conn: Connection, now: datetime) -> WrongSpan | None:
        """First in each transaction that logs what is measured.

        The span for which the clock had been set back by mistake, in the transaction in which it is set forward.
        """
        state = self.state
        was_behind, back = state.is_behind or (self._is_new and _has_steps(conn)), state.set_back_from
        versions = change_counter.read(conn)
        # Until it has reached the old time: what was logged at that time is to be logged again after it.
        is_behind = _is_behind(versions, now, timedelta(0) if was_behind else CLOCK_TOLERANCE)
        if back:
            _note_step(conn, back, min(state.set_back_to or now, now))
        may_have_steps = was_behind or is_behind or back is not None
        passed = _pass_steps(conn, now, was_wrong=state.set_forward_from is not None) if may_have_steps else []
        is_behind = is_behind or (may_have_steps and _has_steps(conn))
        is_step = is_behind is not was_behind or back is not None or bool(passed) or (self._is_new and is_behind)
        if is_step or (is_behind and not is_within(_LOG_AGAIN, self._logged_at, now)):
            for current, log in _MEASURED:
                _log_again(conn, current, log, now)
            _log_events_again(conn, now, is_step=is_step)
            config_log.record_again(conn, now)
            self._logged_at = now
        self._is_new = False
        with self._lock:
            newer = self.state  # the clock may have been set meanwhile
            steps = {name: None for name in _STEPS if getattr(newer, name) == getattr(state, name)}
            self.state = newer._replace(is_behind=is_behind, **steps)
        return _wrong_span(passed, state.jumped_from) if passed and state.jumped_from else None

    def restore(self, before: ClockState) -> None:
        """The transaction that has followed since was not committed."""
        self._is_new = True
        with self._lock:
            steps = {name: getattr(before, name) or getattr(self.state, name) for name in _STEPS}
            self.state = self.state._replace(is_behind=before.is_behind, **steps)


def _is_behind(versions: change_counter.Versions, now: datetime, tolerance: timedelta = CLOCK_TOLERANCE) -> bool:
    return versions.known_at is not None and was_set_back(versions.known_at, now, tolerance)


def _has_steps(conn: Connection) -> bool:
    return conn.execute(select(clock_step.c.id).limit(1)).first() is not None


def _note_step(conn: Connection, before: datetime, now: datetime) -> None:
    """The clock was set back; `before`: what it had shown last."""
    tables = (*_LOGS, schema.revision)
    noted = {table.name: conn.execute(select(func.max(table.c.id))).scalar() or 0 for table in tables}
    noted[_SHOWN] = to_ms(now)
    conn.execute(clock_step.insert(), {"before_ms": to_ms(before), "log_ids": json.dumps(noted)})


def _pass_steps(conn: Connection, now: datetime, *, was_wrong: bool) -> Sequence[Row[Any]]:
    """Forgets the steps back from times that the clock shows again; returns the first two.

    `was_wrong`: it was set forward to them. Then what it has logged since is known after what it had shown before.
    """
    passed = clock_step.c.before_ms <= to_ms(now)
    steps = conn.execute(select(clock_step).where(passed).order_by(clock_step.c.id).limit(2)).all()
    if steps and was_wrong:
        noted, before_ms = _noted(steps[0]), steps[0].before_ms
        for log in _LOGS:
            behind = update(log).where(log.c.id > noted[log.name], log.c.known_ms <= before_ms)
            conn.execute(behind.values(known_ms=min(before_ms + 1, to_ms(now))))  # not after what follows
    if steps:
        conn.execute(delete(clock_step).where(passed))
    return steps


def _wrong_span(steps: Sequence[Row[Any]], end: datetime) -> WrongSpan:
    newest, *later = (_noted(step).get(schema.revision.name, _ENDLESS) for step in steps)
    begin_ms = _noted(steps[0]).get(_SHOWN, steps[0].before_ms)
    revisions = newest, later[0] if later else _ENDLESS
    return WrongSpan(revisions, from_ms(steps[0].before_ms), from_ms(begin_ms), end)


@reads_records
def _noted(step: Row[Any]) -> dict[str, int]:
    """What was noted at a step back: newest numbers by table, and what the clock showed."""
    noted: dict[str, int] = json.loads(step.log_ids)
    return noted


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
