"""The key set of an identity provider, bounded before a library builds a key of it.

A library recovers the primes of a private RSA key in Python, which stops all threads: minutes for a long key.
"""

from collections.abc import Mapping
from typing import Any

MAX_KEYS = 50
_RSA_BITS = range(2_048, 8_193)  # of the modulus; the least by RFC 7518, 3.3
_MAX_RSA_EXPONENT = 1 << 32
_MAX_MEMBER_LENGTH = 1_400  # characters: 8,192 bits in base64url, and a leading zero byte
# Public members by type of key (RFC 7518, 6; RFC 8037, 2), and the curves of the algorithms that we accept.
_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_CURVES = {"EC": ("P-256", "P-384"), "OKP": ("Ed25519", "Ed448")}
_COMMON_MEMBERS = ("kty", "kid", "alg", "use")
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyNotPublicError(ValueError):
    """A private or symmetric key in a key set that is published."""


class KeySizeError(ValueError):
    """A key, or a key set, of a size that is not accepted."""


def public_keys(key_set: Mapping[str, Any]) -> list[dict[str, str]]:
    """The signing keys of a set (RFC 7517) with their public members alone.

    Keys of another type or curve, or for another use, are left out. Raises KeyNotPublicError, KeySizeError, and
    KeyError, TypeError, AttributeError for a set of another shape.
    """
    keys = key_set["keys"]
    if len(keys) > MAX_KEYS:
        raise KeySizeError
    return [public for key in keys if (public := _public_key(key))]


def _public_key(key: Mapping[str, Any]) -> dict[str, str] | None:
    kind = key["kty"]
    if kind == "oct" or not _SECRET_MEMBERS.isdisjoint(key):
        raise KeyNotPublicError
    operations = key.get("key_ops")
    can_verify = operations is None or (isinstance(operations, list) and "verify" in operations)
    is_for_signatures = key.get("use") in (None, "sig") and can_verify
    if not is_for_signatures or kind not in _MEMBERS or ("crv" in key and key["crv"] not in _CURVES.get(kind, ())):
        return None
    public = {name: key[name] for name in (*_COMMON_MEMBERS, *_MEMBERS[kind]) if key.get(name) is not None}
    if not all(isinstance(value, str) for value in public.values()):
        raise TypeError
    if any(len(value) > _MAX_MEMBER_LENGTH for value in public.values()):
        raise KeySizeError
    if kind == "RSA":
        _check_rsa(public)
    return public


def _check_rsa(key: Mapping[str, str]) -> None:
    from joserfc.util import base64_to_int

    exponent = base64_to_int(key["e"])
    if base64_to_int(key["n"]).bit_length() not in _RSA_BITS or not 3 <= exponent <= _MAX_RSA_EXPONENT:
        raise KeySizeError
