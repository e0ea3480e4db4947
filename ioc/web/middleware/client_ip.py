"""Client address of a request, behind trusted proxies too; whether it came over TLS, and from this machine."""

from collections.abc import Iterable
from dataclasses import dataclass

from ioc.net.ip_networks import is_in_networks, parse_address, parse_networks, unmap_ipv4
from ioc.net.loopback import LOOPBACK, is_local
from ioc.web.wsgi import Environ

_PROXY_HEADERS = frozenset(
    {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP", "HTTP_TRUE_CLIENT_IP",
     "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP", "HTTP_FASTLY_CLIENT_IP", "HTTP_X_ORIGINAL_FOR",
     "HTTP_X_ORIGINAL_FORWARDED_FOR", "HTTP_X_ENVOY_EXTERNAL_ADDRESS", "HTTP_CLIENT_IP", "HTTP_X_REAL_CLIENT_IP"}
)  # fmt: skip
_MAX_HOPS = 20


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """`address`: of the client, behind a trusted proxy too. `is_secure`: over TLS. `is_local`: from this machine.

    `is_contradictory`: the forwarded headers of trusted proxies do not fit together; the request is refused.
    """

    address: str
    is_secure: bool = False
    is_local: bool = False
    is_contradictory: bool = False


def is_proxied(environ: Environ) -> bool:
    """Whether the request came through a proxy, behind which every client would look like this machine."""
    # One search in all names joined is faster than one per name, and this runs with every request.
    return not _PROXY_HEADERS.isdisjoint(environ) or "HTTP_X_FORWARDED" in " ".join(environ)


class TrustedProxies:
    """The proxies whose forwarded headers are believed; anybody else's are not.

    `is_loopback_only`: the server listens on loopback only. Otherwise, and behind a proxy on this machine, this machine
    logs in as everybody does.
    """

    def __init__(self, trusted: Iterable[str] = (), *, is_loopback_only: bool = True) -> None:
        self._trusted = parse_networks(trusted)
        # Behind a proxy of this machine every address of it signs in: a process may connect from any of loopback.
        is_behind_own = any(
            mine.overlaps(each) for each in self._trusted for mine in LOOPBACK if mine.version == each.version
        )
        self._is_loopback_only = is_loopback_only and not is_behind_own

    def client_info(self, environ: Environ) -> ClientInfo:
        """The client of a request."""
        peer = unmap_ipv4(environ.get("REMOTE_ADDR", ""))
        if self._trusted and self._is_trusted(peer):
            # Never local: a trusted proxy that adds no header must not make every client look like this machine.
            return self._forwarded_client(environ, peer)
        local = self._is_loopback_only and is_local(peer, environ.get("HTTP_HOST", ""), is_proxied(environ))
        return ClientInfo(peer, environ.get("wsgi.url_scheme") == "https", local)

    def _forwarded_client(self, environ: Environ, peer: str) -> ClientInfo:
        """The last address that is no trusted proxy, and its scheme: anybody may have written what is before it.

        Each proxy adds one entry to both headers, or sets the scheme of the client alone: one entry for all.
        """
        address, hop = self._client_address(environ, peer)
        schemes = _values(environ, "HTTP_X_FORWARDED_PROTO")
        if not schemes:
            return ClientInfo(address)
        is_aligned = len(schemes) == 1 or hop <= len(schemes) <= len(_values(environ, "HTTP_X_FORWARDED_FOR"))
        scheme = schemes[-1] if len(schemes) == 1 else schemes[-hop] if is_aligned else ""
        return ClientInfo(address, scheme == "https", is_contradictory=scheme not in ("http", "https"))

    def _client_address(self, environ: Environ, peer: str) -> tuple[str, int]:
        """The client's address, and where it stands from the end of the list (1: last)."""
        hops = _values(environ, "HTTP_X_FORWARDED_FOR")[-_MAX_HOPS:]
        for number, hop in enumerate(reversed(hops), 1):
            address = unmap_ipv4(_strip_port(hop))
            if parse_address(address) is None:
                return peer, max(number - 1, 1)
            if not self._is_trusted(address):
                return address, number
        return peer, max(len(hops), 1)

    def _is_trusted(self, address: str) -> bool:
        return is_in_networks(address, self._trusted)


def _strip_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _values(environ: Environ, name: str) -> list[str]:
    """The entries of a header; of repeated headers together, in their order."""
    text = str(environ.get(name, ""))
    return [entry.strip().lower() for entry in text.split(",")] if text.strip() else []
