"""CSRF: which requests that write are admitted, by Sec-Fetch-Site and Origin."""

import pytest
from dash import Dash
from flask.testing import FlaskClient

from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.dash_guard import UPDATE_PATH

ADMITTED = 400  # Dash's answer to an empty request
EVIL = "https://evil.example"


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A client that sends nothing by itself; the host is localhost."""
    bare: FlaskClient = app.server.test_client()
    return bare


def code_of(client: FlaskClient, headers: dict[str, str]) -> str:
    """The code of the denial, "" for a request that is admitted."""
    answer = client.post(UPDATE_PATH, json={}, headers=headers)
    assert answer.status_code in (ADMITTED, 403)
    return "" if answer.status_code == ADMITTED else str(answer.get_json()["code"])


@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize("more", [{}, {"Origin": "http://localhost"}])
def test_request_of_an_own_page_is_admitted(client: FlaskClient, site: str, more: dict[str, str]) -> None:
    assert code_of(client, {"Sec-Fetch-Site": site, **more}) == ""


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "same-origin, cross-site"])
@pytest.mark.parametrize("more", [{}, {"Origin": "http://localhost"}, {"Origin": EVIL}])
def test_request_of_another_site_is_denied_whatever_its_origin(
    client: FlaskClient, site: str, more: dict[str, str]
) -> None:
    assert code_of(client, {"Sec-Fetch-Site": site, **more}) == RequestCode.CROSS_ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        EVIL, "null", "", "https://localhost", "http://localhost:8050", "http://127.0.0.1", "http://localhost.evil.example",
        "http://localhost@evil.example", "http://evil.example@localhost", "http://localhost/", "http://localhost/dang-nhap",
        "http://localhost?a=b", "http://localhost#a", "http://localhost\t",
        "localhost", "http://", "http://localhost:99999", "http://localhost:0", "file://localhost",
    ],
)  # fmt: skip
def test_origin_must_equal_scheme_host_and_port(client: FlaskClient, origin: str) -> None:
    assert code_of(client, {"Origin": origin}) == RequestCode.CROSS_ORIGIN


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:80"])
def test_own_origin_is_admitted_without_fetch_metadata(client: FlaskClient, origin: str) -> None:
    assert code_of(client, {"Origin": origin}) == ""


@pytest.mark.parametrize("more", [{}, {"Referer": "http://localhost/"}, {"X-CSRF-Token": "x"}])
def test_request_with_neither_header_is_denied(client: FlaskClient, more: dict[str, str]) -> None:
    assert code_of(client, more) == RequestCode.ORIGIN_MISSING


def test_key_where_none_is_accepted_replaces_no_origin(client: FlaskClient) -> None:
    assert code_of(client, {"Authorization": "Bearer ioc-" + "a" * 43}) == RequestCode.ORIGIN_MISSING


def test_reading_needs_no_origin(client: FlaskClient) -> None:
    assert client.get("/", headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}).status_code == 200
