"""Events on the map in a real browser: drawn, moved without a new figure, told under the pointer, opened by a tap."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from tests.browser.conftest import Told
from tests.browser.test_map import REACT, VIEW, City, opened
from tests.components.map.cells import eventful

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAP = "window.iocMap.mapOf(document.querySelector('#react-entry-point .js-plotly-plot'))"
DRAWN = f"(layer) => {MAP}.queryRenderedFeatures({{ layers: [layer] }}).length"
SPOT = f"""(id) => {{
  const map = {MAP}, box = map.getCanvas().getBoundingClientRect();
  const held = JSON.parse(document.querySelector('#react-entry-point #map-events data').textContent);
  const [, , , , lon, lat] = held.points.find((one) => one[6] === id);
  const {{ x, y }} = map.project([lon, lat]);
  return [x + box.left, y + box.top];
}}"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    made.reads.city = eventful(60)
    yield made
    made.server.shutdown()
    made.server.server_close()


# Once the figure has not been drawn for a while.
AT_REST = """() => new Promise((done) => {
  let timer = 0;
  const again = () => { clearTimeout(timer); timer = setTimeout(done, 1000); };
  document.querySelector('#react-entry-point .js-plotly-plot').on('plotly_afterplot', again);
  again();
})"""


def drawn(page: Page, layer: str, least: int) -> None:
    page.wait_for_function(f"([layer, least]) => ({DRAWN})(layer) >= least", arg=[layer, least])


def test_points_areas_and_vehicles_are_drawn_and_what_moves_leaves_the_rest(page: Page, city: City, told: Told) -> None:
    opened(page, city)
    for layer, least in (
        ("ioc-events", 30),
        ("ioc-moving", 5),
        ("ioc-fill", 2),
        ("ioc-edge-drill", 1),
        ("ioc-badge", 1),
    ):
        drawn(page, layer, least)
    page.evaluate(AT_REST)  # a busy machine is still drawing it for the first time
    view = page.evaluate(VIEW)
    page.evaluate(f"() => {{ window.held = [{MAP}.getSource('ioc-events'), 0]; }}")
    page.evaluate("""() => document.querySelector('#react-entry-point .js-plotly-plot')
        .on('plotly_afterplot', () => { window.held[1] += 1; })""")
    page.evaluate(f"() => {{ const s = {MAP}.getSource('ioc-moving'), was = s.setData.bind(s);"
                  " s.setData = (data) => { window.moved = true; return was(data); }; }")  # fmt: skip
    city.reads.city = replace(eventful(60, 3), version=city.reads.city.version, at=city.reads.city.at)
    city.reads.move()
    page.wait_for_function("() => window.moved")
    assert page.evaluate("() => window.held[1]") == 0, "a vehicle that moves draws the figure anew"
    assert page.evaluate(f"() => {MAP}.getSource('ioc-events') === window.held[0]")
    assert page.evaluate(VIEW) == view
    assert told.faults == []


def test_layers_that_are_turned_keep_the_events(page: Page, city: City) -> None:
    opened(page, city)
    drawn(page, "ioc-events", 30)
    page.locator(f"{REACT} .map-layers > summary").click()
    page.locator(f"{REACT} .map-switches .chip", has_text="Sông, biển").click()
    page.wait_for_function(f"() => !{MAP}.getStyle().layers.some((one) => one.id === 'water')")
    drawn(page, "ioc-events", 30)
    page.locator(f"{REACT} .map-switches .chip", has_text="Loại report").click()
    page.wait_for_function("""() => !JSON.parse(
        document.querySelector('#react-entry-point #map-events data').textContent
    ).kinds.some(([kind]) => kind === 'report')""")
    drawn(page, "ioc-events", 20)


def test_the_pointer_is_told_and_a_tap_opens(page: Page, city: City) -> None:
    opened(page, city)
    drawn(page, "ioc-events", 30)
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.move(spot[0] - 40, spot[1] + 30)
    page.mouse.move(*spot, steps=4)
    tip = page.locator(f"{REACT} .map-tip:not([hidden])")
    for words in ("Cảnh báo dông", "nghiêm trọng", "hiệu lực đến", "Trạm thủy văn", "mô phỏng", "bản tin cuối"):
        expect(tip).to_contain_text(words)
    # Plotly tells late that the pointer has left a point: what an event says by then stands on.
    page.evaluate("document.querySelector('#react-entry-point .js-plotly-plot').emit('plotly_unhover', {})")
    expect(tip).to_contain_text("Cảnh báo dông")
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)
    page.mouse.click(*spot)
    expect(page.locator(f"{REACT} #map-detail")).to_contain_text("Cảnh báo dông")
    assert "su-kien=sim-tide%2Falarm" in page.url


def test_what_is_not_heard_is_drawn_in_its_own_way_and_says_why(page: Page, city: City) -> None:
    held = city.reads.city
    lost = tuple(replace(one, health=replace(one.health, state=SourceState.DOWN)) for one in held.sources)
    silent = tuple(replace(one, state=FigureState.ERROR, source_state=SourceState.DOWN) for one in held.events)
    city.reads.city = replace(held, sources=lost, events=silent)
    opened(page, city)
    drawn(page, "ioc-edge-lost", 2)
    assert page.evaluate(DRAWN, "ioc-edge") == 0
    assert page.evaluate(f"() => {MAP}.hasImage('ev.alert.2.0.3') && !{MAP}.hasImage('ev.alert.2.0.0')")
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.move(spot[0] - 40, spot[1] + 30)
    page.mouse.move(*spot, steps=4)
    expect(page.locator(f"{REACT} .map-tip:not([hidden])")).to_contain_text("mất kết nối")


def test_a_crowd_is_drawn_as_rings_and_told_all_the_same(page: Page, city: City) -> None:
    city.reads.city = replace(eventful(1000), version=city.reads.city.version)
    opened(page, city)
    drawn(page, "ioc-dots", 300)
    assert page.evaluate(DRAWN, "ioc-events") < 400
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.click(*spot)
    expect(page.locator(f"{REACT} #map-detail .event-detail")).to_be_visible()
