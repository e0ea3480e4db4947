"""Tables of watching pages: search, sorting, live values, Back, columns; drawn on paper and on walls."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import KpiFigure
from tests.browser.axe import violations_by_theme
from tests.browser.conftest import PageLog, Site
from tests.browser.rest import lasting
from tests.browser.test_access import READY

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GRID = "#react-entry-point #units-grid"
PATH = "/don-vi"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Site]:
    """The pages over a city with 60 units, each with a value of one KPI; the last one is "xã Đầm Sen"."""
    site = Site(tmp_path, "pages")
    base = site.reads.city
    names = [*(f"Số {n:02}" for n in range(59)), "Đầm Sen"]
    units = {f"{n}": AdminUnit(f"{n}", name, "xã", 9.0, 105.7, 10.0, "Cần Thơ") for n, name in enumerate(names)}
    site.reads.city = replace(base, units=units)
    site.reads.move(0, figures=figures_of(site, {code: float(code) for code in units}))
    site.start()
    yield site
    site.stop()


def figures_of(site: Site, values: dict[str, float]) -> dict[str, KpiFigure]:
    """The figures of the city with new values by unit; all others are left out."""
    city = site.reads.city
    places = {
        code: KpiValue("water-level", FigureState.OK, city.at, value, data_time=city.at, place=code)
        for code, value in values.items()
    }
    return {"water-level": replace(city.figures["water-level"], values_by_place=places)}


def opened(page: Page, site: Site, path: str = PATH) -> Locator:
    page.goto(site.address(path))
    page.wait_for_selector(READY, state="attached")
    return page.locator(GRID)


def names(grid: Locator) -> list[str]:
    """The names of the rows that are drawn, from above."""
    rows = grid.locator(".ag-pinned-left-cols-container .ag-row, .ag-center-cols-container .ag-row")
    cells = rows.evaluate_all("""rows => [...rows]
        .map((row) => [Number(row.getAttribute('row-index')), row.querySelector('[col-id=name]')])
        .filter(([, cell]) => cell).sort(([a], [b]) => a - b).map(([, cell]) => cell.textContent.trim())""")
    return [str(name) for name in cells]


def expect_names(page: Page, grid: Locator, *wanted: str) -> None:
    """Asserts that rows with these names are drawn one below the other, once the grid has come to rest."""
    count = len(wanted)

    def others() -> list[str]:
        found = names(grid)
        return [] if any(found[n : n + count] == [*wanted] for n in range(len(found))) else found or ["no row"]

    assert lasting(page, others) == []


def value(grid: Locator, row: str) -> Locator:
    return grid.locator(f'[row-id="{row}"] [col-id="water-level"]')


def head(grid: Locator, column: str) -> Locator:
    return grid.locator(f'.ag-header-cell[col-id="{column}"]')


def test_search_finds_without_accents_and_stands_in_the_address(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city)
    page.locator("#react-entry-point [data-search]").fill("dam sen")
    expect(page.locator("#react-entry-point [data-count]")).to_contain_text("1/60")
    expect(grid.locator(".ag-cell[col-id=name]")).to_have_count(1)
    assert names(grid) == ["xã Đầm Sen"]
    expect(page).to_have_url(re.compile(r"\?tim=dam\+sen$"))
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#react-entry-point [data-search]")).to_have_value("dam sen")
    assert names(grid) == ["xã Đầm Sen"]
    page.locator("#react-entry-point a[href^='/xuat/']").first.hover()
    page.mouse.down()
    expect(page.locator("#react-entry-point a[href^='/xuat/units.csv']")).to_have_attribute(
        "href", re.compile("tim=dam")
    )
    assert page_log.faults == []


def test_columns_sort_both_ways_without_a_value_last(city: Site, page: Page) -> None:
    city.reads.move(0, figures=figures_of(city, {"3": 3.0, "7": 7.0, "5": 5.0}))
    grid = opened(page, city)
    head(grid, "water-level").locator(".live-head").click(position={"x": 4, "y": 4})
    expect(head(grid, "water-level")).to_have_attribute("aria-sort", "descending")
    expect_names(page, grid, "xã Số 07", "xã Số 05", "xã Số 03")
    assert names(grid)[0] == "xã Số 07"
    expect(page).to_have_url(re.compile(r"\?xep=-water-level$"))
    head(grid, "water-level").locator(".live-head").click(position={"x": 4, "y": 4})
    expect(head(grid, "water-level")).to_have_attribute("aria-sort", "ascending")
    expect_names(page, grid, "xã Số 03", "xã Số 05", "xã Số 07")
    assert names(grid)[0] == "xã Số 03"
    expect(page).to_have_url(re.compile(r"\?xep=water-level$"))


def test_live_values_keep_scroll_selection_and_sorting(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, f"{PATH}?xep=-water-level")
    viewport = grid.locator(".ag-body-viewport")
    viewport.evaluate("one => { one.scrollTop = 1000; }")
    row = grid.locator('.ag-center-cols-container [row-id="35"]')
    row.click()
    expect(row).to_have_attribute("aria-selected", "true")
    row.evaluate("one => { window.kept = one; }")
    before = viewport.evaluate("one => one.scrollTop")
    values = {code: float(code) for code in city.reads.city.units}
    city.reads.move(6, figures=figures_of(city, values | {"35": 35.5}))
    expect(value(grid, "35")).to_contain_text("35,5")
    assert page.evaluate("() => window.kept.isConnected && window.kept.getAttribute('aria-selected')") == "true"
    assert viewport.evaluate("one => one.scrollTop") == before > 0
    expect_names(page, grid, "xã Số 36", "xã Số 35")
    # What a new value changes is its place in the sorted rows.
    city.reads.move(6, figures=figures_of(city, values | {"35": 36.5}))
    expect(value(grid, "35")).to_contain_text("36,5")
    expect_names(page, grid, "xã Số 35", "xã Số 36")
    expect(row).to_have_attribute("aria-selected", "true")
    assert page_log.faults == []


def test_value_without_data_is_never_shown_as_a_number(city: Site, page: Page) -> None:
    grid = opened(page, city)
    expect(value(grid, "1")).to_contain_text("1,00")
    figure = city.reads.city.figures["water-level"]
    stale = replace(figure.values_by_place["1"], state=FigureState.STALE)
    figure = replace(figure, values_by_place={**figure.values_by_place, "1": stale})
    city.reads.move(6, figures={"water-level": figure})
    expect(value(grid, "1")).not_to_contain_text("1,00")
    expect(value(grid, "1").locator("svg")).to_be_visible()


def test_ages_are_counted_on(city: Site, page: Page) -> None:
    figures = figures_of(city, {"1": 1.0})
    city.reads.city = replace(city.reads.city, figures=figures, at=city.reads.city.at + timedelta(hours=2))
    grid = opened(page, city)
    expect(value(grid, "1").locator("time[data-age]")).not_to_be_empty()


def test_back_restores_search_sorting_and_place(city: Site, page: Page, page_log: PageLog) -> None:
    grid = opened(page, city, f"{PATH}?xep=-water-level&tim=so")
    grid.locator(".ag-body-viewport").evaluate("one => { one.scrollTop = 1200; }")
    link = grid.locator('[row-id="30"] a')
    expect(link).to_be_visible()
    page.wait_for_function("() => history.state && history.state.units && history.state.units.top")
    link.click()
    page.wait_for_url("**/don-vi/30")
    page.wait_for_selector(READY, state="attached")
    assert page.evaluate("() => !('dash_ag_grid' in window)")  # a new document, without the grid
    page.go_back()
    page.wait_for_url("**/don-vi?**")
    page.wait_for_selector(READY, state="attached")
    expect(grid.locator('[row-id="30"] a')).to_be_in_viewport()
    assert page.url.endswith("?xep=-water-level&tim=so")
    expect(page.locator("#react-entry-point [data-search]")).to_have_value("so")
    assert page_log.faults == []


def test_chosen_columns_are_remembered(city: Site, page: Page) -> None:
    grid = opened(page, city)
    page.locator("#react-entry-point #units-columns summary").click()
    page.locator("#react-entry-point #units-columns input[value=water-level]").uncheck()
    expect(head(grid, "water-level")).to_have_count(0)
    opened(page, city)
    expect(head(grid, "water-level")).to_have_count(0)
    opened(page, city, f"{PATH}?xep=water-level")  # what sorts is shown
    expect(head(grid, "water-level")).to_have_count(1)


def test_list_of_columns_closes_by_escape_and_by_a_press_elsewhere(city: Site, page: Page) -> None:
    grid = opened(page, city)
    summary, choice = (page.locator(f"#react-entry-point #units-columns {part}") for part in ("summary", "input"))
    summary.click()
    expect(choice.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(choice.first).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    choice.last.uncheck()
    expect(choice.first).to_be_visible()
    grid.locator("[row-index='0']").first.click()
    expect(choice.first).to_be_hidden()


def test_head_stays_and_link_opens_with_the_keyboard(city: Site, page: Page) -> None:
    grid = opened(page, city)
    before = head(grid, "name").bounding_box()
    grid.locator(".ag-body-viewport").evaluate("one => { one.scrollTop = 800; }")
    assert head(grid, "name").bounding_box() == before
    expect(grid.locator("[row-index='0']")).to_have_count(0)  # drawn there, before it is scrolled back
    grid.locator(".ag-body-viewport").evaluate("one => { one.scrollTop = 0; }")
    expect(grid.locator("[row-index='0']").first).to_be_visible()
    head(grid, "name").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/don-vi/59")


@pytest.mark.parametrize("path", ["/", "/tuong", f"{PATH}?giay=1", f"{PATH}?ve=1"])
def test_wall_overview_and_paper_load_no_grid(city: Site, page: Page, page_log: PageLog, path: str) -> None:
    page.goto(city.address(path))
    page.wait_for_selector(READY, state="attached")
    assert not [url for url in page_log.requests if "ag_grid" in url or "/tables." in url]
    assert page.evaluate("() => !('dash_ag_grid' in window)")
    if path.startswith(PATH):
        expect(page.locator("#react-entry-point table.units tbody tr")).to_have_count(61)


def test_paper_has_the_search_and_sorting_of_the_table(city: Site, page: Page) -> None:
    page.goto(city.address(f"{PATH}?giay=1&tim=SO%201&xep=-water-level"))
    page.wait_for_selector(READY, state="attached")
    rows = page.locator("#react-entry-point table.units tbody tr:not(.group) td:first-child")
    assert rows.all_text_contents() == [f"xã Số {n:02}" for n in reversed(range(60)) if "1" in f"{n:02}"]


def test_links_and_requests_take_search_and_sorting_from_the_address_as_each_needs_them(
    city: Site, page: Page, page_log: PageLog
) -> None:
    """Files, paper and filters take them along; a grid's frame is not asked with them, that of a drawn table is."""
    opened(page, city, "/nguon?tim=khong%20co&xep=-state")
    links = [f"#react-entry-point a[href^='{start}']" for start in ("/xuat/sources.csv", "/pdf/", "?trang-thai=")]

    def parameters(link: str) -> tuple[list[str], list[str]]:
        page.locator(link).first.dispatch_event("pointerdown")
        query = parse_qs(urlsplit(page.locator(link).first.get_attribute("href") or "").query)
        return query.get("tim", []), query.get("xep", [])

    assert [parameters(link) for link in links] == [(["khong co"], ["-state"])] * 3
    page.locator("#react-entry-point [data-search]").fill("")
    expect(page).not_to_have_url(re.compile("tim="))
    assert [parameters(link) for link in links] == [([], ["-state"])] * 3
    asked = [url for url in page_log.requests if "/live/sources" in url]
    assert asked and not [url for url in asked if "tim=" in url or "xep=" in url]
    opened(page, city, "/nguon?ve=1&tim=khong%20co&xep=-state")
    drawn = [url for url in page_log.requests if "/live/sources" in url and "ve=1" in url]
    assert drawn and all("tim=khong" in url and "xep=-state" in url for url in drawn)


@pytest.mark.parametrize(("path", "row"), [("/chi-so", "water-level"), ("/nguon", "source-sim-tide")])
@pytest.mark.parametrize(("width", "height"), [(1180, 820), (820, 1180), (390, 844)])
def test_tables_show_state_and_age_at_every_size_and_cut_no_text(
    city: Site, page: Page, page_log: PageLog, path: str, row: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(city.address(path))
    page.wait_for_selector(READY, state="attached")
    shown = page.locator(f'#react-entry-point [row-id="{row}"]')
    expect(shown.locator("time[data-age]:visible").first).not_to_be_empty()
    expect(shown.locator("svg.mark:visible").first).to_be_visible()
    cut = """cells => cells.filter((one) => one.scrollHeight > one.clientHeight + 1)
        .map((one) => one.textContent)"""
    assert lasting(page, lambda: page.locator("#react-entry-point .ag-cell").evaluate_all(cut)) == []
    assert page_log.faults == []


def test_link_to_a_row_selects_it(city: Site, page: Page) -> None:
    page.goto(city.address("/nguon#source-sim-tide"))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator('#react-entry-point [row-id="source-sim-tide"]')).to_have_attribute("aria-selected", "true")


def test_table_has_no_violation_of_accessibility(city: Site, page: Page) -> None:
    opened(page, city)
    page.locator("#react-entry-point #units-columns summary").click()
    assert violations_by_theme(page) == []


def test_words_of_the_grid_itself_are_in_the_language_of_the_page(city: Site, page: Page) -> None:
    for lang, words in (("vi", "Không có dòng nào khớp"), ("en", "No row matches")):
        grid = opened(page, city, f"{PATH}?lang={lang}")
        page.locator("#react-entry-point [data-search]").fill("zzzz")
        expect(grid.locator(".ag-overlay")).to_have_text(words)


def test_column_that_must_stay_is_not_offered_as_a_choice(city: Site, page: Page) -> None:
    opened(page, city, f"{PATH}?xep=-water-level")
    page.locator("#react-entry-point #units-columns summary").click()
    choices = "#react-entry-point #units-columns input"
    for key in ("name", "water-level"):  # the first, and what the table is sorted by
        expect(page.locator(f"{choices}[value={key}]")).to_be_disabled()
    page.locator(f"{GRID} .ag-header-cell[col-id=water-level] .live-head").click(position={"x": 4, "y": 4})
    page.locator(f"{GRID} .ag-header-cell[col-id=water-level] .live-head").click(position={"x": 4, "y": 4})
    expect(page.locator(f"{choices}[value=water-level]")).to_be_enabled()


def test_columns_that_are_always_shown_are_not_a_choice(city: Site, page: Page) -> None:
    page.goto(city.address("/chi-so"))
    page.wait_for_selector(READY, state="attached")
    page.locator("#react-entry-point #kpis-columns summary").click()
    choices = page.locator("#react-entry-point #kpis-columns input")
    fixed = choices.evaluate_all("boxes => boxes.filter((one) => one.disabled).map((one) => [one.value, one.checked])")
    assert fixed == [["name", True], ["value", True]]
