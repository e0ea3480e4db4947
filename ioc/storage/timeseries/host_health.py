"""Host health: the current conditions and their log; and when backups were made."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.domain.kpis.kpi import Severity
from ioc.storage.db import change_counter, current_and_log
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.schema import backup_log, config_log, host_health_current, host_health_log


def record(conn: Connection, conditions: Iterable[HostCondition], now: datetime) -> int:
    """Logs the conditions that differ from the current ones, and bumps "host_health" if any does; returns how many."""
    stored = {condition.key: condition for condition in current(conn)}
    reported = [_with_since(condition, stored.get(condition.key)) for condition in conditions]
    changed = [condition for condition in reported if stored.get(condition.key) != condition]
    if changed:
        known = to_ms(change_counter.bump_measured(conn, {"host_health"}, now))
        rows = [_row(condition, known) for condition in changed]
        current_and_log.append(conn, host_health_current, host_health_log, rows)
    return len(changed)


def current(conn: Connection, at: datetime | None = None) -> tuple[HostCondition, ...]:
    """The conditions now, or as they were known at `at`; ordered by key."""
    if at is None:
        rows = list(current_and_log.current_rows(conn, host_health_current).values())
    else:
        rows = current_and_log.rows_known_at(conn, host_health_current, host_health_log, to_ms(at))
    ordered = sorted(rows, key=lambda row: str(row["key"]))
    return tuple(readable("host_health_current", _condition, ordered))


def record_backup(conn: Connection, at: datetime, size: int, digest: str) -> None:
    """Notes a backup of the store as of `at`. `size`: of the file in bytes; `digest`: its SHA-256."""
    conn.execute(backup_log.insert(), {"at_ms": to_ms(at), "size": size, "digest": digest})


def newest_backup(conn: Connection) -> datetime | None:
    """The moment that the newest backup shows; None when there was none."""
    return from_optional_ms(conn.execute(select(func.max(backup_log.c.at_ms))).scalar())


def store_created_at(conn: Connection) -> datetime | None:
    """When the first configuration was logged; None before."""
    return from_optional_ms(conn.execute(select(func.min(config_log.c.known_ms))).scalar())


def _with_since(condition: HostCondition, previous: HostCondition | None) -> HostCondition:
    return replace(condition, since=previous.since) if previous and previous.is_same_state(condition) else condition


def _row(condition: HostCondition, known: int) -> LogRow:
    return {
        "key": condition.key,
        "known_ms": known,
        "component": condition.component.value,
        "severity": condition.severity.value,
        "since_ms": to_ms(condition.since),
        "value": condition.value,
        "free_percent": condition.free_percent,
        "subject": condition.subject,
        "reason": condition.reason.value,
    }


def _condition(row: LogRow) -> HostCondition:
    return HostCondition(
        HostComponent(row["component"]), Severity(row["severity"]), from_ms(row["since_ms"]), row["value"],
        row["free_percent"], row["subject"], ConditionReason(row["reason"]),
    )  # fmt: skip
