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
from ioc.domain.base.host_health import Condition, Part
from ioc.domain.base.times import Clock
from ioc.domain.ingest.dropped import Way
from ioc.poller.writer import Writer
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.timeseries import drop_counters
from ioc.storage.timeseries import host_health as kept

log = logging.getLogger("ioc.machine")

LOOK_SECONDS = 60
_TOLD_FOR = timedelta(hours=1)  # how long a leap of the clock is told
_LEAP = 5.0  # seconds between two looks that no steering of a clock explains


class Observed(Protocol):
    """What the answers of sources tell of clocks and certificates: data_sources._http.peer_clock."""

    @property
    def certificates(self) -> Mapping[str, datetime]: ...

    def clocks(self, now: datetime) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class Place:
    """`data`: whose disk is looked at. `certificate`: when that of the proxy before us ends; None: there is none.

    It says None when it cannot be read. `usage` and `steady` are the machine's own, but in tests.
    """

    data: Path
    certificate: Callable[[], datetime | None] | None = None
    usage: Callable[[Path], Any] = shutil.disk_usage
    # Runs on while the machine sleeps, where there is such a clock.
    steady: Callable[[], float] = field(
        default=lambda: time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    )


class Machine:
    """Looks, and logs what is otherwise than before."""

    def __init__(
        self, store: Store, configuration: Configuration, clock: Clock, place: Place, observed: Observed
    ) -> None:
        self._store, self._configuration, self._clock = store, configuration, clock
        self._place, self._observed = place, observed
        self._before: tuple[float, float] | None = None
        self._leap: tuple[datetime, float] | None = None

    async def look(self, writer: Writer) -> None:
        """Once, on the writer's thread between two commits. What cannot be written now is found again later."""
        with contextlib.suppress(StoreError):
            await writer.do(self.record)

    def record(self) -> int:
        """Look and log; how many conditions moved."""
        now = self._clock()
        with self._store.read() as conn:
            found = list(self._found(conn, now))
        with self._store.write() as conn:
            return kept.record(conn, found, now)

    def _found(self, conn: Conn, now: datetime) -> Iterator[Condition]:
        try:
            usage = self._place.usage(self._place.data)
            yield host_health.disk(usage.free, usage.total, now)
        except OSError as error:
            log.warning("the disk cannot be measured: %s", error.strerror)
        known = change_counter.read(conn).known_at
        behind = (known - now).total_seconds() if known else 0.0
        yield host_health.clock(self._observed.clocks(now), self._leapt(now), behind, now)
        if self._place.certificate:
            yield host_health.certificate(self._place.certificate(), now)
        asked = {one.key for one in self._configuration.sources if one.enabled}
        for source, until in dict(self._observed.certificates).items():
            yield host_health.tls(source, until, now)
        yield host_health.writing(drop_counters.current(conn, Way.SHED).values(), now)
        yield host_health.backup(kept.newest_backup(conn), kept.born(conn), self._configuration.backup_every, now)
        yield from (host_health.gone(one, now) for one in kept.current(conn) if not one.gone and self._left(one, asked))

    def _left(self, one: Condition, asked: set[str]) -> bool:
        """Whether `one` is about something that is no more; a certificate that was not seen yet still stands."""
        if one.part is Part.CERTIFICATE:
            return self._place.certificate is None
        return one.part is Part.TLS and one.about not in asked

    def _leapt(self, now: datetime) -> float:
        """By how many seconds the clock leapt of late, 0 when it did not."""
        wall, steady = now.timestamp(), self._place.steady()
        if self._before is not None:
            leap = (wall - self._before[0]) - (steady - self._before[1])
            if abs(leap) > _LEAP:
                self._leap = (now, leap)
        self._before = (wall, steady)
        if self._leap is None or abs(now - self._leap[0]) > _TOLD_FOR:
            return 0.0
        return self._leap[1]
