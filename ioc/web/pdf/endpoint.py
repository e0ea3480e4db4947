"""GET /pdf/<page>: the page on paper. Waits for it a while, else says where to ask again."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.i18n import LANGS
from ioc.auth.permissions import Action
from ioc.domain.base.times import CITY, Clock
from ioc.storage import jobs
from ioc.storage.db.store import Store, StoreError
from ioc.storage.jobs import DONE, FAILED, Job
from ioc.web.errors.json_errors import both
from ioc.web.live.query import read_moment
from ioc.web.middleware.authorization import names
from ioc.web.pdf.page_lookup import Place, place
from ioc.worker.jobs import FOLDER, KIND, REASONS, Order, stamp

WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.15
WAITERS = 2  # requests that may wait at once: each holds a thread that screens need
_MOST, _LONGEST = 16, 200
_LONGEST_NUMBER = 18  # digits that every store can look up
MOST_OPEN = 8  # orders that wait; whoever comes then is asked to come again


class Refusal(Exception):
    """No paper: why, as message paper.<key>."""

    def __init__(self, status: int, key: str, name: str = "") -> None:
        super().__init__(key)
        self.status, self.key = status, key
        self.detail = both(f"paper.{key}", name=name[:60])


class Desk:
    """Takes orders to the worker and hands out what came of them."""

    def __init__(
        self, store: Store, data: Path, clock: Clock, version: Callable[[], int], *, wait: float = WAIT_SECONDS
    ) -> None:
        self._store, self._folder, self._clock, self._version, self._wait = store, data / FOLDER, clock, version, wait
        self._waiting = threading.BoundedSemaphore(WAITERS)
        self._pause = threading.Event()

    def order(self, order: Order) -> Job:
        """The job of this order: the same for everyone who asks for the same page at the same version."""
        named = orjson.dumps([order.body(), self._version()], option=orjson.OPT_SORT_KEYS)
        key = f"{KIND}:{sha256(named).hexdigest()[:40]}"
        with self._store.read() as conn:
            newest = jobs.newest(conn, 50, KIND)
        made = [one for one in newest if one.key == key and one.state == DONE]
        if made and self.file(made[0]) is not None:
            return made[0]
        waiting = [one for one in newest if one.state not in (DONE, FAILED)]
        if len(waiting) >= MOST_OPEN and key not in {one.key for one in waiting}:
            raise Refusal(503, "busy")
        with self._store.write() as conn:
            return jobs.add(conn, KIND, order.body(), self._clock(), key)

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
                self._pause.wait(LOOK_SECONDS)
                job = self.named(job.id)
            return job
        finally:
            self._waiting.release()

    def named(self, number: int) -> Job:
        """The job of that number. Refusal when it is none of ours."""
        with self._store.read() as conn:
            job = jobs.get(conn, number)
        if job is None or job.kind != KIND:
            raise Refusal(404, "unknown_job", str(number))
        return job

    def file(self, job: Job) -> Path | None:
        """The job's file, None when it is gone."""
        path = self._folder / Path(str(job.result.get("file", ""))).name
        return path if path.is_file() else None

    def answer(self, job: Job) -> Response:
        """The PDF, or where to ask again, or why there is none."""
        if job.state == FAILED:
            raise Refusal(503, job.error if job.error in REASONS else "browser_died")
        if job.state != DONE:
            return _waiting(job)
        path = self.file(job)
        if path is None:
            raise Refusal(410, "gone")
        answer = Response(path.read_bytes(), mimetype="application/pdf")
        name = f"{job.body['name']}-{stamp(lambda: job.created)}.pdf"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.headers["X-Content-Hash"] = str(job.result["content_hash"])
        answer.headers["Cache-Control"] = "no-store"
        return answer


def blueprint(desk: Desk, table: Callable[[], Iterable[Place]]) -> Blueprint:
    """`table` tells the pages there are: for a name of one, path variables are taken from the parameters.

    Parameters that the page does not know make no order of their own.
    """
    paper = Blueprint("paper", __name__, url_prefix="/pdf")

    @paper.get("/")
    @paper.get("/<path:page>")
    @names(Action.VIEW)
    def printed(page: str = "") -> Response:
        return desk.answer(desk.wait(desk.order(_order(page, request.args.to_dict(), table(), desk.now()))))

    @paper.get("/job/<number>")
    @names(Action.VIEW)
    def asked_again(number: str) -> Response:
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
            raise Refusal(404, "unknown_job", number)
        return desk.answer(desk.wait(desk.named(int(number))))

    @paper.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        return _said(error.status, error.key, error.detail)

    @paper.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        return refused(Refusal(503, "unavailable"))

    return paper


def _order(page: str, given: Mapping[str, str], table: Iterable[Place], now: datetime) -> Order:
    if len(given) > _MOST or any(len(key) + len(value) > _LONGEST for key, value in given.items()):
        raise Refusal(400, "bad_parameters")
    lang = given.get("lang") or request.cookies.get("lang", "")
    found = place(page, given, table)
    if found is None:
        raise Refusal(404, "unknown_page", page)
    path, rest = found
    slug = "-".join(path.strip("/").split("/")) or "tong-quan"
    name = "ioc-" + "".join(one if one.isascii() and (one.isalnum() or one == "-") else "-" for one in slug)[:80]
    return Order(path, _dated(rest, now), lang if lang in LANGS else "vi", name)


def _dated(params: dict[str, str], now: datetime) -> dict[str, str]:
    """The moment in one spelling. A page that cannot show it shows the present and says so; paper must not."""
    if "luc" not in params:
        return params
    try:
        at = read_moment(params["luc"])
    except (ValueError, OverflowError):
        raise Refusal(400, "bad_moment") from None
    if at > now:
        raise Refusal(400, "future")
    return {**params, "luc": at.astimezone(CITY).isoformat()}


def _waiting(job: Job) -> Response:
    address = f"/pdf/job/{job.id}"
    detail = both("paper.waiting")
    answer = _said(202, "waiting", detail, address)
    answer.headers["Location"] = address
    answer.headers["Retry-After"] = "2"
    return answer


def _said(status: int, key: str, detail: Mapping[str, str], again: str = "") -> Response:
    """A sentence: as a page for a browser, as JSON for a program."""
    kinds = request.accept_mimetypes
    if kinds["text/html"] > kinds["application/json"]:
        answer = Response(_page(detail, again), status, mimetype="text/html")
    else:
        body = {"error" if status >= 400 else "status": key.replace("_", "-"), "detail": detail}
        answer = Response(
            orjson.dumps({**body, "address": again} if again else body), status, mimetype="application/json"
        )
    answer.headers["Cache-Control"] = "no-store"
    if key == "busy":
        answer.headers["Retry-After"] = "30"
    return answer


def _page(detail: Mapping[str, str], again: str) -> str:
    refresh = h.meta(http_equiv="refresh", content=f"2;url={quote(again)}") if again else None
    head = h.head[h.meta(charset="utf-8"), h.meta(name="viewport", content="width=device-width"), refresh,
                  h.title["PDF"], h.link(rel="stylesheet", href="/assets/00-tokens.css")]  # fmt: skip
    said = [h.p[detail["vi"]], h.p(lang="en")[detail["en"]]]
    style = "font: 18px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 20vh auto; padding: 0 1rem"
    return str(h.html(lang="vi")[head, h.body(style=style)[h.main[said]]])
