"""A reporter submits and a leader approves, each in a browser of their own; the KPI changes on all screens."""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import new_context
from tests.system.program import Program, command, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NEW_PASSWORD = "một câu dài của riêng tôi 27"
OBLIGATION, KPI = "dengue", "dengue-week"


def signed_in(full: Program, browser: Browser, name: str, *roles: str) -> Page:
    """A page of a new user who has changed the one-time password."""
    added = command(full.data, "account", "add", name, *roles)
    once = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", added.stdout)
    assert once, added.stdout + added.stderr
    page = new_context(browser, locale="vi-VN").new_page()
    page.goto(f"{full.base}/dang-nhap")
    for field, text in zip(page.locator("form input:not([type=hidden])").all(), (name, once[0]), strict=True):
        field.fill(text)
    page.locator("main form button").first.click()
    page.wait_for_url("**/tai-khoan/mat-khau*")
    for field in page.locator("main input[type=password]").all():
        field.fill(NEW_PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/nhap-so-lieu" if "reporter" in roles else "**/tai-khoan?xong=password")
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


def approve_all(full: Program, head: Page) -> None:
    """Approves every pending submission of the obligation."""
    head.goto(f"{full.base}/duyet-so-lieu")
    head.locator("#release-search").fill("sot xuat huyet")
    rows = head.locator("#release-table .ag-row", has_text="Sốt xuất huyết")
    no_rows = head.locator(".table-host:has(#release-table) .ag-overlay", has_text="Không có")
    expect(rows.or_(no_rows).first).to_be_visible()  # the text above the table is there before its rows
    while waiting := rows.count():
        # The button is pinned: it stands in a row of its own, with the same id.
        key = rows.first.get_attribute("row-id")
        head.locator(f'#release-table .ag-row[row-id="{key}"]').get_by_role("button", name="Mở").click()
        head.get_by_role("button", name="Duyệt", exact=True).click()
        expect(head.get_by_text("Đã duyệt")).to_be_visible()
        expect(rows).to_have_count(waiting - 1)


def kpi_value(full: Program) -> object:
    return full.kpis()[KPI]["value"]


def test_kpi_changes_when_its_submission_is_approved_and_not_before(
    full: Program, reporter: Page, head: Page, page: Page
) -> None:
    approve_all(full, head)
    page.goto(f"{full.base}/chi-so/{KPI}?lang=vi")
    reporter.goto(f"{full.base}/nhap-so-lieu/{OBLIGATION}")
    before = kpi_value(full)
    value = 311 if before != 311 else 312
    for name, text in (("dengue-cases", str(value)), ("dengue-severe", "7"), ("dengue-spots-open", "3")):
        reporter.locator(f"[id*='\"{name}\"'][id*='\"figures-figure\"']").fill(text)
    why = reporter.locator("#figures-reason")
    if why.is_visible():
        why.fill("rà soát lại ca trùng")
    reporter.locator("#figures-send").click()
    expect(reporter.get_by_text("Đã gửi, đang chờ duyệt.")).to_be_visible()
    assert kpi_value(full) != value
    assert reporter.goto(f"{full.base}/duyet-so-lieu").status == 403  # type: ignore[union-attr]
    approve_all(full, head)
    until(lambda: kpi_value(full) == value, 20, "the KPI has the approved figure")
    expect(page.locator("#kpi-tile .tile-value").first).to_contain_text(str(value))


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1180, 820)])
def test_submission_forms_fit_small_screens_and_touch_targets_are_large_enough(
    full: Program, reporter: Page, width: int, height: int
) -> None:
    reporter.set_viewport_size({"width": width, "height": height})
    for path in ("/nhap-so-lieu", f"/nhap-so-lieu/{OBLIGATION}", "/cham-so-lieu"):
        reporter.goto(f"{full.base}{path}")
        assert reporter.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    reporter.goto(f"{full.base}/nhap-so-lieu/{OBLIGATION}")
    expect(reporter.locator("#figures-period .facts-row")).to_be_visible()
    expect(reporter.locator("#figures-send")).to_be_visible()
    targets = "#react-entry-point main :is(a.btn, button, label.btn, input:not([type=hidden], [type=file]))"
    heights = reporter.evaluate(
        "(all) => [...document.querySelectorAll(all)].map((one) => one.getBoundingClientRect().height).filter(Boolean)",
        targets,
    )
    assert heights and min(heights) >= 44
