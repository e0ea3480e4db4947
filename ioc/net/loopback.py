"""Whether a request comes from this machine to itself: it may then be answered without a login."""

import re

from ioc.net.ip_networks import parse_address, parse_networks

LOOPBACK = parse_networks(("127.0.0.0/8", "::1/128"))

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{0,5})?", re.ASCII)


def is_local(remote: str, host: str, is_proxied: bool) -> bool:
    """Whether a request came from a loopback address, to a loopback host name, and through no proxy."""
    name = _host_name(host)
    return not is_proxied and is_loopback(remote) and (name == "localhost" or is_loopback(name))


def _host_name(host: str) -> str:
    """The host of a Host header; "" when it is none by the URL standard, such as "[::1]evil.com" or "a:b@c"."""
    match = _HOST.fullmatch(host)
    return (match["ipv6"] or match["name"] or "").casefold() if match else ""


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine's loopback; False for a text that is no address."""
    parsed = parse_address(address)
    return parsed is not None and parsed.is_loopback
