"""A provider that does not answer, or without end, costs one thread for one deadline and is not asked again at once."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from ioc.auth import oidc_provider
from ioc.auth.errors import AuthCode
from ioc.auth.oidc import OidcClient
from ioc.auth.sessions import NewSession
from ioc.domain.base.access_policy import OidcProvider
from ioc.storage.db.store import Store
from simulator.free_ports import free_port
from tests.auth.oidc_provider import CLIENT, Provider
from tests.auth.site import HOME, SECRET
from tests.auth.test_oidc import BACK, Centre, centre, error_code, provider
from tests.conftest import empty_store
from tests.net.endless_server import ENDLESS, REDIRECT, endless_server

__all__ = ["centre", "provider"]
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(empty_store(tmp_path)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc_provider, "DEADLINE_SECONDS", 0.3)


def with_endpoint(provider: Provider, name: str, address: str) -> None:
    document = {"issuer": provider.issuer} | {key: f"{provider.issuer}/{end}" for key, end in ENDPOINTS.items()}
    provider.raw_answers[DISCOVERY] = (200, {}, json.dumps(document | {name: address}).encode())


@pytest.mark.parametrize("part", [part for part in ENDLESS if part != REDIRECT])
@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri"])
def test_an_endless_answer_ends_at_the_deadline(centre: Centre, provider: Provider, endpoint: str, part: str) -> None:
    with endless_server(*ENDLESS[part]) as address:
        with_endpoint(provider, endpoint, address)
        began = monotonic()
        assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_UNAVAILABLE
        assert monotonic() - began < 20


def test_endpoints_that_the_provider_moves_are_used_within_the_hour(centre: Centre, provider: Provider) -> None:
    client, moved = centre.client(provider), f"{provider.issuer}/moved"
    first = client.begin_login(BACK).url
    with_endpoint(provider, "authorization_endpoint", moved)
    centre.clock.on(minutes=59)
    assert client.begin_login(BACK).url.partition("?")[0] == first.partition("?")[0] != moved
    centre.clock.on(minutes=1)
    assert client.begin_login(BACK).url.partition("?")[0] == moved


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
def test_an_answer_beyond_the_limit_is_refused(centre: Centre, provider: Provider, path: str) -> None:
    provider.raw_answers[path] = (200, {}, b'{"a": "' + b"a" * oidc_provider.MAX_BODY_BYTES + b'"}')
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_UNAVAILABLE


def test_a_provider_that_did_not_answer_is_asked_again_only_after_a_while(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_provider, "DEADLINE_SECONDS", 2.0)
    with endless_server(*ENDLESS["head"]) as address:
        rules = OidcProvider(address.rstrip("/"), CLIENT)
        client = OidcClient(rules, centre.provisioning, SECRET, centre.clock)

        def seconds_of_a_click() -> float:
            began = monotonic()
            assert error_code(client.begin_login, BACK).code is AuthCode.OIDC_UNAVAILABLE
            return monotonic() - began

        deadline = oidc_provider.DEADLINE_SECONDS
        assert seconds_of_a_click() >= deadline
        assert all(seconds_of_a_click() < deadline / 2 for _ in range(20))
        centre.clock.on(seconds=oidc_provider.RETRY_AFTER.total_seconds() + 1)
        assert seconds_of_a_click() >= deadline


def test_a_provider_that_answers_again_is_used_again(centre: Centre, provider: Provider) -> None:
    client = centre.client(provider)
    with endless_server(*ENDLESS["nothing"]) as address:
        with_endpoint(provider, "token_endpoint", address)
        login = client.begin_login(BACK)
        query = provider.authorize(login.url)
        assert error_code(client.complete_login, login.state_cookie, query, HOME).code is AuthCode.OIDC_UNAVAILABLE
    assert error_code(client.begin_login, BACK).code is AuthCode.OIDC_UNAVAILABLE
    centre.clock.on(seconds=oidc_provider.RETRY_AFTER.total_seconds() + 1)
    assert client.begin_login(BACK).url.startswith(provider.issuer)


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri"])
def test_an_address_that_was_wrong_for_a_while_is_read_again(centre: Centre, provider: Provider, endpoint: str) -> None:
    client = centre.client(provider)
    with_endpoint(provider, endpoint, f"http://127.0.0.1:{free_port()}/")
    login = client.begin_login(BACK)
    query = provider.authorize(login.url)
    assert error_code(client.complete_login, login.state_cookie, query, HOME).code is AuthCode.OIDC_UNAVAILABLE
    del provider.raw_answers[DISCOVERY]
    centre.clock.on(seconds=oidc_provider.RETRY_AFTER.total_seconds() + 1)
    login = client.begin_login(BACK)
    assert isinstance(client.complete_login(login.state_cookie, provider.authorize(login.url), HOME), NewSession)


def test_a_code_that_the_provider_rejects_does_not_keep_others_from_signing_in(
    centre: Centre, provider: Provider
) -> None:
    client = centre.client(provider)
    login = client.begin_login(BACK)
    query = provider.authorize(login.url)
    wrong = query | {"code": "guessed"}
    assert error_code(client.complete_login, login.state_cookie, wrong, HOME).code is AuthCode.OIDC_FAILED
    assert isinstance(client.complete_login(login.state_cookie, query, HOME), NewSession)


def test_few_threads_wait_for_a_provider_at_once(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc_provider, "_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(oidc_provider, "DEADLINE_SECONDS", 2.0)
    took = list[float]()
    with endless_server(*ENDLESS["nothing"]) as address:
        client = OidcClient(OidcProvider(address.rstrip("/"), CLIENT), centre.provisioning, SECRET, centre.clock)

        def click() -> None:
            began = monotonic()
            error_code(client.begin_login, BACK)
            took.append(monotonic() - began)

        threads = [threading.Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(took) == 8 and sum(seconds > 1 for seconds in took) == 2
