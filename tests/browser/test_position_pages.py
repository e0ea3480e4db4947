"""In a real browser: an administrator gives a position and a mandate, and ends it, with the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.positions import list_positions
from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act
from tests.browser.keyboard import act, open_row, press, tab_to, type_into
from tests.browser.test_access import BY, Centre, open_signed_in
from tests.browser.test_working_pages import faults
from tests.conftest import PageLog

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    for name in ("chu-tich", "van-phong"):
        running.add_user(name, Role.LEADER)
    yield running
    running.close()


def choose(page: Page, field: str, value: str) -> None:
    """Goes to a field with options and chooses with the arrows."""
    tab_to(page, field)
    values = page.locator(f"{field} option:not([hidden])").evaluate_all("all => all.map(one => one.value)")
    press(page, "Home", *["ArrowDown"] * values.index(value))
    expect(page.locator(field)).to_have_value(value)


def add_position(page: Page, centre: Centre, title: str, kind: str, holder: str) -> None:
    act(page, "#positions-add")
    expect(page.locator("#positions-one")).to_be_visible()
    expect(page.locator(f"#positions-holder option[value='{holder}']")).to_be_attached(timeout=WAIT)
    type_into(page, "#positions-title", title)
    choose(page, "#positions-kind", kind)
    choose(page, "#positions-holder", holder)
    act(page, "#positions-save")
    expect(page.locator("#positions-one")).to_be_hidden(timeout=WAIT)
    centre.moved()
    expect(page.get_by_role("gridcell", name=title).first).to_be_visible(timeout=WAIT)


def test_position_and_mandate_are_given_and_ended_with_the_keyboard(
    page: Page, centre: Centre, page_log: PageLog
) -> None:
    open_signed_in(page, centre, "truong", Role.ADMINISTRATOR, path="/quan-tri/chuc-danh")
    add_position(page, centre, "Chủ tịch", "chairman", "chu-tich")
    add_position(page, centre, "Lãnh đạo Văn phòng", "office_leader", "van-phong")
    act(page, ".nav-tabs a[href='/quan-tri/uy-quyen']")
    expect(page.locator("#mandates-add")).to_be_visible(timeout=WAIT)
    act(page, "#mandates-add")
    expect(page.locator("#mandates-deputy option[value='chu-tich']")).to_be_attached(timeout=WAIT)
    choose(page, "#mandates-principal", "chu-tich")
    choose(page, "#mandates-deputy", "lanh-dao-van-phong")
    expect(page.locator("#mandates-acts input[value='extend']")).to_be_visible(timeout=WAIT)
    tab_to(page, "#mandates-acts input[value='extend']")
    press(page, "Space")
    act(page, "#mandates-give")
    expect(page.locator("#mandates-new")).to_be_hidden(timeout=WAIT)
    centre.moved()
    expect(page.locator("#mandates-table .btn")).to_be_visible(timeout=WAIT)
    ((mandate),) = [each.mandate for each in list_positions(centre.directives, BY)[1]]
    assert mandate.acts == {Act.EXTEND} and mandate.valid_to is None
    open_row(page, "#mandates-table")
    expect(page.locator("#mandates-ask-body")).to_contain_text("Chủ tịch (chu-tich)", timeout=WAIT)
    days = {centre.directives.today()}
    act(page, "#mandates-ask-go")
    expect(page.locator("#mandates-ask")).to_be_hidden(timeout=WAIT)
    ((mandate),) = [each.mandate for each in list_positions(centre.directives, BY)[1]]
    assert mandate.valid_to in days | {centre.directives.today()} and faults(page_log) == []
