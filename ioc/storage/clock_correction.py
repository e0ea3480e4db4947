"""Known times of what is measured, where the clock is set: past moments show what the screens showed at that time.

While the clock shows less than the store has known, it is taken to be right: what is measured is known from the time
that it shows. When it is set forward again it had been wrong: what it logged is known from where it was set back.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.times import to_ms
from ioc.storage.db import change_counter, current_and_log
from ioc.storage.db.current_and_log import LogRow
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
    (kpi_current, kpi_log), (source_current, source_log), (event_current, event_log),
    (host_health_current, host_health_log),
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
        self._logged_at: datetime | None = None

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
        is_behind = _is_behind(versions, now)
        if was_behind and not is_behind and set_forward_at and versions.known_at:
            _date_late(conn, set_forward_at, versions.known_at)
        is_due = self._logged_at is None or not is_within(_LOG_AGAIN, self._logged_at, now)
        if is_behind is not was_behind or self._logged_at is None or (is_behind and is_due):
            _log_again(conn, now)
            self._logged_at = now
        self.state = ClockState(is_behind, now)

    def restore(self, state: ClockState) -> None:
        """The transaction that has followed since was not committed."""
        self._logged_at, self.state = None, state


def _is_behind(versions: change_counter.Versions, now: datetime) -> bool:
    return versions.known_at is not None and was_set_back(versions.known_at, now, CLOCK_TOLERANCE)


def _date_late(conn: Connection, shown_last: datetime, known_at: datetime) -> None:
    """What was logged by a clock that was behind, and showed `shown_last` in the end, is known after `known_at`."""
    shown_ms = to_ms(shown_last)
    for _, log in _MEASURED:
        last_right = conn.execute(select(func.max(log.c.id)).where(log.c.known_ms > shown_ms)).scalar()
        if last_right is not None:
            behind = update(log).where(log.c.id > last_right, log.c.known_ms <= shown_ms)
            conn.execute(behind.values(known_ms=to_ms(known_at) + 1))


def _log_again(conn: Connection, now: datetime) -> None:
    """The current rows that a past moment of now would not show."""
    for current, log in _MEASURED:
        keys = [column.name for column in current.primary_key]
        logged = {
            tuple(row[key] for key in keys): row
            for row in current_and_log.rows_known_at(conn, current, log, to_ms(now))
        }
        rows = current_and_log.current_rows(conn, current)
        lost = [row | {"known_ms": to_ms(now)} for key, row in rows.items() if not _agree(row, logged.get(key))]
        current_and_log.append(conn, current, log, lost)


def _agree(row: LogRow, logged: LogRow | None) -> bool:
    return logged is not None and all(logged[name] == value for name, value in row.items() if name != "known_ms")
