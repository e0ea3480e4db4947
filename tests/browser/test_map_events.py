"""Events on the map in a real browser: drawing, movement without a new figure, tooltips, taps."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState, Severity
from tests.browser.conftest import PageLog
from tests.browser.test_map import REACT, VIEW, City, opened
from tests.components.map.cells import eventful

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAP = "window.iocMap.mapOf(document.querySelector('#react-entry-point .js-plotly-plot'))"
# A query for a layer that is missing would be an error of the map.
DRAWN = f"(layer) => {MAP}.getLayer(layer) ? {MAP}.queryRenderedFeatures({{ layers: [layer] }}).length : 0"
SPOT = f"""(id) => {{
  const map = {MAP}, box = map.getCanvas().getBoundingClientRect();
  const held = JSON.parse(document.querySelector('#react-entry-point #map-events data').textContent);
  const [, , , , lon, lat] = held.points.find((one) => one[6] === id);
  const {{ x, y }} = map.project([lon, lat]);
  return [x + box.left, y + box.top];
}}"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    map_city = City(tmp_path)
    map_city.reads.city = eventful(60)
    yield map_city
    map_city.server.shutdown()
    map_city.server.server_close()


# Once the figure has not been redrawn for a while.
AT_REST = """() => new Promise((done) => {
  let timer = 0;
  const again = () => { clearTimeout(timer); timer = setTimeout(done, 1000); };
  document.querySelector('#react-entry-point .js-plotly-plot').on('plotly_afterplot', again);
  again();
})"""


def wait_for_features(page: Page, layer: str, minimum: int) -> None:
    page.wait_for_function(f"([layer, least]) => ({DRAWN})(layer) >= least", arg=[layer, minimum])


def test_events_are_drawn_and_moving_ones_update_alone(page: Page, city: City, page_log: PageLog) -> None:
    opened(page, city)
    for layer, minimum in (
        ("ioc-events", 30),
        ("ioc-moving", 5),
        ("ioc-fill", 2),
        ("ioc-edge-drill", 1),
        ("ioc-badge", 1),
    ):
        wait_for_features(page, layer, minimum)
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
    assert page_log.faults == []


def test_exercise_badge_of_a_severe_event_is_drawn_below_severe_marks(page: Page, city: City) -> None:
    severe = [
        replace(view, is_drill=True, event=replace(view.event, severity=Severity.CRITICAL))
        for view in city.reads.city.events
    ]
    city.reads.city = replace(city.reads.city, events=tuple(severe))
    opened(page, city)
    wait_for_features(page, "ioc-severe", 30)
    wait_for_features(page, "ioc-badge", 1)
    layers = page.evaluate(f"() => {MAP}.getStyle().layers.map(({{ id }}) => id)")
    assert layers.index("ioc-badge") < layers.index("ioc-severe")


def test_toggled_layers_keep_the_events(page: Page, city: City) -> None:
    opened(page, city)
    wait_for_features(page, "ioc-events", 30)
    page.locator(f"{REACT} .map-layers > summary").click()
    page.locator(f"{REACT} .map-switches .chip", has_text="Sông, biển").click()
    page.wait_for_function(f"() => !{MAP}.getStyle().layers.some((one) => one.id === 'water')")
    wait_for_features(page, "ioc-events", 30)
    page.locator(f"{REACT} .map-switches .chip", has_text="Loại report").click()
    page.wait_for_function("""() => !JSON.parse(
        document.querySelector('#react-entry-point #map-events data').textContent
    ).kinds.some(([kind]) => kind === 'report')""")
    wait_for_features(page, "ioc-events", 20)
    assert page.evaluate(DRAWN, "ioc-events") >= 20, "events of the other kinds"


def test_events_return_when_the_style_is_replaced(page: Page, city: City) -> None:
    """Plotly's own event does not come after it when the map reports an error meanwhile."""
    opened(page, city)
    wait_for_features(page, "ioc-events", 30)
    page.evaluate(f"""() => {{
        const map = {MAP}, style = map.getStyle(), isForeign = (id) => !id.startsWith('ioc-');
        const sources = Object.fromEntries(Object.entries(style.sources).filter(([id]) => isForeign(id)));
        map.setStyle({{ ...style, sources, layers: style.layers.filter(({{ id }}) => isForeign(id)) }});
    }}""")
    wait_for_features(page, "ioc-events", 30)
    assert page.evaluate(f"() => Boolean({MAP}.getLayer('ioc-values'))"), "the last layer has returned too"


def test_hovered_event_shows_a_tooltip_and_a_tap_opens_its_detail(page: Page, city: City) -> None:
    opened(page, city)
    wait_for_features(page, "ioc-events", 30)
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.move(spot[0] - 40, spot[1] + 30)
    page.mouse.move(*spot, steps=4)
    tip = page.locator(f"{REACT} .map-tip:not([hidden])")
    for words in ("Cảnh báo dông", "nghiêm trọng", "hiệu lực đến", "Trạm thủy văn", "mô phỏng", "bản tin cuối"):
        expect(tip).to_contain_text(words)
    # Plotly tells late that the pointer has left a point: the tooltip of an event shown by then must stay.
    page.evaluate("document.querySelector('#react-entry-point .js-plotly-plot').emit('plotly_unhover', {})")
    expect(tip).to_contain_text("Cảnh báo dông")
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)
    page.mouse.click(*spot)
    expect(page.locator(f"{REACT} #map-detail")).to_contain_text("Cảnh báo dông")
    expect(page).to_have_url(re.compile("su-kien=sim-tide%2Falarm"))


def test_events_of_unavailable_sources_are_drawn_differently_with_the_reason(page: Page, city: City) -> None:
    snapshot = city.reads.city
    lost = tuple(replace(view, health=replace(view.health, state=SourceState.DOWN)) for view in snapshot.sources)
    silent = tuple(replace(view, state=FigureState.ERROR, source_state=SourceState.DOWN) for view in snapshot.events)
    city.reads.city = replace(snapshot, sources=lost, events=silent)
    opened(page, city)
    wait_for_features(page, "ioc-edge-lost", 2)
    assert page.evaluate(DRAWN, "ioc-edge") == 0
    assert page.evaluate(f"() => {MAP}.hasImage('ev.alert.2.0.3') && !{MAP}.hasImage('ev.alert.2.0.0')")
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.move(spot[0] - 40, spot[1] + 30)
    page.mouse.move(*spot, steps=4)
    expect(page.locator(f"{REACT} .map-tip:not([hidden])")).to_contain_text("mất kết nối")


def test_many_events_are_drawn_as_dots_and_keep_their_tooltips(page: Page, city: City) -> None:
    city.reads.city = replace(eventful(1000), version=city.reads.city.version)
    opened(page, city)
    wait_for_features(page, "ioc-dots", 300)
    assert page.evaluate(DRAWN, "ioc-events") < 400
    spot = page.evaluate(SPOT, "sim-tide/alarm")
    page.mouse.click(*spot)
    expect(page.locator(f"{REACT} #map-detail .event-detail")).to_be_visible()
