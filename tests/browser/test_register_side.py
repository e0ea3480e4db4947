"""In a real browser: a row of the register opens its task beside it, by keyboard; where there is no room, its page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.queries import find_task
from ioc.domain.directives.acts import Act
from tests.browser.axe import violations_by_theme
from tests.browser.keyboard import act, press, tab_to
from tests.browser.test_access import open_signed_in
from tests.browser.test_working_pages import faults
from tests.browser.whole_centre import WholeCentre
from tests.conftest import PageLog
from tests.pages.directive_city import HELD, OTHER, TASK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000
SIDE, SELECTED = "#register-task-side", "#register-selected"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    """With two tasks, by due date TASK and OTHER."""
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def open_register(page: Page, whole: WholeCentre, width: int, height: int, query: str = "") -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_signed_in(page, whole, "nguoi-vp", HELD["vp"][1], path=f"/so-nhiem-vu{query}")
    expect(page.locator("#register-table .ag-row[row-index='1']")).to_be_visible(timeout=WAIT)


def history(whole: WholeCentre, key: str) -> list[Act]:
    return [event.act for event in find_task(whole.directives, key, "vp", whole.city.principal("vp")).history]


def test_task_is_worked_beside_the_register_with_the_keyboard(
    page: Page, whole: WholeCentre, page_log: PageLog
) -> None:
    open_register(page, whole, 1440, 1000)
    tab_to(page, "#register-table .ag-header-cell")
    press(page, "ArrowDown", "Space")
    expect(page.locator(SELECTED)).to_contain_text("1 dòng", timeout=WAIT)
    press(page, "ArrowDown", "ArrowRight", "Enter")
    expect(page.locator(f"{SIDE} .task-title")).to_have_text("Số hóa hồ sơ", timeout=WAIT)
    expect(page.locator(SIDE)).to_be_focused()
    expect(page).to_have_url(whole.address("/so-nhiem-vu?mo=mp-1-2026%2Fnv-2"))
    expect(page.locator(f"{SIDE} .timeline li")).to_have_count(1)
    assert violations_by_theme(page) == []
    act(page, "#register-task-do-remind")
    expect(page.locator("#register-task-act")).to_be_visible(timeout=WAIT)
    act(page, "#register-task-go")  # the form of the reminder is preset
    expect(page.locator("#register-task-act")).to_be_hidden(timeout=WAIT)
    whole.moved()
    expect(page.locator(f"{SIDE} .timeline li")).to_have_count(2, timeout=WAIT)
    expect(page.locator("#register-task-do-remind")).to_be_focused(timeout=WAIT)
    assert history(whole, OTHER) == [Act.ASSIGN, Act.REMIND] and Act.REMIND not in history(whole, TASK)
    press(page, "Escape")
    expect(page.locator(SIDE)).to_be_hidden()
    expect(
        page.locator("#register-table .ag-row[row-id='mp-1-2026/nv-2'] .ag-cell-focus[col-id='title']")
    ).to_be_focused()
    expect(page.locator(SELECTED)).to_contain_text("1 dòng")
    expect(page).to_have_url(whole.address("/so-nhiem-vu"))
    assert faults(page_log) == []


def test_counter_filters_and_is_released_with_the_keyboard(page: Page, whole: WholeCentre, page_log: PageLog) -> None:
    open_register(page, whole, 1440, 1000)
    count = page.locator("#register-count-hoan-thanh")
    expect(page.locator("#register-count-trong-tong b")).to_have_text("2", timeout=WAIT)
    act(page, "#register-count-hoan-thanh")
    expect(count).to_have_attribute("aria-pressed", "true", timeout=WAIT)
    expect(page.locator("#register-table .ag-row")).to_have_count(0, timeout=WAIT)
    expect(page).to_have_url(whole.address("/so-nhiem-vu?trang-thai=hoan-thanh"))
    press(page, "Enter")
    expect(count).to_have_attribute("aria-pressed", "false", timeout=WAIT)
    expect(page.locator("#register-table .ag-row")).to_have_count(2, timeout=WAIT)
    assert faults(page_log) == []


def test_address_opens_the_task_and_an_upright_tablet_its_page(
    page: Page, whole: WholeCentre, page_log: PageLog
) -> None:
    open_register(page, whole, 1440, 1000, "?mo=mp-1-2026%2Fnv-1")
    expect(page.locator(f"{SIDE} .task-title")).to_have_text("Làm bản đồ <ngập>", timeout=WAIT)
    page.set_viewport_size({"width": 820, "height": 1180})
    expect(page.locator(SIDE)).to_be_hidden()
    tab_to(page, "#register-table .ag-header-cell")
    press(page, "ArrowDown", "ArrowRight", "Enter")
    page.wait_for_url("**/nhiem-vu/mp-1-2026/nv-1", timeout=WAIT)
    assert faults(page_log) == []
