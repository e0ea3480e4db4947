"""The door: what is open, who is asked, how the token becomes a cookie."""

import pytest
from flask.testing import FlaskClient

from tests.web.fake import TOKEN

FAR = {"REMOTE_ADDR": "10.0.0.7"}


def ask(client: FlaskClient, path: str = "/", *, remote: str = "127.0.0.1", **headers: str) -> int:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get(path, environ_overrides={"REMOTE_ADDR": remote}, headers=sent).status_code


@pytest.mark.parametrize(
    ("remote", "host", "status"),
    [
        ("127.0.0.1", "localhost:8050", 200),
        ("127.0.0.1", "127.0.0.1:8050", 200),
        ("::1", "[::1]:8050", 200),
        ("127.0.0.1", "ioc.cantho.example", 401),
        ("127.0.0.1", "localhost.example", 401),
        ("10.0.0.7", "localhost", 401),
        ("10.0.0.7", "10.0.0.2:8050", 401),
    ],
)
def test_only_this_machine_by_its_own_name_is_let_in(client: FlaskClient, remote: str, host: str, status: int) -> None:
    assert ask(client, remote=remote, Host=host) == status


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Forwarded_Proto", "Forwarded", "Via", "X_Real_IP"])
def test_a_proxy_opens_nothing(client: FlaskClient, header: str) -> None:
    assert ask(client, **{header: "127.0.0.1"}) == 401


@pytest.mark.parametrize("path", ["/", "/live/home", "/assets/22-live.js", "/_dash-layout", "/_dash-update-component"])
def test_everything_is_behind_the_door(client: FlaskClient, path: str) -> None:
    assert ask(client, path, remote="10.0.0.7") == 401


def test_health_is_not(client: FlaskClient) -> None:
    assert ask(client, "/healthz", remote="10.0.0.7") != 401


def test_the_token_is_shown_once_and_leaves_the_address(client: FlaskClient) -> None:
    answer = client.get(f"/chi-so/a?lang=en&ma={TOKEN.upper()}", environ_overrides=FAR)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/chi-so/a?lang=en")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and TOKEN not in cookie
    assert client.get("/", environ_overrides=FAR).status_code == 200


def test_the_way_on_stays_in_the_house(client: FlaskClient) -> None:
    answer = client.get(f"//evil.example/x?ma={TOKEN}", environ_overrides=FAR)
    assert answer.status_code != 303 or not answer.headers["Location"].startswith("//")


def test_a_wrong_code_is_told_and_asked_again(client: FlaskClient) -> None:
    page = client.get("/?ma=nothing&lang=en", environ_overrides=FAR)
    assert page.status_code == 401
    assert "This code is not right." in page.text
    assert 'name="lang"' in page.text


def test_the_form_escapes_what_the_address_holds(client: FlaskClient) -> None:
    assert "<script>" not in client.get("/?a=<script>", environ_overrides=FAR).text


@pytest.mark.parametrize("cookie", ["ioc-view=", "ioc-view=abc", f"ioc-view={TOKEN}", "ioc-view=é;;=", "=;ioc-view"])
def test_a_made_up_cookie_opens_nothing(client: FlaskClient, cookie: str) -> None:
    assert ask(client, remote="10.0.0.7", Cookie=cookie) == 401
