"""The view token: who may look at a screen, until there are accounts.

Open is what comes from this machine to this machine without a proxy between; all else shows the token once and is
then known by a cookie. The cookie holds a hash, so that a look into a browser does not give the token away.
"""

import hashlib
import hmac
import secrets
from functools import lru_cache
from ipaddress import ip_address

COOKIE = "ioc-view"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


def new_token() -> str:
    """Twelve characters in three groups, to be typed with a thumb."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def pass_of(token: str) -> str:
    """What the cookie of a screen that showed `token` holds."""
    return hashlib.sha256(f"ioc-view:{token}".encode()).hexdigest()[:32]


def shown(token: str, given: str) -> bool:
    """Whether `given` is `token`; spaces and capitals of a hurried thumb are forgiven. An empty token opens nothing."""
    plain = "".join(given.split()).casefold()
    return bool(token) and hmac.compare_digest(plain.encode(), token.casefold().encode())


def passed(token: str, cookie: str) -> bool:
    """Whether `cookie` was given for `token`."""
    return bool(token) and hmac.compare_digest(cookie.encode(), pass_of(token).encode())


def is_local(remote: str, host: str, proxied: bool) -> bool:
    """Whether a request came from this machine, to it by its own name, and through no proxy."""
    return not proxied and _loopback(remote) and (_name(host) == "localhost" or _loopback(_name(host)))


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] or host if host.count(":") == 1 else host


@lru_cache(maxsize=256)
def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
