"""GET /live/<page>: full and partial frames, 304, errors, past moments."""

import gzip
import json
import logging

import brotli  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient

from ioc.web.errors.codes import RequestCode
from ioc.web.live.endpoint import SERVE_CACHED
from tests.web.fake import FakeReads


def test_a_display_without_panels_gets_all_of_them(client: FlaskClient, reads: FakeReads) -> None:
    answer = client.get("/live/home")
    body = answer.get_json()
    assert {"tile-a", "tile-b", "chart", "page-fault", "shell-status"} <= body["panels"].keys()
    assert body["hashes"].keys() == body["panels"].keys()
    assert body["build"] == answer.headers["X-Ioc-Build"] == "build-1"
    assert answer.headers["X-Ioc-Beat"] == str(reads.heartbeat_ms) == answer.headers["X-Ioc-Now"]


def test_an_unchanged_frame_is_304_with_heartbeat_headers(client: FlaskClient, reads: FakeReads) -> None:
    tag = client.get("/live/home").headers["ETag"]
    reads.heartbeat_ms += 1000
    again = client.get("/live/home", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.data == b""
    assert {"X-Ioc-Beat", "X-Ioc-Data", "X-Ioc-Build", "X-Ioc-Now"} <= set(again.headers.keys())


def test_cached_frame_has_the_heartbeat_of_its_own_time(client: FlaskClient, reads: FakeReads) -> None:
    first = client.get("/live/home")
    reads.move()
    cached = client.get("/live/home", environ_overrides={SERVE_CACHED: True})
    assert (
        cached.headers["ETag"] == first.headers["ETag"] and cached.headers["X-Ioc-Beat"] == first.headers["X-Ioc-Beat"]
    )
    newer = client.get("/live/home")
    assert newer.headers["ETag"] != first.headers["ETag"] and newer.headers["X-Ioc-Beat"] == str(reads.heartbeat_ms)


def test_only_changed_panels_are_sent(client: FlaskClient, reads: FakeReads) -> None:
    first = client.get("/live/home")
    reads.move()
    have = "".join(first.get_json()["hashes"].values())
    headers = {"X-Ioc-Have": have, "If-None-Match": first.headers["ETag"]}
    second = client.get("/live/home", headers=headers).get_json()
    assert "tile-a" in second["panels"]
    assert not {"tile-b", "chart", "shell-rail"} & second["panels"].keys()


@pytest.mark.parametrize("have", ["*", "abc", "x" * 7, "é" * 8, "a" * 9000])
def test_an_invalid_have_header_means_no_panels(client: FlaskClient, have: str) -> None:
    assert "tile-b" in client.get("/live/home", headers={"X-Ioc-Have": have}).get_json()["panels"]


def test_a_frame_is_rendered_once_for_all_displays(client: FlaskClient, reads: FakeReads) -> None:
    tags = {client.get("/live/home?lang=vi").headers["ETag"] for _ in range(20)}
    assert len(tags) == 1
    assert reads.snapshots == 1


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_large_responses_are_compressed(client: FlaskClient, encoding: str, unpack: object) -> None:
    answer = client.get("/live/home", headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert callable(unpack)
    assert "tile-a" in json.loads(unpack(answer.data))["panels"]


@pytest.mark.parametrize("offered", ["", "identity", "br;q=0, gzip;q=0"])
def test_encodings_that_are_refused_are_not_used(client: FlaskClient, offered: str) -> None:
    answer = client.get("/live/home", headers={"Accept-Encoding": offered})
    assert "Content-Encoding" not in answer.headers and "tile-a" in answer.get_json()["panels"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_frame_is_only_read(client: FlaskClient, method: str) -> None:
    assert client.open("/live/home", method=method).status_code in (403, 405)


def test_an_unknown_page_is_404(client: FlaskClient) -> None:
    answer = client.get("/live/nowhere")
    assert (answer.status_code, answer.get_json()["code"]) == (404, RequestCode.NOT_FOUND)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store" and answer.content_length == len(answer.data)
    assert client.head("/live/nowhere").status_code == 404


def test_a_display_without_a_page_gets_the_shell(client: FlaskClient) -> None:
    assert "shell-status" in client.get("/live/-").get_json()["panels"]


def test_a_failing_page_is_logged_once_and_affects_no_other(
    client: FlaskClient, reads: FakeReads, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            body = client.get("/live/detail?key=broken&lang=en").get_json()
            reads.move()
    assert "could not be drawn" in body["panels"]["page-fault"]["markup"]
    assert sum("page detail" in record.message for record in caplog.records) == 1
    assert client.get("/live/home").get_json()["panels"]["page-fault"]["markup"] == ""


@pytest.mark.parametrize(
    "query", ["luc=x", "luc=99/99/2026 10:00", "&".join(f"a{n}=1" for n in range(40)), "a=" + "b" * 999]
)
def test_an_invalid_address_is_reported_on_the_page(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/live/home?{query}")
    assert answer.status_code == 200
    assert answer.get_json()["panels"]["page-fault"]["markup"].startswith("<p>")


@pytest.mark.parametrize("text", ["24/11/2026 14:30", "2026-11-24T14:30", "2026-11-24T07:30:00Z"])
def test_a_past_moment_is_rendered_once(client: FlaskClient, reads: FakeReads, text: str) -> None:
    first = client.get("/live/home", query_string={"luc": text})
    reads.move()
    again = client.get("/live/home", query_string={"luc": text}, headers={"If-None-Match": first.headers["ETag"]})
    assert first.get_json()["at"] == 1795505400000
    assert again.status_code == 304
    assert reads.past_snapshots == 1


def test_a_future_moment_shows_the_present_and_says_so(client: FlaskClient) -> None:
    answer = client.get("/live/home", query_string={"luc": "01/01/2099 00:00"}).get_json()
    assert "tương lai" in answer["panels"]["page-fault"]["markup"]
    assert answer["at"] is None


def test_without_a_store_the_frame_is_503(client: FlaskClient, reads: FakeReads) -> None:
    reads.is_down = True
    answer = client.get("/live/home")
    assert (answer.status_code, answer.get_json()["code"]) == (503, RequestCode.STORE_UNAVAILABLE)
    reads.is_down = False


def test_markup_from_an_address_is_escaped(client: FlaskClient) -> None:
    markup = client.get("/live/detail", query_string={"key": "<script>"}).get_json()["panels"]["detail"]["markup"]
    assert "<script>" not in markup


def test_language_comes_from_the_address_or_the_cookie(client: FlaskClient) -> None:
    client.set_cookie("lang", "en")
    assert client.get("/live/detail?key=a").get_json()["panels"]["detail"]["markup"] == "<p>a en</p>"
    assert client.get("/live/detail?key=a&lang=vi").get_json()["panels"]["detail"]["markup"] == "<p>a vi</p>"
    assert client.get("/live/detail?key=a&lang=xx").get_json()["panels"]["detail"]["markup"] == "<p>a vi</p>"
