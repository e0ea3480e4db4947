"""Live camera streams in a real browser: proxy route, messages on failure, quotas."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ioc.crypto.sealed_url import UrlCipher
from ioc.domain.base.times import utc_now
from ioc.web.app_factory import create_app
from ioc.web.cameras import hls_proxy
from ioc.web.cameras.quotas import MAX_VIEWERS_PER_CAMERA, StreamQuotas
from tests.browser.conftest import LiveReads, PageLog
from tests.browser.film import Film, record_film
from tests.city import event_view, full_city
from tests.conftest import empty_store
from tests.data_sources.server import row
from tests.web.camera import CameraServer, camera_server
from tests.web.fake import settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIVE = "#react-entry-point .camera-live"
LOST = "Chưa nhận được hình trực tiếp từ camera."
FULL = "Đang có nhiều người xem camera. Hãy thử lại sau ít giây."
UNREAD = "Trình duyệt này không phát được hình trực tiếp. Hãy dùng Chrome, Edge hoặc Safari bản mới."
PIXEL = f"""() => {{
  const film = document.querySelector('{LIVE} video'), canvas = document.createElement('canvas');
  if (!film.videoWidth) return null;
  [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(film, 0, 0);
  return [...pen.getImageData(canvas.width / 4, canvas.height / 2, 1, 1).data];
}}"""


@pytest.fixture(scope="module")
def film(browser: Browser) -> Film:
    with closing(browser.new_page()) as page:
        return record_film(page)


@pytest.fixture
def vms() -> Iterator[CameraServer]:
    with camera_server() as server:
        yield server


@pytest.fixture
def viewers() -> StreamQuotas:
    return StreamQuotas(time.monotonic)


@pytest.fixture
def place(tmp_path: Path, vms: CameraServer, viewers: StreamQuotas) -> Iterator[str]:
    """The address of a centre with one camera, whose stream `vms` gives."""
    source = row(
        vms.address, {"cameras": [{"key": "cam-1", "name": "Cầu", "hls": "/c1/index.m3u8"}]},
        protocol="cameras", key="sim-tide",
    )  # fmt: skip
    reads, view = LiveReads(), event_view("cam-1")
    camera = replace(view, event=replace(view.event, kind="camera", facts={"hls": "x"}))
    reads.city = replace(full_city(utc_now()), version=reads.city.version, events=(camera,), camera_image_times={})
    with closing(empty_store(tmp_path)) as store:
        served = hls_proxy.blueprint(hls_proxy.CameraStreams([source], {}, store), UrlCipher("s"), viewers)
        app = create_app(reads, settings(tmp_path, pages_package="pages"), blueprints=[served])
        server = make_server("127.0.0.1", 0, app.server, threaded=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


def lay(vms: CameraServer, film: Film, playlist: bytes) -> None:
    vms.serve("/c1/index.m3u8", playlist)
    vms.serve("/c1/head.mp4", film.head)
    for n, part in enumerate(film.parts):
        vms.serve(f"/c1/part-{n}.m4s", part)


def go_on(vms: CameraServer, film: Film) -> None:
    """From now on the stream is live: its playlist moves with the clock."""
    begun = time.monotonic()

    def rolls(path: str) -> None:
        if path == "/c1/index.m3u8" and path in vms.responses:
            vms.serve(path, film.rolling(int((time.monotonic() - begun) / 0.5)))

    lay(vms, film, film.rolling(0))
    vms.before_response = rolls


def opened(page: Page, place: str) -> None:
    page.goto(f"{place}/camera")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator(f"{LIVE} summary").click()


def plays(page: Page, until: float) -> None:
    page.wait_for_function(f"() => document.querySelector('{LIVE} video').currentTime > {until}")


def test_live_stream_plays_through_the_proxy_route_only(
    page: Page, place: str, vms: CameraServer, film: Film, page_log: PageLog
) -> None:
    assert len(film.parts) > 3 and film.seconds[0] == 0
    go_on(vms, film)
    page_log.requests.clear()
    opened(page, place)
    plays(page, until=film.seconds[-1] + 1.5)  # past the end of what it began with
    red, green, blue, _ = page.evaluate(PIXEL)
    assert red > 150 and green < 90 and blue < 90, "the film is shown"
    stream_requests = [url for url in page_log.requests if "/hls/" in url]
    assert len(stream_requests) > 6 and all(
        url.startswith(f"{place}/hinh/sim-tide/cam-1/hls/") for url in stream_requests
    )
    assert all(url.startswith((place, "blob:", "data:")) for url in page_log.requests), "no other host is requested"
    assert not any("part-" in url or urlsplit(vms.address).netloc in url for url in page_log.requests)
    assert {path for path, _ in vms.requests} >= {"/c1/index.m3u8", "/c1/head.mp4", "/c1/part-0.m4s"}
    assert not page.locator(f"{LIVE} .camera-message").is_visible() and not page_log.faults
    page.locator(f"{LIVE} summary").click()
    page.wait_for_function(f"() => document.querySelector('{LIVE} video').readyState === 0")
    for n in range(4):
        with page.expect_request(lambda request: "/live/" in request.url):
            pass
        if n == 0:
            page_log.requests.clear()  # what was on its way
    assert not [url for url in page_log.requests if "/hls/" in url], "a closed player requests nothing"
    page.locator(f"{LIVE} summary").click()
    plays(page, until=0)


def test_stalled_stream_shows_a_message_until_it_continues(
    page: Page, place: str, vms: CameraServer, film: Film
) -> None:
    go_on(vms, film)
    opened(page, place)
    plays(page, until=0.5)
    del vms.responses["/c1/index.m3u8"]
    message, video = page.locator(f"{LIVE} .camera-message"), page.locator(f"{LIVE} video")
    expect(message.locator("[data-why]:visible")).to_have_text(LOST)
    expect(video).to_have_class("is-stalled")
    stalled_at = video.evaluate("one => one.currentTime")
    go_on(vms, film)
    plays(page, until=stalled_at + 0.5)
    expect(message).to_be_hidden()


@pytest.mark.parametrize("broken", ["none", "page", "elsewhere", "parts"])
def test_failing_stream_shows_a_message_and_can_be_retried(
    page: Page, place: str, vms: CameraServer, film: Film, page_log: PageLog, broken: str
) -> None:
    if broken != "none":
        lay(vms, film, film.playlist("http://camera-9.example.org/" if broken == "elsewhere" else ""))
    if broken == "page":
        vms.serve("/c1/index.m3u8", b"<html>Sign in</html>")
    if broken == "parts":
        vms.serve("/c1/part-0.m4s", b"none", 404)
    opened(page, place)
    message = page.locator(f"{LIVE} .camera-message")
    expect(message).to_be_visible()
    expect(message.locator("[data-why]:visible")).to_have_text(LOST)
    assert not any("camera-9" in url for url in page_log.requests)
    go_on(vms, film)
    message.get_by_role("button", name="Thử lại").click()
    plays(page, until=0.5)
    expect(message).to_be_hidden()


def test_ended_stream_shows_a_message(page: Page, place: str, vms: CameraServer, film: Film) -> None:
    lay(vms, film, film.playlist())
    opened(page, place)
    plays(page, until=film.seconds[-1])
    expect(page.locator(f"{LIVE} .camera-message [data-why]:visible")).to_have_text(LOST)


@pytest.mark.parametrize("viewers", [StreamQuotas(lambda: 0.0)], ids=["at one moment"])  # no viewer is forgotten
def test_viewer_beyond_the_quota_is_asked_to_wait(page: Page, place: str, viewers: StreamQuotas) -> None:
    for n in range(MAX_VIEWERS_PER_CAMERA):
        with viewers.request_slot("sim-tide/cam-1", f"somebody {n}"):
            pass
    opened(page, place)
    expect(page.locator(f"{LIVE} .camera-message [data-why]:visible")).to_have_text(FULL)


def test_browser_without_hls_is_distinguished_from_a_lost_camera(page: Page, place: str) -> None:
    page.add_init_script("HTMLMediaElement.prototype.canPlayType = () => '';")
    opened(page, place)
    expect(page.locator(f"{LIVE} .camera-message [data-why]:visible")).to_have_text(UNREAD)
