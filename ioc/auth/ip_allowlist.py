"""What displays and API keys have in common: a key made from a name, and the networks that they may come from."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.base.slug import slugify

Networks = tuple[IPv4Network | IPv6Network, ...]
_MAX_LENGTH = 400  # characters of a stored list


def key_from_name(name: str) -> str:
    """The key of a name: "Phòng họp 1" becomes "phong-hop-1". Raises AuthError: NAME_MISSING."""
    key = slugify(name, 60)
    if not key:
        raise AuthError(AuthCode.NAME_MISSING)
    return key


def parse_networks(text: str) -> Networks:
    """Networks in CIDR notation, separated by spaces or commas. Raises AuthError: NETWORK_INVALID."""
    networks = []
    for word in text.replace(",", " ").split():
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError:
            raise AuthError(AuthCode.NETWORK_INVALID, network=word[:60]) from None
    return tuple(networks)


def is_address_allowed(address: str, networks: Networks) -> bool:
    """Whether the address lies in one of the networks; any address is allowed when there are none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return not networks
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return not networks or any(parsed in network for network in networks)


def format_networks(networks: Networks) -> str:
    """The list as it is stored. Raises AuthError: NETWORKS_TOO_LONG (cut off, the last network would be another)."""
    text = " ".join(map(str, networks))
    if len(text) > _MAX_LENGTH:
        raise AuthError(AuthCode.NETWORKS_TOO_LONG, most=_MAX_LENGTH)
    return text
