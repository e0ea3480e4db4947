"""The machine under the centre, looked at each minute beside the polls; what moved is logged with everything else."""

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ioc.config.configuration import Configuration
from ioc.domain.base import host_health
from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.base.times import Clock
from ioc.domain.ingest.dropped import DropReason
from ioc.poller.writer import Writer
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.timeseries import drop_counters
from ioc.storage.timeseries import host_health as kept

log = logging.getLogger("ioc.machine")

CHECK_SECONDS = 60
_JUMP_REPORT_SPAN = timedelta(hours=1)  # how long a leap of the clock is told
_JUMP_SECONDS = 5.0  # seconds between two looks that no steering of a clock explains


class PeerObservations(Protocol):
    """What the answers of sources tell of clocks and certificates: data_sources._http.peer_clock."""

    @property
    def certificate_expiries(self) -> Mapping[str, datetime]: ...

    def clock_offsets(self, now: datetime) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class HostProbes:
    """`data`: whose disk is looked at. `certificate`: when that of the proxy before us ends; None: there is none.

    It says None when it cannot be read. `usage` and `steady` are the machine's own, but in tests.
    """

    data_dir: Path
    certificate_expiry: Callable[[], datetime | None] | None = None
    disk_usage: Callable[[Path], Any] = shutil.disk_usage
    # Runs on while the machine sleeps, where there is such a clock.
    monotonic_clock: Callable[[], float] = field(
        default=lambda: time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    )


class HostMonitor:
    """Looks, and logs what is otherwise than before."""

    def __init__(
        self, store: Store, configuration: Configuration, clock: Clock, probes: HostProbes, peers: PeerObservations
    ) -> None:
        self._store, self._configuration, self._clock = store, configuration, clock
        self._probes, self._peers = probes, peers
        self._last_clocks: tuple[float, float] | None = None
        self._last_jump: tuple[datetime, float] | None = None

    async def check(self, writer: Writer) -> None:
        """Once, on the writer's thread between two commits. What cannot be written now is found again later."""
        with contextlib.suppress(StoreError):
            await writer.run_in_writer(self.record)

    def record(self) -> int:
        """Look and log; how many conditions moved."""
        now = self._clock()
        with self._store.read() as conn:
            found = list(self._measure(conn, now))
        with self._store.write() as conn:
            return kept.record(conn, found, now)

    def _measure(self, conn: Conn, now: datetime) -> Iterator[HostCondition]:
        try:
            usage = self._probes.disk_usage(self._probes.data_dir)
            yield host_health.disk_condition(usage.free, usage.total, now)
        except OSError as error:
            log.warning("the disk cannot be measured: %s", error.strerror)
        known = change_counter.read(conn).known_at
        behind = (known - now).total_seconds() if known else 0.0
        yield host_health.clock_condition(self._peers.clock_offsets(now), self._clock_jump(now), behind, now)
        if self._probes.certificate_expiry:
            yield host_health.certificate_condition(self._probes.certificate_expiry(), now)
        asked = {one.key for one in self._configuration.sources if one.is_enabled}
        for source, until in dict(self._peers.certificate_expiries).items():
            yield host_health.tls_condition(source, until, now)
        yield host_health.writing_condition(drop_counters.current(conn, DropReason.SHED).values(), now)
        yield host_health.backup_condition(
            kept.newest_backup(conn), kept.store_created_at(conn), self._configuration.backup_every, now
        )
        yield from (
            host_health.retire(one, now)
            for one in kept.current(conn)
            if not one.is_retired and self._is_obsolete(one, asked)
        )

    def _is_obsolete(self, one: HostCondition, asked: set[str]) -> bool:
        """Whether `one` is about something that is no more; a certificate that was not seen yet still stands."""
        if one.component is HostComponent.CERTIFICATE:
            return self._probes.certificate_expiry is None
        return one.component is HostComponent.TLS and one.subject not in asked

    def _clock_jump(self, now: datetime) -> float:
        """By how many seconds the clock leapt of late, 0 when it did not."""
        wall, steady = now.timestamp(), self._probes.monotonic_clock()
        if self._last_clocks is not None:
            leap = (wall - self._last_clocks[0]) - (steady - self._last_clocks[1])
            if abs(leap) > _JUMP_SECONDS:
                self._last_jump = (now, leap)
        self._last_clocks = (wall, steady)
        if self._last_jump is None or abs(now - self._last_jump[0]) > _JUMP_REPORT_SPAN:
            return 0.0
        return self._last_jump[1]
