"""Which addresses belong to a source: those of its own host and port, and of the hosts that its row names."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Origin(NamedTuple):
    """Scheme, host and port of a web address."""

    scheme: str
    host: str
    port: int


def parse_origin(address: str) -> Origin:
    """ValueError when `address` is no web address."""
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("this is no web address")
    return Origin(url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80))


def is_allowed_origin(target: Origin, source_origin: Origin, hosts: tuple[str, ...]) -> bool:
    """Whether `there` is at `home` (or its https) or at one of `hosts`, and not less secret than `home`."""
    if target.scheme not in ("http", "https") or (source_origin.scheme == "https" and target.scheme != "https"):
        return False
    if target.host == source_origin.host and (
        target.port == source_origin.port or (source_origin.port, target.port) == (80, 443)
    ):
        return True
    return target.host in hosts or f"{target.host}:{target.port}" in hosts
