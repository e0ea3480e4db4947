"""The PDF endpoint: the file, a place to ask again, or an error with its text."""

import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ioc.domain.base.failure import Failure
from ioc.storage import jobs
from ioc.storage.db.store import Store
from ioc.web.pdf.endpoint import PdfService, blueprint
from ioc.web.pdf.page_lookup import PageEntry, find_page
from ioc.worker.jobs import PrintCode, PrintJob, PrintResult
from tests.city import NOW

TABLE = [
    PageEntry("overview", "/", ("luc",)),
    PageEntry("map", "/ban-do", ("luc", "lop")),
    PageEntry("kpi", "/chi-so/<key>", ("luc", "khoang")),
]
HTML = {"Accept": "text/html,*/*;q=0.8"}


class PdfSite:
    """The PDF service with a version that the test changes, and a worker that the test plays."""

    def __init__(self, store: Store, data: Path, wait: float = 0.0) -> None:
        self.store, self.data, self.version = store, data, 1
        self.app = Flask(__name__)
        desk = PdfService(store, data, lambda: NOW, lambda: self.version, wait=wait)
        self.app.register_blueprint(blueprint(desk, lambda: TABLE))

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def newest(self) -> jobs.Job:
        with self.store.read() as conn:
            return jobs.newest(conn, 1)[0]

    def waiting(self) -> bool:
        with self.store.read() as conn:
            return bool(jobs.newest(conn, 1))

    def do(self, failure: Failure | None = None) -> None:
        (self.data / "pdf").mkdir(exist_ok=True)
        (self.data / "pdf" / "made.pdf").write_bytes(b"%PDF-1.7 made")
        with self.store.write() as conn:
            job = jobs.claim(conn, ["print"], NOW)
            assert job is not None
            if failure:
                jobs.fail(conn, job.id, failure, NOW)
            else:
                jobs.finish(conn, job.id, asdict(PrintResult("made.pdf", "f" * 64, "c" * 64, 13)), NOW)


@pytest.fixture
def pdf_site(store: Store, tmp_path: Path) -> PdfSite:
    return PdfSite(store, tmp_path)


def test_requested_pdf_is_delivered_once_printed(pdf_site: PdfSite) -> None:
    answer = pdf_site.client().get("/pdf/kpi?key=water-level&lang=en&khoang=7d&theme=dark")
    assert answer.status_code == 202 and answer.headers["Location"] == answer.get_json()["address"]
    assert PrintJob(**pdf_site.newest().params) == PrintJob(
        "/chi-so/water-level", {"khoang": "7d"}, "en", "ioc-chi-so-water-level"
    )
    pdf_site.do()
    made = pdf_site.client().get(answer.headers["Location"])
    assert made.status_code == 200 and made.mimetype == "application/pdf" and made.data.startswith(b"%PDF")
    assert made.headers["X-Content-Hash"] == "c" * 64
    assert "ioc-chi-so-water-level-20261124-1618.pdf" in made.headers["Content-Disposition"]


def test_same_page_at_same_version_is_one_job(pdf_site: PdfSite) -> None:
    first = pdf_site.client().get("/pdf/").get_json()["address"]
    assert pdf_site.client().get("/pdf/overview?lang=vi").get_json()["address"] == first
    pdf_site.do()
    assert pdf_site.client().get("/pdf/").status_code == 200
    pdf_site.version = 2
    assert pdf_site.client().get("/pdf/").get_json()["address"] != first


def test_unknown_parameters_make_no_separate_job(pdf_site: PdfSite) -> None:
    first = pdf_site.client().get("/pdf/ban-do?lop=roads").get_json()["address"]
    for query in ("lop=roads&x=1", "y=2&lop=roads&theme=dark", "lop=roads&luc=&khoang=7d", "lop=roads&giay=1&ma=abc"):
        assert pdf_site.client().get(f"/pdf/map?{query}").get_json()["address"] == first, query
    assert pdf_site.client().get("/pdf/ban-do?lop=water").get_json()["address"] != first


def test_past_moment_is_normalised_and_invalid_one_refused(pdf_site: PdfSite) -> None:
    first = pdf_site.client().get("/pdf/?luc=24/11/2026 14:30").get_json()["address"]
    assert pdf_site.client().get("/pdf/?luc=2026-11-24T07:30:00Z").get_json()["address"] == first
    assert pdf_site.newest().params["params"] == {"luc": "2026-11-24T14:30:00+07:00"}
    wrong = {"hôm qua": "bad-moment", "2026-11-24T17:00": "future"}
    for text, error in wrong.items():
        answer = pdf_site.client().get(f"/pdf/?luc={text}")
        assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_waiting_request_gets_the_pdf(store: Store, tmp_path: Path) -> None:
    pdf_site, pause = PdfSite(store, tmp_path, wait=20.0), threading.Event()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(pdf_site.client().get("/pdf/map")))
    thread.start()
    while not pdf_site.waiting():
        pause.wait(0.02)
    pdf_site.do()
    thread.join(10)
    assert answers[0].status_code == 200


def test_too_many_open_jobs_answer_busy(pdf_site: PdfSite) -> None:
    answers = [pdf_site.client().get(f"/pdf/kpi?key=water-level&khoang={n}") for n in range(12)]
    assert [one.status_code for one in answers] == [202] * 8 + [503] * 4
    assert answers[-1].headers["Retry-After"] == "30" and answers[-1].get_json()["error"] == "busy"
    assert pdf_site.client().get("/pdf/kpi?key=water-level&khoang=0").status_code == 202


def test_missing_browser_names_the_package(pdf_site: PdfSite) -> None:
    address = pdf_site.client().get("/pdf/map").headers["Location"]
    pdf_site.do(Failure(PrintCode.NO_BROWSER))
    answer = pdf_site.client().get(address)
    assert answer.status_code == 503 and answer.get_json()["error"] == "no-browser"
    assert all("apt install chromium" in answer.get_json()["detail"][lang] for lang in ("vi", "en"))
    page = pdf_site.client().get(address, headers=HTML)
    assert page.mimetype == "text/html" and "apt install chromium" in page.text and "refresh" not in page.text


def test_waiting_browser_gets_a_refreshing_page(pdf_site: PdfSite) -> None:
    page = pdf_site.client().get("/pdf/map", headers=HTML)
    assert page.status_code == 202 and 'http-equiv="refresh"' in page.text and "/pdf/job/" in page.text


def test_deleted_file_answers_gone(pdf_site: PdfSite) -> None:
    address = pdf_site.client().get("/pdf/map").headers["Location"]
    pdf_site.do()
    (pdf_site.data / "pdf" / "made.pdf").unlink()
    assert pdf_site.client().get(address).status_code == 410
    assert pdf_site.client().get("/pdf/map").headers["Location"] != address


@pytest.mark.parametrize(
    ("path", "status"),
    [("/pdf/none", 404), ("/pdf/kpi", 404), ("/pdf/job/999", 404), ("/pdf/map?a=" + "x" * 300, 400),
     ("/pdf/map?" + "&".join(f"a{n}=1" for n in range(20)), 400), ("/pdf///127.0.0.1:9/x", 404)],
)  # fmt: skip
def test_unprintable_addresses_are_refused_with_text(pdf_site: PdfSite, path: str, status: int) -> None:
    answer = pdf_site.client().get(path, follow_redirects=True)
    assert answer.status_code == status
    assert answer.get_json()["detail"]["vi"] and answer.get_json()["detail"]["en"]


def test_jobs_of_other_kinds_are_not_found(pdf_site: PdfSite, store: Store) -> None:
    with store.write() as conn:
        number = jobs.enqueue(conn, "mail", {"to": "someone"}, NOW).id
    assert pdf_site.client().get(f"/pdf/job/{number}").status_code == 404


def test_page_is_found_by_name_and_by_path() -> None:
    assert (
        find_page("overview", {"luc": "1", "a": ""}, TABLE) == find_page("", {"luc": "1"}, TABLE) == ("/", {"luc": "1"})
    )
    assert find_page("chi-so/x y", {}, TABLE) == ("/chi-so/x%20y", {})
    assert find_page("kpi", {"key": "../a?b#c", "khoang": "7d"}, TABLE) == ("/chi-so/..%2Fa%3Fb%23c", {"khoang": "7d"})
    assert find_page("kpi", {}, TABLE) is None and find_page("chi-so", {}, TABLE) is None


@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 5000, "-1", "1.5", "x", "１", "%00"])
def test_impossible_job_ids_are_not_found(pdf_site: PdfSite, number: str) -> None:
    assert pdf_site.client().get(f"/pdf/job/{number}").status_code == 404
