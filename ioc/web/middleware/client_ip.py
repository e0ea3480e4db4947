"""From where a request reaches us: its address, whether TLS carries it, whether it comes from this machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ioc.net.loopback import is_local
from ioc.web.wsgi import Environ

_PROXY_HEADERS = frozenset(
    {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP", "HTTP_TRUE_CLIENT_IP",
     "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP", "HTTP_FASTLY_CLIENT_IP", "HTTP_X_ORIGINAL_FOR",
     "HTTP_X_ORIGINAL_FORWARDED_FOR", "HTTP_X_ENVOY_EXTERNAL_ADDRESS", "HTTP_CLIENT_IP", "HTTP_X_REAL_CLIENT_IP"}
)  # fmt: skip
_MAX_HOPS = 20


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """`address`: of the caller, behind a trusted proxy too. `secure`: TLS all the way that we know of."""

    address: str
    is_secure: bool = False
    is_local: bool = False


def is_proxied(environ: Environ) -> bool:
    """Whether a proxy stood between: it would make the world look like this machine."""
    # All names in one text: asked of every question, and cheaper than looking at each.
    # A whole address where a path should stand is how a proxy is asked, whatever Host says.
    whole = not environ.get("RAW_URI", "/").startswith("/")
    return whole or not _PROXY_HEADERS.isdisjoint(environ) or "HTTP_X_FORWARDED" in " ".join(environ)


class TrustedProxies:
    """The proxies that are ours: what they say of the caller is believed, what anybody else says is not.

    `alone`: we listen on loopback only. Where others reach us, this machine signs in as everybody does.
    """

    def __init__(self, trusted: Iterable[str] = (), *, is_loopback_only: bool = True) -> None:
        self._trusted = tuple(ip_network(one, strict=False) for one in trusted)
        self._is_loopback_only = is_loopback_only

    def client_info(self, environ: Environ) -> ClientInfo:
        """Where this request comes from."""
        peer = _unmap_ipv4(environ.get("REMOTE_ADDR", ""))
        if self._trusted and self._is_trusted(peer):
            # Never local: a proxy of ours that adds no header must not make the world look like this machine.
            return ClientInfo(
                self._client_address(environ, peer), _last_value(environ, "HTTP_X_FORWARDED_PROTO") == "https"
            )
        local = self._is_loopback_only and is_local(peer, environ.get("HTTP_HOST", ""), is_proxied(environ))
        return ClientInfo(peer, environ.get("wsgi.url_scheme") == "https", local)

    def _client_address(self, environ: Environ, peer: str) -> str:
        """The last address that is none of our proxies: what stands before it anybody may have written."""
        hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-_MAX_HOPS:]
        for one in reversed(hops):
            address = _unmap_ipv4(_strip_port(one.strip()))
            if _parse_address(address) is None:
                return peer
            if not self._is_trusted(address):
                return address
        return peer

    def _is_trusted(self, address: str) -> bool:
        return _is_in_networks(address, self._trusted)


@lru_cache(maxsize=1024)
def _is_in_networks(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    found = _parse_address(address)
    return found is not None and any(found in one for one in networks)


def _parse_address(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def _unmap_ipv4(address: str) -> str:
    """An IPv4 address as such where a socket of IPv6 took it."""
    return address[7:] if address.startswith("::ffff:") and "." in address else address


def _strip_port(address: str) -> str:
    """Without a port."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _last_value(environ: Environ, name: str) -> str:
    return str(environ.get(name, "")).rpartition(",")[2].strip().lower()
