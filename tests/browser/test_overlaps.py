"""No text lies over another, none is cut in a tile and no mark in a grid: all pages without working ones, every size,
paper."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ioc.config.configuration import PublicPage
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.attention import attention_items
from ioc.web.views import public_page
from tests.browser.conftest import Site
from tests.browser.test_access import READY
from tests.city import drill_city, event_view, full_city, line
from tests.components.kpi.test_redundancy import city_with_second_gauge

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "/", "/tuong", "/ban-do", "/su-kien", "/camera", "/chi-dao", "/chi-dao/mp-15-2025", "/chi-so",
    "/chi-so/water-level", "/don-vi", "/don-vi/31135", "/nguon", "/can-chu-y", "/cham-so-lieu",
)  # fmt: skip
SIZES = ((1920, 1080), (1180, 820), (820, 1180), (390, 844))
WALLS = ((1920, 1080), (3840, 2160))
PAPER_SIZE = (688, 990)
OVERLAPS = (Path(__file__).parent / "overlaps.js").read_text("utf-8")
CUT_MARKS = (Path(__file__).parent / "cut_marks.js").read_text("utf-8")
CUT_TEXTS = (Path(__file__).parent / "cut_texts.js").read_text("utf-8")
SET_THEME = "document.documentElement.dataset.theme"
# A tooltip follows the pointer over the map; the dash of a missing value is small in its high line.
ALLOWED = (".map-tip", ".tile-missing .tile-value")


def marked_city(base: Snapshot) -> Snapshot:
    """`base` with every badge and state that a page can show: values of units, disagreement, phone report, events."""
    level = city_with_second_gauge().figures["water-level"]
    figures = {**base.figures, "water-level": replace(level, is_drill=base.figures["water-level"].is_drill)}
    twins = level.redundant_series
    places = {code: KpiValue("", FigureState.OK, base.at, 1234.5, data_time=base.at, place=code) for code in base.units}
    figures = {
        key: replace(
            figure,
            value=replace(figure.value, is_simulated=True, is_phoned=True),
            values_by_place=places,
            redundant_series=twins,
        )
        for key, figure in figures.items()
    }
    city = replace(base, figures=figures, events=(event_view("a"), event_view("b")))
    return replace(city, attention=attention_items(city))


class PublicSite(Site):
    """The pages, and the public page with the same figures."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "pages")
        published = PublicPage(("water-level", *full_city().figures), directives=True)
        self.blueprints = (public_page.blueprint(lambda: self.reads.city, published),)


@pytest.fixture(scope="module", params=["real", "exercise"])
def marked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = PublicSite(tmp_path_factory.mktemp("marked"))
    site.reads.city = marked_city(full_city() if request.param == "real" else drill_city())
    site.reads.history_at = lambda _: lambda *_: line(1.0, 1.0)  # type: ignore[method-assign, assignment]
    site.start()
    yield site
    site.stop()


def opened(page: Page, address: str) -> None:
    page.goto(address)
    if "/cong-khai" not in address:
        page.wait_for_selector(READY, state="attached")
    page.evaluate("document.fonts.ready")


def overlaps(page: Page, site: Site, paths: tuple[str, ...]) -> list[str]:
    found = []
    for path in paths:
        opened(page, site.address(path))
        faults = (page.evaluate(OVERLAPS, list(ALLOWED)), page.evaluate(CUT_MARKS), page.evaluate(CUT_TEXTS))
        found += [f"{path}: {fault}" for fault in chain(*faults)]
    return found


@pytest.mark.parametrize("size", SIZES)
def test_no_text_lies_over_another(marked: Site, page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = overlaps(page, marked, (*PAGES, "/cong-khai"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", WALLS)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_badge_is_whole_on_a_wall(marked: Site, page: Page, size: tuple[int, int], theme: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.add_init_script(f"document.addEventListener('readystatechange', () => {{ {SET_THEME} = '{theme}' }})")
    found = overlaps(page, marked, ("/tuong",))
    assert not found, "\n".join(found)


def test_no_text_lies_over_another_on_paper(marked: Site, page: Page) -> None:
    page.set_viewport_size({"width": PAPER_SIZE[0], "height": PAPER_SIZE[1]})
    page.add_init_script(
        "document.addEventListener('readystatechange', () => document.documentElement.dataset.paper = '')"
    )
    found = overlaps(page, marked, tuple(f"{path}?giay=1" for path in PAGES if path != "/tuong"))
    assert not found, "\n".join(found)


def test_paper_offers_no_files(marked: Site, page: Page) -> None:
    """Who reads paper can press nothing."""
    opened(page, marked.address("/cham-so-lieu?giay=1"))
    files = page.locator("#react-entry-point a[href^='/xuat/']")
    assert files.count() > 0
    page.evaluate("document.documentElement.dataset.paper = ''")
    assert files.filter(visible=True).count() == 0


def test_overlapping_texts_are_found(marked: Site, page: Page) -> None:
    """The check itself: a badge over a date."""
    opened(page, marked.address("/cong-khai"))
    page.locator(".tile-badges").first.evaluate(
        "one => Object.assign(one.style, { position: 'absolute', bottom: '.8rem', left: '1rem' })"
    )
    assert any("tile-time" in pair for pair in page.evaluate(OVERLAPS, []))


def test_cut_texts_in_a_tile_are_found(marked: Site, page: Page) -> None:
    """The check itself: badges beyond the foot of a tile."""
    opened(page, marked.address("/tuong"))
    page.add_style_tag(content=".tile-badges { translate: 0 3rem; }")
    assert any("MP" in fault for fault in page.evaluate(CUT_TEXTS))


def test_cut_marks_in_a_grid_are_found(marked: Site, page: Page) -> None:
    """The check itself: a cell that clips the line's own height."""
    opened(page, marked.address("/don-vi"))
    page.add_style_tag(content=".ag-cell .ag-cell-value { overflow: hidden !important; line-height: 1.25; }")
    assert any("above" in fault for fault in page.evaluate(CUT_MARKS))
