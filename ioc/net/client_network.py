"""The network by which a client is counted: its address; of IPv6 the /64 that one customer has."""

from ipaddress import IPv6Address, IPv6Network

from ioc.net.ip_networks import parse_address

_MAX_LENGTH = 60  # characters of a text that is no address


def client_network(address: str) -> str:
    """The address itself; of IPv6 its /64 network, of an IPv4-mapped one the IPv4 address. Never raises."""
    parsed = parse_address(address) if ":" in address else None
    if parsed is None:
        return address[:_MAX_LENGTH]
    return str(IPv6Network((int(parsed) >> 64 << 64, 64)) if isinstance(parsed, IPv6Address) else parsed)
