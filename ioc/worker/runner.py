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

from ioc.auth.print_token import PrintToken
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.times import Clock
from ioc.storage import jobs
from ioc.storage.db.store import Store, StoreError
from ioc.storage.jobs import QUEUED, RUNNING, Job
from ioc.worker.jobs import JOB_KIND, PDF_FOLDER, TRANSIENT_CODES, PrintCode, PrintError, PrintJob, PrintResult
from ioc.worker.pdf import PdfRenderer, PrintSite

log = logging.getLogger("ioc.jobs")

POLL_SECONDS = 0.25
MAX_ATTEMPTS = 2
# A print takes half a minute at the very most: a job that runs for longer lost its worker.
ABANDONED_AFTER = timedelta(seconds=90)
KEEP_DAYS = 7
SWEEP_SECONDS = 3600.0


class Renderer(Protocol):
    """What prints: ioc.worker.pdf.Printer."""

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult: ...

    def close_if_idle(self) -> None: ...

    def close(self) -> None: ...


def run(
    store: Store,
    settings: EnvironmentSettings,
    clock: Clock,
    stop: threading.Event | None = None,
    print_token: PrintToken | None = None,
    hourly: Callable[[], object] = lambda: None,
) -> None:
    """Until `stop`, or SIGTERM or SIGINT in the main thread. A store that is away is waited for.

    `also`: what else is cleared away every hour.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: stop.set())
    press = PdfRenderer(PrintSite.from_settings(settings, print_token), settings.data, clock)
    lost, sweep_at = False, 0.0
    try:
        while not stop.is_set():
            try:
                busy, lost = run_next(store, press, clock), False
            except StoreError as error:
                if not lost:
                    log.warning("the store is away: %s", error)
                busy, lost = False, True
            if not busy:
                press.close_if_idle()
                if monotonic() >= sweep_at:
                    sweep_at = monotonic() + SWEEP_SECONDS
                    sweep_files(settings.data / PDF_FOLDER, clock)
                    _run_hourly(hourly)
                stop.wait(POLL_SECONDS)
    finally:
        press.close()


def _run_hourly(hourly: Callable[[], object]) -> None:
    try:
        hourly()
    except StoreError as error:
        log.warning("old sessions and rows stay for another hour: %s", error)


def run_next(store: Store, renderer: Renderer, clock: Clock) -> bool:
    """One job, if one waits. Whether there was one."""
    job = _claim(store, clock)
    if job is None:
        return False
    try:
        if job.attempts > MAX_ATTEMPTS:
            raise PrintError(PrintCode.BROWSER_DIED, "the worker ended on it, again and again")
        printed = renderer.render(PrintJob(**job.body), job.id)
    except PrintError as error:
        log.warning("job %d: %s", job.id, error)
        again = error.failure.code in TRANSIENT_CODES and job.attempts < MAX_ATTEMPTS
        with store.write() as conn:
            jobs.fail(conn, job.id, error.failure.to_text(), clock(), retry=again)
    else:
        with store.write() as conn:
            jobs.finish(conn, job.id, asdict(printed), clock())
    return True


def _claim(store: Store, clock: Clock) -> Job | None:
    """Looks before it takes, so that an idle worker never asks for the store's write lock."""
    now = clock()
    with store.read() as conn:
        waiting = [one for one in jobs.newest(conn, 200, JOB_KIND) if _is_due(one, now - ABANDONED_AFTER)]
    if not waiting:
        return None
    with store.write() as conn:
        return jobs.claim(conn, [JOB_KIND], now, ABANDONED_AFTER)


def _is_due(job: Job, before: datetime) -> bool:
    return job.state == QUEUED or (job.state == RUNNING and job.started_at is not None and job.started_at < before)


def sweep_files(folder: Path, clock: Clock) -> None:
    """Files older than KEPT_DAYS go; the ledger keeps their hashes."""
    oldest = clock().timestamp() - KEEP_DAYS * 86400
    for path in folder.glob("*.pdf*") if folder.is_dir() else ():
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            continue  # another worker was quicker
