"""The form of a proposal in a real browser: what is sent is the act that is shown, whatever was sent before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.directives.acts import Act
from tests.browser.test_directives import LONG, open_as, state_of
from tests.browser.whole_centre import WholeCentre
from tests.pages.directive_city import OTHER, TASK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PROPOSED = "[id*='\"proposed\"']:is(select)"
HOLD_ANOTHER = """select => {
  const id = JSON.parse(select.id), shown = select.value;
  window.dash_clientside.set_props(id, { value: '-' });
  requestAnimationFrame(() => { select.value = shown; });
}"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def opened(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Đề xuất: {title}").click(timeout=LONG)
    expect(page.locator("#my-work-act-title")).to_contain_text(title, timeout=LONG)


def test_shown_act_is_the_one_that_is_proposed(page: Page, whole: WholeCentre) -> None:
    whole.city.act("gd-b", Act.RECEIVE, OTHER)
    whole.city.act("gd-b", Act.SUBMIT_COMPLETION, OTHER, text="Xong")
    open_as(page, whole, "cv", "/viec-cua-toi")
    opened(page, "Số hóa hồ sơ")
    page.locator(PROPOSED).select_option("return_completion")
    page.locator("#my-work-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    opened(page, "Làm bản đồ")
    expect(page.locator(PROPOSED)).to_have_value("decide_extension", timeout=LONG)
    page.locator("[id*='\"is_granted\"']:is(select)").select_option("yes")
    page.locator(PROPOSED).evaluate(HOLD_ANOTHER)
    page.wait_for_timeout(200)
    expect(page.locator(PROPOSED)).to_have_value("decide_extension")
    page.locator("#my-work-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    items = [item.proposed for task in (TASK, OTHER) for item in state_of(whole, task).items if item.proposed]
    assert items == [Act.DECIDE_EXTENSION, Act.RETURN_COMPLETION]
