"""The live client in a real browser: minimal updates, connection banner, reload, themes, navigation."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PageLog, Site
from tests.system.program import SLOWNESS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READY = "html[data-ready]"
REACT = "#react-entry-point"
# Plotly still fits a chart to its box and to its fonts after the first drawing: until none has come for a second.
CHART_RESTS = """async () => {
    await document.fonts.ready;
    const chart = document.querySelector('#chart .js-plotly-plot');
    await new Promise((resolve) => {
        let timer = setTimeout(resolve, 1000);
        chart.on('plotly_afterplot', () => { clearTimeout(timer); timer = setTimeout(resolve, 1000); });
    });
}"""


def open_page(page: Page, site: Site, path: str = "/") -> None:
    page.goto(site.address(path))
    page.wait_for_selector(READY, state="attached")


def poll_once(page: Page, site: Site) -> None:
    """A poll; comes back when the screen shows it."""
    site.reads.move()
    expect(page.locator("#value")).to_have_text(str(site.reads.city.version))


def test_page_loads_without_errors_and_requests_no_other_host(page: Page, site: Site, page_log: PageLog) -> None:
    open_page(page, site)
    assert page.locator("#first-paint").count() == 0
    assert page.evaluate("window.iocReady") is True
    assert page.locator("#chart .main-svg").count() > 0
    poll_once(page, site)
    assert page_log.faults == []
    assert {url.split("/")[2] for url in page_log.requests if url.startswith("http")} == {f"127.0.0.1:{site.port}"}
    assert all(url.startswith(("http://127.0.0.1", "data:", "blob:")) for url in page_log.requests)


def test_an_update_touches_only_what_changed(page: Page, site: Site) -> None:
    open_page(page, site)
    poll_once(page, site)
    page.locator("details summary").click()
    page.evaluate(CHART_RESTS)
    page.evaluate("""() => {
        window.kept = [document.getElementById('value'), document.querySelector('#tile-a section')];
        window.touched = { b: 0, drawn: 0 };
        const all = { childList: true, subtree: true, characterData: true, attributes: true };
        new MutationObserver((seen) => { window.touched.b += seen.length; })
            .observe(document.getElementById('tile-b'), { ...all });
        document.querySelector('#chart .js-plotly-plot').on('plotly_afterplot', () => { window.touched.drawn += 1; });
    }""")
    for _ in range(3):
        poll_once(page, site)
    same = "() => kept[0] === document.getElementById('value') && kept[1] === document.querySelector('#tile-a section')"
    assert page.evaluate(same)
    assert page.evaluate("() => document.querySelector('#tile-a details').open")
    assert page.evaluate("() => window.touched") == {"b": 0, "drawn": 0}
    expect(page.locator("details p")).to_have_text(str(site.reads.city.version))


def test_updates_cause_no_layout_shift(page: Page, site: Site) -> None:
    page.add_init_script("""
        window.shifts = [];
        new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifts.push([one.value,
            one.sources.map((s) => s.node && (s.node.id || s.node.outerHTML || s.node.nodeValue))]); })
            .observe({ type: 'layout-shift', buffered: true });""")
    open_page(page, site)
    page.evaluate("document.fonts.ready")
    coming_up = page.evaluate("() => window.shifts.splice(0)")
    for _ in range(3):
        poll_once(page, site)
    assert page.evaluate("() => window.shifts") == []
    # Text may move slightly when its font loads after the first paint.
    assert sum(value for value, _ in coming_up) < 0.01, coming_up


def test_lost_server_shows_the_banner_until_it_is_back(page: Page, site: Site) -> None:
    open_page(page, site)
    site.stop()
    stopped_at = time.monotonic()
    page.wait_for_selector("html[data-link=lost]", state="attached")
    assert time.monotonic() - stopped_at < SLOWNESS * 5
    expect(page.locator("#link-banner")).to_contain_text("Mất kết nối với máy chủ từ")
    site.reads.move()
    site.start()
    back = time.monotonic()
    page.wait_for_selector("html[data-link=ok]", state="attached")
    expect(page.locator("#value")).to_have_text(str(site.reads.city.version))
    assert time.monotonic() - back < SLOWNESS * 5
    expect(page.locator("#link-banner")).to_be_empty()


RECORD_BANNER = """() => {
    window.bannerTexts = [];
    const look = () => { const one = document.getElementById('link-banner').textContent;
        if (one !== window.bannerTexts.at(-1)) window.bannerTexts.push(one); };
    look();
    new MutationObserver(look).observe(document.documentElement,
        { attributes: true, childList: true, characterData: true, subtree: true });
}"""


def test_lost_server_is_never_reported_as_stopped_poller(page: Page, site: Site) -> None:
    open_page(page, site)
    page.evaluate(RECORD_BANNER)
    site.stop()
    stopped_at = time.monotonic()
    page.wait_for_function("() => window.bannerTexts.length > 1")
    assert time.monotonic() - stopped_at < SLOWNESS * 5
    site.start()
    page.wait_for_selector("html[data-link=ok]", state="attached")
    banner_texts = page.evaluate("() => window.bannerTexts")
    assert (
        banner_texts[0] == banner_texts[-1] == ""
        and len(banner_texts) == 3
        and banner_texts[1].startswith("Mất kết nối với máy chủ từ")
    ), banner_texts


def test_stopped_poller_is_reported(page: Page, site: Site) -> None:
    open_page(page, site)
    site.reads.frozen_at = int(time.time() * 1000)
    page.wait_for_selector("html[data-link=frozen]", state="attached")
    expect(page.locator("#link-banner")).to_contain_text("Bộ thu thập số liệu không hoạt động từ")
    site.reads.frozen_at = 0
    page.wait_for_selector("html[data-link=ok]", state="attached")


def test_poller_stopped_before_loading_is_reported_at_once(page: Page, site: Site) -> None:
    site.reads.frozen_at = int(time.time() * 1000) - 60_000
    page.goto(site.address())
    expect(page.locator("html")).to_have_attribute("data-link", "frozen")


def test_new_build_reloads_the_page_once(page: Page, site: Site, page_log: PageLog) -> None:
    open_page(page, site)
    site.stop()
    site.build = "build-2"
    with page.expect_event("request", lambda _: page_log.loads == 2):
        site.start()
    page.wait_for_selector(READY, state="attached")
    poll_once(page, site)
    assert page_log.loads == 2


def test_disagreeing_builds_cause_no_reload_loop(page: Page, site: Site, page_log: PageLog) -> None:
    page.route("**/live/**", lambda route: _answer(route, "build-9"))
    with page.expect_event("request", lambda _: page_log.loads == 2):
        page.goto(site.address(), wait_until="commit")
    page.wait_for_load_state()
    page.wait_for_selector(READY, state="attached")
    poll_once(page, site)
    poll_once(page, site)
    assert page_log.loads == 2


def _answer(route: object, build: str) -> None:
    answer = route.fetch()  # type: ignore[attr-defined]
    route.fulfill(response=answer, headers={**answer.headers, "x-ioc-build": build})  # type: ignore[attr-defined]


def test_colours_follow_the_theme(page: Page, site: Site) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, site)
    paper = "() => document.querySelector('#chart .js-plotly-plot')._fullLayout.paper_bgcolor"
    assert page.evaluate(paper) == "#121c23"
    page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")
    page.wait_for_selector('#chart .main-svg[style*="rgb(255, 255, 255)"]', state="attached")
    assert page.evaluate(paper) == "#ffffff"


def test_map_is_loaded_before_ready_and_keeps_its_view_on_update(page: Page, site: Site, page_log: PageLog) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, site, "/ban-do")
    plot = "document.querySelector('#map .js-plotly-plot')._fullLayout.map"
    assert (
        page.evaluate(f"() => {plot}._subplot.map.loaded() && {plot}.style.layers[0].paint['background-color']")
        == "#12364a"
    )
    page.evaluate("""() => document.querySelector('#map .js-plotly-plot').on('plotly_relayout', (update) => {
        if (update['map.zoom'] > 9.1) document.documentElement.dataset.moved = '';
    })""")
    page.locator("#map").hover()
    page.mouse.wheel(0, -400)
    page.wait_for_selector("html[data-moved]", state="attached")
    zoom = page.evaluate(f"() => {plot}._subplot.map.getZoom()")
    site.reads.move()
    size = str(site.reads.city.version)
    page.evaluate("""() => new MutationObserver(() => {
        const plot = document.querySelector('#map .js-plotly-plot');
        document.documentElement.dataset.size = plot._fullData[1].marker.size;
    }).observe(document.documentElement, { subtree: true, childList: true, characterData: true })""")
    page.wait_for_selector(f'html[data-size="{size}"]', state="attached")
    assert page.evaluate(f"() => {plot}._subplot.map.getZoom()") == pytest.approx(zoom, abs=0.01)
    assert page_log.faults == []


def test_links_in_panels_change_the_page_without_reload(page: Page, site: Site, page_log: PageLog) -> None:
    open_page(page, site)
    page.evaluate("""() => { const a = document.createElement('a'); a.href = '/chi-so/muc-nuoc'; a.textContent = 'đi';
        document.querySelector('#tile-b section').append(a); }""")
    page.get_by_text("đi", exact=True).click()
    expect(page.locator("#detail p")).to_have_text("muc-nuoc vi")
    page.go_back()
    expect(page.locator("#tile-b section")).to_contain_text("không đổi")
    expect(page.locator("#value")).to_have_text(str(site.reads.city.version))
    assert page_log.loads == 1


def test_language_changes_in_place_and_is_remembered(page: Page, site: Site, page_log: PageLog) -> None:
    open_page(page, site, "/chi-so/a")
    page.locator(f"{REACT} a[data-lang=en]").click()
    expect(page.locator("#detail p")).to_have_text("a en")
    assert page_log.loads == 1
    page.reload()
    expect(page.locator(f"{REACT} #detail p")).to_have_text("a en")


def test_language_link_for_a_new_tab_has_the_whole_address(page: Page, site: Site) -> None:
    open_page(page, site, "/chi-so/a?ky=2026-10")
    link = page.locator(f"{REACT} a[data-lang=en]")
    link.focus()
    expect(link).to_have_attribute("href", "?ky=2026-10&lang=en")


def test_ages_and_clock_are_counted_by_the_client(page: Page, site: Site) -> None:
    site.reads.city = replace(site.reads.city, at=datetime.now(UTC))
    open_page(page, site)
    age = page.locator("#tile-a time")
    first = age.inner_text()
    expect(age).not_to_have_text(first)
    assert age.inner_text().endswith(" s")
    assert float(page.locator("#tile-a .bar").evaluate("(bar) => bar.style.getPropertyValue('--age')")) < 0.2


def test_print_page_stops_polling_once_ready(page: Page, site: Site, page_log: PageLog) -> None:
    open_page(page, site, "/?giay=1")
    live_requests = sum("/live/" in url for url in page_log.requests)
    # Paper's clock stands still, so the browser's own timer tells that two further requests would have been due.
    page.evaluate("() => new Promise((done) => setTimeout(done, 2500))")
    assert sum("/live/" in url for url in page_log.requests) == live_requests


def test_frame_that_was_asked_for_with_the_former_session_does_not_leave_the_page(page: Page, site: Site) -> None:
    user = {"kind": "user", "shown": "Trực ban", "idle": 600, "can": []}
    page.route("**/toi", lambda route: route.fulfill(json=user))
    open_page(page, site, "/")
    refused = list[bool]()

    def refuse_once(route: Route) -> None:
        refused.append(True)
        if len(refused) > 1:
            route.fallback()
        else:
            route.fulfill(status=401)

    page.evaluate("() => { window.typed = 'giữ nguyên'; }")
    page.route("**/live/**", refuse_once)
    with page.expect_response(lambda answer: "/live/" in answer.url and answer.status == 401):
        pass
    with page.expect_response(lambda answer: ("/live/" in answer.url and answer.ok) or answer.status == 304):
        pass
    assert page.evaluate("() => window.typed") == "giữ nguyên"


def test_ended_session_leaves_neither_name_nor_menu_nor_notice(page: Page, site: Site) -> None:
    user = {"kind": "user", "shown": "Trực ban", "idle": 1, "can": ["administer"], "waiting": 3}
    asked: list[dict[str, object]] = [{"kind": "local", "shown": "", "idle": 0, "can": []}, user]
    page.route("**/toi", lambda route: route.fulfill(json=asked[-1]))
    open_page(page, site, "/?x=1")
    me = page.locator(f"{REACT} [data-me]")
    expect(me).to_have_attribute("href", "/tai-khoan")
    expect(me).to_contain_text("Tự đăng xuất sau 0 giây")
    asked.pop()
    expect(me).to_have_text("Phiên đã kết thúc. Đăng nhập lại")
    expect(me).to_have_attribute("href", "/dang-nhap?tiep=%2F%3Fx%3D1")
    expect(page.locator("html")).to_have_attribute("data-can", "")
    expect(page.locator(f"{REACT} .is-ending")).to_have_count(0)
    asked.append({"kind": "local", "shown": "", "idle": 0, "can": [], "ended": True})
    open_page(page, site, "/?x=1")  # a page that was not open when it ended
    expect(me).to_have_text("Phiên đã kết thúc. Đăng nhập lại")
    asked.append(user | {"idle": 600})  # signed in again, in another tab
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(me).to_have_attribute("href", "/tai-khoan")
