"""An agency hands in and its head releases, each at a screen of their own; the indicator moves on all others."""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.program import Program, command, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OWN = "một câu dài của riêng tôi 27"
DUTY, KPI = "dengue", "dengue-week"


def signed_in(full: Program, browser: Browser, name: str, *roles: str) -> Page:
    """A screen of a person who has just been given an account and chosen a password."""
    made = command(full.data, "account", "add", name, *roles)
    once = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", made.stdout)
    assert once, made.stdout + made.stderr
    page = browser.new_context(locale="vi-VN").new_page()
    page.goto(f"{full.base}/dang-nhap")
    for field, text in zip(page.locator("form input:not([type=hidden])").all(), (name, once[0]), strict=True):
        field.fill(text)
    page.locator("main form button").first.click()
    page.wait_for_url("**/tai-khoan/mat-khau*")
    for field in page.locator("main input[type=password]").all():
        field.fill(OWN)
    page.locator("main form button").first.click()
    page.wait_for_url("**/tai-khoan?xong=password")
    return page


_numbers = count(1)


@pytest.fixture
def reporter(full: Program, browser: Browser) -> Iterator[Page]:
    page = signed_in(full, browser, f"bao-cao-{next(_numbers)}", "reporter", "mp-c")
    yield page
    page.context.close()


@pytest.fixture
def head(full: Program, browser: Browser) -> Iterator[Page]:
    page = signed_in(full, browser, f"lanh-dao-{next(_numbers)}", "leader")
    yield page
    page.context.close()


def released(full: Program, head: Page) -> None:
    """Everything of the duty that waits is released."""
    head.goto(f"{full.base}/duyet-so-lieu")
    boxes = head.locator("section.form-box", has_text="Sốt xuất huyết")
    while boxes.count():
        boxes.first.get_by_role("button", name="Duyệt").click()
        expect(head.get_by_text("Đã duyệt")).to_be_visible()


def shown(full: Program) -> object:
    return full.kpis()[KPI]["value"]


def test_the_indicator_moves_when_the_figure_is_released_and_not_before(
    full: Program, reporter: Page, head: Page, page: Page
) -> None:
    released(full, head)
    page.goto(f"{full.base}/chi-so/{KPI}?lang=vi")
    reporter.goto(f"{full.base}/nhap-so-lieu/{DUTY}")
    before = shown(full)
    value = 311 if before != 311 else 312
    for name, text in (("dengue-cases", str(value)), ("dengue-severe", "7"), ("dengue-spots-open", "3")):
        reporter.locator(f"[name=v-{name}]").fill(text)
    why = reporter.locator("form[action$=dengue] [name=vi-sao]")
    if why.count():
        why.fill("rà soát lại ca trùng")
    reporter.locator("form[action$=dengue] button").click()
    expect(reporter.get_by_text("Đã gửi, đang chờ duyệt.")).to_be_visible()
    assert shown(full) == before
    assert reporter.goto(f"{full.base}/duyet-so-lieu").status == 403  # type: ignore[union-attr]
    released(full, head)
    until(lambda: shown(full) == value, 20, "the indicator has the released figure")
    expect(page.locator("#kpi-tile .tile-value").first).to_contain_text(str(value), timeout=15_000)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1180, 820)])
def test_the_forms_fit_a_phone_and_a_tablet_and_are_worked_with_a_thumb(
    full: Program, reporter: Page, width: int, height: int
) -> None:
    reporter.set_viewport_size({"width": width, "height": height})
    for path in ("/nhap-so-lieu", f"/nhap-so-lieu/{DUTY}", "/cham-so-lieu"):
        reporter.goto(f"{full.base}{path}")
        assert reporter.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    reporter.goto(f"{full.base}/nhap-so-lieu/{DUTY}")
    heights = reporter.evaluate("[...document.querySelectorAll('main :is(a.tool, button, input:not([type=hidden]))')]"
                                ".map((one) => one.getBoundingClientRect().height)")  # fmt: skip
    assert heights and min(heights) >= 44
