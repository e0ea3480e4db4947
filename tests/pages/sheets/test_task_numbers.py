"""A document of four tasks, of which one goes to two agencies, has the same two numbers on every page."""

import pytest

from components.directives.document_list import tasks_text
from components.directives.task_numbers import with_parts
from ioc.directives.document_register import list_documents
from tests.pages.directive_site import principal_of
from tests.pages.sheet_site import ASSIGN, PageOf, SheetPage, rows_of, sheet, today

SUM = "2 phần việc của 1 nhiệm vụ giao nhiều cơ quan + 3 nhiệm vụ khác"
BOTH, DUES, NEW, WAITING, UNCONFIRMED = (
    with_parts(each, 2, "vi")
    for each in ("4 nhiệm vụ", "1 hạn suy ra", "4 nhiệm vụ mới", "4 nhiệm vụ chờ giao", "1 hạn suy ra cần xác nhận")
)
KEY = "mp-a-1-kh-2026"
QUERY = {"van-ban": KEY}


@pytest.fixture
def page(page_of: PageOf) -> SheetPage:
    """The page that imports sheets, with the sheet read."""
    page = page_of("vp")
    several = "Cơ quan A (mô phỏng); Cơ quan B (mô phỏng)"
    order = rows_of(1, today(page), lead=several, due="tháng 12/2100")
    page.send(sheet([*order, *(rows_of(1, today(page), title=f"Việc {n}", id=f"N{n}")[0] for n in (1, 2, 3))]))
    return page


def listed(page: SheetPage, query: dict[str, str]) -> tuple[str, str]:
    """What the register says above its rows, and in the counter of its total."""
    wanted = {"register-table.getRowsRequest": {"startRow": 0, "endRow": 100, "sortModel": []}}
    total = page.browser.result("register.list_rows", wanted | {"register-query.data": query})
    counted = page.browser.result("register.count", {"register-query.data": query})
    return total["register-total.children"], str(counted["register-count-trong-tong.children"])


def register_of_documents(page: SheetPage) -> str:
    """What the register of documents says of its tasks."""
    context, who = page.centre.directives, principal_of("vp")
    return next(tasks_text(row, "vi") for row in list_documents(context, {}, who).rows if row.document.key == KEY)


def test_numbers_agree_before_assignment(page: SheetPage) -> None:
    checked = page.check()["sheet-import-result.markup"]
    assert f"{BOTH} của 1 văn bản: 4 mới" in checked and f"{DUES} từ lời văn" in checked
    done = page.browser.result("sheet_import.run", page.values, "sheet-import-import.n_clicks")
    markup = done["sheet-import-result.markup"]
    assert f"Đã nhập {BOTH}: 4 mới, 0 thay đổi, 0 không đổi.<" in markup
    assert f"Giao {NEW} của 1/KH" in markup and f"Xác nhận {DUES} của 1/KH" in markup
    document = page.browser.result("stored_document.show", {"stored-document-opened.data": KEY})
    assert document["stored-document-assign.children"] == f"Giao {BOTH}"
    assert document["stored-document-ask-body.children"].startswith(f"{BOTH} được giao cho cơ quan chủ trì. ")
    assert document["stored-document-confirm.children"] == f"Xác nhận {DUES}"
    assert document["stored-document-confirming-body.children"].startswith(f"{DUES} từ lời văn")
    work = str(page.browser.result("my_work.list_work", {"my-work-position.value": "vp"}))
    assert f"{WAITING} · {UNCONFIRMED}" in work
    assert listed(page, {**QUERY, "trang-thai": "cho-giao"})[0] == f"5 dòng: {BOTH}"
    assert register_of_documents(page) == WAITING


def test_numbers_agree_after_assignment(page: SheetPage) -> None:
    markup = page.run(ASSIGN)["sheet-import-result.markup"]
    assert f"Đã nhập {BOTH}: 4 mới, 0 thay đổi, 0 không đổi. Đã giao {BOTH}.<" in markup
    document = page.browser.result("stored_document.show", {"stored-document-opened.data": KEY})
    head = document["stored-document-counters.markup"]
    assert "<b>4</b>" in head
    assert f"các số khác tính trên 5: {SUM}" in head  # three tasks and two parts have states
    total, counter = listed(page, QUERY)
    assert total == f"6 dòng: {BOTH}"  # with the row of the order
    assert "'children': '5', 'className': 'register-count-value'" in counter
    assert f"{SUM}; tính theo nhiệm vụ: 4" in counter
    assert register_of_documents(page) == BOTH
    values = {"register-all.data": True, "register-query.data": QUERY, "register-table.selectedRows": []}
    opened = page.browser.result("register.open_act", values, "register-do-remind.n_clicks")
    assert opened["register-bulk-title.children"].endswith(f": {BOTH}")


def test_message_of_the_document_page_has_both_numbers(page: SheetPage) -> None:
    page.run()
    said = page.browser.run("stored_document.assign", {"stored-document-opened.data": KEY}).get_json()
    assert f"Đã giao {BOTH}." in str(said)
    shown = page.browser.result("stored_document.show", {"stored-document-opened.data": KEY})[
        "stored-document-dues.data"
    ]
    values = {"stored-document-opened.data": KEY, "stored-document-dues.data": shown}
    assert f"Đã xác nhận {DUES}." in str(page.browser.run("stored_document.confirm", values).get_json())
