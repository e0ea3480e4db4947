"""The health of sources: what stands now, and the log of what was shown.

The times of a healthy source move at every poll. What stands is exact; the log takes a row when anything but its times
changed, or when a time moved on by a minute, so that it stays small: a past view shows these times to the minute.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.domain.ingest.health import Health, SourceState
from ioc.storage.db import current_and_log
from ioc.storage.db.dialect import put
from ioc.storage.db.schema import source_log, source_now

_TIMES = ("last_try_ms", "last_good_ms", "data_ms")
_STEP = 60_000
_STANDING = [one for one in source_now.c if one.name != "known_ms"]


def record(conn: Connection, healths: Iterable[Health], known_at: datetime) -> int:
    """Keeps the health of each source as it is now; how many rows the log took."""
    given = list(healths)
    held, standing, rows = current_and_log.standing(conn, source_now, [one.source for one in given]), [], []
    for health in given:
        before = held.get((health.source,))
        row = _row(health, max(to_ms(known_at), before["known_ms"] if before else 0))
        if before is None or _differs(before, row):
            rows.append(row)
        else:
            row["known_ms"] = before["known_ms"]
        standing.append(row)
    current_and_log.append(conn, source_now, source_log, rows)
    put(conn, source_now, standing)
    return len(rows)


def current(conn: Connection, at: datetime | None = None) -> dict[str, Health]:
    """The health by source as known now, or as it was logged by `at`."""
    if at is None:
        return {row[0]: _health(*row) for row in conn.execute(select(*_STANDING))}
    known = current_and_log.as_known(conn, source_now, source_log, to_ms(at))
    return {row["source"]: _health(*(row[one.name] for one in _STANDING)) for row in known}


def _differs(before: current_and_log.Row, row: current_and_log.Row) -> bool:
    """`before` stands since its known_ms, when the log took it."""
    if any(before[name] != row[name] for name in row if name not in (*_TIMES, "known_ms")):
        return True
    moved = any(before[name] != row[name] for name in _TIMES)
    return moved and row["known_ms"] - before["known_ms"] >= _STEP


def _row(health: Health, known: int) -> current_and_log.Row:
    return {
        "source": health.source,
        "known_ms": known,
        "state": health.state.value,
        "since_ms": to_ms(health.since),
        "last_try_ms": _ms(health.last_try),
        "last_good_ms": _ms(health.last_good),
        "data_ms": _ms(health.data_time),
        "last_error": health.last_error,
        "failures": health.failures,
        "kept": health.kept,
        "refused": health.refused,
        "fingerprint": health.fingerprint,
        "surprise": health.surprise,
        "surprised_ms": _ms(health.surprised),
        "repeated": health.repeated,
        "last_surprise": health.last_surprise,
    }


@lru_cache(maxsize=2048)
def _health(
    source: str, state: str, since: int, last_try: int | None, last_good: int | None, data: int | None,
    last_error: str, failures: int, kept: int, refused: int, fingerprint: str,
    surprise: str, surprised: int | None, repeated: int, last_surprise: str,
) -> Health:  # fmt: skip
    """Of a row's columns as in `_STANDING`. Remembered: most sources stand still between two looks."""
    return Health(
        source, SourceState(state), from_ms(since), when(last_try), when(last_good), when(data),
        last_error, failures, kept, refused, fingerprint, surprise, when(surprised), repeated, last_surprise,
    )  # fmt: skip


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
