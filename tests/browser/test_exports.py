"""Links to exported tables: they take the filter that the address of the page holds when they are followed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.access.principal import Role
from ioc.domain.base.places import Places
from ioc.web.exports import table_process
from tests.browser.keyboard import tab_to
from tests.browser.test_access import Centre
from tests.browser.test_working_pages import admin, centre
from tests.browser.whole_centre import WholeCentre, sign_in_with

__all__ = ["admin", "centre"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def reader(page: Page, tmp_path: Path) -> Iterator[Page]:
    """The audit log of a centre that makes files."""
    running = WholeCentre(tmp_path)
    sign_in_with(page, running, Role.ADMINISTRATOR, path="/quan-tri/nhat-ky")
    yield page
    running.close()


def test_file_holds_the_rows_that_are_searched_for(admin: Page, centre: Centre) -> None:
    link = admin.locator('a[href^="/xuat/accounts.csv"]')
    admin.locator("#users-search").fill("khong co ai")
    expect(admin.get_by_role("gridcell", name="truong")).to_have_count(0)
    tab_to(admin, 'a[href^="/xuat/accounts.csv"]')
    expect(link).to_have_attribute("href", "/xuat/accounts.csv?tim=khong+co+ai")
    admin.locator("#users-search").fill("")
    expect(admin.get_by_role("gridcell", name="truong")).to_be_visible()
    link.hover()
    admin.mouse.down()
    expect(link).to_have_attribute("href", "/xuat/accounts.csv")
    admin.mouse.up()


def test_two_files_pressed_one_after_the_other_both_arrive(reader: Page) -> None:
    with (
        reader.expect_download(lambda file: file.suggested_filename.endswith(".csv")),
        reader.expect_download(lambda file: file.suggested_filename.endswith(".xlsx")),
    ):
        for kind in ("csv", "xlsx"):
            reader.locator(f'a[href^="/xuat/audit-log.{kind}"]').click()


def test_why_there_is_no_file_is_said_on_a_page(reader: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_process, "_places", Places(0))
    with reader.expect_popup() as opened:
        reader.locator('a[href^="/xuat/audit-log.csv"]').click()
    expect(opened.value.get_by_role("alert")).to_contain_text("Đang xuất những tệp khác")
    expect(opened.value.get_by_role("link", name="Thử lại")).to_be_visible()
