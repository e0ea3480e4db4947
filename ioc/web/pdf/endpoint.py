"""GET /pdf/<page>: a page as PDF. Waits for the print job a while, then answers 202 with its address."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.i18n import LANGS
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.clock_set_back import is_within
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.slug import slugify
from ioc.domain.base.times import CITY_ZONE, Clock, parse_moment
from ioc.storage import jobs
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Conn, Store
from ioc.storage.jobs import DONE, FAILED, Job
from ioc.web.errors.bilingual_page import bilingual_page
from ioc.web.errors.codes import PdfCode
from ioc.web.errors.json_errors import CONTENT_TYPE, bilingual, wants_json
from ioc.web.errors.request_error import RequestError
from ioc.web.file_response import file_response
from ioc.web.middleware.authentication import principal_of
from ioc.web.middleware.authorization import require_still, requires
from ioc.web.middleware.get_only import get_only
from ioc.web.middleware.rate_limit import work_owner
from ioc.web.pdf.page_lookup import PageEntry, find_page
from ioc.web.views.services import page_that_leads_on
from ioc.worker.jobs import JOB_KIND, PDF_FOLDER, PrintCode, PrintJob, file_timestamp

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.15
MAX_WAITING_REQUESTS = (
    2  # requests that may wait at once, for a job or to queue one; each holds a thread that displays need
)
_REUSE = timedelta(seconds=30)  # the age of a print of the present that is given again
_MAX_PARAMS, _MAX_PARAM_LENGTH = 16, 200
_MAX_JOB_ID_DIGITS = 18  # every database can look up so many
_MAX_QUOTED_NAME = 60  # characters of an unknown page or job that are quoted
MAX_OPEN_JOBS, MAX_OPEN_JOBS_OF_OWNER = 8, 2  # waiting print jobs; beyond them a request is answered 503


class PdfError(RequestError):
    """There is no PDF: a PdfCode, or the failure of the print job."""

    def __init__(self, code: PdfCode | Failure, /, **params: Parameter) -> None:
        super().__init__(code if isinstance(code, Failure) else Failure(code, params))


class PdfService:
    """Queues print jobs for the worker and serves their files.

    `data`: the data folder. `version`: of the store. `wait`: seconds that a request waits, to queue its job and for it.
    """

    def __init__(
        self, store: Store, data: Path, clock: Clock, version: Callable[[], int], *, wait: float = WAIT_SECONDS
    ) -> None:
        self._store, self._folder, self._clock, self._version, self._wait = (
            store,
            data / PDF_FOLDER,
            clock,
            version,
            wait,
        )
        self._waiting = threading.BoundedSemaphore(MAX_WAITING_REQUESTS)
        self._pause = threading.Event()

    def deadline(self) -> float:
        """Until when a request that comes now may wait, by the monotonic clock."""
        return monotonic() + self._wait

    def submit(self, order: PrintJob, principal: Principal, deadline: float) -> Job:
        """The job of this order; one for all requests of a page at a version of the store, of the present for _REUSE.

        While somebody else writes it is tried again; the last attempt begins before `deadline`. Raises
        PermissionDeniedError, PdfError, StoreError.
        """
        require(principal, Action.VIEW)
        identity = orjson.dumps([order.body(), self._version()], option=orjson.OPT_SORT_KEYS)
        key = f"{JOB_KIND}:{sha256(identity).hexdigest()[:40]}"
        owner = "" if principal.kind is PrincipalKind.LOCAL else work_owner(principal)
        with self._store.read() as conn:  # most requests end here, and never wait for whoever writes
            if job := self._find_or_refuse(conn, key, owner):
                return job
        try:
            return self._enqueue(order, key, owner)
        except StoreError as error:
            if error.failure.code != StoreCode.BUSY or not self._waiting.acquire(blocking=False):
                raise
        try:
            return self._enqueue_again(order, key, owner, deadline)
        finally:
            self._waiting.release()

    def _enqueue_again(self, order: PrintJob, key: str, owner: str, deadline: float) -> Job:
        while True:
            try:
                return self._enqueue(order, key, owner)
            except StoreError as error:
                if error.failure.code != StoreCode.BUSY or monotonic() >= deadline:
                    raise
            self._pause.wait(POLL_SECONDS)

    def _enqueue(self, order: PrintJob, key: str, owner: str) -> Job:
        with self._store.write() as conn:
            jobs.lock_queue(conn)
            job = self._find_or_refuse(conn, key, owner)
            return job or jobs.enqueue(conn, JOB_KIND, order.body(), self._clock(), key, owner)

    def _find_or_refuse(self, conn: Conn, key: str, owner: str) -> Job | None:
        """The open or printed job of that key, None where one is to be queued. PdfError (QUEUE_FULL)."""
        newest = jobs.newest(conn, 50, JOB_KIND)
        waiting = [job for job in newest if job.state not in (DONE, FAILED)]
        done = next((job for job in newest if job.key == key and job.state == DONE), None)
        if done is not None and self._is_up_to_date(done) and self.result_file(done) is not None:
            return done
        if same := next((job for job in waiting if job.key == key), None):
            return same
        own = [job for job in waiting if owner and job.owner == owner]
        if len(waiting) >= MAX_OPEN_JOBS or len(own) >= MAX_OPEN_JOBS_OF_OWNER:
            raise PdfError(PdfCode.QUEUE_FULL)
        return None

    def _is_up_to_date(self, job: Job) -> bool:
        """Not a present of long ago: time alone changes what is shown, also while nothing is committed."""
        return bool(job.params["params"].get("luc")) or is_within(_REUSE, job.created_at, self._clock())

    def now(self) -> datetime:
        """The present, aware."""
        return self._clock()

    def wait(self, job: Job, deadline: float) -> Job:
        """The job once it is finished, or as it is at `deadline` or when too many requests wait. PdfError."""
        if job.state in (DONE, FAILED) or not self._waiting.acquire(blocking=False):
            return job
        try:
            while job.state not in (DONE, FAILED) and monotonic() < deadline:
                self._pause.wait(POLL_SECONDS)
                job = self.get_job(job.id)
            return job
        finally:
            self._waiting.release()

    def get_job(self, number: int) -> Job:
        """The print job of that number. PdfError for an unknown one or another kind of job."""
        with self._store.read() as conn:
            job = jobs.get(conn, number)
        if job is None or job.kind != JOB_KIND:
            raise PdfError(PdfCode.UNKNOWN_JOB, number=str(number))
        return job

    def result_file(self, job: Job) -> Path | None:
        """The file of a finished job, None when it was deleted."""
        path = self._folder / Path(str(job.result.get("file", ""))).name
        return path if path.is_file() else None

    def response(self, job: Job) -> Response:
        """The PDF of a finished job, or 202 with the address of an unfinished one. PdfError."""
        if job.state == FAILED:
            raise PdfError(_job_failure(job))
        if job.state != DONE:
            return _pending_response(job)
        path = self.result_file(job)
        if path is None:
            raise PdfError(PdfCode.FILE_GONE)
        response = file_response(path.open("rb"), "application/pdf")
        at = parse_moment(job.params["params"].get("luc", "")) or job.created_at  # what it shows
        name = f"{job.params['name']}-{file_timestamp(lambda: at)}.pdf"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["X-Content-Hash"] = str(job.result["content_hash"])
        response.headers["Cache-Control"] = "no-store"
        return response


def blueprint(service: PdfService, page_entries: Callable[[], Iterable[PageEntry]]) -> Blueprint:
    """The routes. `page_entries`: the pages there are, with the parameters that each knows; others are dropped."""
    pdf = Blueprint("pdf", __name__, url_prefix="/pdf")

    @pdf.get("/")
    @pdf.get("/<path:page>")
    @requires(Action.VIEW)
    @get_only
    def print_page(page: str = "") -> Response:
        if leading_page := page_that_leads_on():
            return leading_page
        order = _print_job(page, request.args.to_dict(), page_entries(), service.now())
        deadline = service.deadline()
        job = service.submit(order, principal_of(request.environ), deadline)
        job = service.wait(job, deadline)
        require_still(Action.VIEW)
        return service.response(job)

    @pdf.get("/job/<number>")
    @requires(Action.VIEW)
    def print_result(number: str) -> Response:
        if not (number.isascii() and number.isdigit() and len(number) <= _MAX_JOB_ID_DIGITS):
            raise PdfError(PdfCode.UNKNOWN_JOB, number=number[:_MAX_QUOTED_NAME])
        job = service.wait(service.get_job(int(number)), service.deadline())
        require_still(Action.VIEW)
        return service.response(job)

    return pdf


def _print_job(page: str, params: Mapping[str, str], page_entries: Iterable[PageEntry], now: datetime) -> PrintJob:
    if len(params) > _MAX_PARAMS or any(len(key) + len(value) > _MAX_PARAM_LENGTH for key, value in params.items()):
        raise PdfError(PdfCode.TOO_MANY_PARAMETERS)
    lang = params.get("lang") or request.cookies.get("lang", "")
    match = find_page(page, params, page_entries)
    if match is None:
        raise PdfError(PdfCode.UNKNOWN_PAGE, name=page[:_MAX_QUOTED_NAME])
    path, page_params = match
    name = f"ioc-{slugify(path, 80) or 'tong-quan'}"
    moment_params = _with_normalised_moment(page_params, now)
    return PrintJob(path, moment_params, lang if lang in LANGS else "vi", name, request.host_url.rstrip("/"))


def _with_normalised_moment(params: dict[str, str], now: datetime) -> dict[str, str]:
    """`luc` in one spelling. Unlike a page, a PDF must not show the present where the moment is invalid: PdfError."""
    try:
        moment = parse_moment(params.get("luc", ""))
    except ValueError:
        raise PdfError(PdfCode.BAD_MOMENT) from None
    if moment is None:
        return {key: value for key, value in params.items() if key != "luc"}
    if moment > now:
        raise PdfError(PdfCode.FUTURE_MOMENT)
    return {**params, "luc": moment.astimezone(CITY_ZONE).isoformat()}


def _job_failure(job: Job) -> Failure:
    """Why the job failed, without the browser's own words: they may hold internal addresses."""
    return replace(job.failure, external="") if job.failure else Failure(PrintCode.BROWSER_DIED)


def _pending_response(job: Job) -> Response:
    address, detail = f"/pdf/job/{job.id}", bilingual("pdf.waiting")
    headers = {"Location": address, "Retry-After": "2", "Cache-Control": "no-store"}
    if wants_json(request.path, request.headers.get("Accept", "")):
        body = orjson.dumps({"status": "waiting", "detail": detail, "address": address})
        return Response(body, 202, headers, mimetype=CONTENT_TYPE)
    headers["Refresh"] = f"2;url={quote(address)}"
    return Response(waiting_page(detail), 202, headers, mimetype="text/html")


def waiting_page(detail: Mapping[str, str]) -> str:
    """The page that is shown until the PDF is there. `detail`: by language."""
    sheet = h.link(rel="stylesheet", href="/assets/00-tokens.css")
    style = "font: 18px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 20vh auto; padding: 0 1rem"
    return bilingual_page(detail, "PDF", sheet, style=style)
