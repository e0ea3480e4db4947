"""Layout of every page in a real browser: no horizontal overflow, touch targets of 44 px, in both languages."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.access.principal import Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import FigureState, KpiValue, Target
from tests.browser.conftest import Site
from tests.browser.test_access import READY, Centre, centre, sign_in
from tests.city import event_view, line

__all__ = ["centre"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "/", "/ban-do", "/su-kien", "/camera", "/chi-dao", "/chi-so", "/chi-so/water-level", "/don-vi", "/don-vi/31135",
    "/nguon", "/can-chu-y", "/cham-so-lieu",
)  # fmt: skip
FORMS = (
    "/tai-khoan",
    "/quan-tri/nhat-ky",
)  # fmt: skip
# A link within a sentence is as high as the sentence: nothing else is excused.
FAULTS = """() => {
  const found = [];
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) found.push(`the page is ${wide.scrollWidth} wide`);
  for (const one of document.querySelectorAll('a, button, select, textarea, summary, input:not([type=hidden])')) {
    if (!one.checkVisibility({visibilityProperty: true}) || one.closest('.js-plotly-plot')) continue;
    const over = getComputedStyle(one, '::after');
    const reach = over.content !== 'none' && over.position === 'absolute' ? parseFloat(over.height) : 0;
    const label = (one.labels?.[0] ?? one.closest('label'))?.getBoundingClientRect().height ?? 0;
    const high = Math.max(one.getBoundingClientRect().height, reach || 0, label);
    if (high < 43.5) found.push(`${high} px: ${one.className} ${one.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""

MOVED = """one => new Promise((done) => {
  (function look() { one.scrollLeft > 100 ? done() : requestAnimationFrame(look); })();
})"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Site]:
    """The pages that people see, over a city whose units have figures."""
    page_site = Site(tmp_path, "pages")
    city = page_site.reads.city
    places = {code: KpiValue("", FigureState.OK, city.at, 1.5, data_time=city.at, place=code) for code in city.units}
    figures = {key: replace(figure, values_by_place=places) for key, figure in city.figures.items()}
    page_site.reads.city = replace(city, figures=figures, events=(event_view("a"), event_view("b")))
    page_site.start()
    yield page_site
    page_site.stop()


@pytest.fixture
def phone(page: Page) -> Page:
    page.set_viewport_size({"width": 390, "height": 844})
    return page


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_fit_a_phone_and_touch_targets_are_large_enough(city: Site, phone: Page, lang: str) -> None:
    for path in PAGES:
        phone.goto(city.address(f"{path}?lang={lang}"))
        phone.wait_for_selector(READY, state="attached")
        assert phone.evaluate(FAULTS) == [], path


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_forms_fit_a_phone_and_touch_targets_are_large_enough(centre: Centre, phone: Page, lang: str) -> None:
    for path in ("/dang-nhap?lai=1&", "/man-hinh?"):  # lai: without it the first request leads on by itself
        phone.goto(centre.address(f"{path}lang={lang}"))
        assert phone.evaluate(FAULTS) == [], path
    secret = centre.add_user("truong", Role.ADMINISTRATOR)
    sign_in(phone, centre, "truong", secret, "/dang-nhap?lang=vi")
    for path in FORMS:
        phone.goto(centre.address(f"{path}?lang={lang}"))
        assert phone.evaluate(FAULTS) == [], path


def test_phone_shows_one_column_of_the_unit_table_with_ages(city: Site, phone: Page) -> None:
    phone.goto(city.address("/don-vi"))
    phone.wait_for_selector(READY, state="attached")
    heads = phone.locator("#react-entry-point #units-grid .ag-header-cell")
    expect(heads).to_have_count(2)
    ages = phone.locator("#react-entry-point #units-grid .cell-age time")
    expect(ages).to_have_count(len(city.reads.city.units))
    phone.locator("#react-entry-point #units-columns summary").click()
    phone.locator("#react-entry-point #units-columns input:not(:checked)").first.check()
    expect(heads).to_have_count(3)


@pytest.mark.parametrize(("width", "height"), [(1180, 820), (820, 1180)])
def test_wide_table_has_scroll_shadow_and_sticky_names(city: Site, page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    figure = city.reads.city.figures["water-level"]
    more = {f"more-{n}": replace(figure, kpi=replace(figure.kpi, key=f"more-{n}")) for n in range(12)}
    city.reads.city = replace(city.reads.city, figures={**city.reads.city.figures, **more})
    page.goto(city.address("/don-vi?ve=1"))
    page.wait_for_selector(READY, state="attached")
    box, names = page.locator("#react-entry-point .wide:has(table.units)"), page.locator("table.units td:first-child")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth + 50")
    shade = box.evaluate("one => [getComputedStyle(one).backgroundImage, getComputedStyle(one).backgroundAttachment]")
    assert "gradient" in shade[0] and "local" in shade[1] and "scroll" in shade[1]
    before = names.first.bounding_box()
    box.hover()
    page.mouse.wheel(400, 0)
    box.evaluate(MOVED)
    after = names.first.bounding_box()
    assert before and after and before["x"] == after["x"]


@pytest.mark.parametrize("width", [1280, 1366, 1600, 1920])
def test_date_stays_visible_beside_the_exercise_badge(city: Site, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    figures = {key: replace(figure, is_drill=True) for key, figure in city.reads.city.figures.items()}
    city.reads.city = replace(city.reads.city, figures=figures)
    page.goto(city.address("/chi-so"))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator(".head .badge-drill")).to_be_visible()
    expect(page.locator(".head-date")).to_be_visible()
    assert page.evaluate(FAULTS) == []


OVERLAPS = """() => {
  const overlaps = [];
  for (const kind of ['.annotation-text-g', '.xtick']) {
    const all = [...document.querySelectorAll('#kpi-history ' + kind)];
    const boxes = all.map((one) => [one.textContent, one.getBoundingClientRect()]);
    boxes.forEach(([name, a], n) => boxes.slice(n + 1).forEach(([other, b]) => {
      const isBeside = a.left >= b.right || b.left >= a.right || a.top >= b.bottom || b.top >= a.bottom;
      if (!isBeside) overlaps.push(`${name} / ${other}`);
    }));
  }
  return overlaps;
}"""


@pytest.mark.parametrize("name", ["", "mức rất đáng chú ý "], ids=["short", "long"])
@pytest.mark.parametrize("width", [390, 688, 1180])
def test_labels_of_a_chart_do_not_overlap_on_phone_paper_and_tablet(
    city: Site, page: Page, width: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    if width == 688:  # A4
        page.add_init_script(
            "document.addEventListener('readystatechange', () => document.documentElement.dataset.paper = '')"
        )
    figure = city.reads.city.figures["water-level"]
    limits = tuple(replace(one, name=LocalizedText(name + one.name.vi)) for one in figure.kpi.limits)
    kpi = replace(figure.kpi, target=Target("<=", 1.95), limits=limits)
    value = replace(figure.value, is_target_met=True)
    city.reads.city = replace(city.reads.city, figures={"water-level": replace(figure, kpi=kpi, value=value)})
    monkeypatch.setattr(city.reads, "history_at", lambda _: lambda *_: line(0.5, 1.4))
    page.goto(city.address("/chi-so/water-level?khoang=1y"))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#kpi-history .annotation")).to_have_count(5)  # three limits, the target, the badge
    expect(page.locator("#kpi-history .annotation").first).to_be_visible()
    assert page.evaluate(OVERLAPS) == []


def test_texts_of_a_chart_on_paper_are_no_larger_than_those_beside_it(
    city: Site, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city.reads, "history_at", lambda _: lambda *_: line(0.5, 1.4))
    page.set_viewport_size({"width": 688, "height": 844})  # A4
    page.add_init_script(
        "document.addEventListener('readystatechange', () => document.documentElement.dataset.paper = '')"
    )
    page.goto(city.address("/chi-so/water-level"))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#kpi-history text").first).to_be_visible()
    size = "(all) => Math.max(...all.map((each) => parseFloat(getComputedStyle(each).fontSize)))"
    of_card = page.locator("#kpi-card dd").evaluate_all(size)
    assert page.locator("#kpi-history text").evaluate_all(size) <= of_card


@pytest.mark.parametrize("width", [390, 1366])
def test_refused_moment_is_a_warning_and_a_past_one_leads_back(page: Page, city: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    page.goto(city.address("/?luc=31/02/2026 10:00"))
    expect(page.locator("#react-entry-point .page-fault")).to_contain_text("Không đọc được thời điểm")
    edge = "one => parseFloat(getComputedStyle(one).borderLeftWidth)"
    assert page.locator("#react-entry-point .page-fault").evaluate(edge) > 4
    page.goto(city.address("/?luc=24/11/2026 14:30"))
    expect(page.locator("#react-entry-point .tool-present")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#react-entry-point .tool-present").click()
    page.wait_for_url(lambda address: "luc" not in address)
    expect(page.locator("#react-entry-point .tool-present")).to_have_count(0)
