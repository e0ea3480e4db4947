"""Login through an identity provider as a browser goes: redirect, return, and what is rejected."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from ioc.auth.totp import new_secret
from ioc.domain.access.principal import Role
from ioc.domain.base.access_policy import OidcProvider
from ioc.storage.access import accounts
from tests.auth.oidc_provider import CLIENT, Provider, running
from tests.auth.site import BOX, Clock
from tests.conftest import empty_store
from tests.web.views.conftest import Browser, Centre
from tests.web.views.test_login import led_on

OUT, BACK = "/dang-nhap/oidc", "/dang-nhap/oidc/ve"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running(Clock()) as running_provider:
        yield running_provider


@pytest.fixture
def outside(tmp_path: Path, provider: Provider) -> Iterator[Centre]:
    store = empty_store(tmp_path)
    rules = OidcProvider(provider.issuer, CLIENT, "SSO_SECRET", roles_by_group={"truc-ban": ("operator", "viewer")})
    yield Centre(store, tmp_path, rules)
    store.close()


def return_from_provider(browser: Browser, query: dict[str, str]) -> str:
    """Where the browser is led that the provider sent back, "" when it stays."""
    return answer_to_return(browser, query).headers.get("Location", "")


def answer_to_return(browser: Browser, query: dict[str, str]) -> TestResponse:
    """A page leads on to the same address: only then the browser sends the cookie of its session, which is Strict."""
    leading = browser.get(f"{BACK}?code={query['code']}&state={query['state']}", **{"Sec-Fetch-Site": "cross-site"})
    assert leading.status_code == 200 and "Set-Cookie" not in leading.headers and led_on(leading.text).startswith(BACK)
    return browser.get(led_on(leading.text))


def test_oidc_login_leads_to_the_requested_page(outside: Centre, provider: Provider) -> None:
    browser = outside.browser()
    assert f"{OUT}?tiep=%2Fban-do" in browser.get("/dang-nhap?tiep=/ban-do").text
    left = browser.get(f"{OUT}?tiep=%2Fban-do%3Fa%3D1")
    cookie = left.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and left.headers["Location"].startswith(provider.issuer)
    assert return_from_provider(browser, provider.authorize(left.headers["Location"])) == "/ban-do?a=1"
    assert browser.get("/ban-do").status_code == 200 and not browser.cookie("ioc-left")
    assert "enter_phone_report" in browser.get("/toi").get_json()["can"]


def test_second_step_after_the_provider_has_its_token(outside: Centre, provider: Provider) -> None:
    browser = outside.browser()
    return_from_provider(browser, provider.authorize(browser.get(OUT).headers["Location"]))
    secret = new_secret()
    with outside.store.write() as conn:
        (account,) = accounts.list_all(conn)
        accounts.change(conn, account.id, totp_secret=BOX.encrypt(secret))
    again = outside.browser()
    query = provider.authorize(again.get(OUT).headers["Location"])
    answer = answer_to_return(again, query)
    assert answer.headers["Location"] == "/dang-nhap/ma?tiep=%2F" and "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert 'name="ma"' in again.get(answer.headers["Location"]).text


def test_return_ends_the_session_that_began_meanwhile(outside: Centre, provider: Provider) -> None:
    """Another person signs in by password in another tab while this one waits at the provider."""
    browser = outside.browser()
    left = browser.get(OUT)
    other = outside.signed_in("vera", Role.VIEWER)
    browser.client.set_cookie("ioc-session", other.cookie("ioc-session"), domain="ioc.test")
    assert return_from_provider(browser, provider.authorize(left.headers["Location"])) == "/"
    assert browser.cookie("ioc-session") != other.cookie("ioc-session")
    assert browser.get("/toi").get_json()["kind"] == "user" and other.get("/toi").get_json()["kind"] != "user"


def test_who_is_signed_in_is_not_sent_to_the_provider(outside: Centre) -> None:
    browser = outside.signed_in("an", Role.VIEWER)
    assert browser.get(f"{OUT}?tiep=%2Fban-do").headers["Location"] == "/ban-do"
    linked = browser.get(OUT, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert led_on(linked.text).startswith(OUT)


def test_oidc_return_without_its_state_is_rejected(outside: Centre, provider: Provider) -> None:
    browser, other = outside.browser(), outside.browser()
    query = provider.authorize(browser.get(OUT).headers["Location"])
    assert return_from_provider(other, query) == "/dang-nhap"  # this browser never left
    other.get(OUT)
    refused = other.get(f"{BACK}?code={query['code']}&state={query['state']}")
    assert refused.status_code == 403 and not other.cookie("ioc-session")
    assert other.get(BACK).headers["Location"] == "/dang-nhap"
    assert return_from_provider(browser, query) == "/"
    assert return_from_provider(browser, query) == "/dang-nhap"  # once


def test_return_path_stays_on_this_host(outside: Centre, provider: Provider) -> None:
    browser = outside.browser()
    left = browser.get(f"{OUT}?tiep=https%3A%2F%2Fevil.example")
    assert return_from_provider(browser, provider.authorize(left.headers["Location"])) == "/"


def test_without_a_provider_oidc_leads_to_the_password(centre: Centre) -> None:
    browser = centre.browser()
    assert browser.get(OUT).headers["Location"] == browser.get(BACK).headers["Location"] == "/dang-nhap"
    assert OUT not in browser.get("/dang-nhap").text
