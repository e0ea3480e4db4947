"""In a real browser: a document is entered with its tasks, and many tasks are acted on, with the keyboard alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.queries import find_document, find_task
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from tests.browser.keyboard import act, press, tab_to, type_into
from tests.browser.test_access import Centre, open_signed_in
from tests.browser.test_working_pages import faults
from tests.conftest import PageLog

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000
HEAD = Principal(PrincipalKind.USER, "van-phong", roles=frozenset({Role.EDITOR}))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    first = running.directives.today() - timedelta(days=1)
    with running.store.write() as conn:
        positions.put_position(conn, Position("vp", PositionKind.OFFICE_LEADER, "Lãnh đạo Văn phòng", HEAD.name, first))
    yield running
    running.close()


def row_field(number: int, field: str) -> str:
    """The selector of a field of a row of tasks."""
    return f"[id='{json.dumps({'key': str(number), 'type': f'document-entry-{field}'}, separators=(',', ':'))}']"


def enter_task(page: Page, number: int, title: str, lead: str, due: str) -> None:
    type_into(page, row_field(number, "title"), title)
    type_into(page, row_field(number, "lead"), lead)
    type_into(page, row_field(number, "due"), due)


def test_document_is_entered_and_its_tasks_are_reminded_with_the_keyboard(
    page: Page, centre: Centre, page_log: PageLog
) -> None:
    open_signed_in(page, centre, HEAD.name, Role.EDITOR, path="/nhap-van-ban")
    type_into(page, "#document-entry-number", "97/KH-UBND")
    tab_to(page, "#document-entry-issuer")
    press(page, "ArrowDown")
    type_into(page, "#document-entry-abstract", "Chong ngap")
    enter_task(page, 0, "Dao muong", "mp-a", "quy IV/2100")
    type_into(page, row_field(0, "place"), "ninh kieu")
    enter_task(page, 1, "Thu gom", "mp-x", "thuong xuyen")
    expect(page.locator(row_field(2, "title"))).to_be_visible()
    expect(page.locator(row_field(3, "title"))).to_be_hidden()
    act(page, "#document-entry-assign")
    expect(page.locator(row_field(1, "lead"))).to_be_focused(timeout=WAIT)
    page.reload()
    expect(page.locator(row_field(1, "lead"))).to_have_value("mp-x", timeout=WAIT)
    type_into(page, row_field(1, "lead"), "mp-b")
    act(page, "#document-entry-assign")
    page.wait_for_url("**/van-ban/*", timeout=WAIT)
    key = page.url.rpartition("/")[2]
    expect(page.locator(f"#stored-document-tasks a[href='/nhiem-vu/{key}/nv-2']")).to_be_visible(timeout=WAIT)
    assert len(find_document(centre.directives, key, HEAD).tasks) == 2
    correct(page)
    document = find_document(centre.directives, key, HEAD).document
    assert document.number == "98/KH-UBND" and document.tasks[0].place == "p1"
    act(page, "#stored-document-back")
    remind_all(page)
    for number in (1, 2):
        history = find_task(centre.directives, f"{key}/nv-{number}", "vp", HEAD).history
        assert [event.act for event in history] == [Act.ASSIGN, Act.REMIND]
    assert faults(page_log) == []


def correct(page: Page) -> None:
    """Corrects the number of the document on whose page somebody is, who is told first that a reason is needed."""
    act(page, "#stored-document-correct")
    page.wait_for_url("**/dinh-chinh/*", timeout=WAIT)
    expect(page.locator("#correction-number")).to_have_value("97/KH-UBND", timeout=WAIT)
    type_into(page, "#correction-number", "98/KH-UBND")
    act(page, "#correction-save")
    expect(page.locator("#correction-reason-error")).not_to_be_empty(timeout=WAIT)
    type_into(page, "#correction-reason", "go nham")
    act(page, "#correction-save")
    page.wait_for_url("**/van-ban/*", timeout=WAIT)
    expect(page.locator("#stored-document-corrections")).to_contain_text("97/KH-UBND", timeout=WAIT)


def remind_all(page: Page) -> None:
    """Selects one task with Space, then all of the filter, and reminds of them."""
    expect(page.locator("#register-table .ag-row[row-index='1']")).to_be_visible(timeout=WAIT)
    tab_to(page, "#register-table .ag-header-cell")
    press(page, "ArrowDown", "Space")
    expect(page.locator("#register-selected")).to_contain_text("1 dòng", timeout=WAIT)
    act(page, "#register-select-all")
    expect(page.locator("#register-selected")).to_contain_text("cả 2", timeout=WAIT)
    act(page, "#register-do-remind")
    expect(page.locator("#register-bulk")).to_be_visible(timeout=WAIT)
    expect(page.locator("#register-position")).to_have_value("vp|vp", timeout=WAIT)
    type_into(page, "#register-text", "Khan truong")
    act(page, "#register-preview")
    expect(page.locator("#register-results")).to_contain_text("2 trên 2", timeout=WAIT)
    act(page, "#register-go")
    expect(page.locator("#register-results")).to_contain_text("Đã làm 2", timeout=WAIT)


@pytest.mark.parametrize(("path", "table", "field"), [
    ("/so-nhiem-vu", "register-table", "due"), ("/so-van-ban", "documents-table", "issuer"),
])  # fmt: skip
def test_the_columns_of_a_register_are_chosen_with_the_keyboard_and_stay_chosen(
    page: Page, centre: Centre, page_log: PageLog, path: str, table: str, field: str
) -> None:
    open_signed_in(page, centre, HEAD.name, Role.EDITOR, path=path)
    head, choice = page.locator(f"#{table} .ag-header-cell[col-id={field}]"), page.locator("details.column-choice")
    first = choice.locator("input").first
    expect(head).to_be_visible()
    act(page, "details.column-choice summary")
    expect(first).to_be_disabled()
    tab_to(page, f"details.column-choice input[value={field}]")
    press(page, "Space")
    expect(head).to_have_count(0)
    press(page, "Escape")
    expect(choice).not_to_have_attribute("open", "")
    page.reload()
    expect(page.locator(f"#{table} .ag-header-cell").first).to_be_visible()
    expect(head).to_have_count(0)
    act(page, "details.column-choice summary")
    tab_to(page, f"details.column-choice input[value={field}]")
    press(page, "Space")
    expect(head).to_be_visible()
    assert faults(page_log) == []
