"""How the machine was: what stands now, and the log of what was known when; and which backups were made."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.domain.kpis.kpi import Severity
from ioc.storage.db import change_counter, current_and_log
from ioc.storage.db.schema import backup_log, config_log, host_health_current, host_health_log


def record(conn: Connection, conditions: Iterable[HostCondition], now: datetime) -> int:
    """Logs those that are otherwise than they stood; the store moves only then. How many rows that were."""
    held = {one.key: one for one in current(conn)}
    found = [_with_since(one, held.get(one.key)) for one in conditions]
    moved = [one for one in found if held.get(one.key) != one]
    if moved:
        known = to_ms(change_counter.bump(conn, {"host_health"}, now))
        current_and_log.append(conn, host_health_current, host_health_log, [_row(one, known) for one in moved])
    return len(moved)


def current(conn: Connection, at: datetime | None = None) -> tuple[HostCondition, ...]:
    """As they stand, or as they were known at `at`; in the order of their keys."""
    if at is None:
        rows = list(current_and_log.current_rows(conn, host_health_current).values())
    else:
        rows = current_and_log.rows_known_at(conn, host_health_current, host_health_log, to_ms(at))
    return tuple(_condition(row) for row in sorted(rows, key=lambda row: str(row["key"])))


def record_backup(conn: Connection, at: datetime, size: int, digest: str) -> None:
    """A backup was made of the store as it was `at`; `digest`: SHA-256 of its file, or of its list of members."""
    conn.execute(backup_log.insert(), {"at_ms": to_ms(at), "size": size, "digest": digest})


def newest_backup(conn: Connection) -> datetime | None:
    """The moment of the newest one, None when there was none."""
    found = conn.execute(select(func.max(backup_log.c.at_ms))).scalar()
    return from_optional_ms(found)


def store_created_at(conn: Connection) -> datetime | None:
    """When the store was begun: with its first configuration."""
    found = conn.execute(select(func.min(config_log.c.known_ms))).scalar()
    return from_optional_ms(found)


def _with_since(condition: HostCondition, previous: HostCondition | None) -> HostCondition:
    return replace(condition, since=previous.since) if previous and previous.is_same_state(condition) else condition


def _row(condition: HostCondition, known: int) -> current_and_log.LogRow:
    return {
        "key": condition.key,
        "known_ms": known,
        "component": condition.component.value,
        "severity": condition.severity.value,
        "since_ms": to_ms(condition.since),
        "value": condition.value,
        "free_percent": condition.free_percent,
        "subject": condition.subject,
        "reason": condition.reason,
    }


def _condition(row: current_and_log.LogRow) -> HostCondition:
    return HostCondition(
        HostComponent(row["component"]), Severity(row["severity"]), from_ms(row["since_ms"]), row["value"],
        row["free_percent"], row["subject"], row["reason"],
    )  # fmt: skip
