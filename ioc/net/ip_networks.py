"""Addresses of clients, and the networks that they lie in. An IPv4-mapped IPv6 address is its IPv4 address."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_MAX_LENGTH = 60  # characters; a header may have any number
Networks = tuple[IPv4Network | IPv6Network, ...]


def parse_address(address: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is; of an IPv4-mapped one the IPv4 address. None for another text."""
    return _parse(address) if len(address) <= _MAX_LENGTH else None


@lru_cache(maxsize=1024)  # the same addresses are parsed with every request
def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None) or parsed


def unmap_ipv4(address: str) -> str:
    """The IPv4 address of an IPv4-mapped one; any other text as it is."""
    parsed = parse_address(address)
    return str(parsed) if isinstance(parsed, IPv4Address) else address


def parse_networks(texts: Iterable[str]) -> Networks:
    """Networks in CIDR notation; bits of a host are dropped. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_in_networks(address: str, networks: Networks) -> bool:
    """Whether the address lies in one of the networks; a text that is no address lies in none."""
    parsed = parse_address(address)
    return parsed is not None and any(parsed in network for network in networks)
