"""The host is measured each minute: disk, clock, certificates, backups, tasks, webhooks. Only changes are logged."""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from ioc.config.configuration import Configuration
from ioc.domain.base import host_health
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.disk_space import DiskSpace, disk_space
from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import Clock
from ioc.domain.ingest.dropped import DropReason
from ioc.poller.writer import Writer
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.directives import webhooks
from ioc.storage.timeseries import drop_counters
from ioc.storage.timeseries import host_health as host_health_store

log = logging.getLogger("ioc.host_monitor")

CHECK_SECONDS = 60
_JUMP_REPORT_SPAN = timedelta(hours=1)  # how long a jump of the clock is reported
_LISTED_WHILE_FAILING = {HostComponent.BACKGROUND_TASK, HostComponent.WEBHOOK, HostComponent.TEMPORARY_DISK}
_JUMP_SECONDS = 5.0  # between two checks; a clock that is only steered moves by less


class PeerObservations(Protocol):
    """What the HTTP answers of sources show of their clocks and certificates: data_sources._http.peer_clock."""

    @property
    def certificate_expiries(self) -> Mapping[str, datetime]: ...

    def clock_offsets(self, now: datetime) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class HostProbes:
    """How the host is measured. The defaults measure the real host; tests replace them.

    `data_dir`: the directory whose disk is measured. `certificate_expiry`: when the certificate of the proxy expires,
    None when its file cannot be read; the probe itself is None where there is no proxy. `temporary_dir`: the directory
    of temporary files.
    """

    data_dir: Path
    certificate_expiry: Callable[[], datetime | None] | None = None
    disk_space: Callable[[Path], DiskSpace] = disk_space
    temporary_dir: Path = Path(os.environ.get("TMPDIR") or "/tmp")  # nosec B108 (it is only measured)
    # CLOCK_BOOTTIME, where there is one, also counts the time that the host sleeps.
    monotonic_clock: Callable[[], float] = field(
        default=lambda: time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    )


class HostMonitor:
    """Measures the host and records the conditions that changed."""

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        clock: Clock,
        probes: HostProbes,
        peers: PeerObservations,
        failing_tasks: Callable[[], Mapping[str, datetime]] = dict,
    ) -> None:
        """`failing_tasks`: since when tasks beside the polls fail, by name."""
        self._store, self._configuration, self._clock = store, configuration, clock
        self._probes, self._peers, self._failing_tasks = probes, peers, failing_tasks
        self._last_clocks: tuple[float, float] | None = None
        self._last_jump: tuple[datetime, float] | None = None

    async def check(self, writer: Writer) -> None:
        """One check on the writer's thread, between two commits. A StoreError is ignored: the next check repeats it."""
        with contextlib.suppress(StoreError):
            await writer.run_in_writer(self.record)

    def record(self) -> int:
        """Measure and record; returns how many conditions changed."""
        now = self._clock()
        with self._store.read() as conn:
            conditions = list(self._measure(conn, now))
        with self._store.write() as conn:
            return host_health_store.record(conn, conditions, now)

    def _measure(self, conn: Conn, now: datetime) -> Iterator[HostCondition]:
        try:
            yield host_health.disk_condition(self._probes.disk_space(self._probes.data_dir), now)
        except OSError as error:
            log.warning("the disk cannot be measured: %s", error.strerror)
        last_commit = change_counter.read(conn).known_at
        behind = (last_commit - now).total_seconds() if last_commit else 0.0
        yield host_health.clock_condition(self._peers.clock_offsets(now), self._clock_jump(now), behind, now)
        if self._probes.certificate_expiry:
            yield host_health.certificate_condition(self._probes.certificate_expiry(), now)
        enabled = {source.key for source in self._configuration.sources if source.is_enabled}
        for source, expires in dict(self._peers.certificate_expiries).items():
            yield host_health.tls_condition(source, expires, now)
        yield host_health.writing_condition(drop_counters.current(conn, DropReason.SHED).values(), now)
        yield host_health.backup_condition(
            host_health_store.newest_backup(conn),
            host_health_store.store_created_at(conn),
            self._configuration.backup_every,
            now,
        )
        failing = list(self._failing(conn, now))
        yield from failing
        failing_keys = {condition.key for condition in failing}
        yield from (
            host_health.retire(condition, now)
            for condition in host_health_store.current(conn)
            if not condition.is_retired and self._is_obsolete(condition, enabled, failing_keys)
        )

    def _failing(self, conn: Conn, now: datetime) -> Iterator[HostCondition]:
        """What is listed only while it fails."""
        for name, since in self._failing_tasks().items():
            yield host_health.background_task_condition(name, since)
        for system, since in self._failing_webhooks(conn, now).items():
            yield host_health.webhook_condition(system, since)
        with contextlib.suppress(OSError):
            folder, data = self._probes.temporary_dir, self._probes.data_dir
            space = self._probes.disk_space(folder)
            if folder.stat().st_dev != data.stat().st_dev and space.total:  # 0: without a limit
                condition = host_health.disk_condition(space, now, HostComponent.TEMPORARY_DISK, reserve_gb=0)
                if condition.severity is not Severity.NORMAL:
                    yield condition

    def _failing_webhooks(self, conn: Conn, now: datetime) -> dict[str, datetime]:
        """Since when acts do not reach systems of the configuration, for longer than WEBHOOK_GRACE.

        One that was reported stays until an act is taken, also when the reason changes and its time begins anew.
        """
        if not (configured := self._configuration.webhooks):
            return {}
        states = webhooks.states(conn, configured).items()
        since = {system: state.failing_since for system, state in states if state.failing_since}
        reported = {
            condition.subject
            for condition in host_health_store.current(conn)
            if condition.component is HostComponent.WEBHOOK and not condition.is_retired
        }
        return {
            system: at for system, at in since.items() if system in reported or now - at >= host_health.WEBHOOK_GRACE
        }

    def _is_obsolete(self, condition: HostCondition, enabled_sources: set[str], failing_keys: set[str]) -> bool:
        """Whether its subject is gone. After a restart a certificate that was not seen again yet is not obsolete."""
        if condition.component is HostComponent.CERTIFICATE:
            return self._probes.certificate_expiry is None
        if condition.component in _LISTED_WHILE_FAILING:
            return condition.key not in failing_keys
        return condition.component is HostComponent.TLS and condition.subject not in enabled_sources

    def _clock_jump(self, now: datetime) -> float:
        """By how many seconds the clock jumped within the last hour, 0 when it did not."""
        wall, monotonic = now.timestamp(), self._probes.monotonic_clock()
        if self._last_clocks is not None:
            jump = (wall - self._last_clocks[0]) - (monotonic - self._last_clocks[1])
            if abs(jump) > _JUMP_SECONDS:
                self._last_jump = (now, jump)
        self._last_clocks = (wall, monotonic)
        if self._last_jump is None or not is_within(_JUMP_REPORT_SPAN, self._last_jump[0], now, CLOCK_TOLERANCE):
            return 0.0
        return self._last_jump[1]
