"""Tables before their rows are there: on the way, none, not read; on working and watching pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from ioc.domain.access.principal import Role
from tests.browser.axe import violations
from tests.browser.conftest import Site
from tests.browser.test_access import READY, Centre, open_signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CALLBACKS = "**/_dash-update-component*"
ACCOUNTS, AUDIT = "/quan-tri/tai-khoan", "/quan-tri/nhat-ky"
TABLES = pytest.mark.parametrize(("path", "table"), [(ACCOUNTS, "users-table"), (AUDIT, "audit-table")])
OUTPUTS = {"users-table": "users-table.rowData", "audit-table": "audit-table.getRowsResponse"}
LOADING, NO_ROWS = "Đang tải…", "Không có dòng nào"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    yield running
    running.close()


@pytest.fixture
def admin(page: Page, centre: Centre) -> Page:
    """A page of an administrator, on a page without a table."""
    open_signed_in(page, centre, "truong", Role.ADMINISTRATOR, path="/tai-khoan")
    return page


class HeldRequests:
    """Requests that match `address`, and hold `text` if it is given: they wait until `release`, or fail until then."""

    def __init__(self, page: Page, address: str, text: str = "", *, is_failing: bool = False) -> None:
        self.text, self.is_failing, self._is_released, self._waiting = text, is_failing, False, list[Route]()
        page.route(address, self._answer)

    def _answer(self, route: Route) -> None:
        if self._is_released or self.text not in (route.request.post_data or ""):
            route.continue_()
        elif self.is_failing:
            route.fulfill(status=503, json={"code": "busy", "detail": {"vi": "Máy chủ bận", "en": "Busy"}})
        else:
            self._waiting.append(route)

    def release(self) -> None:
        self._is_released = True
        for route in self._waiting:
            route.continue_()


def host_of(page: Page, table: str) -> Locator:
    return page.locator(f".table-host:has([id='{table}'])")


@TABLES
def test_table_says_that_it_loads_until_its_rows_are_there(admin: Page, centre: Centre, path: str, table: str) -> None:
    rows, host = HeldRequests(admin, CALLBACKS, OUTPUTS[table]), host_of(admin, table)
    admin.goto(centre.address(path))
    expect(host.locator(".ag-overlay")).to_have_text(LOADING)
    expect(host.locator(".ag-overlay")).not_to_contain_text(NO_ROWS)
    assert violations(admin) == []
    rows.release()
    expect(host.locator(".ag-row .btn").first).to_be_visible()
    expect(host.locator(".ag-overlay")).to_be_hidden()


@TABLES
def test_failed_table_says_so_and_reads_again(admin: Page, centre: Centre, path: str, table: str) -> None:
    rows, host = HeldRequests(admin, CALLBACKS, OUTPUTS[table], is_failing=True), host_of(admin, table)
    admin.goto(centre.address(path))
    failed = host.get_by_role("alert")
    expect(failed).to_be_visible()
    expect(host.locator(".ag-overlay")).to_be_hidden()
    assert violations(admin) == []
    failed.get_by_role("button").click()
    expect(failed).to_be_visible()  # it failed once more
    rows.release()
    failed.get_by_role("button").press("Enter")
    expect(host.locator(".ag-row .btn").first).to_be_visible()
    expect(failed).to_be_hidden()


def test_failed_list_says_so_and_reads_again(page: Page, centre: Centre) -> None:
    """A list that is no table: it does not say any more that it loads."""
    open_signed_in(page, centre, "lanh-dao", Role.LEADER, path="/tai-khoan")
    rows, listed = (
        HeldRequests(page, CALLBACKS, "my-work-list.children", is_failing=True),
        page.locator("#my-work-list"),
    )
    page.goto(centre.address("/viec-cua-toi"))
    failed = listed.get_by_role("alert")
    expect(failed).to_be_visible()
    expect(listed.get_by_role("status")).to_be_hidden()
    assert violations(page) == []
    rows.release()
    failed.get_by_role("button").press("Enter")
    expect(listed.locator(".list-state")).to_have_count(0)


def test_rows_stay_when_reading_them_again_fails(admin: Page, centre: Centre) -> None:
    host = host_of(admin, "users-table")
    admin.goto(centre.address(ACCOUNTS))
    expect(host.locator(".ag-row .btn").first).to_be_visible()
    HeldRequests(admin, CALLBACKS, OUTPUTS["users-table"], is_failing=True)
    centre.moved()
    expect(admin.locator("#toast")).to_contain_text("Máy chủ bận")
    expect(host.get_by_role("alert")).to_be_hidden()
    expect(host.locator(".ag-row .btn").first).to_be_visible()


def test_tables_say_that_there_is_no_row_once_the_server_has_said_so(admin: Page, centre: Centre) -> None:
    for path, table in (("/quan-tri/chuong-trinh", "api-keys-table"), (f"{AUDIT}?ai=khong-co-ai", "audit-table")):
        admin.goto(centre.address(path))
        overlay = host_of(admin, table).locator(".ag-overlay")
        expect(overlay).to_be_visible()
        expect(overlay).to_contain_text("có")  # not "Đang tải…"
        expect(host_of(admin, table).locator(".ag-row")).to_have_count(0)


def test_live_table_says_that_it_loads_until_its_scripts_are_there(site_of_pages: Site, page: Page) -> None:
    grid = HeldRequests(page, "**/dash_ag_grid/**")
    page.goto(site_of_pages.address("/chi-so"), wait_until="commit")
    loading = page.locator("#first-paint .table-loading")
    expect(loading).to_be_visible()
    expect(loading).to_have_text(LOADING)
    grid.release()
    expect(page.locator("#react-entry-point .ag-row").first).to_be_visible()
    expect(page.locator("#react-entry-point .table-loading")).to_be_hidden()


def test_live_table_without_rows_is_ready_and_says_so(site_of_pages: Site, page: Page) -> None:
    page.goto(site_of_pages.address("/chi-so?tim=khong+co+gi"))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#react-entry-point .ag-overlay")).to_contain_text("Không có dòng nào khớp")
    expect(page.locator("#react-entry-point .table-loading")).to_be_hidden()


@pytest.fixture
def site_of_pages(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path / "pages", "pages")
    (tmp_path / "pages").mkdir()
    running.start()
    yield running
    running.stop()
