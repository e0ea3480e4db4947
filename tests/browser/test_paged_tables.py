"""Events in a grid that the server pages, searches and sorts; the register of directives in one of the browser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations_by_theme
from tests.browser.conftest import PageLog, Site
from tests.browser.rest import lasting
from tests.browser.test_access import READY
from tests.browser.test_live_tables import head
from tests.city import event_view

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = "#react-entry-point"
EVENTS, REGISTER = f"{ROOT} #events-grid", f"{ROOT} #directives-grid"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Site]:
    """The pages over a city with 120 events, the last of which is "Đầm Sen"."""
    site = Site(tmp_path, "pages")
    views = [event_view(f"k{n:03}") for n in range(120)]
    titles = [*(f"Điểm {n:03}" for n in range(119)), "Đầm Sen"]
    events = (
        replace(view, event=replace(view.event, title=title)) for view, title in zip(views, titles, strict=True)
    )  # fmt: skip
    site.reads.city = replace(site.reads.city, events=tuple(events))
    site.start()
    yield site
    site.stop()


def opened(page: Page, site: Site, path: str) -> Locator:
    page.goto(site.address(path))
    page.wait_for_selector(READY, state="attached")
    return page.locator(EVENTS if path.startswith("/su-kien") else REGISTER)


def range_text(page: Page) -> Locator:
    return page.locator(f"{ROOT} .table-tools output")


def test_events_are_paged_by_links_and_back_leads_to_the_page_before(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, "/su-kien?xep=title")
    expect(range_text(page)).to_contain_text("1–50")
    expect(grid.locator('[row-id="sim-tide/k000"]')).to_be_visible()
    page.locator(f"{ROOT} .table-pages a").last.click()
    expect(range_text(page)).to_contain_text("51–100")
    expect(grid.locator('[row-id="sim-tide/k049"]')).to_be_visible()  # "Đầm Sen" is before them
    assert "trang=2" in page.url and "xep=title" in page.url
    page.go_back()
    expect(range_text(page)).to_contain_text("1–50")
    expect(grid.locator('[row-id="sim-tide/k000"]')).to_be_visible()
    assert page_log.faults == []


def test_events_are_searched_without_accents_by_the_server(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, "/su-kien?trang=2")
    expect(range_text(page)).to_contain_text("51–100")
    field = page.locator(f"{ROOT} [data-search]")
    field.fill("dam sen")
    expect(grid.locator('[row-id="sim-tide/k119"]')).to_be_visible()
    expect(range_text(page)).to_contain_text("1–1")
    expect(field).to_be_focused()
    expect(page).to_have_url(re.compile(r"tim=dam\+sen"))
    assert "trang" not in page.url
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(field).to_have_value("dam sen")
    expect(grid.locator('[row-id="sim-tide/k119"]')).to_be_visible()
    assert page_log.faults == []


def test_events_are_sorted_both_ways_over_all_pages(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, "/su-kien")
    for direction, first in (("ascending", "k119"), ("descending", "k118")):
        head(grid, "title").locator(".live-head").click(position={"x": 4, "y": 4})
        expect(head(grid, "title")).to_have_attribute("aria-sort", direction)
        expect(grid.locator(f'[row-index="0"][row-id="sim-tide/{first}"]')).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?xep=-title$"))
    assert page_log.faults == []


@pytest.mark.parametrize(("path", "name"), [("/su-kien?xep=title", "events"), ("/chi-dao?xep=due", "directives")])
def test_live_rows_keep_scroll_selection_and_sorting(
    city: Site, page: Page, page_log: PageLog, path: str, name: str
) -> None:
    grid = opened(page, city, path)
    row = grid.locator(f'.ag-row[row-id^="{"sim-tide/" if name == "events" else "task-"}"]').nth(1)
    row.click(position={"x": 300, "y": 8})
    expect(row).to_have_attribute("aria-selected", "true")
    chosen = row.get_attribute("row-id")
    viewport = grid.locator(".ag-body-viewport")
    viewport.evaluate("one => { one.scrollTop = 60; }")
    before = viewport.evaluate("one => one.scrollTop")
    base = city.reads.city
    events = tuple(replace(view, event=replace(view.event, source_status="đã đổi")) for view in base.events)
    documents = tuple(
        replace(each, tasks=tuple(replace(task, title=replace(task.title, vi="đã đổi")) for task in each.tasks))
        for each in base.register.documents
    )
    city.reads.move(6, events=events, register=replace(base.register, documents=documents))
    same = grid.locator(f'[row-id="{chosen}"]')
    expect(same).to_contain_text("đã đổi")
    expect(same).to_have_attribute("aria-selected", "true")
    assert viewport.evaluate("one => one.scrollTop") == before
    expect(head(grid, "title" if name == "events" else "due")).to_have_attribute("aria-sort", "ascending")
    assert page_log.faults == []


def test_links_of_filters_keep_the_search(city: Site, page: Page) -> None:
    grid = opened(page, city, "/su-kien?tim=diem&trang=2")
    page.locator(f"{ROOT} #events-filters .chip").last.click()
    expect(grid.locator('[row-id="place-0"]')).to_be_visible()
    expect(range_text(page)).to_contain_text("1–50")
    expect(page).to_have_url(re.compile("nhom=dia-ban"))
    assert "tim=diem" in page.url and "trang" not in page.url


def test_register_is_searched_and_sorted_in_the_browser(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, "/chi-dao")
    head(grid, "due").locator(".live-head").click(position={"x": 4, "y": 4})
    expect(head(grid, "due")).to_have_attribute("aria-sort", "ascending")
    before = page.locator(f"{ROOT} [data-count]").inner_text()
    page.locator(f"{ROOT} [data-search]").fill("khong co gi nhu the")
    expect(page.locator(f"{ROOT} [data-count]")).not_to_have_text(before)
    expect(grid.locator(".ag-row")).to_have_count(0)
    expect(page).to_have_url(re.compile("xep=due"))
    assert page_log.faults == []


@pytest.mark.parametrize("path", ["/su-kien?ve=1", "/su-kien?giay=1", "/chi-dao?ve=1", "/chi-dao?giay=1&tim=a"])
def test_wall_and_paper_load_no_grid(city: Site, page: Page, page_log: PageLog, path: str) -> None:
    page.goto(city.address(path))
    page.wait_for_selector(READY, state="attached")
    assert not [url for url in page_log.requests if "ag_grid" in url or "/tables." in url]
    expect(page.locator(f"{ROOT} table").first).to_be_attached()
    expect(page.locator(f"{ROOT} .register-table table")).to_have_count(1 if "tim" in path else 0)


@pytest.mark.parametrize("path", ["/su-kien", "/chi-dao"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1180, 820), (820, 1180), (390, 844)])
def test_rows_cut_no_text(city: Site, page: Page, page_log: PageLog, path: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    grid = opened(page, city, path)
    expect(grid.locator("svg.mark:visible").first).to_be_visible()
    cut = """cells => cells.filter((one) => one.scrollHeight > one.clientHeight + 1)
        .map((one) => one.textContent)"""
    assert lasting(page, lambda: grid.locator(".ag-cell").evaluate_all(cut)) == []
    assert page_log.faults == []


@pytest.mark.parametrize("path", ["/su-kien", "/chi-dao"])
def test_tables_have_no_violation_of_accessibility(city: Site, page: Page, path: str) -> None:
    opened(page, city, path)
    page.locator(f"{ROOT} .table-tools summary").click()
    assert violations_by_theme(page) == []
