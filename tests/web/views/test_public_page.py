"""Public page: published items, the same for everybody, rendered once, without scripts."""

import re

from flask import Flask
from flask.testing import FlaskClient

from ioc.config.configuration import PublicPage
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.store import StoreError
from ioc.web.errors import handlers
from ioc.web.live import bundles
from ioc.web.views import public_page
from tests.city import full_city, old_city
from tests.web.views.conftest import Centre
from tests.web.views.test_administration import enrol_display


class Drawn:
    """A snapshot that counts how often it is asked for."""

    def __init__(self, city: Snapshot) -> None:
        self.city, self.reads = city, 0

    def __call__(self) -> Snapshot:
        self.reads += 1
        return self.city


PUBLISHED = PublicPage(("water-level", "unknown"), True)


def client(snapshot: object, published: PublicPage = PUBLISHED) -> FlaskClient:
    server = Flask(__name__)
    handlers.install(server, lambda path: False)
    server.register_blueprint(public_page.blueprint(snapshot, published))  # type: ignore[arg-type]
    return server.test_client()


def test_public_page_shows_published_items_only() -> None:
    page = client(full_city).get("/cong-khai").get_data(as_text=True)
    assert "1,86" in page and "báo động I" in page and "2322/UBND-KGVX" in page and "DỮ LIỆU MÔ PHỎNG" in page
    assert "97,4" not in page and "Ngập nước trên đường" not in page and "Cơ quan" not in page


def test_public_page_has_no_script_and_no_internal_links() -> None:
    answer = client(full_city).get("/cong-khai")
    page = answer.get_data(as_text=True)
    links = set(re.findall(r'href="([^"]+)"', page))
    icon = {link for link in links if link.startswith("data:")}  # inline, so that no browser requests a file
    assert "<script" not in page and len(icon) == 1 and links - icon == {bundles.PUBLIC.url, "?lang=en"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_public_page_is_rendered_once_and_cacheable() -> None:
    drawn = Drawn(full_city())
    browser = client(drawn)
    first = browser.get("/cong-khai")
    assert all(browser.get("/cong-khai").data == first.data for _ in range(20)) and drawn.reads == 1
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert browser.get("/cong-khai", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_public_page_language_depends_on_the_address_alone() -> None:
    browser = client(full_city)
    browser.set_cookie("lang", "en")
    assert "Công khai số liệu" in browser.get("/cong-khai").get_data(as_text=True)
    assert "Public figures" in browser.get("/cong-khai?lang=en").get_data(as_text=True)
    assert "Công khai số liệu" in browser.get("/cong-khai?lang=%3Cscript%3E").get_data(as_text=True)


def test_public_page_shows_values_past_their_age_limit_as_not_updated() -> None:
    said = client(old_city).get("/cong-khai").get_data(as_text=True)
    assert 'class="tile is-stale sev-normal"' in said and "chưa cập nhật số liệu" in said


def test_public_page_without_items_or_store_says_so() -> None:
    assert "Chưa công bố" in client(full_city, PublicPage()).get("/cong-khai").get_data(as_text=True)

    def away() -> Snapshot:
        raise StoreError(Failure("store.unreachable"))

    answer = client(away).get("/cong-khai", headers={"Accept": "text/html"})
    assert answer.status_code == 503 and answer.headers["Cache-Control"] == "no-store" and answer.headers["Retry-After"]
    assert "Kho dữ liệu đang không trả lời" in answer.text and 'class="rail"' not in answer.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]  # the page stands in frames of other sites


def test_no_answer_for_shared_caches_sets_a_cookie(centre: Centre) -> None:
    """The public page gave a display its cookie: a shared cache would have given it to everybody."""
    wall, cacheable = enrol_display(centre), set[str]()
    rules = centre.app.server.url_map.iter_rules()
    paths = [rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments]
    for path in (*paths, *(f"{path}?lang=en&theme=dark" for path in paths)):
        answer = wall.get(path)
        for each in (answer, wall.get(path, **{"If-None-Match": answer.headers.get("ETag", "")})):
            if each.cache_control.public:
                cacheable.add(f"{each.status_code} {path.partition('?')[0]}")
                assert "Set-Cookie" not in each.headers, path
    assert {"200 /cong-khai", "304 /cong-khai"} <= cacheable
