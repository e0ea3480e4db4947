"""From page to page by link, by Back and by Forward, with an empty console.

All ordered pairs would take an hour. A pair depends on how the browser gets from one kind of page to the other: by the
live client or as a new document, with which packages and callbacks. So all ordered pairs of kinds are opened; and each
page once as source and as target.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, permutations
from pathlib import Path
from threading import Event

import pytest
from flask import Blueprint, Response
from playwright.sync_api import Page, expect

from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Role
from ioc.web.middleware.authorization import requires
from tests.browser.test_access import READY
from tests.browser.whole_centre import BRIEFING, CALL, FORM, PERSONAL, REMIND, WholeCentre, sign_in_with
from tests.conftest import PageLog
from tests.pages.directive_city import TASK

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Page -> what only it shows.
PAGES = {
    "/": "#overview-map", "/tuong": "#wall-map", "/ban-do": "#map-switches", "/su-kien": "#events-grid .ag-row",
    "/camera": "#cameras-wall", "/chi-dao": "#directives-filters", "/chi-dao/mp-15-2026": "#directive-progress",
    "/chi-so": "#kpis-grid .ag-row", "/chi-so/water-level": "#kpi-history", "/don-vi": "#units-grid .ag-row",
    "/don-vi/31135": "#unit-head", "/nguon": "#sources-grid .ag-row", "/can-chu-y": "#attention-list",
    "/cham-so-lieu": "#compliance-summary", "/quan-tri/tai-khoan": "#users-table .ag-row",
    "/quan-tri/chuc-danh": "#positions-table .ag-row", "/quan-tri/uy-quyen": "#mandates-table .ag-row",
    "/nhap-van-ban": "#document-entry-number", "/van-ban/mp-1-2026": "#stored-document-tasks .tree",
    "/nhap-bang": "#sheet-import-position", "/dinh-chinh/mp-1-2026": "#correction-number",
    "/so-nhiem-vu": "#register-table .ag-row", "/so-don-doc": "#reminders-total:not(:empty)",
    "/so-van-ban": "#documents-table .ag-row", "/ai-cho-ai": "#waiting-table .ag-row",
    "/y-kien-chi-dao": "#instruction-text",
    "/quan-tri/man-hinh": "#displays-table", "/quan-tri/chuong-trinh": "#api-keys-table",
    "/quan-tri/nhat-ky": "#audit-table .ag-row .btn", "/tai-khoan": "#account-facts dl",
    "/nhap-so-lieu": "#submit-table .ag-row",
    FORM: "#figures-period .facts-row", "/duyet-so-lieu": "#release-table",
    "/bao-qua-dien-thoai": "#phone-table .ag-row",
    CALL: "#call-period *", REMIND: "#remind-period *", PERSONAL: "#personal-head h2",
    "/giao-ban": "#briefings-day", BRIEFING: "#briefing-items .briefing-item",
    "/viec-cua-toi": "#my-work-list .work-row", f"/nhiem-vu/{TASK}": "#task-facts .facts",
}  # fmt: skip
# With a map, with a chart, with panels only; with a table, with a table in blocks, with a form and no table.
KINDS = ("/ban-do", "/chi-so/water-level", "/chi-dao", "/quan-tri/tai-khoan", "/quan-tri/nhat-ky", FORM)
PLAIN_HTTP = "Cross-Origin-Opener-Policy"  # what the browser says of an address without TLS
# Leaves the page in the midst of the next drawing of a graph, which another figure waits for.
LEAVE_WHILE_DRAWN = """leave => new Promise((done) => {
  const root = document.documentElement;
  const seen = new MutationObserver(() => {
    const graph = document.querySelector('#react-entry-point .js-plotly-plot.dash-graph--pending');
    if (!graph) return;
    seen.disconnect();
    root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light';
    setTimeout(() => { leave ? document.querySelector(`a[href="${leave}"]`).click() : history.back(); done(); });
  });
  seen.observe(document.getElementById('react-entry-point'), { attributes: true, childList: true, subtree: true });
  root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light';
})"""
FOLLOW = (
    "href => { const a = document.createElement('a'); a.href = href; document.body.append(a); a.click(); a.remove(); }"
)


class SlowCentre(WholeCentre):
    """Has an image that is not there until `may_load` is set: the pages that ask for it are not loaded before."""

    def __init__(self, folder: Path) -> None:
        self.may_load = Event()
        super().__init__(folder)

    def further(self, folder: Path) -> tuple[Mapping[type, object], Iterable[Blueprint]]:
        services, views = super().further(folder)
        slow = Blueprint("slow", __name__)

        @slow.get("/slow.png")
        @requires(Action.VIEW_PUBLIC)
        def image() -> Response:
            self.may_load.wait(120)
            return Response(b"", mimetype="image/png", headers={"Cache-Control": "no-store"})

        return services, [*views, slow]

    def close(self) -> None:
        self.may_load.set()
        super().close()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[SlowCentre]:
    running = SlowCentre(tmp_path)
    yield running
    running.close()


@pytest.fixture
def visitor(page: Page, centre: SlowCentre) -> Page:
    """The overview, open for somebody who may open every page."""
    sign_in_with(page, centre, *Role, path="/", agency="a")
    return page


def is_shown(page: Page, centre: WholeCentre, path: str) -> None:
    """Waits until the page at `path` is what is shown."""
    page.wait_for_url(centre.address(path), wait_until="commit")
    page.wait_for_selector(READY, state="attached")
    expect(page.locator(f"#react-entry-point {PAGES[path]}").first).to_be_visible()


def follow(page: Page, centre: WholeCentre, path: str) -> None:
    """Follows a link, as the live client or the browser does."""
    page.evaluate(FOLLOW, path)
    is_shown(page, centre, path)


def faults(page_log: PageLog) -> list[str]:
    """Errors of the console."""
    return [fault for fault in page_log.faults if PLAIN_HTTP not in fault]


def test_each_page_is_left_and_reached_by_link_back_and_forward(
    visitor: Page, centre: SlowCentre, page_log: PageLog
) -> None:
    paths = [*PAGES, "/"]
    for first, second in pairwise(paths):
        follow(visitor, centre, second)
        visitor.go_back(wait_until="commit")
        is_shown(visitor, centre, first)
        visitor.go_forward(wait_until="commit")
        is_shown(visitor, centre, second)
        assert faults(page_log) == [], (first, second)


def test_ordered_pairs_of_kinds_open_by_link_and_by_back(visitor: Page, centre: SlowCentre, page_log: PageLog) -> None:
    for first, second in permutations(KINDS, 2):
        if visitor.url != centre.address(first):
            follow(visitor, centre, first)
        follow(visitor, centre, second)
        visitor.go_back(wait_until="commit")
        is_shown(visitor, centre, first)
        assert faults(page_log) == [], (first, second)


@pytest.mark.parametrize("graph", ["/ban-do", "/chi-so/water-level"])
def test_pages_are_left_while_their_graph_is_drawn(
    visitor: Page, centre: SlowCentre, page_log: PageLog, graph: str
) -> None:
    for leave in ("/", None) * 3:
        follow(visitor, centre, graph)
        visitor.evaluate(LEAVE_WHILE_DRAWN, leave)
        is_shown(visitor, centre, "/")
    assert faults(page_log) == []


def test_every_page_is_among_those_opened(centre: SlowCentre) -> None:
    opened = {centre.pages.match(path.partition("?")[0])[0].name for path in PAGES}
    assert opened == {route.name for route in centre.pages.routes}


@pytest.mark.parametrize(("first", "second"), list(permutations(("/chi-so", "/quan-tri/tai-khoan"), 2)))
def test_back_before_a_page_has_loaded_takes_nothing_of_the_other_page(
    visitor: Page, centre: SlowCentre, page_log: PageLog, first: str, second: str
) -> None:
    """Until a page that Back leads to has loaded, Chromium takes from its cache what need not be asked for anew."""
    visitor.add_init_script("window.slow = new Image(); window.slow.src = '/slow.png?' + Math.random();")
    for path in (first, second):
        visitor.goto(centre.address(path), wait_until="commit")
        is_shown(visitor, centre, path)
    visitor.go_back(wait_until="commit")
    is_shown(visitor, centre, first)
    assert visitor.evaluate("performance.timing.loadEventEnd") == 0
    assert faults(page_log) == []
