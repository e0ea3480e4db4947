"""The key set of an identity provider: public signing keys of bounded size alone are taken, before a key is built."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.util import int_to_base64

from ioc.auth.errors import AuthCode
from ioc.auth.oidc_keys import MAX_KEYS, public_keys
from ioc.auth.sessions import NewSession
from ioc.storage.db.store import Store
from tests.auth.oidc_provider import Provider
from tests.auth.site import ADMINISTRATOR
from tests.auth.test_oidc import Centre, centre, error_code, provider

__all__ = ["centre", "provider"]
Key = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One database is enough: what is refused here never reaches it."""
    with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as opened:
        opened.migrate()
        yield opened


def _private_without_primes(provider: Provider) -> Key:
    """A library would have to find the primes: minutes of work under the interpreter's lock for a larger key."""
    private = provider.key.as_dict(private=True)
    return {name: value for name, value in private.items() if name in {"kty", "kid", "n", "e", "d"}}


def _rsa(bits: int, exponent: int = 65_537) -> Key:
    return {"kty": "RSA", "kid": "two", "n": int_to_base64((1 << bits) - 1), "e": int_to_base64(exponent)}


def _beside(key: Key) -> Callable[[Provider], list[Key]]:
    return lambda provider: [*provider.published_keys, key]


REFUSED: dict[str, Callable[[Provider], list[Key]]] = {
    "private without primes": lambda provider: [_private_without_primes(provider)],
    "private": lambda provider: [provider.key.as_dict(private=True)],
    "private for encryption": lambda provider: [
        *provider.published_keys, _private_without_primes(provider) | {"use": "enc"},
    ],
    "private of a curve": _beside(ECKey.generate_key("P-256").as_dict(private=True)),
    "symmetric": _beside(OctKey.generate_key(256).as_dict(private=True)),
    "modulus too long": _beside(_rsa(8_193)),
    "modulus far too long": _beside(_rsa(800_000)),
    "modulus too short": _beside(_rsa(1_024)),
    "exponent too large": _beside(_rsa(2_048, (1 << 32) + 1)),
    "exponent of one": _beside(_rsa(2_048, 1)),
    "too many": lambda provider: provider.published_keys * (MAX_KEYS + 1),
}  # fmt: skip


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_key_set_with_a_key_that_is_not_public_or_not_bounded_is_refused(
    centre: Centre, provider: Provider, make: Callable[[Provider], list[Key]]
) -> None:
    provider.published_keys = make(provider)
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED
    assert centre.auth.users.list_accounts(ADMINISTRATOR) == []


@pytest.mark.parametrize(
    "change",
    [{"use": "enc"}, *({"key_ops": operations} for operations in (["encrypt", "wrapKey"], [], "verify"))],
    ids=str,
)
def test_key_for_another_use_signs_nobody_in(centre: Centre, provider: Provider, change: dict[str, Any]) -> None:
    provider.published_keys = [{**provider.published_keys[0], **change}]
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


@pytest.mark.parametrize("change", [
    {"kty": ["RSA"]}, {"kty": None}, {"n": 5}, {"n": None}, {"n": "ế"}, {"e": ["AQAB"]}, {"kid": {}}, {"alg": 5},
], ids=str)  # fmt: skip
def test_key_whose_members_are_of_another_type_is_refused(
    centre: Centre, provider: Provider, change: dict[str, Any]
) -> None:
    provider.published_keys = [{**provider.published_keys[0], **change}]
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


def test_key_of_another_kind_or_use_and_other_members_do_not_matter(centre: Centre, provider: Provider) -> None:
    own = provider.published_keys[0]
    provider.published_keys = [
        {"kty": "AKP", "kid": "one", "pub": "x" * 4_000},
        {**_rsa(16_384), "kid": "one", "use": "enc"},
        {"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "one"},
        {**own, "use": "sig", "alg": "RS256", "x5c": ["no certificate"], "x5t": None},
    ]
    assert isinstance(centre.sign_in_oidc(provider), NewSession)


@pytest.mark.parametrize("key, algorithm", [
    (ECKey.generate_key("P-256", {"kid": "c"}), "ES256"), (ECKey.generate_key("P-384", {"kid": "c"}), "ES384"),
    pytest.param(
        OKPKey.generate_key("Ed25519", {"kid": "c"}), "EdDSA",
        marks=pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning"),
    ),
    (RSAKey.generate_key(2_048, {"kid": "c"}), "PS256"),
])  # fmt: skip
def test_keys_of_all_algorithms_are_taken(centre: Centre, provider: Provider, key: Any, algorithm: str) -> None:
    provider.published_keys.append(key.as_dict(private=False))
    provider.make_token = lambda claims: jwt.encode({"alg": algorithm, "kid": "c"}, claims, key, algorithms=[algorithm])
    assert isinstance(centre.sign_in_oidc(provider), NewSession)


def test_public_keys_hold_public_members_only(provider: Provider) -> None:
    own = provider.published_keys[0]
    (taken,) = public_keys({"keys": [{**own, "x5c": ["a"], "key_ops": ["verify"], "jku": "https://a.test"}]})
    assert set(taken) == {"kty", "kid", "n", "e"}
