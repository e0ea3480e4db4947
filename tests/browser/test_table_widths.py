"""Tables on narrow screens: name, state and act are in sight, and an edge tells that there is more."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.auth.displays import DisplaySettings
from ioc.domain.access.principal import Role
from tests.browser.rest import lasting
from tests.browser.test_access import BY, READY
from tests.browser.whole_centre import WholeCentre, sign_in_with

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TABLET, PHONE = (820, 1180), (390, 844)
# Page, id of its table, the columns that must be in sight.
TABLES = (
    ("/quan-tri/tai-khoan", "users-table", ("name", "state", "open")),
    ("/quan-tri/man-hinh", "displays-table", ("name", "state", "open")),
    ("/quan-tri/nhat-ky", "audit-table", ("number", "result", "open")),
    ("/nhap-so-lieu", "submit-table", ("obligation", "status", "open")),
    ("/duyet-so-lieu", "release-table", ("agency", "obligation", "open")),
    ("/bao-qua-dien-thoai", "phone-table", ("obligation", "status", "open")),
    ("/quan-tri/chuc-danh", "positions-table", ("title", "state", "open")),
    ("/quan-tri/uy-quyen", "mandates-table", ("deputy", "state", "end")),
    ("/so-nhiem-vu", "register-table", ("title", "state")),
    ("/so-van-ban", "documents-table", ("number", "title")),
    ("/ai-cho-ai", "waiting-table", ("waiting", "waited_for")),
)
# The texts and buttons of the rows, and the heads, that are not whole within the part of the grid that is seen. A text
# of more than 40 letters may end before it does.
HIDDEN = """([table, columns]) => {
  const grid = document.getElementById(table), center = grid.querySelector('.ag-center-cols-viewport');
  const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  const found = [];
  for (const column of columns) {
    for (const cell of grid.querySelectorAll(`.ag-header-cell[col-id="${column}"], .ag-row [col-id="${column}"]`)) {
      const text = document.createRange();
      text.selectNodeContents(cell.querySelector('.ag-header-cell-text, .btn, .cell, a') || cell);
      const pinned = cell.closest('.ag-pinned-right-header, .ag-pinned-right-cols-container');
      const place = (pinned ? grid : center).getBoundingClientRect();
      if (![...text.getClientRects()].every((rect) => inside(rect, place))) found.push(`${column}: ${cell.textContent}`);
      const lines = cell.querySelector('.cell');
      if (cell.textContent.length <= 40 && lines && lines.scrollHeight > lines.clientHeight + 1) found.push(`cut below ${column}: ${cell.textContent}`);
      if (cell.matches('.ag-cell') && cell.scrollWidth > cell.clientWidth + 1) found.push(`cut ${column}: ${cell.textContent}`);
    }
  }
  return found;
}"""  # noqa: E501


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    running.submit(x=10, y=20.5)
    displays = running.auth.displays
    waiting = displays.request_code("127.0.0.1", "wall")
    displays.enrol(waiting.code, DisplaySettings("Phòng họp 1", "/ban-do", ""), BY)
    yield running
    running.close()


@pytest.mark.parametrize("size", [TABLET, PHONE])
def test_name_state_and_act_are_in_sight(page: Page, whole: WholeCentre, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in_with(page, whole, *Role, path="/chi-so", agency="a")
    found = []
    for path, table, columns in TABLES:
        page.goto(whole.address(path))
        page.wait_for_selector(READY, state="attached")
        expect(page.locator(f"#{table} .ag-row").first).to_be_visible()
        hidden = lasting(page, partial(page.evaluate, HIDDEN, [table, columns]))
        found += [f"{path} {fault}" for fault in hidden]
    assert not found, "\n".join(found)


def test_edge_tells_that_there_are_more_columns(page: Page, whole: WholeCentre) -> None:
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    sign_in_with(page, whole, *Role, path="/quan-tri/tai-khoan", agency="a")
    host = page.locator(".table-host:has(#users-table)")
    more_right, more_left = page.locator(".table-host.has-more-right"), page.locator(".table-host.has-more-left")
    expect(more_right).to_have_count(1)
    expect(more_left).to_have_count(0)
    assert "gradient" in host.evaluate("one => getComputedStyle(one, '::after').backgroundImage")
    host.locator(".ag-center-cols-viewport").evaluate("one => { one.scrollLeft = one.scrollWidth; }")
    expect(more_right).to_have_count(0)
    expect(more_left).to_have_count(1)
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(page.locator(".table-host:is(.has-more-left, .has-more-right)")).to_have_count(0)


def test_rows_are_as_high_as_the_turned_tablet_needs(page: Page, whole: WholeCentre) -> None:
    """Three lines instead of two, also in a table that reads blocks (assets/working/20-table.css)."""
    page.set_viewport_size({"width": TABLET[1], "height": TABLET[0]})
    sign_in_with(page, whole, *Role, path="/quan-tri/nhat-ky", agency="a")
    row = page.locator("#audit-table .ag-center-cols-container .ag-row").first
    for (width, height), pixels in ((TABLET[::-1], "52px"), (TABLET, "70px"), (TABLET[::-1], "52px")):
        page.set_viewport_size({"width": width, "height": height})
        expect(row).to_have_css("height", pixels)
