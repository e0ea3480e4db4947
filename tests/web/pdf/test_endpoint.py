"""The PDF endpoint: the file, a place to ask again, or an error with its text."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role
from ioc.domain.base.failure import Failure
from ioc.storage import jobs
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.web.errors import handlers
from ioc.web.errors.codes import PdfCode
from ioc.web.middleware.authentication import AUTHENTICATE_KEY, PRINCIPAL_KEY
from ioc.web.pdf.endpoint import PdfService, blueprint
from ioc.web.pdf.page_lookup import PageEntry, find_page
from ioc.web.server.responses import call_wsgi
from ioc.worker.jobs import PrintCode, PrintJob, PrintResult
from tests.city import NOW

TABLE = [
    PageEntry("overview", "/", ("luc",)),
    PageEntry("map", "/ban-do", ("luc", "lop")),
    PageEntry("kpi", "/chi-so/<key>", ("luc", "khoang")),
]
HTML = {"Accept": "text/html,*/*;q=0.8"}


class PdfServiceWithWorker:
    """The PDF service with a version that the test changes, and a worker that the test plays."""

    def __init__(self, store: Store, data: Path, wait: float = 0.0) -> None:
        self.store, self.data, self.version, self.now = store, data, 1, NOW
        self.app = Flask(__name__)
        handlers.install(self.app, lambda path: False)
        service = PdfService(store, data, lambda: self.now, lambda: self.version, wait=wait)
        self.app.register_blueprint(blueprint(service, lambda: TABLE))

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        environ: dict[str, Any] = client.environ_base
        environ[PRINCIPAL_KEY] = Principal(PrincipalKind.LOCAL)
        return client

    def newest(self) -> jobs.Job:
        with self.store.read() as conn:
            return jobs.newest(conn, 1)[0]

    def waiting(self) -> bool:
        with self.store.read() as conn:
            return bool(jobs.newest(conn, 1))

    def work(self, failure: PrintCode | None = None) -> None:
        """What the worker does: takes the next job, and finishes it or fails."""
        (self.data / "pdf").mkdir(exist_ok=True)
        (self.data / "pdf" / "printed.pdf").write_bytes(b"%PDF-1.7 test")
        with self.store.write() as conn:
            job = jobs.claim(conn, ["print"], NOW)
            assert job is not None
            if failure:
                jobs.fail(conn, job.id, Failure(failure), NOW)
            else:
                jobs.finish(conn, job.id, asdict(PrintResult("printed.pdf", "f" * 64, "c" * 64, 13)), NOW)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> PdfServiceWithWorker:
    return PdfServiceWithWorker(store, tmp_path)


def test_a_pdf_is_queued_printed_and_served(service: PdfServiceWithWorker) -> None:
    answer = service.client().get("/pdf/kpi?key=water-level&lang=en&khoang=7d&theme=dark")
    assert answer.status_code == 202 and answer.headers["Location"] == answer.get_json()["address"]
    assert PrintJob(**service.newest().params) == PrintJob(
        "/chi-so/water-level", {"khoang": "7d"}, "en", "ioc-chi-so-water-level", "http://localhost"
    )
    service.work()
    pdf = service.client().get(answer.headers["Location"])
    assert pdf.status_code == 200 and pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    assert pdf.headers["X-Content-Hash"] == "c" * 64 and pdf.headers["Content-Length"] == str(len(pdf.data))
    with call_wsgi(service.client().application, dict(pdf.request.environ)).body as body:
        assert body.name == str(service.data / "pdf" / "printed.pdf")  # sent from there, not copied
    assert "ioc-chi-so-water-level-20261124-1618.pdf" in pdf.headers["Content-Disposition"]


def test_file_of_a_past_moment_is_named_by_it(service: PdfServiceWithWorker) -> None:
    address = service.client().get("/pdf/?luc=23/11/2026 07:05").headers["Location"]
    service.work()
    assert "ioc-tong-quan-20261123-0705.pdf" in service.client().get(address).headers["Content-Disposition"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_address_that_another_origin_has_led_to_leads_on_before_it_prints(
    service: PdfServiceWithWorker, site: str
) -> None:
    address = "/pdf/kpi?key=water-level&lang=en"
    answer = service.client().get(address, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 200 and f'content="0;url={address}"' in unescape(answer.text)
    assert not service.waiting()
    assert service.client().get(address, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 202


def test_the_same_page_at_the_same_version_is_one_job(service: PdfServiceWithWorker) -> None:
    first = service.client().get("/pdf/").get_json()["address"]
    assert service.client().get("/pdf/overview?lang=vi").get_json()["address"] == first
    service.work()
    assert service.client().get("/pdf/").status_code == 200
    service.version = 2
    assert service.client().get("/pdf/").get_json()["address"] != first


@pytest.mark.parametrize(("query", "is_the_same"), [("", False), ("?luc=23/11/2026 07:05", True)])
def test_print_of_the_present_is_not_given_again_for_long_while_nothing_is_committed(
    service: PdfServiceWithWorker, query: str, is_the_same: bool
) -> None:
    """With a poller that stood still, figures of the evening were printed the next morning."""
    first = service.client().get(f"/pdf/{query}").get_json()["address"]
    service.work()
    service.now += timedelta(seconds=20)
    assert service.client().get(f"/pdf/{query}").status_code == 200
    service.now += timedelta(hours=9)
    answer = service.client().get(f"/pdf/{query}")
    assert (answer.status_code == 200) is is_the_same
    assert is_the_same or answer.get_json()["address"] != first


def test_unknown_parameters_make_no_job_of_their_own(service: PdfServiceWithWorker) -> None:
    first = service.client().get("/pdf/ban-do?lop=roads").get_json()["address"]
    for query in ("lop=roads&x=1", "y=2&lop=roads&theme=dark", "lop=roads&luc=&khoang=7d", "lop=roads&giay=1&ma=abc"):
        assert service.client().get(f"/pdf/map?{query}").get_json()["address"] == first, query
    assert service.client().get("/pdf/ban-do?lop=water").get_json()["address"] != first


def test_a_past_moment_has_one_spelling_and_an_invalid_one_is_rejected(service: PdfServiceWithWorker) -> None:
    first = service.client().get("/pdf/?luc=24/11/2026 14:30").get_json()["address"]
    assert service.client().get("/pdf/?luc=2026-11-24T07:30:00Z").get_json()["address"] == first
    assert service.newest().params["params"] == {"luc": "2026-11-24T14:30:00+07:00"}
    wrong = {"hôm qua": PdfCode.BAD_MOMENT, "2026-11-24T17:00": PdfCode.FUTURE_MOMENT}
    for text, code in wrong.items():
        answer = service.client().get(f"/pdf/?luc={text}")
        assert (answer.status_code, answer.get_json()["code"]) == (400, code)


def test_a_waiting_request_gets_the_pdf_when_it_is_printed(store: Store, tmp_path: Path) -> None:
    service, pause = PdfServiceWithWorker(store, tmp_path, wait=20.0), threading.Event()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(service.client().get("/pdf/map")))
    thread.start()
    while not service.waiting():
        pause.wait(0.02)
    service.work()
    thread.join(60)
    assert answers[0].status_code == 200


def test_a_page_that_was_not_found_is_404(service: PdfServiceWithWorker) -> None:
    address = service.client().get("/pdf/chi-so/none").get_json()["address"]
    service.work(PrintCode.PAGE_NOT_FOUND)
    answer = service.client().get(address)
    assert answer.status_code == 404 and answer.get_json()["code"] == PrintCode.PAGE_NOT_FOUND


def ask(service: PdfServiceWithWorker, number: int, name: str) -> int:
    """The status of a request of the account `name` for a PDF of its own."""
    account = Principal(PrincipalKind.USER, name, roles=frozenset({Role.VIEWER}))
    return service.client().get(f"/pdf/map?lop={number}", environ_overrides={PRINCIPAL_KEY: account}).status_code


def test_full_queue_is_503_with_retry_after(service: PdfServiceWithWorker) -> None:
    assert [ask(service, n, f"account-{n}") for n in range(10)] == [202] * 8 + [503] * 2
    answer = service.client().get("/pdf/kpi?key=water-level")
    assert answer.headers["Retry-After"] == "30" and answer.get_json()["code"] == PdfCode.QUEUE_FULL
    assert ask(service, 0, "another") == 202  # the same PDF as one that is in the queue


def test_one_account_cannot_fill_the_queue(service: PdfServiceWithWorker) -> None:
    assert [ask(service, n, "an") for n in range(4)] == [202, 202, 503, 503]
    assert ask(service, 9, "binh") == 202
    service.work()
    assert ask(service, 5, "an") == 202


def test_a_failed_job_is_503_with_its_code_and_says_what_to_install(service: PdfServiceWithWorker) -> None:
    address = service.client().get("/pdf/map").headers["Location"]
    service.work(PrintCode.NO_BROWSER)
    answer = service.client().get(address)
    assert answer.status_code == 503 and answer.get_json()["code"] == PrintCode.NO_BROWSER
    assert all("apt install chromium" in answer.get_json()["detail"][lang] for lang in ("vi", "en"))
    page = service.client().get(address, headers=HTML)
    assert page.mimetype == "text/html" and "apt install chromium" in page.text and "refresh" not in page.text


def test_a_waiting_browser_gets_a_page_that_refreshes(service: PdfServiceWithWorker) -> None:
    page = service.client().get("/pdf/map", headers=HTML)
    assert page.status_code == 202 and page.headers["Refresh"].startswith("2;url=/pdf/job/")


def test_a_deleted_file_is_410_and_printed_anew(service: PdfServiceWithWorker) -> None:
    address = service.client().get("/pdf/map").headers["Location"]
    service.work()
    (service.data / "pdf" / "printed.pdf").unlink()
    assert service.client().get(address).status_code == 410
    assert service.client().get("/pdf/map").headers["Location"] != address


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/pdf/none", 404, PdfCode.UNKNOWN_PAGE), ("/pdf/kpi", 404, PdfCode.UNKNOWN_PAGE),
     ("/pdf/job/999", 404, PdfCode.UNKNOWN_JOB), ("/pdf/job/x", 404, PdfCode.UNKNOWN_JOB),
     ("/pdf/map?a=" + "x" * 300, 400, PdfCode.TOO_MANY_PARAMETERS),
     ("/pdf/map?" + "&".join(f"a{n}=1" for n in range(20)), 400, PdfCode.TOO_MANY_PARAMETERS),
     ("/pdf///127.0.0.1:9/x", 404, PdfCode.UNKNOWN_PAGE)],
)  # fmt: skip
def test_unprintable_request_has_a_code_and_both_texts(
    service: PdfServiceWithWorker, path: str, status: int, code: PdfCode
) -> None:
    answer = service.client().get(path, follow_redirects=True)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.get_json()["detail"]["vi"] and answer.get_json()["detail"]["en"]


def test_a_job_of_another_kind_is_unknown(service: PdfServiceWithWorker, store: Store) -> None:
    with store.write() as conn:
        number = jobs.enqueue(conn, "mail", {"to": "someone"}, NOW).id
    assert service.client().get(f"/pdf/job/{number}").status_code == 404


def test_a_page_is_found_by_name_and_by_path() -> None:
    assert (
        find_page("overview", {"luc": "1", "a": ""}, TABLE) == find_page("", {"luc": "1"}, TABLE) == ("/", {"luc": "1"})
    )
    assert find_page("chi-so/x y", {}, TABLE) == ("/chi-so/x%20y", {})
    assert find_page("kpi", {"key": "../a?b#c", "khoang": "7d"}, TABLE) == ("/chi-so/..%2Fa%3Fb%23c", {"khoang": "7d"})
    assert find_page("kpi", {}, TABLE) is None and find_page("chi-so", {}, TABLE) is None


@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 5000, "-1", "1.5", "x", "１", "%00"])
def test_a_job_that_no_store_can_hold_is_unknown(service: PdfServiceWithWorker, number: str) -> None:
    assert service.client().get(f"/pdf/job/{number}").status_code == 404


class StoreReadTogether(Store):
    """A store whose first readings all end before the first of them goes on to write."""

    def __init__(self, url: str, readers: int) -> None:
        super().__init__(url)
        self._readers = threading.Barrier(readers)

    @contextmanager
    def read(self, *, quick: bool = False, idle_seconds: int | None = None) -> Iterator[Conn]:
        with super().read(quick=quick, idle_seconds=idle_seconds) as conn:
            yield conn
            self._readers.wait(30)


@pytest.mark.parametrize(("names", "accepted"), [(["an"] * 4, 2), ([f"account-{n}" for n in range(10)], 8)])
def test_requests_at_the_same_moment_are_counted_one_after_the_other(
    store: Store, tmp_path: Path, names: list[str], accepted: int
) -> None:
    together = StoreReadTogether(f"sqlite:///{tmp_path}/ioc.db", len(names))
    service = PdfServiceWithWorker(together, tmp_path)
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(partial(ask, service), range(len(names)), names))
    together.close()
    assert sorted(answers) == [202] * accepted + [503] * (len(names) - accepted)
    with store.read() as conn:
        assert len(jobs.newest(conn, 20)) == accepted


def test_a_request_for_a_job_that_waits_does_not_wait_for_whoever_writes(
    service: PdfServiceWithWorker, store: Store
) -> None:
    address = service.client().get("/pdf/map").headers["Location"]
    with store.write():
        assert service.client().get("/pdf/map").headers["Location"] == address


class BusyStore(Store):
    """A store in which somebody else writes for the first `busy` writes, each as long as one waits for the lock."""

    def __init__(self, url: str, busy: int) -> None:
        super().__init__(url)
        self.busy = busy

    @contextmanager
    def write(self) -> Iterator[Conn]:
        if self.busy:
            self.busy -= 1
            raise StoreError(StoreCode.BUSY)
        with super().write() as conn:
            yield conn


@pytest.mark.parametrize(("busy", "wait", "is_queued"), [(1, 0.0, True), (3, 60.0, True), (99, 0.0, False)])
def test_a_job_is_queued_once_whoever_writes_has_finished(
    store: Store, tmp_path: Path, busy: int, wait: float, is_queued: bool
) -> None:
    held = BusyStore(f"sqlite:///{tmp_path}/ioc.db", busy)
    service = PdfService(held, tmp_path, lambda: NOW, lambda: 1, wait=wait)
    order, codes = PrintJob("/ban-do", {}, "vi", "ioc-ban-do"), []
    try:
        service.submit(order, Principal(PrincipalKind.LOCAL), service.deadline())
    except StoreError as error:
        codes.append(error.failure.code)
    held.close()
    with store.read() as conn:
        assert (len(jobs.newest(conn, 9)) == 1) is is_queued and codes == ([] if is_queued else [StoreCode.BUSY])


def test_a_request_waits_for_its_turn_to_write_and_for_its_job_together_no_longer_than_it_may(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = count(0, 10)  # each look at the clock is 10 s later
    monkeypatch.setattr("ioc.web.pdf.endpoint.monotonic", lambda: next(looks))
    held = BusyStore(f"sqlite:///{tmp_path}/ioc.db", 2)
    answer = PdfServiceWithWorker(held, tmp_path, wait=30.0).client().get("/pdf/map")
    held.close()
    assert answer.status_code == 202 and next(looks) == 40


def test_file_is_not_sent_to_who_was_revoked_while_it_was_printed(service: PdfServiceWithWorker) -> None:
    client = service.client()
    address = client.get("/pdf/").headers["Location"]
    service.work()
    environ: dict[str, Any] = client.environ_base
    environ[AUTHENTICATE_KEY] = lambda: Principal(revoked_reason=RevokedReason.SESSION_ENDED)
    for path in ("/pdf/", address):
        answer = client.get(path)
        assert answer.status_code == 303 and b"%PDF" not in answer.data
