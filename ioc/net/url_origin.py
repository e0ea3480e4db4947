"""Origins of URLs, and which of them a source may be led to by a redirect or a next-link."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

# Up to the path. For urllib3, which connects, "\\" ends the host; for urllib.parse it does not.
_CLEAR_AUTHORITY = re.compile(r"https?://[^/?#\\\x00-\x20\x7f]+(?=[/?#]|\Z)", re.IGNORECASE)


class Origin(NamedTuple):
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int


def parse_origin(address: str) -> Origin:
    """The origin of an http or https URL. Raises ValueError when `address` is none, or its host is unclear."""
    url = urlsplit(address)
    if not _CLEAR_AUTHORITY.match(address) or url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("not an http or https URL")
    default_port = 443 if url.scheme == "https" else 80
    return Origin(url.scheme, url.hostname, default_port if url.port is None else url.port)


def is_allowed_origin(target: Origin, source_origin: Origin, hosts: tuple[str, ...]) -> bool:
    """Whether `target` is the source's own origin (or its https) or one of `hosts`, and not http after https."""
    if target.scheme not in ("http", "https") or (source_origin.scheme == "https" and target.scheme != "https"):
        return False
    if target.host == source_origin.host and (
        target.port == source_origin.port or (source_origin.port, target.port) == (80, 443)
    ):
        return True
    return target.host in hosts or f"{target.host}:{target.port}" in hosts
