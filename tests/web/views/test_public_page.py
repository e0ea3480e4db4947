"""The public page: what the city publishes, for everybody the same, drawn once, without script or way in."""

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


def test_it_shows_what_is_published_and_nothing_else() -> None:
    said = client(full_city).get("/cong-khai").get_data(as_text=True)
    assert "1,86" in said and "báo động I" in said and "2322/UBND-KGVX" in said and "DỮ LIỆU MÔ PHỎNG" in said
    assert "97,4" not in said and "Ngập nước trên đường" not in said and "Cơ quan" not in said


def test_it_needs_no_script_and_leads_nowhere_further_in() -> None:
    answer = client(full_city).get("/cong-khai")
    said = answer.get_data(as_text=True)
    ways = set(re.findall(r'href="([^"]+)"', said))
    icon = {one for one in ways if one.startswith("data:")}  # in the page, so that no browser asks for a file of it
    assert "<script" not in said and len(icon) == 1 and ways - icon == {stylesheets.public_stylesheet()[0], "?lang=en"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_however_many_ask_it_is_drawn_once_and_a_cache_may_keep_it() -> None:
    drawn = Drawn(full_city())
    browser = client(drawn)
    first = browser.get("/cong-khai")
    assert all(browser.get("/cong-khai").data == first.data for _ in range(20)) and drawn.asked == 1
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert browser.get("/cong-khai", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_languages_are_told_apart_by_the_address_alone() -> None:
    browser = client(full_city)
    browser.set_cookie("lang", "en")
    assert "Công khai số liệu" in browser.get("/cong-khai").get_data(as_text=True)
    assert "Public figures" in browser.get("/cong-khai?lang=en").get_data(as_text=True)
    assert "Công khai số liệu" in browser.get("/cong-khai?lang=%3Cscript%3E").get_data(as_text=True)


def test_what_is_past_its_limit_is_drawn_so_without_a_script() -> None:
    city = full_city()
    figure = city.figures["water-level"]
    later = replace(city, at=city.at + figure.value.age_limit * 2)
    assert 'class="tile is-ok sev-attention expired"' in client(lambda: later).get("/cong-khai").get_data(as_text=True)
    assert "chưa cập nhật số liệu" in client(old_city).get("/cong-khai").get_data(as_text=True)


def test_without_a_choice_it_says_so_and_without_a_store_too() -> None:
    assert "Chưa công bố" in client(full_city, PublicPage()).get("/cong-khai").get_data(as_text=True)

    def away() -> Snapshot:
        raise StoreError(Failure("store.unreachable"))

    answer = client(away).get("/cong-khai")
    assert answer.status_code == 503 and answer.headers["Cache-Control"] == "no-store"
    assert "chưa đọc được" in answer.get_data(as_text=True)
