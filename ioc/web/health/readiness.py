"""Whether current data can be shown, and why not."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from time import monotonic, sleep
from typing import Protocol

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.base.severity import Severity
from ioc.domain.base.system_errors import is_of_folder, system_failure
from ioc.domain.base.times import Clock, from_ms, to_ms
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.change_counter import HEARTBEAT_LIMIT
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.web.errors.store_failures import store_request_code

log = logging.getLogger("ioc.health")

SHARED_SECONDS = 1.0  # for which the result of a check of readiness answers whoever asks
_BEAT_CHECKS, _BEAT_CHECK_SECONDS = 3, 0.4  # together more than a beat, and less than an answer may take


class ReadinessCode(ErrorCode):
    """Why no current data can be shown. Texts: components/messages/errors/readiness.toml."""

    POLLER_NEVER_RAN = "readiness.poller_never_ran"
    HEARTBEAT_STALE = "readiness.heartbeat_stale"  # seconds: age of the poller's heartbeat
    HEARTBEAT_AHEAD = "readiness.heartbeat_ahead"  # seconds: by which the heartbeat lies in the future
    DISK_FULL = "readiness.disk_full"  # percent: free on the disk of the data
    DATA_NOT_WRITABLE = "readiness.data_not_writable"  # cause


class HealthReadModel(Protocol):
    """What health and metrics read from: ioc.snapshot.cache."""

    def versions(self) -> tuple[int, int, int]: ...

    def snapshot(self) -> Snapshot: ...


class Readiness:
    """One check at a time. Who asks during one, or within SHARED_SECONDS after it, takes its result."""

    def __init__(
        self, reads: HealthReadModel, clock: Clock, data_dir: Path, clock_failure: Callable[[], Failure | None]
    ) -> None:
        """`data_dir`: where this machine writes. `clock_failure`: why no poller leads by its clock; may raise."""
        self._reads, self._clock, self._data_dir, self._clock_failure = reads, clock, data_dir, clock_failure
        self._lock, self._checked_at = Lock(), -inf
        self._reasons: list[Failure] = []

    def reasons(self) -> list[Failure]:
        """Why no current data can be shown; empty when it can."""
        with self._lock:
            if monotonic() - self._checked_at > SHARED_SECONDS:
                self._reasons = self._check()
                self._checked_at = monotonic()
            return self._reasons

    def _check(self) -> list[Failure]:
        failure = None
        with suppress(StoreError):  # first: a server that does not answer is asked once
            failure = self._clock_failure()
        reasons = unready_reasons(self._reads, self._clock)
        if [reason.code for reason in reasons] == [ReadinessCode.HEARTBEAT_STALE]:
            reasons += _write_failures(self._data_dir)
        return [*reasons, failure] if failure else reasons


def unready_reasons(reads: HealthReadModel, clock: Clock) -> list[Failure]:
    """Why no current data can be shown; empty when it can."""
    try:
        conditions = reads.snapshot().host_conditions
        _, heartbeat_ms, _ = reads.versions()
    except Exception as error:  # noqa: BLE001 (whatever the store raises, the response is the same)
        log.warning("not ready: %s", error)
        is_replaced = isinstance(error, StoreError) and error.failure.code == StoreCode.FILE_REPLACED
        return [Failure(StoreCode.FILE_REPLACED if is_replaced else store_request_code(error))]
    if not heartbeat_ms:
        return [Failure(ReadinessCode.POLLER_NEVER_RAN)]
    now = clock()
    heartbeat_at, age = from_ms(heartbeat_ms), (to_ms(now) - heartbeat_ms) / 1000
    if was_set_back(heartbeat_at, now, CLOCK_TOLERANCE):
        return [Failure(ReadinessCode.HEARTBEAT_AHEAD, {"seconds": round(-age)})]
    if is_within(HEARTBEAT_LIMIT, heartbeat_at, now, CLOCK_TOLERANCE):
        return []
    if is_within(HEARTBEAT_LIMIT + CLOCK_TOLERANCE, heartbeat_at, now) and _is_beating(reads, heartbeat_ms):
        return []  # the clocks of two machines differ
    return [Failure(ReadinessCode.HEARTBEAT_STALE, {"seconds": round(age)}), *_full_disks(conditions)]


def _is_beating(reads: HealthReadModel, heartbeat_ms: int) -> bool:
    """Whether the heartbeat moves on, as it does once a second."""
    with suppress(StoreError):
        for _ in range(_BEAT_CHECKS):
            sleep(_BEAT_CHECK_SECONDS)
            if reads.versions()[1] != heartbeat_ms:
                return True
    return False


def _write_failures(folder: Path) -> Iterable[Failure]:
    """Why nothing can be written in `folder`: its disk became read-only, or was full before it was measured."""
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        if is_of_folder(error):
            yield Failure(ReadinessCode.DATA_NOT_WRITABLE, {"cause": system_failure(error)})


def _full_disks(conditions: Iterable[HostCondition]) -> Iterable[Failure]:
    """That the disk is full, which is why the poller cannot write its heartbeat."""
    for condition in conditions:
        if condition.component is HostComponent.DISK and condition.severity is Severity.CRITICAL:
            yield Failure(ReadinessCode.DISK_FULL, {"percent": condition.free_percent or 0.0})
