"""Every page of the running demonstration, at every size, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Told
from tests.whole.program import Program, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = {
    "/": "Tổng quan",
    "/tuong": "Tổng quan",
    "/ban-do": "Bản đồ",
    "/chi-dao": "Chỉ đạo",
    "/chi-so": "Chỉ số",
    "/chi-so/water-level": "Mực nước sông Hậu",
    "/nguon": "Nguồn dữ liệu",
    "/can-chu-y": "Cần chú ý",
}
SIZES = ((1920, 1080), (1180, 820), (820, 1180), (390, 844))
READY = "() => window.iocReady === true"

# Text that is cut off inside a tile: wider, or higher, than the box that hides what does not fit.
CUT = """() => [...document.querySelectorAll('#react-entry-point .tile, #react-entry-point .tile *')]
    .filter((node) => node.clientWidth && getComputedStyle(node).overflow !== 'visible' && !node.closest('svg')
        && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1))
    .map((node) => node.className + ': ' + node.textContent.slice(0, 60))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(page: Page, address: str) -> None:
    """The page, drawn whole. The limit is for a map drawn by a processor that others use, too."""
    page.goto(address)
    page.wait_for_function(READY, timeout=20_000)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_page_fits_every_screen(full: Program, page: Page, told: Told, path: str, lang: str) -> None:
    wrong: dict[str, Any] = {}
    opened(page, f"{full.base}{path}?lang={lang}")
    said = page.locator("#react-entry-point").inner_text()
    assert {"vi": "MÔ PHỎNG", "en": "SIMULATED"}[lang] in said.upper()
    assert lang == "en" or PAGES[path] in said
    assert re.search(r"\d\d:\d\d", said)
    assert not re.search(r"\bundefined\b|\bNaN\b|\bNone\b|\[object", said)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if (over := page.evaluate(WIDE)) > 0:
            wrong[f"{width} wide"] = f"{over} px too wide"
        if cut := page.evaluate(CUT):
            wrong[f"{width} cut"] = cut
    assert not wrong
    assert told.faults == []
    foreign = [one for one in told.requests if not one.startswith((full.base, "blob:", "data:"))]
    assert foreign == []
    assert page.locator("html").get_attribute("lang") == lang


def test_an_unknown_address_is_a_page_too(full: Program, page: Page, told: Told) -> None:
    page.goto(f"{full.base}/khong-co")
    page.wait_for_selector("#react-entry-point .shell")
    assert told.loads == 1


def test_many_screens_at_once_see_the_same(full: Program, browser: Browser) -> None:
    context = browser.new_context()
    try:
        pages = [context.new_page() for _ in range(3)]
        for one in pages:
            opened(one, f"{full.base}/chi-so")
        until(
            lambda: len({one.locator("#react-entry-point #kpis-list").inner_html() for one in pages}) == 1,
            10,
            "the same",
        )
    finally:
        context.close()
