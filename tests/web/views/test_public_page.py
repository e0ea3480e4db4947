"""Public page: published items, the same for everybody, rendered once, without scripts."""

import re
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from ioc.config.configuration import PublicPage
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.store import StoreError
from ioc.web.live import stylesheets
from ioc.web.views import public_page
from tests.city import full_city, old_city


class Drawn:
    """A snapshot that counts how often it is asked for."""

    def __init__(self, city: Snapshot) -> None:
        self.city, self.asked = city, 0

    def __call__(self) -> Snapshot:
        self.asked += 1
        return self.city


SHOWN = PublicPage(("water-level", "gone"), True)


def client(snapshot: object, shown: PublicPage = SHOWN) -> FlaskClient:
    server = Flask(__name__)
    server.register_blueprint(public_page.blueprint(snapshot, shown))  # type: ignore[arg-type]
    return server.test_client()


def test_public_page_shows_published_items_only() -> None:
    said = client(full_city).get("/cong-khai").get_data(as_text=True)
    assert "1,86" in said and "báo động I" in said and "2322/UBND-KGVX" in said and "DỮ LIỆU MÔ PHỎNG" in said
    assert "97,4" not in said and "Ngập nước trên đường" not in said and "Cơ quan" not in said


def test_public_page_has_no_script_and_no_internal_links() -> None:
    answer = client(full_city).get("/cong-khai")
    said = answer.get_data(as_text=True)
    ways = set(re.findall(r'href="([^"]+)"', said))
    icon = {one for one in ways if one.startswith("data:")}  # in the page, so that no browser asks for a file of it
    assert "<script" not in said and len(icon) == 1 and ways - icon == {stylesheets.public_stylesheet()[0], "?lang=en"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_public_page_is_rendered_once_and_cacheable() -> None:
    drawn = Drawn(full_city())
    browser = client(drawn)
    first = browser.get("/cong-khai")
    assert all(browser.get("/cong-khai").data == first.data for _ in range(20)) and drawn.asked == 1
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert browser.get("/cong-khai", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_public_page_language_depends_on_the_address_alone() -> None:
    browser = client(full_city)
    browser.set_cookie("lang", "en")
    assert "Công khai số liệu" in browser.get("/cong-khai").get_data(as_text=True)
    assert "Public figures" in browser.get("/cong-khai?lang=en").get_data(as_text=True)
    assert "Công khai số liệu" in browser.get("/cong-khai?lang=%3Cscript%3E").get_data(as_text=True)


def test_public_page_marks_values_beyond_their_limit() -> None:
    city = full_city()
    figure = city.figures["water-level"]
    later = replace(city, at=city.at + figure.value.age_limit * 2)
    assert 'class="tile is-ok sev-attention expired"' in client(lambda: later).get("/cong-khai").get_data(as_text=True)
    assert "chưa cập nhật số liệu" in client(old_city).get("/cong-khai").get_data(as_text=True)


def test_public_page_without_items_or_store_says_so() -> None:
    assert "Chưa công bố" in client(full_city, PublicPage()).get("/cong-khai").get_data(as_text=True)

    def away() -> Snapshot:
        raise StoreError(Failure("store.unreachable"))

    answer = client(away).get("/cong-khai")
    assert answer.status_code == 503 and answer.headers["Cache-Control"] == "no-store"
    assert "chưa đọc được" in answer.get_data(as_text=True)
