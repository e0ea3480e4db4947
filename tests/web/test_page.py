"""The index page: first paint, headers, immutable files, callbacks from our own origin only."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from dash import dcc, html
from flask.testing import FlaskClient

from components.ui.dash_to_html import to_html
from components.ui.format import format_age
from components.ui.panel import Panel
from ioc.web.live.ssr import fill_clocks
from tests.web.fake import FakeReads, app_over


def boot(page: str) -> dict[str, object]:
    match = re.search(r'<script id="ioc-boot" type="application/json">(.*?)</script>', page)
    assert match
    data: dict[str, object] = json.loads(match[1])
    return data


def test_the_first_paint_holds_the_panels_and_their_hashes(client: FlaskClient) -> None:
    page = client.get("/").text
    paint = page[page.index('id="first-paint"') : page.index('id="react-entry-point"')]
    assert "không đổi" in paint
    assert re.search(r'<div id="chart"[^>]*height:220px[^>]*></div>', paint)
    hashes = boot(page)["hashes"]
    assert isinstance(hashes, dict)
    assert "tile-b" in hashes and "chart" not in hashes
    live = client.get("/live/home").get_json()
    assert hashes["tile-b"] == live["hashes"]["tile-b"]


def test_a_path_with_a_variable_renders_its_page(client: FlaskClient) -> None:
    assert '<div id="detail"' in client.get("/chi-so/muc-nuoc").text
    assert "<p>muc-nuoc vi</p>" in client.get("/chi-so/muc-nuoc").text


def test_an_unknown_key_is_404_with_the_page_s_own_words(client: FlaskClient, reads: FakeReads) -> None:
    answer = client.get("/chi-so/none")
    assert answer.status_code == 404 and "<p> vi</p>" in answer.text
    assert "<p> vi</p>" in client.get("/live/detail?key=none").text, "the key makes no frame of its own"
    assert client.head("/chi-so/none").status_code == 404 and client.get("/chi-so/other").status_code == 200
    reads.is_down = True  # nobody knows
    assert client.get("/chi-so/none?khoang=7d").status_code == 200


def test_a_broken_page_or_store_still_gives_an_index(client: FlaskClient, reads: FakeReads) -> None:
    assert client.get("/chi-so/broken").status_code == 200
    reads.is_down = True
    assert client.get("/chi-so/other").status_code == 200


@pytest.mark.parametrize("address", ["/?theme=light", "/?theme=light&lang=en"])
def test_theme_and_language_are_set_without_scripts(client: FlaskClient, address: str) -> None:
    page = client.get(address).text
    assert 'data-theme="light"' in page
    assert ('<html lang="en"' in page) == ("lang=en" in address)


def test_the_page_loads_nothing_from_other_hosts(client: FlaskClient) -> None:
    page = client.get("/").text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_inline_scripts_have_their_hashes_in_the_policy(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in policy and "frame-ancestors 'none'" in policy
    inline = re.findall(r"<script(?![^>]*(?:src|application/json))[^>]*>", answer.text)
    assert len(re.findall(r"'sha256-", policy)) == len(inline) > 0
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 400),
    ],
)
def test_callbacks_from_another_origin_are_denied(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == status


def test_files_with_a_content_hash_are_immutable(client: FlaskClient) -> None:
    page = client.get("/").text
    addresses = [*re.findall(r'(?:src|href)="(/(?:assets|_dash-comp)[^"]+)"', page), boot(page)["plotly"]]
    assert len(addresses) > 8
    for address in addresses:
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"], address
        assert answer.headers.get("Content-Encoding") == "gzip" or address.endswith(".woff2"), address
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_page_loads_one_stylesheet_and_one_script_of_its_own(client: FlaskClient) -> None:
    page = client.get("/").text
    own = re.findall(r'<(link rel="stylesheet" href|script src)="/assets/', page)
    assert sorted(own) == ['link rel="stylesheet" href', "script src"]


def test_files_without_a_content_hash_are_revalidated(client: FlaskClient) -> None:
    answer = client.get("/assets/22-live.js")
    assert "no-cache" in answer.headers["Cache-Control"]
    assert client.get("/assets/22-live.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get("/assets/none.js").status_code == 404
    assert client.get("/assets/../web/live.py").status_code != 200


def test_without_the_small_bundle_plotly_s_full_one_is_served(reads: FakeReads, tmp_path: Path) -> None:
    with app_over(reads, tmp_path, plotly_bundle=tmp_path / "none.js") as app:
        client = app.server.test_client()
        assert len(client.get(boot(client.get("/").text)["plotly"]).data) > 3_000_000


def test_a_layout_is_rendered_to_html() -> None:
    graph = dcc.Graph(id="g", className="wide", style={"height": "10px", "flexGrow": 1})
    parts = [
        Panel(id="a", className="tile", tag="section"),
        graph,
        dcc.Link("đi", href="/x"),
        dcc.Store(id="s"),
        html.Img(src="/a.png"),
        None,
        "a < b",
    ]
    text = to_html(html.Div(parts), {"a": {"markup": "<b>1</b>"}})
    assert '<section id="a" class="tile"><b>1</b></section>' in text
    assert 'class="dash-graph wide"' in text and 'style="height:10px;flex-grow:1"' in text
    assert text.endswith('<a href="/x">đi</a><img src="/a.png">a &lt; b</div>')


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (-3, "0 s", "0 s"),
        (-10_800, "sau giờ máy", "ahead of the clock"),
        (4.9, "4 s", "4 s"),
        (725, "12 phút", "12 min"),
        (3 * 3600, "3 giờ", "3 h"),
        (2e5, "2 ngày", "2 d"),
    ],
)
def test_ages_are_formatted_as_in_the_browser(seconds: float, vi: str, en: str) -> None:
    assert (format_age(seconds, "vi"), format_age(seconds, "en")) == (vi, en)


def test_clocks_and_ages_are_filled_in(reads: FakeReads) -> None:
    at = reads.city.at
    markup = f'<time data-age="{(at - timedelta(minutes=12)).isoformat()}"></time><time data-clock="time"></time>'
    text = fill_clocks(markup, at, "vi")
    assert ">12 phút</time>" in text
    assert ">16:18:07</time>" in text


def test_mcp_is_off(app: object) -> None:
    assert app._enable_mcp is False  # type: ignore[attr-defined]
    assert "dash.mcp.server" not in sys.modules


def test_the_browser_validates_callbacks_against_the_layouts_of_the_page_that_asks(client: FlaskClient) -> None:
    match = re.search(r'<script id="_dash-config" type="application/json">(.*?)</script>', client.get("/").text)
    assert match
    config = json.loads(match[1])
    assert config["suppress_callback_exceptions"] is False
    assert '"id": "chart"' in json.dumps(config["validation_layout"])


def test_no_request_draws_the_layout_of_a_page_that_it_did_not_ask_for(
    reads: FakeReads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def panel(**props: str) -> Panel:
        drawn.append(props["id"])
        return Panel(**props)

    monkeypatch.setattr("components.ui.panel.Panel", panel)
    with app_over(reads, tmp_path) as app:
        assert app.server.test_client().get("/_dash-layout").status_code == 200
    assert "detail" not in drawn
