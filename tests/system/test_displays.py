"""Every page of the running demonstration, at every size, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ioc.worker.chromium import find_executable
from tests.conftest import PageLog, new_context
from tests.system.program import Program, until

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
# Boxes that must be scrolled sideways to be read.
SCROLLED_SIDEWAYS = """() => [...document.querySelectorAll('#react-entry-point .wide')]
    .filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.textContent.slice(0, 60))"""
# A value as long as any, in the place of the one that the first tile has.
LONG = """() => {
    const values = [...document.querySelectorAll('#react-entry-point .tile-current .tile-value')];
    const value = values.find((one) => one.clientWidth);
    value.setAttribute('style', '--n:6.75;--u:9.20');
    value.querySelector('b').textContent = '−1.234.567,8';
    value.querySelector('.unit').textContent = 'phương tiện/giờ';
    const unit = value.querySelector('.unit');
    return Math.max(value.scrollWidth - value.clientWidth, unit.scrollWidth - unit.clientWidth);
}"""
# Whether nothing covers the middle of a part of the header.
IS_ON_TOP = """(part) => {
    const node = document.querySelector('#react-entry-point ' + part), box = node.getBoundingClientRect();
    return node.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
VIETNAMESE_UNITS = r"\d (hồ sơ|phản ánh|giường|sự cố|người|lượt|tin|điểm|giờ|tỷ đồng|chỉ số|phương tiện)"
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(page: Page, address: str) -> None:
    """Opens a page and waits until it is drawn; the limit allows for a map on a busy processor."""
    page.goto(address)
    page.wait_for_function(READY)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_page_fits_every_screen_size(full: Program, page: Page, page_log: PageLog, path: str, lang: str) -> None:
    wrong: dict[str, Any] = {}
    opened(page, f"{full.base}{path}?lang={lang}")
    text = page.locator("#react-entry-point").inner_text()
    assert {"vi": "MÔ PHỎNG", "en": "SIMULATED"}[lang] in text.upper()
    assert lang == "en" or PAGES[path] in text
    assert re.search(r"\d\d:\d\d", text)
    assert not re.search(r"\bundefined\b|\bNaN\b|\bNone\b|\[object", text)
    assert lang == "vi" or not re.search(VIETNAMESE_UNITS, text)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if (over := page.evaluate(WIDE)) > 0:
            wrong[f"{width} wide"] = f"{over} px too wide"
        if cut := page.evaluate(CUT):
            wrong[f"{width} cut"] = cut
    assert not wrong
    assert page_log.faults == []
    foreign = [request for request in page_log.requests if not request.startswith((full.base, "blob:", "data:"))]
    assert foreign == []
    assert page.locator("html").get_attribute("lang") == lang


def test_official_document_is_not_marked_as_simulated(full: Program, page: Page) -> None:
    opened(page, f"{full.base}/chi-dao/ubnd-2322-2023")
    text = page.locator("#react-entry-point").inner_text()
    assert "2322/UBND-KGVX" in text and "DỮ LIỆU MÔ PHỎNG" not in text


@pytest.mark.parametrize("path", ["/tuong", "/", "/chi-so/water-level"])
def test_long_number_is_fitted_and_not_cut(full: Program, page: Page, path: str) -> None:
    opened(page, f"{full.base}{path}")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(LONG) <= 1, f"{width} px"


def test_kpi_list_needs_no_sideways_scrolling_on_a_phone(full: Program, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{full.base}/chi-so")
    assert page.evaluate(SCROLLED_SIDEWAYS) == []
    expect(page.locator("#react-entry-point .rail a[href='/can-chu-y'] .rail-count")).to_be_visible()


def test_wall_shows_clock_and_badge_beside_the_banner_of_a_lost_link(full: Program, page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    opened(page, f"{full.base}/tuong")
    page.route("**/live/**", lambda route: route.abort())
    page.wait_for_selector("#react-entry-point #link-banner:not(:empty)")
    assert all(page.evaluate(IS_ON_TOP, part) for part in ("#link-banner", ".badge-loud", ".head-time", ".head-date"))


def test_unknown_address_shows_a_not_found_page_with_a_link(full: Program, page: Page, page_log: PageLog) -> None:
    page.goto(f"{full.base}/khong-co")
    page.wait_for_selector(".shell .rail-overview")
    assert "Không có gì ở địa chỉ này" in page.inner_text("main") and page_log.loads == 1
    page.click("main .tool-main")
    page.wait_for_selector("#react-entry-point .shell")


# How many colours a part of a picture has.
COLOURS = """async ([bytes, x, y, width, height]) => {
  const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
  const ink = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  ink.drawImage(picture, 0, 0);
  return new Set(new Uint32Array(ink.getImageData(x, y, width, height).data.buffer)).size;
}"""


def test_map_partly_under_the_rail_is_drawn_whole(full: Program, browser: Browser, page: Page) -> None:
    # Without the flags of the other tests and with one page only: both hide the error.
    plain = browser.browser_type.launch(executable_path=find_executable(), args=["--no-sandbox"])
    try:
        wide = new_context(plain, viewport={"width": 820, "height": 1180}).new_page()
        opened(wide, full.base)
        wide.locator("#react-entry-point canvas.gl-canvas").first.wait_for(state="visible")
        canvas, rail = wide.evaluate("""() => ['canvas.gl-canvas', '.rail'].map((one) =>
            document.querySelector('#react-entry-point ' + one).getBoundingClientRect().toJSON())""")
        assert canvas["top"] < rail["top"] < canvas["bottom"]
        strip = (canvas["x"], canvas["y"] + 2, canvas["width"], 40)
        until(lambda: page.evaluate(COLOURS, [list(wide.screenshot()), *strip]) > 8, 30, "the top of the map")
    finally:
        plain.close()


# A list as the server rendered it, without the ages that each screen counts for itself.
DRAWN = """() => {
  const list = document.querySelector('#react-entry-point #kpis-list').cloneNode(true);
  for (const one of list.querySelectorAll('time[data-age]')) one.textContent = '';
  for (const one of list.querySelectorAll('[style]')) one.style.removeProperty('--age');
  return list.innerHTML;
}"""


def test_several_screens_show_the_same(full: Program, browser: Browser) -> None:
    context = new_context(browser)
    try:
        pages = [context.new_page() for _ in range(3)]
        for screen in pages:
            opened(screen, f"{full.base}/chi-so?ve=1")
        lists: list[set[str]] = [set() for _ in pages]

        def have_met() -> bool:
            for screen, drawn in zip(pages, lists, strict=True):
                drawn.add(screen.evaluate(DRAWN))
            return bool(set.intersection(*lists))

        until(have_met, 30, "all screens have shown the same list")
    finally:
        context.close()
