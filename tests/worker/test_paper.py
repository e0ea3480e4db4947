"""What the web answers about paper: the file, where to ask again, or a sentence."""

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


class Office:
    """A desk with a version that the test moves, and a worker in the test's hands."""

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
def office(store: Store, tmp_path: Path) -> Office:
    return Office(store, tmp_path)


def test_asked_for_then_made_then_handed_out(office: Office) -> None:
    answer = office.client().get("/pdf/kpi?key=water-level&lang=en&khoang=7d&theme=dark")
    assert answer.status_code == 202 and answer.headers["Location"] == answer.get_json()["address"]
    assert PrintJob(**office.newest().params) == PrintJob(
        "/chi-so/water-level", {"khoang": "7d"}, "en", "ioc-chi-so-water-level"
    )
    office.do()
    made = office.client().get(answer.headers["Location"])
    assert made.status_code == 200 and made.mimetype == "application/pdf" and made.data.startswith(b"%PDF")
    assert made.headers["X-Content-Hash"] == "c" * 64
    assert "ioc-chi-so-water-level-20261124-1618.pdf" in made.headers["Content-Disposition"]


def test_the_same_page_at_the_same_version_is_one_job(office: Office) -> None:
    first = office.client().get("/pdf/").get_json()["address"]
    assert office.client().get("/pdf/overview?lang=vi").get_json()["address"] == first
    office.do()
    assert office.client().get("/pdf/").status_code == 200
    office.version = 2
    assert office.client().get("/pdf/").get_json()["address"] != first


def test_what_the_page_does_not_know_makes_no_order_of_its_own(office: Office) -> None:
    first = office.client().get("/pdf/ban-do?lop=roads").get_json()["address"]
    for query in ("lop=roads&x=1", "y=2&lop=roads&theme=dark", "lop=roads&luc=&khoang=7d", "lop=roads&giay=1&ma=abc"):
        assert office.client().get(f"/pdf/map?{query}").get_json()["address"] == first, query
    assert office.client().get("/pdf/ban-do?lop=water").get_json()["address"] != first


def test_a_past_moment_has_one_spelling_and_one_that_cannot_be_shown_is_refused(office: Office) -> None:
    first = office.client().get("/pdf/?luc=24/11/2026 14:30").get_json()["address"]
    assert office.client().get("/pdf/?luc=2026-11-24T07:30:00Z").get_json()["address"] == first
    assert office.newest().params["params"] == {"luc": "2026-11-24T14:30:00+07:00"}
    wrong = {"hôm qua": "bad-moment", "2026-11-24T17:00": "future"}
    for text, error in wrong.items():
        answer = office.client().get(f"/pdf/?luc={text}")
        assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_who_waits_gets_it_at_once(store: Store, tmp_path: Path) -> None:
    office, pause = Office(store, tmp_path, wait=20.0), threading.Event()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(office.client().get("/pdf/map")))
    thread.start()
    while not office.waiting():
        pause.wait(0.02)
    office.do()
    thread.join(10)
    assert answers[0].status_code == 200


def test_when_too_many_wait_the_next_is_asked_to_come_again(office: Office) -> None:
    answers = [office.client().get(f"/pdf/kpi?key=water-level&khoang={n}") for n in range(12)]
    assert [one.status_code for one in answers] == [202] * 8 + [503] * 4
    assert answers[-1].headers["Retry-After"] == "30" and answers[-1].get_json()["error"] == "busy"
    assert office.client().get("/pdf/kpi?key=water-level&khoang=0").status_code == 202


def test_without_a_browser_it_says_what_to_install(office: Office) -> None:
    address = office.client().get("/pdf/map").headers["Location"]
    office.do(Failure(PrintCode.NO_BROWSER))
    answer = office.client().get(address)
    assert answer.status_code == 503 and answer.get_json()["error"] == "no-browser"
    assert all("apt install chromium" in answer.get_json()["detail"][lang] for lang in ("vi", "en"))
    page = office.client().get(address, headers=HTML)
    assert page.mimetype == "text/html" and "apt install chromium" in page.text and "refresh" not in page.text


def test_a_browser_that_waits_is_led_on(office: Office) -> None:
    page = office.client().get("/pdf/map", headers=HTML)
    assert page.status_code == 202 and 'http-equiv="refresh"' in page.text and "/pdf/job/" in page.text


def test_a_file_that_is_gone_is_told(office: Office) -> None:
    address = office.client().get("/pdf/map").headers["Location"]
    office.do()
    (office.data / "pdf" / "made.pdf").unlink()
    assert office.client().get(address).status_code == 410
    assert office.client().get("/pdf/map").headers["Location"] != address


@pytest.mark.parametrize(
    ("path", "status"),
    [("/pdf/none", 404), ("/pdf/kpi", 404), ("/pdf/job/999", 404), ("/pdf/map?a=" + "x" * 300, 400),
     ("/pdf/map?" + "&".join(f"a{n}=1" for n in range(20)), 400), ("/pdf///127.0.0.1:9/x", 404)],
)  # fmt: skip
def test_what_cannot_be_printed_is_refused_in_a_sentence(office: Office, path: str, status: int) -> None:
    answer = office.client().get(path, follow_redirects=True)
    assert answer.status_code == status
    assert answer.get_json()["detail"]["vi"] and answer.get_json()["detail"]["en"]


def test_other_jobs_are_none_of_ours(office: Office, store: Store) -> None:
    with store.write() as conn:
        number = jobs.enqueue(conn, "mail", {"to": "someone"}, NOW).id
    assert office.client().get(f"/pdf/job/{number}").status_code == 404


def test_a_page_is_found_by_name_and_by_path() -> None:
    assert (
        find_page("overview", {"luc": "1", "a": ""}, TABLE) == find_page("", {"luc": "1"}, TABLE) == ("/", {"luc": "1"})
    )
    assert find_page("chi-so/x y", {}, TABLE) == ("/chi-so/x%20y", {})
    assert find_page("kpi", {"key": "../a?b#c", "khoang": "7d"}, TABLE) == ("/chi-so/..%2Fa%3Fb%23c", {"khoang": "7d"})
    assert find_page("kpi", {}, TABLE) is None and find_page("chi-so", {}, TABLE) is None


@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 5000, "-1", "1.5", "x", "１", "%00"])
def test_a_job_that_no_store_can_hold_is_unknown(office: Office, number: str) -> None:
    assert office.client().get(f"/pdf/job/{number}").status_code == 404
