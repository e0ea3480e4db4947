"""What screens and programs have in common: a key made from a name, and the networks that they may come from."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from unicodedata import combining, normalize

from ioc.auth.errors import AuthError

Networks = tuple[IPv4Network | IPv6Network, ...]
_MAX_LENGTH = 400  # characters of all that something may come from


def slugify(name: str) -> str:
    """A key from what something is called: Phòng họp 1 is phong-hop-1. Refused("unnamed")."""
    letters = "".join(one for one in normalize("NFD", name.casefold().replace("đ", "d")) if not combining(one))
    key = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].strip("-")
    if not key:
        raise AuthError("unnamed")
    return key


def parse_networks(text: str) -> Networks:
    """Networks in CIDR, separated by spaces or commas. Refused("range_bad")."""
    found = []
    for one in text.replace(",", " ").split():
        try:
            found.append(ip_network(one, strict=False))
        except ValueError:
            raise AuthError("range_bad", range=one[:60]) from None
    return tuple(found)


def is_address_allowed(address: str, networks: Networks) -> bool:
    """Whether the address lies in one of them; any does when there are none."""
    try:
        one = ip_address(address)
    except ValueError:
        return not networks
    if isinstance(one, IPv6Address) and one.ipv4_mapped:
        one = one.ipv4_mapped
    return not networks or any(one in network for network in networks)


def format_networks(networks: Networks) -> str:
    """As they are kept. Refused("range_long"): cut off, the last one would be another network."""
    text = " ".join(map(str, networks))
    if len(text) > _MAX_LENGTH:
        raise AuthError("range_long", most=_MAX_LENGTH)
    return text
