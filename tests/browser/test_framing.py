"""Clickjacking: no page with something to press is shown inside a page of another site; the public page is."""

from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from ioc.config.configuration import PublicPage
from ioc.web.views import public_page
from tests.browser.conftest import LiveReads, Site
from tests.browser.test_access import Centre

pytestmark = pytest.mark.browser
BLOCKED = "chrome-error://chromewebdata/"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    public = public_page.blueprint(LiveReads().snapshot, PublicPage())
    running = Centre(tmp_path_factory.mktemp("framed"), public)
    yield running
    running.close()


def framed_url(page: Page, address: str) -> str:
    """The address of a frame that another origin has opened with `address`, once it is loaded or blocked."""
    markup = f'<iframe src="{address}" onload="document.title = \'loaded\'"></iframe>'
    server = make_server("127.0.0.1", 0, Response(markup, mimetype="text/html"))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("document.title === 'loaded'")
        return page.frames[1].url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("path", ["/dang-nhap", "/man-hinh", "/tuong", "/nowhere", "/quan-tri/tai-khoan"])
def test_form_is_not_shown_in_a_frame_of_another_site(centre: Centre, page: Page, path: str) -> None:
    assert framed_url(page, centre.address(path)) == BLOCKED


@pytest.mark.parametrize("path", ["/", "/tuong", "/chi-so/a"])
def test_live_page_is_not_shown_in_a_frame_of_another_site(site: Site, page: Page, path: str) -> None:
    assert framed_url(page, site.address(path)) == BLOCKED


def test_public_page_may_be_framed(centre: Centre, page: Page) -> None:
    address = centre.address("/cong-khai")
    assert framed_url(page, address) == address
