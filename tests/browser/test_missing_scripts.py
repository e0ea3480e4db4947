"""A page of which a script does not come says so, and is loaded again: its figures would look good for ever."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PageLog, Site
from tests.system.program import SLOWNESS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REACT = "html[data-ready]"
HEALTH = "**/healthz"
SCRIPTS = ["**/assets/page.*.js", "**/dash_renderer.*", "**/react-dom*.js", "**/dash/dcc/dash_core_components.*"]


def answer(status: int, page: Page, *addresses: str) -> None:
    for address in addresses:
        page.route(address, lambda route: route.fulfill(status=status))


@pytest.mark.parametrize("script", SCRIPTS)
def test_page_without_a_script_says_so_and_is_loaded_again(
    page: Page, site: Site, page_log: PageLog, script: str
) -> None:
    answer(503, page, script, HEALTH)
    page.goto(site.address("/"))
    expect(page.locator("#link-banner").first).to_contain_text("Mất kết nối", timeout=SLOWNESS * 10_000)
    page.unroute(script)
    page.unroute(HEALTH)
    answer(200, page, HEALTH)
    page.wait_for_selector(REACT, state="attached", timeout=SLOWNESS * 40_000)
    expect(page.locator("#link-banner")).to_be_empty()
    assert page_log.loads == 2
    page_log.faults.clear()  # the refused script, and what lacks it


def test_page_that_was_cut_in_transit_is_loaded_again(page: Page, site: Site, page_log: PageLog) -> None:
    cut = 0

    def cut_first(route: Route) -> None:
        nonlocal cut
        body, cut = route.fetch().text(), cut + 1
        route.fulfill(body=body.partition('<script id="ioc-boot"')[0] if cut == 1 else body, content_type="text/html")

    page.route(site.address("/"), cut_first)
    answer(200, page, HEALTH)
    page.goto(site.address("/"))
    page.wait_for_selector(REACT, state="attached", timeout=SLOWNESS * 60_000)
    assert page_log.loads == 2


def test_page_that_has_all_of_them_is_not_loaded_again(page: Page, site: Site, page_log: PageLog) -> None:
    answer(200, page, HEALTH)
    page.goto(site.address("/"))
    page.wait_for_selector(REACT, state="attached")
    page.wait_for_function("() => performance.now() > 22000")
    expect(page.locator("#link-banner")).to_be_empty()
    assert page_log.loads == 1


def test_page_of_which_a_script_hangs_is_loaded_again(page: Page, site: Site, page_log: PageLog) -> None:
    held, script = list[Route](), "**/dash_renderer.*"
    page.clock.install()
    page.route(script, lambda route: held.append(route))
    answer(200, page, HEALTH)
    page.goto(site.address("/"), wait_until="commit")
    page.wait_for_selector("#first-paint", state="attached")
    page.unroute(script)
    for _ in range(20):  # minutes, until it is loaded again
        page.clock.run_for(60_000)
        if page_log.loads > 1:
            break
    page.wait_for_selector(REACT, state="attached")
    assert page_log.loads > 1
    assert held
    page_log.faults.clear()  # the script that hung


def test_page_of_which_an_image_hangs_is_sound(page: Page, site: Site, page_log: PageLog) -> None:
    held = list[Route]()
    page.clock.install()
    page.add_init_script("document.addEventListener('DOMContentLoaded', () => { new Image().src = '/hangs.png'; })")
    page.route("**/hangs.png", lambda route: held.append(route))
    answer(200, page, HEALTH)
    page.goto(site.address("/"), wait_until="commit")
    page.wait_for_selector(REACT, state="attached")
    page.clock.run_for(70_000)
    expect(page.locator("#link-banner")).to_be_empty()
    assert held and page_log.loads == 1
