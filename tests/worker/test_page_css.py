"""The footer of printed sheets: the address of the same page at the same moment."""

from datetime import UTC, datetime

from ioc.worker.jobs import PrintJob
from ioc.worker.page_css import page_address

MOMENT = datetime(2026, 11, 24, 9, 18, 5, tzinfo=UTC)


def test_address_has_the_host_under_which_it_was_asked_for() -> None:
    job = PrintJob("/chi-so/water-level", {"khoang": "7d"}, "vi", "ioc", "https://ioc.example.vn")
    assert page_address(job, MOMENT) == (
        "https://ioc.example.vn/chi-so/water-level?khoang=7d&luc=2026-11-24T16:18:05.000&lang=vi"
    )


def test_job_queued_without_a_host_still_has_an_address() -> None:
    assert page_address(PrintJob("/", {}, "en", "ioc"), MOMENT).startswith("/?luc=")
