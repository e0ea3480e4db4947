"""The camera page in a real browser: images come through our own route, without layout shift."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from ioc.domain.ingest.camera_image import CameraImage
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images
from ioc.web.app_factory import create_app
from ioc.web.cameras.snapshots import blueprint
from tests.browser.conftest import LiveReads, PageLog
from tests.city import full_city
from tests.conftest import empty_store
from tests.web.fake import settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMAGE = "#react-entry-point .camera-frame img"
LOADED = (
    f"() => {{ const one = document.querySelector('{IMAGE}'); return one && one.complete && one.naturalWidth > 0; }}"
)


def save_image(store: Store, reads: LiveReads, at: datetime, body: bytes) -> None:
    """What a poll does."""
    with store.write() as conn:
        camera_images.save(conn, "sim-tide", [CameraImage("cam-1", at, "image/png", body)])
    reads.city = replace(full_city(at), version=reads.city.version, camera_image_times={"sim-tide/cam-1": at})
    reads.move()


def test_next_camera_image_replaces_the_previous_without_layout_shift(
    page: Page, tmp_path: Path, page_log: PageLog
) -> None:
    red, blue = page.screenshot(clip={"x": 0, "y": 0, "width": 16, "height": 9}), b""
    page.set_content("<body style='background:#00f'>")
    blue = page.screenshot(clip={"x": 0, "y": 0, "width": 16, "height": 9})
    with closing(empty_store(tmp_path)) as store:
        reads, now = LiveReads(), datetime.now(UTC)
        save_image(store, reads, now - timedelta(seconds=30), red)
        app = create_app(
            reads, settings(tmp_path, pages_package="pages"), blueprints=[blueprint(store, lambda: datetime.now(UTC))]
        )
        server = make_server("127.0.0.1", 0, app.server, threaded=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/camera")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_function(LOADED)
            page.evaluate(f"() => {{ window.held = document.querySelector('{IMAGE}'); }}")
            box, address = page.locator(IMAGE).bounding_box(), page.locator(IMAGE).get_attribute("src")
            save_image(store, reads, now, blue)
            expect(page.locator(IMAGE)).not_to_have_attribute("src", address or "")
            page.wait_for_function(LOADED)
            assert page.evaluate(f"() => window.held === document.querySelector('{IMAGE}')"), "it was made anew"
            assert page.locator(IMAGE).bounding_box() == box
            assert sum("/hinh/" in url for url in page_log.requests) == 2, "each picture is fetched once"
        finally:
            server.shutdown()
            server.server_close()
