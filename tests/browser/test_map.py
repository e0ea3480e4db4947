"""The map in a real browser: no foreign host, stable view, tooltips, print."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from ioc.web.app_factory import create_app
from tests.browser.conftest import LiveReads, PageLog
from tests.components.map.cells import crowded, schematic
from tests.web.fake import settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REACT = "#react-entry-point"
VIEW = """() => {
  const map = window.iocMap.mapOf(document.querySelector('#react-entry-point .js-plotly-plot'));
  const { lng, lat } = map.getCenter();
  return [map.getZoom(), lng, lat].map((one) => Math.round(one * 1000) / 1000);
}"""


class City:
    """The real pages over a made-up city."""

    def __init__(self, folder: Path) -> None:
        self.reads = LiveReads()
        self.reads.city = crowded(120)
        app = create_app(self.reads, settings(folder, pages_package="pages"), layers=schematic())
        self.server = make_server("127.0.0.1", 0, app.server, threaded=True)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def turn(self, **changes: Any) -> None:
        """What a poll does."""
        self.reads.city = crowded(**changes)
        self.reads.move()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    map_city = City(tmp_path)
    yield map_city
    map_city.server.shutdown()
    map_city.server.server_close()


def opened(page: Page, city: City, path: str = "/ban-do") -> None:
    page.goto(f"http://127.0.0.1:{city.server.server_port}{path}")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.wait_for_function("() => document.querySelector('#react-entry-point .js-plotly-plot').iocView")


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(f"{REACT} .map-canvas").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def moved(page: Page) -> list[float]:
    """The view after someone dragged and zoomed."""
    before, (x, y) = page.evaluate(VIEW), middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y - 60, steps=5)
    page.mouse.up()
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"(was) => Math.abs(({VIEW})()[0] - was) > 0.2", arg=before[0])
    page.wait_for_function(
        "() => !window.iocMap.mapOf(document.querySelector('#react-entry-point .js-plotly-plot')).isMoving()"
    )
    after: list[float] = page.evaluate(VIEW)
    return after


def test_map_is_drawn_and_requests_no_other_host(page: Page, city: City, page_log: PageLog) -> None:
    opened(page, city)
    assert page_log.faults == []
    requested = [url for url in page_log.requests if not url.startswith(("data:", "blob:"))]
    assert {url.split("/")[2] for url in requested} == {f"127.0.0.1:{city.server.server_port}"}
    geometry = [url for url in requested if "/geo/" in url]
    assert geometry and len(geometry) <= 2 * len(schematic().layers)
    assert "sơ đồ minh họa" in page.locator(f"{REACT} #map-legend").inner_text()


def test_updates_layers_and_taps_keep_the_map_view(page: Page, city: City) -> None:
    opened(page, city)
    page.evaluate("() => { window.canvas = document.querySelector('#react-entry-point .map-canvas canvas'); }")
    view = moved(page)
    city.turn(count=140, values=3)
    expect(page.locator(f"{REACT} #map-head")).to_contain_text("140 điểm đo")
    page.locator(f"{REACT} .map-layers > summary").click()
    page.locator(f"{REACT} .map-switches .chip", has_text="Sông, biển").click()
    expect(page.locator(f"{REACT} .chip[aria-pressed=false]", has_text="Sông, biển")).to_be_visible()
    page.mouse.click(*middle(page))
    expect(page.locator(f"{REACT} #map-detail")).to_contain_text("Điểm đo")
    expect(page).to_have_url(re.compile("don-vi="))
    assert "lop=water" in page.url
    assert page.evaluate(VIEW) == view
    assert page.evaluate("() => window.canvas.isConnected"), "the map was drawn anew"
    page.locator(f"{REACT} [data-map-zoom=all]").click()
    page.wait_for_function(f"(was) => ({VIEW})()[0] < was", arg=view[0])


RARE_FRAMES = "window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 150);"


def test_changes_between_two_frames_raise_no_error(page: Page, city: City, page_log: PageLog) -> None:
    """A symbol layer whose data arrive before its first frame must not be replaced by then."""
    page.add_init_script(RARE_FRAMES)
    opened(page, city)
    page.evaluate("""async () => {
        const plot = document.querySelector('#react-entry-point .js-plotly-plot');
        for (let n = 0; n < 100; n += 1) {
            window.Plotly.relayout(plot, { 'map.zoom': plot.layout.map.zoom + (n % 2 ? 0.03 : -0.03) });
            await new Promise((done) => setTimeout(done, (n * 7) % 90));
        }
    }""")
    assert page_log.faults == []


def test_hovered_station_shows_its_value(page: Page, city: City) -> None:
    opened(page, city)
    spot = page.evaluate("""() => {
        const plot = document.querySelector('#react-entry-point .js-plotly-plot');
        const map = window.iocMap.mapOf(plot), box = map.getCanvas().getBoundingClientRect();
        const trace = plot.data.find((one) => one.name === 'critical');
        const { x, y } = map.project([trace.lon[0], trace.lat[0]]);
        return [x + box.left, y + box.top];
    }""")
    page.mouse.move(spot[0] - 30, spot[1])
    page.mouse.move(*spot, steps=4)
    tip = page.locator(f"{REACT} .map-tip:not([hidden])")
    expect(tip).to_contain_text("Trạm ")
    expect(tip).to_contain_text(" m · ")
    expect(tip).to_contain_text("mô phỏng")
    box = tip.bounding_box()
    assert box and abs(box["y"] - spot[1]) < 200


def test_map_fits_narrow_and_tall_screens(page: Page, city: City) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, city)
    small = page.evaluate(VIEW)[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.wait_for_function(f"(was) => ({VIEW})()[0] > was + 0.3", arg=small)


@pytest.mark.parametrize("path", ["/tuong", "/"])
def test_growing_legend_does_not_move_the_map(page: Page, city: City, path: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    opened(page, city, path)
    boxes = "() => ['.map-canvas', '.map-legend'].map((one) => document.querySelector(`#react-entry-point ${one}`)" \
            ".getBoundingClientRect().toJSON())"  # fmt: skip
    canvas, key = page.evaluate(boxes)
    page.evaluate("""() => {
        const key = document.querySelector('#react-entry-point .map-legend');
        while (key.getBoundingClientRect().height < 4 * 23) key.append(key.firstElementChild.cloneNode(true));
    }""")
    grown_canvas, grown_key = page.evaluate(boxes)
    assert grown_canvas == canvas and grown_key["height"] > key["height"]
    assert grown_key["bottom"] <= page.evaluate("document.querySelector('.scene-map').getBoundingClientRect().bottom")
    legible = page.evaluate("""() => { const { left, top } = document.querySelector('#react-entry-point .map-legend li')
        .getBoundingClientRect();
        return !!document.elementFromPoint(left + 3, top + 8).closest('.map-legend'); }""")
    assert legible, "its first line lies over the map, not under it"


def test_print_page_contains_an_image_of_the_map(page: Page, city: City) -> None:
    opened(page, city)
    assert page.evaluate("() => window.iocPrintMaps()") == 1
    colours = page.evaluate("""() => {
        const image = document.querySelector('#react-entry-point .map-print');
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const ink = canvas.getContext('2d');
        ink.drawImage(image, 0, 0);
        const seen = new Set(new Uint32Array(ink.getImageData(0, 0, canvas.width, canvas.height).data.buffer));
        return [seen.size, image.naturalWidth / image.closest('.map-canvas').clientWidth];
    }""")
    assert colours[0] > 50 and colours[1] >= 1.9
    page.emulate_media(media="print")
    expect(page.locator(f"{REACT} .map-print")).to_be_visible()
