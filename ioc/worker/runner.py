"""The worker process: takes jobs from the store, one after the other, and stores their results."""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Protocol, TypeVar

from ioc.auth.print_token import PrintToken
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import FailureError
from ioc.domain.base.stop_event import StopEvent
from ioc.domain.base.times import Clock
from ioc.storage import expiring_folders, jobs
from ioc.storage.db.errors import OutcomeUnknownError, StoreCode, TransactionId
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.jobs import Job
from ioc.worker.jobs import JOB_KIND, PDF_FOLDER, TRANSIENT_CODES, PrintCode, PrintError, PrintJob, PrintResult
from ioc.worker.pdf import PdfRenderer, PrintSite

log = logging.getLogger("ioc.jobs")
_Result = TypeVar("_Result")

POLL_SECONDS = 0.25
MAX_ATTEMPTS = 2
# A print takes at most half a minute: a job that runs for longer has lost its worker.
ABANDONED_AFTER = timedelta(seconds=90)
# A print whose result cannot be stored for so long is of no use: who asked for it has been told so by then.
STORE_SECONDS = 30.0
KEEP_DAYS, KEEP_BYTES = 7, 2 * 1_073_741_824
SWEEP_SECONDS = 3600.0


class Renderer(Protocol):
    """What prints; see ioc.worker.pdf.PdfRenderer."""

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult: ...

    def close_if_idle(self) -> None: ...

    def close(self) -> None: ...


def run(
    store: Store,
    settings: EnvironmentSettings,
    clock: Clock,
    stop: StopEvent | None = None,
    print_token: PrintToken | None = None,
    hourly: Callable[[], object] = lambda: None,
) -> None:
    """Works until `stop`, or until SIGTERM or SIGINT in the main thread. Waits while the store is unavailable.

    `hourly`: also called every hour.
    """
    stop = stop or StopEvent()
    if threading.current_thread() is threading.main_thread():
        stop.set_on_signals()
    renderer = PdfRenderer(PrintSite.from_settings(settings, print_token), settings.data, clock)
    was_unavailable, sweep_at = False, 0.0
    try:
        while not stop.is_set():
            try:
                had_job, was_unavailable = run_next(store, renderer, clock, stop), False
            except StoreError as error:
                if not was_unavailable:
                    log.warning("the store is unavailable: %s", error)
                had_job, was_unavailable = False, True
            if not had_job:
                renderer.close_if_idle()
                if monotonic() >= sweep_at:
                    sweep_at = monotonic() + SWEEP_SECONDS
                    _clean_up(partial(sweep_files, settings.data / PDF_FOLDER, clock), "PDF files")
                    _clean_up(partial(expiring_folders.forget_old, settings.data, clock().timestamp()), "sent files")
                    _clean_up(hourly, "accounts and logs")
                stop.wait(POLL_SECONDS)
    finally:
        renderer.close()


def _clean_up(clean_up: Callable[[], object], name: str) -> None:
    """A clean-up that fails costs neither the next one nor the prints."""
    try:
        clean_up()
    except Exception as error:
        is_coded = isinstance(error, FailureError)
        code = error if is_coded else type(error).__name__
        log.error("clean-up of %s failed, next try in an hour: %s", name, code, exc_info=not is_coded)


def run_next(store: Store, renderer: Renderer, clock: Clock, stop: StopEvent) -> bool:
    """Does one job, if there is one; whether there was one. StoreError; at once where `stop` is set."""
    job = _claim(store, clock, stop)
    if job is None:
        return False
    try:
        if job.attempts > MAX_ATTEMPTS:
            raise PrintError(PrintCode.BROWSER_DIED)
        result = renderer.render(PrintJob(**job.params), job.id)
    except PrintError as error:
        log.warning("job %d: %s", job.id, error)
        retry = error.failure.code in TRANSIENT_CODES and job.attempts < MAX_ATTEMPTS
        failure = error.failure
        _write(store, stop, lambda conn: jobs.fail(conn, job.id, failure, clock(), retry=retry))
    else:
        _write(store, stop, lambda conn: jobs.finish(conn, job.id, asdict(result), clock()))
    return True


def _claim(store: Store, clock: Clock, stop: StopEvent) -> Job | None:
    """Reads before it writes, so that an idle worker never takes the store's write lock."""
    now = clock()
    with store.read() as conn:
        if not jobs.has_due(conn, [JOB_KIND], now, ABANDONED_AFTER):
            return None
    return _write(store, stop, lambda conn: jobs.claim(conn, [JOB_KIND], now, ABANDONED_AFTER))


def _write(store: Store, stop: StopEvent, change: Callable[[Conn], _Result]) -> _Result:
    """What `change` returns in a transaction that is kept. Where none is, it is tried again for STORE_SECONDS.

    Otherwise a job that is done, or that nobody does, would count as running until ABANDONED_AFTER.
    """
    give_up_at = monotonic() + STORE_SECONDS
    unanswered: tuple[TransactionId, _Result] | None = None
    while True:
        try:
            if unanswered is not None and store.was_committed(unanswered[0]):
                return unanswered[1]
            with store.write() as conn:
                result = change(conn)
            return result
        except StoreError as error:
            is_final = error.failure.code == StoreCode.JOB_NOT_RUNNING or monotonic() >= give_up_at
            if is_final or stop.wait(POLL_SECONDS):
                raise
            if isinstance(error, OutcomeUnknownError):
                unanswered = error.transaction, result


def sweep_files(folder: Path, clock: Clock) -> None:
    """Deletes PDF files older than KEEP_DAYS, and the oldest beyond KEEP_BYTES. Jobs keep their hashes."""
    expires_before, size = clock().timestamp() - KEEP_DAYS * 86400, 0
    found = [(path, _size_and_time(path)) for path in (folder.glob("*.pdf*") if folder.is_dir() else ())]
    for path, (file_size, written) in sorted(found, key=lambda each: each[1][1], reverse=True):
        size += file_size
        if written < expires_before or size > KEEP_BYTES:
            path.unlink(missing_ok=True)  # another worker may be quicker


def _size_and_time(path: Path) -> tuple[int, float]:
    """Of a file: bytes, and when it was written in seconds since 1970."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0.0
    return found.st_size, found.st_mtime
