"""The network by which a client is counted: its address; of IPv6 the /64 that one customer has."""

from ipaddress import IPv6Address, IPv6Network

_MAX_LENGTH = 60  # characters of a text that is no address


def client_network(address: str) -> str:
    """The address itself; of IPv6 its /64 network, of an IPv4-mapped one the IPv4 address. Never raises."""
    if ":" not in address:
        return address[:_MAX_LENGTH]
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address[:_MAX_LENGTH]
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
