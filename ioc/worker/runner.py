"""The one process that does what is slow: takes jobs from the store, one after the other, and writes the ledger."""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Protocol

from ioc.auth.print_token import Pass
from ioc.config.settings import Settings
from ioc.domain.base.times import Clock
from ioc.storage import jobs
from ioc.storage.db.store import Store, StoreError
from ioc.storage.jobs import QUEUED, RUNNING, Job
from ioc.worker.jobs import BROWSER_DIED, FOLDER, KIND, PASSING, Order, Printed, PrintError
from ioc.worker.pdf import Printer, Site

log = logging.getLogger("ioc.jobs")

LOOK_SECONDS = 0.25
ATTEMPTS = 2
# A print takes half a minute at the very most: a job that runs for longer lost its worker.
ABANDONED = timedelta(seconds=90)
KEPT_DAYS = 7
SWEEP_SECONDS = 3600.0


class Press(Protocol):
    """What prints: ioc.worker.pdf.Printer."""

    def print(self, order: Order, number: int) -> Printed: ...

    def rest(self) -> None: ...

    def close(self) -> None: ...


def run(
    store: Store,
    settings: Settings,
    clock: Clock,
    stop: threading.Event | None = None,
    entry: Pass | None = None,
    also: Callable[[], object] = lambda: None,
) -> None:
    """Until `stop`, or SIGTERM or SIGINT in the main thread. A store that is away is waited for.

    `also`: what else is cleared away every hour.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: stop.set())
    press = Printer(Site.of(settings, entry), settings.data, clock)
    lost, sweep_at = False, 0.0
    try:
        while not stop.is_set():
            try:
                busy, lost = turn(store, press, clock), False
            except StoreError as error:
                if not lost:
                    log.warning("the store is away: %s", error)
                busy, lost = False, True
            if not busy:
                press.rest()
                if monotonic() >= sweep_at:
                    sweep_at = monotonic() + SWEEP_SECONDS
                    sweep(settings.data / FOLDER, clock)
                    _cleared(also)
                stop.wait(LOOK_SECONDS)
    finally:
        press.close()


def _cleared(also: Callable[[], object]) -> None:
    try:
        also()
    except StoreError as error:
        log.warning("old sessions and rows stay for another hour: %s", error)


def turn(store: Store, press: Press, clock: Clock) -> bool:
    """One job, if one waits. Whether there was one."""
    job = _take(store, clock)
    if job is None:
        return False
    try:
        if job.attempts > ATTEMPTS:
            raise PrintError(BROWSER_DIED, "the worker ended on it, again and again")
        printed = press.print(Order(**job.body), job.id)
    except PrintError as error:
        log.warning("job %d: %s", job.id, error)
        again = error.reason in PASSING and job.attempts < ATTEMPTS
        with store.write() as conn:
            jobs.fail(conn, job.id, error.reason, clock(), again=again)
    else:
        with store.write() as conn:
            jobs.finish(conn, job.id, asdict(printed), clock())
    return True


def _take(store: Store, clock: Clock) -> Job | None:
    """Looks before it takes, so that an idle worker never asks for the store's write lock."""
    now = clock()
    with store.read() as conn:
        waiting = [one for one in jobs.newest(conn, 200, KIND) if _is_due(one, now - ABANDONED)]
    if not waiting:
        return None
    with store.write() as conn:
        return jobs.take(conn, [KIND], now, ABANDONED)


def _is_due(job: Job, before: datetime) -> bool:
    return job.state == QUEUED or (job.state == RUNNING and job.started is not None and job.started < before)


def sweep(folder: Path, clock: Clock) -> None:
    """Files older than KEPT_DAYS go; the ledger keeps their hashes."""
    oldest = clock().timestamp() - KEPT_DAYS * 86400
    for path in folder.glob("*.pdf*") if folder.is_dir() else ():
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            continue  # another worker was quicker
