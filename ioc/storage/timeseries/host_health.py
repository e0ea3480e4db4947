"""How the machine was: what stands now, and the log of what was known when; and which backups were made."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from ioc.domain.base.host_health import Condition, Part
from ioc.domain.base.times import from_ms, to_ms, when
from ioc.domain.kpis.kpi import Severity
from ioc.storage.db import change_counter, current_and_log
from ioc.storage.db.schema import backup_made, config_log, machine_log, machine_now


def record(conn: Connection, conditions: Iterable[Condition], now: datetime) -> int:
    """Logs those that are otherwise than they stood; the store moves only then. How many rows that were."""
    held = {one.key: one for one in current(conn)}
    found = [_since(one, held.get(one.key)) for one in conditions]
    moved = [one for one in found if held.get(one.key) != one]
    if moved:
        known = to_ms(change_counter.bump(conn, {"machine"}, now))
        current_and_log.append(conn, machine_now, machine_log, [_row(one, known) for one in moved])
    return len(moved)


def current(conn: Connection, at: datetime | None = None) -> tuple[Condition, ...]:
    """As they stand, or as they were known at `at`; in the order of their keys."""
    if at is None:
        rows = list(current_and_log.standing(conn, machine_now).values())
    else:
        rows = current_and_log.as_known(conn, machine_now, machine_log, to_ms(at))
    return tuple(_condition(row) for row in sorted(rows, key=lambda row: str(row["key"])))


def note_backup(conn: Connection, at: datetime, size: int, digest: str) -> None:
    """A backup was made of the store as it was `at`; `digest`: SHA-256 of its file, or of its list of members."""
    conn.execute(backup_made.insert(), {"at_ms": to_ms(at), "size": size, "digest": digest})


def newest_backup(conn: Connection) -> datetime | None:
    """The moment of the newest one, None when there was none."""
    found = conn.execute(select(func.max(backup_made.c.at_ms))).scalar()
    return when(found)


def born(conn: Connection) -> datetime | None:
    """When the store was begun: with its first configuration."""
    found = conn.execute(select(func.min(config_log.c.known_ms))).scalar()
    return when(found)


def _since(one: Condition, held: Condition | None) -> Condition:
    return replace(one, since=held.since) if held and held.same(one) else one


def _row(one: Condition, known: int) -> current_and_log.Row:
    return {
        "key": one.key, "known_ms": known, "part": one.part.value, "severity": one.severity.value,
        "since_ms": to_ms(one.since), "value": one.value, "share": one.share, "about": one.about, "why": one.why,
    }  # fmt: skip


def _condition(row: current_and_log.Row) -> Condition:
    return Condition(
        Part(row["part"]), Severity(row["severity"]), from_ms(row["since_ms"]), row["value"], row["share"],
        row["about"], row["why"],
    )  # fmt: skip
