"""A page whose live client does not come says so, and is loaded again: its figures would look good for ever."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageLog, Site
from tests.system.program import SLOWNESS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLIENT = "**/assets/page.*.js"


def test_page_without_its_live_client_says_so_and_is_loaded_again(page: Page, site: Site, page_log: PageLog) -> None:
    page.route(CLIENT, lambda route: route.fulfill(status=503))
    page.route("**/healthz", lambda route: route.fulfill(status=503))
    page.goto(site.address("/"))
    expect(page.locator("#link-banner").first).to_contain_text("Mất kết nối", timeout=SLOWNESS * 15_000)
    page.unroute(CLIENT)
    page.unroute("**/healthz")
    page.route("**/healthz", lambda route: route.fulfill(status=200))
    page.wait_for_selector("html[data-link=ok]", state="attached", timeout=SLOWNESS * 20_000)
    expect(page.locator("#link-banner")).to_be_empty()
    assert page_log.loads == 2
    page_log.faults.clear()  # the refused script


def test_page_with_its_live_client_is_not_loaded_again(page: Page, site: Site) -> None:
    page.goto(site.address("/"))
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("() => { window.isFirst = true }")
    page.wait_for_timeout(6_000)
    assert page.evaluate("() => window.isFirst === true && document.documentElement.dataset.link === 'ok'")
