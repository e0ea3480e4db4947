"""The stream of a camera, and how it is reached."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ioc.net.ssrf import PrivateAddressError, parse_ip_literal, require_public
from ioc.net.tls import tls_context
from ioc.net.url_origin import is_allowed_origin, parse_origin


@dataclass(frozen=True, slots=True)
class CameraStream:
    """The stream of a camera. `address`: of its playlist. `source_address`: of the row; only its host gets `headers`.

    `allowed_hosts`: further hosts of the row. `may_be_private`: whether the row may lie on a private network.
    """

    address: str
    source_address: str
    allowed_hosts: tuple[str, ...] = ()
    may_be_private: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def may_reach(self, address: str) -> bool:
        """Whether the source's row allows `address`."""
        try:
            origin = parse_origin(address)
            if ip := parse_ip_literal(origin.host):
                require_public(ip, self.may_be_private)
            return is_allowed_origin(origin, parse_origin(self.source_address), self.allowed_hosts)
        except (ValueError, PrivateAddressError):
            return False

    def headers_for(self, address: str) -> Mapping[str, str]:
        """The row's headers where `address` has the row's own origin, none elsewhere."""
        return self.headers if parse_origin(address) == parse_origin(self.source_address) else {}


@dataclass(frozen=True)
class OutboundTransport:
    """How cameras are reached. `ca`: file of certificates trusted beside the system's; `proxy_for`: of a host."""

    ca: Path | None = None
    proxy_for: Callable[[str], str | None] = lambda _host: None

    @cached_property
    def tls_context(self) -> ssl.SSLContext:
        """Made at the first stream: it takes 2 MB. OSError for a bad file."""
        return tls_context(self.ca)
