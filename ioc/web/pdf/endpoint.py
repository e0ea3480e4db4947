"""GET /pdf/<page>: the page on paper. Waits for it a while, else says where to ask again."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.error_messages import describe
from components.ui.i18n import LANGS
from ioc.auth.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import CITY_ZONE, Clock
from ioc.storage import jobs
from ioc.storage.db.store import Store, StoreError
from ioc.storage.jobs import DONE, FAILED, Job
from ioc.web.errors.json_errors import bilingual
from ioc.web.live.query import parse_moment
from ioc.web.middleware.authorization import requires
from ioc.web.pdf.page_lookup import PageEntry, find_page
from ioc.worker.jobs import JOB_KIND, PDF_FOLDER, PrintCode, PrintJob, file_timestamp

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.15
MAX_WAITING_REQUESTS = 2  # requests that may wait at once: each holds a thread that screens need
_MAX_PARAMS, _MAX_PARAM_LENGTH = 16, 200
_MAX_JOB_ID_DIGITS = 18  # digits that every store can look up
MAX_OPEN_JOBS = 8  # orders that wait; whoever comes then is asked to come again


class PdfError(Exception):
    """No paper: why, as message paper.<key>."""

    def __init__(self, status: int, key: str, name: str = "", *, failure: Failure | None = None) -> None:
        super().__init__(key)
        self.status, self.key = status, key
        self.detail = bilingual(f"pdf.{key}", name=name[:60]) if failure is None else _texts(failure)


def _texts(failure: Failure) -> dict[str, str]:
    return {lang: describe(replace(failure, external=""), lang) for lang in LANGS}


def _job_error(failure: Failure | None) -> PdfError:
    """Why a job failed; the browser's own words stay in the ledger."""
    if failure is None or failure.code not in set(PrintCode):
        failure = Failure(PrintCode.BROWSER_DIED)
    return PdfError(503, failure.code.removeprefix("print."), failure=failure)


class PdfService:
    """Takes orders to the worker and hands out what came of them."""

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

    def submit(self, order: PrintJob) -> Job:
        """The job of this order: the same for everyone who asks for the same page at the same version."""
        named = orjson.dumps([order.body(), self._version()], option=orjson.OPT_SORT_KEYS)
        key = f"{JOB_KIND}:{sha256(named).hexdigest()[:40]}"
        with self._store.read() as conn:
            newest = jobs.newest(conn, 50, JOB_KIND)
        made = [one for one in newest if one.key == key and one.state == DONE]
        if made and self.result_file(made[0]) is not None:
            return made[0]
        waiting = [one for one in newest if one.state not in (DONE, FAILED)]
        if len(waiting) >= MAX_OPEN_JOBS and key not in {one.key for one in waiting}:
            raise PdfError(503, "busy")
        with self._store.write() as conn:
            return jobs.enqueue(conn, JOB_KIND, order.body(), self._clock(), key)

    def now(self) -> datetime:
        """The desk's clock."""
        return self._clock()

    def wait(self, job: Job) -> Job:
        """The job once it is over, or as it is when the time, or the room to wait in, is used up."""
        if job.state in (DONE, FAILED) or not self._waiting.acquire(blocking=False):
            return job
        try:
            until = monotonic() + self._wait
            while job.state not in (DONE, FAILED) and monotonic() < until:
                self._pause.wait(POLL_SECONDS)
                job = self.get_job(job.id)
            return job
        finally:
            self._waiting.release()

    def get_job(self, number: int) -> Job:
        """The job of that number. Refusal when it is none of ours."""
        with self._store.read() as conn:
            job = jobs.get(conn, number)
        if job is None or job.kind != JOB_KIND:
            raise PdfError(404, "unknown_job", str(number))
        return job

    def result_file(self, job: Job) -> Path | None:
        """The job's file, None when it is gone."""
        path = self._folder / Path(str(job.result.get("file", ""))).name
        return path if path.is_file() else None

    def response(self, job: Job) -> Response:
        """The PDF, or where to ask again, or why there is none."""
        if job.state == FAILED:
            raise _job_error(job.failure)
        if job.state != DONE:
            return _pending_response(job)
        path = self.result_file(job)
        if path is None:
            raise PdfError(410, "gone")
        answer = Response(path.read_bytes(), mimetype="application/pdf")
        name = f"{job.params['name']}-{file_timestamp(lambda: job.created_at)}.pdf"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.headers["X-Content-Hash"] = str(job.result["content_hash"])
        answer.headers["Cache-Control"] = "no-store"
        return answer


def blueprint(service: PdfService, page_entries: Callable[[], Iterable[PageEntry]]) -> Blueprint:
    """`table` tells the pages there are: for a name of one, path variables are taken from the parameters.

    Parameters that the page does not know make no order of their own.
    """
    paper = Blueprint("paper", __name__, url_prefix="/pdf")

    @paper.get("/")
    @paper.get("/<path:page>")
    @requires(Action.VIEW)
    def printed(page: str = "") -> Response:
        return service.response(
            service.wait(service.submit(_print_job(page, request.args.to_dict(), page_entries(), service.now())))
        )

    @paper.get("/job/<number>")
    @requires(Action.VIEW)
    def asked_again(number: str) -> Response:
        if not (number.isascii() and number.isdigit() and len(number) <= _MAX_JOB_ID_DIGITS):
            raise PdfError(404, "unknown_job", number)
        return service.response(service.wait(service.get_job(int(number))))

    @paper.errorhandler(PdfError)
    def refused(error: PdfError) -> Response:
        return _message_response(error.status, error.key, error.detail)

    @paper.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        return refused(PdfError(503, "unavailable"))

    return paper


def _print_job(page: str, params: Mapping[str, str], page_entries: Iterable[PageEntry], now: datetime) -> PrintJob:
    if len(params) > _MAX_PARAMS or any(len(key) + len(value) > _MAX_PARAM_LENGTH for key, value in params.items()):
        raise PdfError(400, "bad_parameters")
    lang = params.get("lang") or request.cookies.get("lang", "")
    found = find_page(page, params, page_entries)
    if found is None:
        raise PdfError(404, "unknown_page", page)
    path, rest = found
    slug = "-".join(path.strip("/").split("/")) or "tong-quan"
    name = "ioc-" + "".join(one if one.isascii() and (one.isalnum() or one == "-") else "-" for one in slug)[:80]
    return PrintJob(path, _with_normalised_moment(rest, now), lang if lang in LANGS else "vi", name)


def _with_normalised_moment(params: dict[str, str], now: datetime) -> dict[str, str]:
    """The moment in one spelling. A page that cannot show it shows the present and says so; paper must not."""
    if "luc" not in params:
        return params
    try:
        at = parse_moment(params["luc"])
    except (ValueError, OverflowError):
        raise PdfError(400, "bad_moment") from None
    if at > now:
        raise PdfError(400, "future")
    return {**params, "luc": at.astimezone(CITY_ZONE).isoformat()}


def _pending_response(job: Job) -> Response:
    address = f"/pdf/job/{job.id}"
    detail = bilingual("pdf.waiting")
    answer = _message_response(202, "waiting", detail, address)
    answer.headers["Location"] = address
    answer.headers["Retry-After"] = "2"
    return answer


def _message_response(status: int, key: str, detail: Mapping[str, str], retry_url: str = "") -> Response:
    """A sentence: as a page for a browser, as JSON for a program."""
    kinds = request.accept_mimetypes
    if kinds["text/html"] > kinds["application/json"]:
        answer = Response(_message_page(detail, retry_url), status, mimetype="text/html")
    else:
        body = {"error" if status >= 400 else "status": key.replace("_", "-"), "detail": detail}
        answer = Response(
            orjson.dumps({**body, "address": retry_url} if retry_url else body), status, mimetype="application/json"
        )
    answer.headers["Cache-Control"] = "no-store"
    if key == "busy":
        answer.headers["Retry-After"] = "30"
    return answer


def _message_page(detail: Mapping[str, str], retry_url: str) -> str:
    refresh = h.meta(http_equiv="refresh", content=f"2;url={quote(retry_url)}") if retry_url else None
    head = h.head[h.meta(charset="utf-8"), h.meta(name="viewport", content="width=device-width"), refresh,
                  h.title["PDF"], h.link(rel="stylesheet", href="/assets/00-tokens.css")]  # fmt: skip
    said = [h.p[detail["vi"]], h.p(lang="en")[detail["en"]]]
    style = "font: 18px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 20vh auto; padding: 0 1rem"
    return str(h.html(lang="vi")[head, h.body(style=style)[h.main[said]]])
