"""Which addresses are the whole world's, and which lead into a house: the one rule of what is asked for."""

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_MAPPED, _COMPATIBLE = ip_network("::ffff:0:0/96"), ip_network("::/96")
_TRANSLATED, _SIX_TO_FOUR = ip_network("64:ff9b::/96"), ip_network("2002::/16")
# What the standard library, in one version or another, takes for public: relays, tunnels, documentation, benchmarks.
_GLOBAL_IPV6 = ip_network("2000::/3")  # all that has been given out of IPv6
_RESERVED = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip


PRIVATE_ADDRESS_REASON = "{where} lies on a private network, which the row does not allow"  # the reason that is kept


class PrivateAddressError(OSError):
    """A row's address leads to a private one, and the row does not say so."""

    def __init__(self) -> None:
        super().__init__("a private address")


def is_public(address: str) -> bool:
    """Whether `address`, as a resolver or a socket names it, is one of the open Internet.

    An IPv4 address inside an IPv6 one (mapped, compatible, 6to4, NAT64) is judged as what it leads to.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded_ipv4(found)
    if inner is not None:
        return is_public(str(inner))
    if any(found in one for one in _RESERVED if one.version == found.version) or found.is_multicast:
        return False
    return found.is_global and (found.version == 4 or found in _GLOBAL_IPV6)


def _embedded_ipv4(found: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(found, IPv4Address):
        return None
    if found in _MAPPED or found in _TRANSLATED or found in _COMPATIBLE:
        return IPv4Address(int(found) & 0xFFFF_FFFF)
    return IPv4Address(int(found) >> 80 & 0xFFFF_FFFF) if found in _SIX_TO_FOUR else None


@lru_cache(4096)
def parse_ip_literal(host: str) -> str:
    """The address that `host` is when it is one in any spelling (127.1, 0x7f000001, 017700000001), "" for a name."""
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
    """Barred unless `address` is public, or the row says `private`."""
    if not allow_private and not is_public(address):
        raise PrivateAddressError


def filter_addresses(addresses: Iterable[str], allow_private: bool) -> list[str]:
    """Those of a name's `addresses` that may be connected to, each once. Barred when there are none."""
    found = [one for one in dict.fromkeys(addresses) if allow_private or is_public(one)]
    if not found:
        raise PrivateAddressError
    return found
