"""The health of sources: what stands now, and the log of what was shown.

The times of a healthy source move at every poll. What stands is exact; the log takes a row when anything but its times
changed, or when a time moved on by a minute, so that it stays small: a past view shows these times to the minute.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.storage.db import current_and_log
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import source_current, source_log

_TIMES = ("last_attempt_ms", "last_success_ms", "data_time_ms")
_LOG_STEP_MS = 60_000
_HEALTH_COLUMNS = [one for one in source_current.c if one.name != "known_ms"]


def record(conn: Connection, healths: Iterable[SourceHealth], known_at: datetime) -> int:
    """Keeps the health of each source as it is now; how many rows the log took."""
    given = list(healths)
    held, standing, rows = current_and_log.current_rows(conn, source_current, [one.source for one in given]), [], []
    for health in given:
        before = held.get((health.source,))
        row = _row(health, max(to_ms(known_at), before["known_ms"] if before else 0))
        if before is None or _differs(before, row):
            rows.append(row)
        else:
            row["known_ms"] = before["known_ms"]
        standing.append(row)
    current_and_log.append(conn, source_current, source_log, rows)
    upsert(conn, source_current, standing)
    return len(rows)


def current(conn: Connection, at: datetime | None = None) -> dict[str, SourceHealth]:
    """The health by source as known now, or as it was logged by `at`."""
    if at is None:
        return {row[0]: _health(*row) for row in conn.execute(select(*_HEALTH_COLUMNS))}
    known = current_and_log.rows_known_at(conn, source_current, source_log, to_ms(at))
    return {row["source"]: _health(*(row[one.name] for one in _HEALTH_COLUMNS)) for row in known}


def _differs(before: current_and_log.LogRow, row: current_and_log.LogRow) -> bool:
    """`before` stands since its known_ms, when the log took it."""
    if any(before[name] != row[name] for name in row if name not in (*_TIMES, "known_ms")):
        return True
    moved = any(before[name] != row[name] for name in _TIMES)
    return moved and row["known_ms"] - before["known_ms"] >= _LOG_STEP_MS


def _row(health: SourceHealth, known: int) -> current_and_log.LogRow:
    return {
        "source": health.source,
        "known_ms": known,
        "state": health.state.value,
        "since_ms": to_ms(health.since),
        "last_attempt_ms": _ms(health.last_attempt),
        "last_success_ms": _ms(health.last_success),
        "data_time_ms": _ms(health.data_time),
        "last_error": health.last_error.to_text() if health.last_error else "",
        "consecutive_failures": health.failures,
        "accepted_count": health.accepted_count,
        "rejected_count": health.rejected_count,
        "config_fingerprint": health.fingerprint,
        "drift": _failures_to_text(health.drift),
        "drift_since_ms": _ms(health.drift_since),
        "duplicate_count": health.duplicate_count,
        "last_drift": _failures_to_text(health.last_drift),
    }


@lru_cache(maxsize=2048)
def _health(
    source: str,
    state: str,
    since: int,
    last_try: int | None,
    last_good: int | None,
    data: int | None,
    last_error: str,
    failures: int,
    kept: int,
    refused: int,
    fingerprint: str,
    surprise: str,
    surprised: int | None,
    repeated: int,
    last_surprise: str,
) -> SourceHealth:
    """Of a row's columns as in `_STANDING`. Remembered: most sources stand still between two looks."""
    return SourceHealth(
        source,
        SourceState(state),
        from_ms(since),
        from_optional_ms(last_try),
        from_optional_ms(last_good),
        from_optional_ms(data),
        Failure.from_text(last_error) if last_error else None,
        failures,
        kept,
        refused,
        fingerprint,
        _failures_from_text(surprise),
        from_optional_ms(surprised),
        repeated,
        _failures_from_text(last_surprise),
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _failures_to_text(failures: Iterable[Failure]) -> str:
    return "\n".join(failure.to_text() for failure in failures)


def _failures_from_text(text: str) -> tuple[Failure, ...]:
    return tuple(map(Failure.from_text, text.split("\n") if text else ()))
