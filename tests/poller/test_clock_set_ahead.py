"""A clock that was set far ahead deletes no readings and no audit entries until the program has run by it."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from ioc.auth.access_sweep import sweep_by_settled_clock
from ioc.auth.audit_log import NewAuditEntry, write
from ioc.config.configuration import RetentionPolicy
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import to_ms
from ioc.poller.service import PollingService
from ioc.storage import clock_evidence
from ioc.storage.access import accounts
from ioc.storage.access.schema import audit_entry
from ioc.storage.db.schema import reading
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.auth.site import Clock
from tests.poller.running import FakeHttpClients, configured, poll_source
from tests.storage.expected_store import START, make_readings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEARS = timedelta(days=4000)


def count(store: Store, table: object) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def read_hourly(store: Store, begin: datetime, hours: int) -> None:
    """A reading an hour, as a running program stores them."""
    after = (begin - START).total_seconds()
    with store.write() as conn:
        readings.append(conn, "a", make_readings("a-level", [(after + n * 3600.0, 1.0) for n in range(hours)]), begin)


def test_readings_are_deleted_by_a_clock_that_has_settled_only(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    clock.now = START + 10 * DAY
    configuration = replace(
        configured(poll_source("a")), retention={"normal": RetentionPolicy(3, 5)}
    )  # fmt: skip
    service = PollingService(store, configuration, {}, cast(Any, FakeHttpClients()), clock, id_key=b"key")
    read_hourly(store, START, 10 * 24)
    stored = count(store, reading)
    clock.now += YEARS
    assert not service.sweep_batch()
    read_hourly(store, clock.now, 6)  # it goes on by the wrong clock
    clock.now += HOUR
    assert not service.sweep_batch()
    assert count(store, reading) == stored + 6
    clock.now -= YEARS + HOUR  # set right
    service.sweep_batch()
    assert 3 * 24 <= count(store, reading) <= 3 * 24 + 8
    clock.now += YEARS + 2 * DAY  # nobody has set it right: it counts once the program has run by it
    service.sweep_batch()
    assert count(store, reading) <= 6
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]  # a new installation is no fault


def test_audit_entries_and_accounts_outlast_a_clock_that_was_set_ahead(store: Store) -> None:
    clock, policy = Clock(), AccessPolicy()
    with store.write() as conn:
        assert accounts.add(conn, "an", clock.now) and accounts.add(conn, "binh", clock.now)
        write(conn, NewAuditEntry("", PrincipalKind.SHELL, "account-added", "an"), clock.now)
    entries = count(store, audit_entry)
    clock.now += YEARS
    assert not sweep_by_settled_clock(store, clock, policy)
    with store.read() as conn:
        assert count(store, audit_entry) == entries
        assert not any(account.disabled_at for account in accounts.list_all(conn))
    with store.write() as conn:
        write(conn, NewAuditEntry("", PrincipalKind.SHELL, "account-added", "c"), clock.now)
    clock.now += DAY
    assert sweep_by_settled_clock(store, clock, policy)
    with store.read() as conn:
        assert any(account.disabled_at for account in accounts.list_all(conn))
        old = audit_entry.c.at_ms < to_ms(clock.now - 2 * DAY)
        assert not conn.execute(select(audit_entry.c.id).where(old)).all()


def test_the_program_has_run_by_a_clock_that_shows_a_day_after_its_readings_or_entries(store: Store) -> None:
    with store.write() as conn:
        readings.declare_series(conn, configured(poll_source("a")).sources)
    read_hourly(store, START, 3)
    shown = {timedelta(0): False, 23 * HOUR: False, 27 * HOUR: True, 3 * DAY: True, 5 * DAY: False, YEARS: False}
    with store.read() as conn:
        assert {after: clock_evidence.has_run_by(conn, START + after) for after in shown} == shown
