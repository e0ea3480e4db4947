"""In a real browser: an instruction leads to the page that it is about, as that was when it was given."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.instructions import Instruction, give_instruction
from tests.browser.keyboard import act
from tests.browser.test_access import READY, open_signed_in
from tests.browser.test_working_pages import faults
from tests.browser.whole_centre import WholeCentre
from tests.conftest import PageLog
from tests.pages.directive_city import HELD

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 30_000


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def test_page_of_an_instruction_opens_as_it_was(page: Page, whole: WholeCentre, page_log: PageLog) -> None:
    city, then = whole.city, whole.reads.city.at - timedelta(hours=1)
    figure = Instruction("ct", "Kiểm tra cống", "mp-a", "/chi-so/water-level", then, "Mực nước", "1,86 m")
    draft = give_instruction(whole.directives, figure, city.principal("ct"))
    open_signed_in(page, whole, "nguoi-vp", HELD["vp"][1], path=f"/van-ban/{draft.key}")
    act(page, "a[href^='/chi-so/water-level?luc=']")
    page.wait_for_url(f"**/chi-so/water-level?{urlencode({'luc': then.isoformat()})}", timeout=WAIT)
    page.wait_for_selector(READY, state="attached", timeout=WAIT)  # the first paint is gone
    expect(page.locator(".head-past")).to_be_visible(timeout=WAIT)
    expect(page.locator("#kpi-history")).to_be_visible(timeout=WAIT)
    assert faults(page_log) == []
