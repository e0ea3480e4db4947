"""In a real browser: the register is searched while one types; counters and the bar of a selection leave rows free."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import act, press, tab_to
from tests.browser.rest import wait_until_still
from tests.browser.test_register_side import WAIT, open_register
from tests.browser.test_working_pages import faults
from tests.browser.whole_centre import WholeCentre
from tests.conftest import PageLog

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROWS, BAR = "#register-table .ag-row", ".bulk-bar"
# The tops of the rows in which the visible counters stand.
_TOPS = """() => [...new Set([...document.querySelectorAll('.register-count')].filter((one) => !one.hidden)
  .map((one) => Math.round(one.getBoundingClientRect().top)))]"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    """With two tasks, TASK and OTHER."""
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def test_register_is_searched_while_one_types(page: Page, whole: WholeCentre, page_log: PageLog) -> None:
    open_register(page, whole, 1440, 1000)
    tab_to(page, "#register-words")
    page.keyboard.type("so hoa")
    expect(page.locator(ROWS)).to_have_count(1, timeout=WAIT)
    expect(page.locator(ROWS)).to_contain_text("Số hóa hồ sơ")
    expect(page.locator("#register-words")).to_be_focused()
    expect(page).to_have_url(whole.address("/so-nhiem-vu?tim=so+hoa"), timeout=WAIT)
    press(page, "Control+a", "Delete")
    expect(page.locator(ROWS)).to_have_count(2, timeout=WAIT)
    assert faults(page_log) == []


def test_counters_take_as_many_rows_as_they_need(page: Page, whole: WholeCentre, page_log: PageLog) -> None:
    open_register(page, whole, 1180, 820)
    rows = {}
    for width, height in ((1180, 820), (820, 1180), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wait_until_still(page)
        rows[width] = len(page.evaluate(_TOPS))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert rows == {1180: 2, 820: 2, 390: 4}
    assert faults(page_log) == []


def _spread(page: Page, buttons: tuple[str, ...]) -> float:
    """How many px the tops of visible buttons differ."""
    boxes = [page.locator(each).first.bounding_box() for each in buttons]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == len(buttons)
    return max(tops) - min(tops)


def test_buttons_of_the_bar_stay_in_one_line_over_the_open_filter(page: Page, whole: WholeCentre) -> None:
    open_register(page, whole, 820, 1180)
    buttons = ("#register-more-fold", ".bar-main .btn", "#register-filter-fold")
    assert _spread(page, buttons) < 1
    page.set_viewport_size({"width": 390, "height": 844})
    act(page, "#register-filter-fold")
    expect(page.locator("#register-filter-fold")).to_have_attribute("aria-expanded", "true")
    assert _spread(page, buttons) < 1


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (1180, 820)])
def test_bar_of_a_selection_is_in_sight_and_covers_no_row(
    page: Page, whole: WholeCentre, page_log: PageLog, width: int, height: int
) -> None:
    open_register(page, whole, width, height)
    tab_to(page, "#register-table .ag-header-cell")
    press(page, "ArrowDown", "Space")
    expect(page.locator("#register-selected")).to_contain_text("1 dòng", timeout=WAIT)
    page.evaluate("window.scrollTo(0, 0)")
    wait_until_still(page)
    expect(page.locator("#register-do-remind")).to_be_in_viewport(ratio=1)
    bar, table = page.locator(BAR).bounding_box(), page.locator("#register-table .ag-root-wrapper").bounding_box()
    assert bar and table
    assert table["y"] + table["height"] <= bar["y"]
    assert faults(page_log) == []
