"""The host is monitored: its disk, jumps of its clock, certificates, backups; obsolete conditions are retired."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ioc.domain.base.disk_space import DiskSpace
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import HostCondition
from ioc.domain.directives.webhook import Webhook, WebhookCode, WebhookState
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import AttentionKind
from ioc.poller.host_monitor import HostMonitor, HostProbes
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.directives import webhooks
from ioc.storage.timeseries import host_health as host_health_store
from tests.city import source
from tests.conftest import empty_store
from tests.poller.running import configured

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Host:
    """All that is measured, as the test sets it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.now, self.monotonic = store, NOW, 1000.0
        self.disk, self.clocks = DiskSpace(5 * 10**10, 10**11), dict[str, float]()
        self.certificates: dict[str, datetime] = {}
        self.configuration = configured(replace(source(), key="a"))
        self.folder = self.temporary = folder
        self.temporary_disk = DiskSpace(5 * 10**8, 10**9)

    def monitor(self, certificate: Callable[[], datetime | None] | None = None) -> HostMonitor:
        probes = HostProbes(self.folder, certificate, self._disk_space, self.temporary, lambda: self.monotonic)
        peers = SimpleNamespace(certificate_expiries=self.certificates, clock_offsets=lambda _: self.clocks)
        return HostMonitor(self.store, self.configuration, lambda: self.now, probes, cast(Any, peers))

    def _disk_space(self, path: Path) -> DiskSpace:
        return self.disk if path == self.folder else self.temporary_disk

    def passes(self, seconds: float, jump: float = 0) -> None:
        self.now += timedelta(seconds=seconds + jump)
        self.monotonic += seconds

    def conditions(self) -> dict[str, HostCondition]:
        with self.store.read() as conn:
            return {condition.key: condition for condition in host_health_store.current(conn)}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with closing(empty_store(tmp_path)) as store:
        yield Host(store, tmp_path)


def test_a_healthy_host_is_recorded_once_while_nothing_changes(host: Host) -> None:
    monitor = host.monitor()
    assert monitor.record() == 4
    assert {condition.severity for condition in host.conditions().values()} == {Severity.NORMAL}
    for _ in range(3):
        host.passes(60)
        assert monitor.record() == 0


def test_a_full_disk_needs_attention_and_a_past_snapshot_still_shows_it(host: Host) -> None:
    monitor = host.monitor()
    monitor.record()
    host.disk = DiskSpace(10**9, 10**11)
    host.passes(60)
    monitor.record()
    full = host.now
    host.disk = DiskSpace(6 * 10**10, 10**11)
    host.passes(60)
    monitor.record()
    reads = SnapshotCache(host.store, host.configuration, lambda: host.now)
    assert not [item for item in reads.snapshot().attention if item.kind is AttentionKind.HOST]
    (disk,) = [item for item in reads.at(full).attention if item.kind is AttentionKind.HOST]
    assert (disk.key, disk.severity, disk.since) == ("disk", Severity.CRITICAL, full)


def test_a_disk_that_filled_at_once_is_shown_while_nobody_can_record_it(host: Host) -> None:
    host.monitor().record()
    with host.store.write() as conn:
        change_counter.record_heartbeat(conn, host.now)

    def disk_items() -> list[Severity]:
        reads = SnapshotCache(host.store, host.configuration, lambda: host.now, lambda: host.disk)
        return [item.severity for item in reads.snapshot().attention if item.key == "disk"]

    host.disk = DiskSpace(0, 10**11)
    assert disk_items() == [], "the poller works, and will record it"
    host.passes(6)
    assert disk_items() == [Severity.CRITICAL]
    assert len([key for key in host.conditions() if key == "disk"]) == 1
    host.disk = DiskSpace(5 * 10**10, 10**11)
    assert disk_items() == [], "the poller stands still for another reason"


def test_a_disk_of_temporary_files_is_listed_while_it_is_short(host: Host) -> None:
    assert host.monitor().record() == 4
    host.temporary = Path("/proc")  # of another disk
    for free, total in ((5 * 10**8, 10**9), (0, 0)):
        host.temporary_disk = DiskSpace(free, total)
        host.passes(60)
        assert host.monitor().record() == 0, "half of it is free, or it has no limit"
    host.temporary_disk = DiskSpace(0, 10**9)
    host.passes(60)
    assert host.monitor().record() == 1 and host.conditions()["temporary_disk"].severity is Severity.CRITICAL
    host.temporary = host.folder / "gone"
    host.passes(60)
    assert host.monitor().record() == 1 and host.conditions()["temporary_disk"].is_retired


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_jump_of_the_clock_is_reported_for_an_hour(host: Host, jump: float) -> None:
    monitor = host.monitor()
    monitor.record()
    host.passes(60, jump)
    monitor.record()
    assert host.conditions()["clock"].reason == ("jumped" if jump > 0 else "behind")
    host.passes(3700 if jump > 0 else 3601)
    monitor.record()
    assert host.conditions()["clock"].reason == ""


def test_a_clock_behind_the_last_commit_is_reported(host: Host) -> None:
    with host.store.write() as conn:
        change_counter.bump(conn, {"readings"}, NOW + timedelta(hours=2))
    host.monitor().record()
    assert (host.conditions()["clock"].reason, host.conditions()["clock"].value) == ("behind", -7200)


def test_the_clock_is_compared_with_those_of_the_sources(host: Host) -> None:
    host.clocks.update({"a.example": 61.0, "b.example": 58.0, "c.example": 60.0})
    host.monitor().record()
    assert (host.conditions()["clock"].reason, host.conditions()["clock"].value) == ("off", 60)


def test_certificates_are_reported_and_retired_with_their_source(host: Host) -> None:
    host.certificates["a"] = NOW + timedelta(days=3)
    host.monitor(lambda: None).record()
    assert host.conditions()["tls-a"].reason == "ends" and host.conditions()["certificate"].reason == "unreadable"
    host.certificates.clear()  # as after a restart: the condition stays until the certificate is read again
    host.monitor().record()
    assert host.conditions()["tls-a"].reason == "ends" and host.conditions()["certificate"].is_retired
    host.configuration = configured(replace(source(), key="b"))
    assert host.monitor().record() == 1 and host.conditions()["tls-a"].is_retired
    assert host.monitor().record() == 0


def test_an_overdue_backup_is_reported(host: Host) -> None:
    host.configuration = replace(host.configuration, backup_every=timedelta(hours=1))
    monitor = host.monitor()
    with host.store.write() as conn:
        host_health_store.record_backup(conn, NOW - timedelta(hours=3), 10, "ab")
    monitor.record()
    assert host.conditions()["backup"].reason == "old"
    with host.store.write() as conn:
        host_health_store.record_backup(conn, NOW, 10, "ab")
    monitor.record()
    assert host.conditions()["backup"].reason == ""


def test_a_disk_that_cannot_be_measured_hides_no_other_condition(host: Host) -> None:
    probes = HostProbes(host.folder / "gone", None, monotonic_clock=lambda: 0.0)
    peers = cast(Any, SimpleNamespace(certificate_expiries={}, clock_offsets=lambda _: {}))
    assert HostMonitor(host.store, host.configuration, lambda: NOW, probes, peers).record() == 3


def test_webhook_that_fails_for_minutes_needs_attention_until_it_is_taken_or_no_longer_configured(host: Host) -> None:
    target = Webhook("qlvb", "https://qlvb.example/nhan", "SECRET")
    host.configuration = replace(host.configuration, webhooks={"qlvb": target})
    monitor, broken = host.monitor(), WebhookState(7).after_failure(Failure(WebhookCode.REFUSED, {"status": 500}), NOW)

    def told(system: str, state: WebhookState) -> None:
        with host.store.write() as conn:
            webhooks.begin(conn, system, 0)
            assert webhooks.take_turn(conn, system, "x", host.now) and webhooks.put_state(conn, system, "x", state)

    def shown() -> list[str]:
        monitor.record()
        city = SnapshotCache(host.store, host.configuration, lambda: host.now).snapshot()
        return [item.key for item in city.attention if item.kind is AttentionKind.HOST]

    told("qlvb", broken)
    told("cũ", broken)  # of a row that is configured no more
    assert shown() == []
    host.passes(301)
    assert shown() == ["webhook-qlvb"] and host.conditions()["webhook-qlvb"].since == NOW
    told("qlvb", broken.after_failure(Failure(WebhookCode.KEY_MISSING), host.now))  # its time begins anew
    host.passes(60)
    assert shown() == ["webhook-qlvb"]
    told("qlvb", broken.after_success(8, 8, host.now))
    host.passes(60)
    assert shown() == [] and host.conditions()["webhook-qlvb"].is_retired
