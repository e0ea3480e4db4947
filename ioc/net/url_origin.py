"""Which addresses belong to a source: those of its own host and port, and of the hosts that its row names."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Origin(NamedTuple):
    """Scheme, host and port of a web address."""

    scheme: str
    host: str
    port: int


def origin_of(address: str) -> Origin:
    """ValueError when `address` is no web address."""
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("this is no web address")
    return Origin(url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80))


def reachable(there: Origin, home: Origin, hosts: tuple[str, ...]) -> bool:
    """Whether `there` is at `home` (or its https) or at one of `hosts`, and not less secret than `home`."""
    if there.scheme not in ("http", "https") or (home.scheme == "https" and there.scheme != "https"):
        return False
    if there.host == home.host and (there.port == home.port or (home.port, there.port) == (80, 443)):
        return True
    return there.host in hosts or f"{there.host}:{there.port}" in hosts
