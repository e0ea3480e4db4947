"""In a real browser: on a phone the bar of a page is one row, with filter and links behind buttons.

On a tablet the filter of the register is behind one, too.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from tests.browser.keyboard import act, press, tab_to
from tests.browser.test_access import Centre, open_signed_in
from tests.browser.test_working_pages import faults
from tests.conftest import PageLog

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000
PAGES = {
    "register": ("/so-nhiem-vu?tim=muong", "#register-words", 16),
    "reminders": ("/so-don-doc?tu=01/11/2026", "#reminders-since", 4),
    "audit": ("/quan-tri/nhat-ky?ai=ai-do", "#audit-actor", 6),
    "documents": ("/so-van-ban?tim=muong", "#documents-words", 2),
}
BARS = {
    "register": "/so-nhiem-vu", "reminders": "/so-don-doc", "audit": "/quan-tri/nhat-ky", "documents": "/so-van-ban",
    "waiting": "/ai-cho-ai", "users": "/quan-tri/tai-khoan", "displays": "/quan-tri/man-hinh",
    "api-keys": "/quan-tri/chuong-trinh", "positions": "/quan-tri/chuc-danh", "mandates": "/quan-tri/uy-quyen",
}  # fmt: skip


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    first = running.directives.today() - timedelta(days=1)
    with running.store.write() as conn:
        positions.put_position(conn, Position("vp", PositionKind.OFFICE_LEADER, "Lãnh đạo Văn phòng", "truc", first))
    yield running
    running.close()


@pytest.mark.parametrize("name", PAGES)
def test_filter_is_folded_on_a_phone(page: Page, centre: Centre, page_log: PageLog, name: str) -> None:
    path, field, fields = PAGES[name]
    fold, group = page.locator(f"#{name}-filter-fold"), page.locator(f"#{name}-filter .field")
    page.set_viewport_size({"width": 390, "height": 844})
    open_signed_in(page, centre, "truc", Role.EDITOR, Role.ADMINISTRATOR, path=path)
    expect(group).to_have_count(fields, timeout=WAIT)
    expect(page.locator(field)).to_be_hidden()
    expect(fold).to_have_attribute("data-set", "1")
    expect(page.locator(f"#{name}-table")).to_be_in_viewport()
    act(page, f"#{name}-filter-fold")
    expect(page.locator(field)).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")
    tab_to(page, field)
    press(page, "Control+a", "Delete")
    expect(page.locator(f"#{name}-filter-fold:not([data-set])")).to_be_attached()
    act(page, f"#{name}-filter-fold")
    expect(page.locator(field)).to_be_hidden()
    for width, is_folded in ((820, name == "register"), (1000, False)):  # the register has too many fields for a tablet
        page.set_viewport_size({"width": width, "height": 1180})
        expect(page.locator(field)).to_be_visible(visible=not is_folded)
        expect(fold).to_be_visible(visible=is_folded)
    assert faults(page_log) == []


@pytest.mark.parametrize("name", BARS)
def test_bar_is_one_row_on_a_phone(page: Page, centre: Centre, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_signed_in(page, centre, "truc", Role.EDITOR, Role.ADMINISTRATOR, path=BARS[name])
    links = page.locator(f"#{name}-more a[data-export]")
    expect(page.locator(f"#{name}-more-fold")).to_be_visible(timeout=WAIT)
    expect(links.first).to_be_hidden()
    shown = page.locator(".page-bar").first.locator("button, a, input").filter(visible=True)
    places = shown.evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect()).map((box) => [box.top, box.bottom])"
    )
    assert max(top for top, _ in places) < min(bottom for _, bottom in places)
    act(page, f"#{name}-more-fold")
    expect(links.first).to_be_visible()
    page.set_viewport_size({"width": 820, "height": 1180})
    act(page, f"#{name}-more a[data-export]")
