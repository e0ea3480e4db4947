"""In a real browser: a briefing is opened, collected, concluded and entered as a notice, with the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.briefings import find_briefing
from ioc.directives.instructions import Instruction, give_instruction
from ioc.directives.queries import draft_instructions, find_document
from tests.browser.keyboard import act, press, tab_to, type_into
from tests.browser.test_access import READY
from tests.browser.test_directives import open_as
from tests.browser.test_working_pages import faults
from tests.browser.whole_centre import WholeCentre
from tests.conftest import PageLog
from tests.pages.directive_city import DAY

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    """With an instruction without a number."""
    running = WholeCentre(tmp_path)
    now, wished = running.directives.clock(), running.city.today + 9 * DAY
    given = Instruction("ct", "Kiểm tra cống", "mp-a", "/chi-so/x", now, "x", "1,86 m", wished)
    give_instruction(running.directives, given, running.city.principal("ct"))
    yield running
    running.close()


def test_briefing_ends_as_a_notice_with_the_keyboard(page: Page, whole: WholeCentre, page_log: PageLog) -> None:
    office = whole.city.principal("vp")
    open_as(page, whole, "vp", "/giao-ban")
    type_into(page, "#briefings-day", f"{whole.city.today + DAY:%d/%m/%Y}")
    act(page, "#briefings-open")
    page.wait_for_url("**/giao-ban/gb-*", timeout=WAIT)
    key = page.url.rpartition("/")[2]
    items = page.locator("#briefing-items .briefing-item")
    expect(page.locator("#briefing-groups .btn").first).to_be_visible(timeout=WAIT)
    act(page, "[id*='briefing-collect'][id*='instruction']")
    expect(items).to_have_count(1, timeout=WAIT)
    type_into(page, "#briefing-words", "so hoa")
    press(page, "Enter")
    task = "[id*='briefing-collect'][id*='nv-2']"
    expect(page.locator(task)).to_be_visible(timeout=WAIT)
    act(page, task)
    expect(items).to_have_count(2, timeout=WAIT)
    conclude(page, 0)
    act(page, "#briefing-save")
    expect(items.first.locator(".briefing-conclusion")).to_contain_text("Kiểm tra cống", timeout=WAIT)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=WAIT)
    conclude(page, 1)
    type_into(page, "#briefing-text", "Dao xong")
    type_into(page, "#briefing-lead", "mp-b")
    act(page, "#briefing-save")
    expect(items.nth(1).locator(".briefing-conclusion")).to_contain_text("Dao xong", timeout=WAIT)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=WAIT)
    act(page, "#briefing-end")
    act(page, "#briefing-ending-go")
    page.wait_for_url(f"**/nhap-van-ban?giao-ban={key}", timeout=WAIT)
    look_for_notice(page)
    page.wait_for_selector(READY, state="attached", timeout=WAIT)
    type_into(page, "#document-entry-number", "9/TB-UBND")
    tab_to(page, "#document-entry-issuer")
    press(page, "ArrowDown")
    act(page, "#document-entry-assign")
    page.wait_for_url("**/van-ban/*", timeout=WAIT)
    notice = find_document(whole.directives, page.url.rpartition("/")[2], office)
    assert {view.task.title.vi for view in notice.tasks} == {"Kiểm tra cống", "Dao xong"}
    assert find_briefing(whole.directives, key, office).document == notice.document.key
    assert not draft_instructions(whole.directives, office)
    assert faults(page_log) == []


def conclude(page: Page, number: int) -> None:
    """Opens the form of the conclusion of an item."""
    button = page.locator("#briefing-items .briefing-item .btn-primary").nth(number)
    expect(button).to_be_visible(timeout=WAIT)
    name = button.get_attribute("aria-label")
    tab_to(page, f"[aria-label='{name}']")
    press(page, "Enter")
    expect(page.locator("#briefing-text")).to_be_visible(timeout=WAIT)


def look_for_notice(page: Page) -> None:
    """The notice waits among what is to be done, and its name has room beside or above its act. The page stays."""
    here, size = page.url, page.viewport_size
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{here.partition('/nhap-van-ban')[0]}/viec-cua-toi")
    words = page.locator(".group-drafts .work-row:has(.work-acts) .work-words").first
    expect(words).to_be_visible(timeout=WAIT)
    box = words.bounding_box()
    assert box is not None and box["width"] > 150, box
    page.goto(here)
    page.set_viewport_size(size or {"width": 1280, "height": 720})
