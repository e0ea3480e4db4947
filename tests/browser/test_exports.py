"""Links to exported tables: they take the filter that the address of the page holds when they are followed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import tab_to
from tests.browser.test_access import Centre
from tests.browser.test_working_pages import admin, centre

__all__ = ["admin", "centre"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
