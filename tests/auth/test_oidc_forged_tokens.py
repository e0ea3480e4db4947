"""Forged tokens, and answers that an identity provider must not give: no session, no account, no traceback."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry

from ioc.auth.errors import AuthCode
from ioc.auth.sessions import NewSession
from ioc.domain.access.principal import Role
from ioc.storage.db.store import Store
from tests.auth.oidc_provider import Provider, running
from tests.auth.site import ADMINISTRATOR
from tests.auth.test_oidc import BACK, Centre, centre, error_code, new_session, provider
from tests.conftest import empty_store

__all__ = ["centre", "provider"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One database is enough: what is refused here never reaches it."""
    with closing(empty_store(tmp_path)) as opened:
        yield opened


RS256 = JWSRegistry.algorithms["RS256"]
DEEP = b"[" * 100_000
Forgery = Callable[[Provider, dict[str, Any]], str]


def _segment(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _unsigned(_: Provider, claims: dict[str, Any]) -> str:
    return f"{_segment({'alg': 'none'})}.{_segment(claims)}."


def _signed_by_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HS256 whose shared key is the published RSA key: known to everybody."""
    body = f"{_segment({'alg': 'HS256', 'kid': 'one'})}.{_segment(claims)}"
    digest = hmac.digest(provider.key.as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _signed_by_client_secret(_: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("a-client-secret-for-tests"), algorithms=["HS256"])


def _signed_by_own_key(_: Provider, claims: dict[str, Any]) -> str:
    """The header brings the key along."""
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": key.as_dict(private=False)}, claims, key)


def _signed_by_unknown_kid(_: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "two"}, claims, RSAKey.generate_key(2048, {"kid": "two"}))


def _with_changed_claims(provider: Provider, claims: dict[str, Any]) -> str:
    head, _, signature = provider.sign(claims).split(".")
    return f"{head}.{_segment({**claims, 'groups': ['quan-tri']})}.{signature}"


def _with_deep_claims(_: Provider, _claims: dict[str, Any]) -> str:
    deep = urlsafe_b64encode(DEEP).rstrip(b"=").decode()
    return f"{deep}.{deep}.x"


def _with_header(**more: object) -> Forgery:
    """A right signature over a header that must not be accepted."""

    def forge(provider: Provider, claims: dict[str, Any]) -> str:
        body = f"{_segment({'alg': 'RS256', 'kid': 'one', **more})}.{_segment(claims)}"
        signature = RS256.sign(body.encode(), provider.key)
        return f"{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    forge.__name__ = str(more)[:60]
    return forge


def _of_a_megabyte(provider: Provider, claims: dict[str, Any]) -> str:
    return provider.sign({**claims, "padding": "a" * 600_000})


FORGERIES: list[Forgery] = [
    _with_header(crit=["exp"]), _with_header(crit=["exp"], exp=1), _with_header(crit=5), _with_header(alg=["RS256"]),
    _with_header(alg={}), _with_header(kid=["one"]), _with_header(kid="one" * 1_000), _with_header(alg="ES256"),
    _of_a_megabyte,
    _unsigned, _signed_by_public_key, _signed_by_client_secret, _signed_by_own_key, _signed_by_unknown_kid,
    _with_changed_claims, _with_deep_claims, lambda _, __: "", lambda _, __: "a.b.c", lambda _, __: "ă.ă.ă",
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=[forge.__name__ for forge in FORGERIES])
def test_forged_token_is_rejected(centre: Centre, provider: Provider, forge: Forgery) -> None:
    provider.make_token = lambda claims: forge(provider, claims)
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED
    assert centre.auth.users.list_accounts(ADMINISTRATOR) == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"exp": "never"}, {"iat": "now"}, {"sub": ["0001"]}, {"sub": {}}, {"aud": {}}, {"aud": []}, {"nonce": ["x"]},
        {"exp": float("inf")}, {"exp": float("nan")}, {"iat": float("inf")}, {"exp": [[]]},
        {"iss": ["https://another.test"]}, {"groups": {"truc-ban": 1}, "sub": 5}, {"amr": [{}], "sub": None},
    ],
)  # fmt: skip
def test_claims_of_another_type_are_rejected(centre: Centre, provider: Provider, overrides: dict[str, Any]) -> None:
    provider.overrides = overrides
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


@pytest.mark.parametrize("claim", ["sub", "preferred_username", "name"])
@pytest.mark.parametrize("value", ["\ud800", "a\0b", "a\u202eb", "a" * 256, ["a"], {"a": 1}], ids=ascii)
def test_id_or_name_that_cannot_be_kept_as_it_is_is_refused(
    centre: Centre, provider: Provider, claim: str, value: object
) -> None:
    provider.make_token = lambda claims: _with_header()(provider, {**claims, claim: value})
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED
    assert centre.auth.users.list_accounts(ADMINISTRATOR) == []


def test_longest_id_is_found_again(centre: Centre, provider: Provider) -> None:
    provider.claims |= {"sub": "a" * 255, "name": "ế" * 255, "preferred_username": None}
    first, second = new_session(centre, provider), new_session(centre, provider)
    assert first.principal.name == second.principal.name
    assert len(centre.auth.users.list_accounts(ADMINISTRATOR)) == 1


@pytest.mark.parametrize(
    "overrides", [{"groups": {"truc-ban": True}}, {"groups": 5}, {"groups": [["truc-ban"], None]}], ids=str
)
def test_groups_of_another_type_give_no_role(centre: Centre, provider: Provider, overrides: dict[str, Any]) -> None:
    provider.overrides = overrides
    assert error_code(centre.sign_in_oidc, provider).code in {AuthCode.OIDC_DENIED, AuthCode.OIDC_FAILED}


@pytest.mark.parametrize("methods", [[{}], {"otp": 1}, 5, [["otp"]]], ids=str)
def test_authentication_methods_of_another_type_prove_no_factor(
    centre: Centre, provider: Provider, methods: object
) -> None:
    provider.claims |= {"groups": ["quan-tri"], "amr": methods}
    assert new_session(centre, provider).principal.required_action


def test_of_two_published_keys_the_one_that_the_token_names_decides(centre: Centre, provider: Provider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "two"})
    provider.published_keys.append(other.as_dict(private=False))
    assert isinstance(centre.sign_in_oidc(provider), NewSession)
    provider.make_token = lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, other)
    assert isinstance(centre.sign_in_oidc(provider), NewSession)
    provider.make_token = lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


def test_key_that_is_published_under_a_known_id_does_not_join_the_known_one(centre: Centre, provider: Provider) -> None:
    """Two keys of one id: a token is valid only if the first of them signed it."""
    forged = RSAKey.generate_key(2048, {"kid": "one"})
    provider.published_keys.append(forged.as_dict(private=False))
    assert isinstance(centre.sign_in_oidc(provider), NewSession)
    provider.make_token = lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, forged)
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
def test_redirect_of_the_provider_is_not_followed(centre: Centre, provider: Provider, path: str) -> None:
    with running(centre.clock) as other:
        other.issuer = provider.issuer
        provider.raw_answers[path] = (302, {"Location": f"{other.address}{path}"}, b"")
        expected = {AuthCode.OIDC_UNAVAILABLE, AuthCode.OIDC_FAILED}
        assert error_code(centre.sign_in_oidc, provider).code in expected
        assert other.requests == []


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
@pytest.mark.parametrize("body", [DEEP, b"", b"[]", b"null", b"\xff", b'{"keys": 5}'], ids=repr)
def test_malformed_answer_of_the_provider_is_an_error_with_a_code(
    centre: Centre, provider: Provider, path: str, body: bytes
) -> None:
    provider.raw_answers[path] = (200, {}, body)
    expected = {AuthCode.OIDC_UNAVAILABLE, AuthCode.OIDC_FAILED}
    assert error_code(centre.sign_in_oidc, provider).code in expected


@pytest.mark.parametrize("expires", ["Infinity", "1e400", "NaN", "[]", '"1"', "1" + "0" * 5_000])
def test_lifetime_of_the_access_token_does_not_matter_or_is_an_error_with_a_code(
    centre: Centre, provider: Provider, expires: str
) -> None:
    body = f'{{"access_token": "x", "token_type": "Bearer", "expires_in": {expires}, "id_token": "a.b.c"}}'
    provider.raw_answers["/token"] = (200, {}, body.encode())
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


def test_answers_are_read_as_utf8_whatever_charset_they_claim(centre: Centre, provider: Provider) -> None:
    """Decoders such as punycode take time by the square of the length."""
    provider.charset = "; charset=punycode"
    assert isinstance(centre.sign_in_oidc(provider), NewSession)


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", [
    "https://[", "https:", "https://a.test/\ud800", "https://a.test/\0", "https://a.test/" + "a" * 5_000, "//a.test",
    "https://a.test:99999999/", "https://a.test:0/",
    "javascript:alert(1)", 5, None, ["https://a.test"],
], ids=lambda value: str(value)[:20].encode("unicode_escape").decode())  # fmt: skip
def test_discovery_document_with_a_wrong_address_is_unavailable(
    centre: Centre, provider: Provider, endpoint: str, address: object
) -> None:
    document = provider.document(DISCOVERY) or {}
    provider.raw_answers[DISCOVERY] = (200, {}, json.dumps({**document, endpoint: address}).encode())
    assert error_code(centre.client(provider).begin_login, BACK).code is AuthCode.OIDC_UNAVAILABLE


@pytest.mark.parametrize("verified", [True, False])
def test_address_of_mail_identifies_nobody(centre: Centre, provider: Provider, verified: bool) -> None:
    """Whether it is verified or not: accounts are found by issuer and subject alone."""
    centre.add_user("binh@mp.test", Role.ADMINISTRATOR)
    provider.claims |= {"email": "binh@mp.test", "email_verified": verified}
    session = new_session(centre, provider)
    assert session.principal.name == "an-nguyen" and Role.ADMINISTRATOR not in session.principal.roles


def test_answer_of_another_provider_is_not_accepted(centre: Centre, provider: Provider) -> None:
    """Mix-up: the code and the token come from a provider that the browser did not ask."""
    with running(centre.clock) as other:
        client = centre.client(provider)
        login = client.begin_login(BACK)
        other.key = RSAKey.generate_key(2048, {"kid": "one"})
        provider.make_token = other.sign
        query = provider.authorize(login.url)
        assert error_code(client.complete_login, login.state_cookie, query, "").code is AuthCode.OIDC_FAILED
