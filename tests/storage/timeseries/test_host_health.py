"""Host health: current conditions, past views, and only changes are logged."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.kpis.kpi import Severity
from ioc.storage import config_log
from ioc.storage.db import change_counter
from ioc.storage.db.schema import host_health_log
from ioc.storage.db.store import Store
from ioc.storage.timeseries import host_health
from tests.storage.expected_store import START

MINUTE = timedelta(minutes=1)
DISK = HostCondition(HostComponent.DISK, Severity.NORMAL, START, 50.0, 40.0)
TLS = HostCondition(HostComponent.TLS, Severity.ATTENTION, START, 5.0, subject="s", reason=ConditionReason.EXPIRING)


def test_only_changed_conditions_are_logged_and_bump_the_counter(store: Store) -> None:
    with store.write() as conn:
        assert host_health.record(conn, [DISK, TLS], START) == 2
        before = change_counter.read(conn)
        assert host_health.record(conn, [replace(DISK, since=START + MINUTE), TLS], START + MINUTE) == 0
        assert change_counter.read(conn) == before
        assert host_health.record(conn, [replace(DISK, value=49.0, since=START + MINUTE)], START + MINUTE) == 1
        assert change_counter.read(conn).topics["host_health"] == 2
        assert conn.execute(select(func.count()).select_from(host_health_log)).scalar() == 3


def test_since_stays_while_the_state_does_and_the_past_shows_the_old_state(store: Store) -> None:
    low = replace(
        DISK, severity=Severity.CRITICAL, value=0.4, free_percent=1.0, reason=ConditionReason.LOW, since=START + MINUTE
    )
    with store.write() as conn:
        host_health.record(conn, [DISK], START)
        host_health.record(conn, [low], START + MINUTE)
        host_health.record(conn, [replace(low, value=0.3, since=START + 2 * MINUTE)], START + 2 * MINUTE)
    with store.read() as conn:
        assert host_health.current(conn) == (replace(low, value=0.3),)
        assert host_health.current(conn, START + MINUTE) == (low,)
        assert host_health.current(conn, START) == (DISK,) and host_health.current(conn, START - MINUTE) == ()


def test_newest_backup_and_creation_of_the_store(store: Store) -> None:
    with store.write() as conn:
        assert host_health.newest_backup(conn) is None and host_health.store_created_at(conn) is None
        config_log.record(conn, "{}", START)
        for n in (2, 1):
            host_health.record_backup(conn, START + n * MINUTE, 10, "ab")
        assert host_health.newest_backup(conn) == START + 2 * MINUTE and host_health.store_created_at(conn) == START
