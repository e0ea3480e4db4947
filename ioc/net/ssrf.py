"""SSRF guard: which IP addresses are public, and which lead into a private network."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ioc.domain.base.text_cache import cache_short_texts

_MAPPED, _COMPATIBLE = ip_network("::ffff:0:0/96"), ip_network("::/96")
_TRANSLATED, _SIX_TO_FOUR = ip_network("64:ff9b::/96"), ip_network("2002::/16")
_GLOBAL_IPV6 = ip_network("2000::/3")  # all that is allocated of IPv6
# Ranges that some versions of the standard library take for public: relays, tunnels, documentation, benchmarks.
_RESERVED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip


class PrivateAddressError(OSError):
    """The address of a source is private, and its row does not allow that."""

    def __init__(self) -> None:
        super().__init__("a private address")


def is_public(address: str) -> bool:
    """Whether `address`, as a resolver or a socket gives it, belongs to the public Internet.

    Of an IPv6 address that embeds an IPv4 address (mapped, compatible, 6to4, NAT64) the embedded one decides.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    embedded = _embedded_ipv4(ip)
    if embedded is not None:
        return is_public(str(embedded))
    if any(ip in network for network in _RESERVED if network.version == ip.version) or ip.is_multicast:
        return False
    return ip.is_global and (ip.version == 4 or ip in _GLOBAL_IPV6)


def _embedded_ipv4(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(ip, IPv4Address):
        return None
    if ip in _MAPPED or ip in _TRANSLATED or ip in _COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return IPv4Address(int(ip) >> 80 & 0xFFFF_FFFF) if ip in _SIX_TO_FOUR else None


@cache_short_texts(4096)
def parse_ip_literal(host: str) -> str:
    """The IP address that `host` is in any spelling (127.1, 0x7f000001, 017700000001); "" when it is a name."""
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    try:  # as getaddrinfo reads it: octal, hexadecimal, fewer than four parts
        return socket.inet_ntoa(socket.inet_aton(bare)) if bare[:1].isdigit() and " " not in bare else ""
    except (OSError, UnicodeEncodeError):
        return ""


def require_public(address: str, allow_private: bool) -> None:
    """Raise PrivateAddressError unless `address` is public, or private ones are allowed."""
    if not allow_private and not is_public(address):
        raise PrivateAddressError


def filter_addresses(addresses: Iterable[str], allow_private: bool) -> list[str]:
    """The `addresses` that may be connected to, each once. Raises PrivateAddressError when there are none."""
    allowed = [address for address in dict.fromkeys(addresses) if allow_private or is_public(address)]
    if not allowed:
        raise PrivateAddressError
    return allowed
