"""The page of the register of documents: rows, filter, files; callbacks by HTTP."""

from typing import Any

import pytest

from ioc.domain.access.principal import Role
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_site import enter, fill_positions, make_directive, official, page_layout
from tests.web.views.conftest import Centre

PATH = "/so-van-ban"
WANTED = {"startRow": 0, "endRow": 100, "sortModel": []}


@pytest.fixture
def site(centre: Centre) -> Centre:
    """Document d2 below d1, whose tasks are assigned."""
    fill_positions(centre)
    enter(centre, make_directive(centre, "d1"))
    enter(centre, make_directive(centre, "d2", leads=(), parents=("d1",), is_simulated=True))
    return centre


def listed(browser: WorkingBrowser, **query: str) -> list[dict[str, Any]]:
    values = {"documents-table.getRowsRequest": WANTED, "documents-query.data": query}
    return list(browser.result("documents.list_rows", values)["documents-table.getRowsResponse"]["rowData"])


def test_rows_lead_to_the_document_and_its_tasks(site: Centre) -> None:
    rows = {row["number"]["href"]: row for row in listed(official(site, "vp"))}
    assert rows["/van-ban/d1"]["tasks"]["href"] == "/so-nhiem-vu?van-ban=d1"
    assert "sign" not in rows["/van-ban/d1"]["number"]
    assert rows["/van-ban/d2"]["parents"] == "d1/MP-UBND" and rows["/van-ban/d2"]["number"]["sign"]
    assert rows["/van-ban/d1"]["which"] != rows["/van-ban/d2"]["which"]


def test_fields_filter(site: Centre) -> None:
    browser = official(site, "vp")
    answer = browser.result(
        "documents.narrow", {"documents-words.value": "chong ngap", "documents-which.value": "mo-phong"}
    )
    query = answer["documents-query.data"]
    assert query == {"tim": "chong ngap", "loai": "mo-phong"}
    assert [row["number"]["href"] for row in listed(browser, **query)] == ["/van-ban/d2"]


def test_file_has_the_rows_of_the_page(site: Centre) -> None:
    text = official(site, "gd-a").get("/xuat/documents.csv?loai=mo-phong").text
    assert "d2/MP-UBND" in text and "2322/UBND-KGVX" not in text


def test_page_is_for_who_may_act_on_directives(site: Centre) -> None:
    assert "documents-table" in page_layout(official(site, "vp"), PATH)
    assert working(site.signed_in("khach", Role.VIEWER)).get("/xuat/documents.csv").status_code == 403
