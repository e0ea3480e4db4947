"""Source health: the current state of each source, and the log of what was shown.

The times of a healthy source change at every poll. The current row is exact; the log takes a row when anything but its
times changed, or when a time moved on by a minute, so that it stays small: a past view shows these times to the minute.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, select

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.storage.db import current_and_log
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import source_current, source_log

_TIMES = ("last_attempt_ms", "last_success_ms", "data_time_ms")
LOG_STEP = timedelta(minutes=1)
_LOG_STEP_MS = LOG_STEP // timedelta(milliseconds=1)
_HEALTH_COLUMNS = [column for column in source_current.c if column.name != "known_ms"]

T = TypeVar("T")


class UnchangedRows(Generic[T]):
    """What `make(*row)` gave for the rows of the last call; an unchanged row keeps its object: nothing to compare."""

    def __init__(self, table: str, make: Callable[..., T]) -> None:
        self._table, self._make = table, make
        self._kept: dict[tuple[Any, ...], T] = {}

    def objects(self, rows: Iterable[Sequence[Any]]) -> dict[str, T]:
        """The objects by the first column of their rows."""
        known, make = self._kept, self._make
        read = readable(self._table, lambda row: (row, known[row] if row in known else make(*row)), map(tuple, rows))
        self._kept = kept = dict(read)
        return {row[0]: made for row, made in kept.items()}


def record(conn: Connection, healths: Iterable[SourceHealth], known_at: datetime) -> int:
    """Stores the health of sources; returns how many rows the log took."""
    reported = list(healths)
    previous_rows = current_and_log.current_rows(conn, source_current, [health.source for health in reported])
    current_rows, logged_rows = [], []
    for health in reported:
        previous = previous_rows.get((health.source,))
        row = _row(health, monotonic_ms(known_at, previous["known_ms"] if previous else None))
        if previous is None or _needs_logging(previous, row):
            logged_rows.append(row)
        else:
            row["known_ms"] = previous["known_ms"]
        current_rows.append(row)
    current_and_log.append(conn, source_current, source_log, logged_rows)
    upsert(conn, source_current, current_rows)
    return len(logged_rows)


def current(conn: Connection, at: datetime | None = None) -> dict[str, SourceHealth]:
    """The health by source now, or as it was logged by `at`."""
    if at is None:
        return _CURRENT.objects(conn.execute(select(*_HEALTH_COLUMNS)))
    known_rows = current_and_log.rows_known_at(conn, source_current, source_log, to_ms(at))
    made = readable("source_log", lambda row: _health(*(row[column.name] for column in _HEALTH_COLUMNS)), known_rows)
    return {health.source: health for health in made}


def _needs_logging(previous: LogRow, row: LogRow) -> bool:
    if any(previous[name] != row[name] for name in row if name not in (*_TIMES, "known_ms")):
        return True
    moved = [(previous[name] or 0, row[name] or 0) for name in _TIMES if previous[name] != row[name]]
    # A clock that is set moves them at once, back or by more than a step.
    is_set = any(after < before or after - before >= _LOG_STEP_MS for before, after in moved if before)
    return is_set or (bool(moved) and row["known_ms"] - previous["known_ms"] >= _LOG_STEP_MS)


def _row(health: SourceHealth, known: int) -> LogRow:
    return {
        "source": health.source,
        "known_ms": known,
        "state": health.state.value,
        "since_ms": to_ms(health.since),
        "last_attempt_ms": to_optional_ms(health.last_attempt),
        "last_success_ms": to_optional_ms(health.last_success),
        "data_time_ms": to_optional_ms(health.data_time),
        "last_error": health.last_error.to_text() if health.last_error else "",
        "consecutive_failures": health.consecutive_failures,
        "accepted_count": health.accepted_count,
        "rejected_count": health.rejected_count,
        "config_fingerprint": health.fingerprint,
        "drift": _failures_to_text(health.drift),
        "drift_since_ms": to_optional_ms(health.drift_since),
        "duplicate_count": health.duplicate_count,
        "last_drift": _failures_to_text(health.last_drift),
    }


def _health(
    source: str,
    state: str,
    since_ms: int,
    last_attempt_ms: int | None,
    last_success_ms: int | None,
    data_time_ms: int | None,
    last_error: str,
    consecutive_failures: int,
    accepted_count: int,
    rejected_count: int,
    fingerprint: str,
    drift: str,
    drift_since_ms: int | None,
    duplicate_count: int,
    last_drift: str,
) -> SourceHealth:
    """Of the columns `_HEALTH_COLUMNS`."""
    return SourceHealth(
        source,
        SourceState(state),
        from_ms(since_ms),
        from_optional_ms(last_attempt_ms),
        from_optional_ms(last_success_ms),
        from_optional_ms(data_time_ms),
        Failure.from_text(last_error) if last_error else None,
        consecutive_failures,
        accepted_count,
        rejected_count,
        fingerprint,
        failures_from_text(drift),
        from_optional_ms(drift_since_ms),
        duplicate_count,
        failures_from_text(last_drift),
    )


_CURRENT = UnchangedRows("source_current", _health)


def _failures_to_text(failures: Iterable[Failure]) -> str:
    return "\n".join(failure.to_text() for failure in failures)


def failures_from_text(text: str) -> tuple[Failure, ...]:
    """The failures of a column of them."""
    return tuple(map(Failure.from_text, text.split("\n") if text else ()))
